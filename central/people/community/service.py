"""What can be done in a community's register: the verbs, each at home in a file of its own."""

from __future__ import annotations

from central.people.community.add_houses import Fate, HousePlan, PlannedLine, add_houses, plan_houses
from central.people.community.build_tree import add_building, add_community, add_house, add_unit
from central.people.community.change_day import set_day_begins
from central.people.community.change_desk_phone import set_desk_phone
from central.people.community.place_gates import (
    add_gate,
    add_lane,
    lane_leads,
    lane_serves,
    rename_gate,
    rename_lane,
    set_rings_at,
)
from central.people.community.set_floors import set_floors, set_lift
from central.people.community.settle_people import (
    PersonFacts,
    add_resident,
    correct_resident,
    demand_unmask,
    end_residency,
    unmask_person,
    withdraw_resident,
)

__all__ = [
    "Fate",
    "HousePlan",
    "PersonFacts",
    "PlannedLine",
    "add_building",
    "add_community",
    "add_gate",
    "add_house",
    "add_houses",
    "add_lane",
    "add_resident",
    "add_unit",
    "correct_resident",
    "demand_unmask",
    "end_residency",
    "lane_leads",
    "lane_serves",
    "plan_houses",
    "rename_gate",
    "rename_lane",
    "set_day_begins",
    "set_desk_phone",
    "set_floors",
    "set_lift",
    "set_rings_at",
    "unmask_person",
    "withdraw_resident",
]

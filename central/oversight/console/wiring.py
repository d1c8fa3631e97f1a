"""Hangs the console into central: its pages."""

from __future__ import annotations

from central.base.parts import Parts
from central.oversight.console.driver import own_car, receipt, sign, signs, stay
from central.oversight.console.lot import bookings_page, plan_page, shared_page
from central.oversight.console.lot import page as lot_page
from central.oversight.console.pages import (
    alarms_told,
    audit,
    booth,
    close_fire,
    consent_texts,
    contracts,
    correct_visit,
    coupons,
    desk,
    earlier_faces,
    end_fire,
    enrol,
    exit_unseen,
    face_attacks,
    face_figures,
    face_groups,
    faces,
    hold_lane,
    homes,
    lockdown,
    node_deeds,
    node_records,
    nodes,
    parked,
    parking,
    parking_needs,
    passes,
    people,
    plates,
    points,
    privacy,
    receipts,
    remote_open,
    reset_passback,
    resident_cards,
    shift,
    shop_page,
    stay_money,
    storm,
    tariff_compare,
    tariffs,
    unclaimed,
    visitor_pass,
    watch_group,
    weak_cards,
)
from central.oversight.console.setup import accounts, floors, gates, houses, kinds, overview, rules, zones


def register(parts: Parts) -> None:
    for module in (
        alarms_told, desk, booth, remote_open, close_fire, end_fire, hold_lane, reset_passback,
        correct_visit, lockdown, storm, enrol, faces,
        face_figures, passes, visitor_pass, people, homes, resident_cards, weak_cards, points, plates, watch_group,
        parking, parking_needs, unclaimed, lot_page, plan_page, bookings_page, shared_page, stay_money, exit_unseen,
        contracts, coupons, shop_page, sign, own_car, stay, receipt, receipts, signs, shift, tariff_compare, tariffs,
        nodes, node_deeds, node_records, parked, audit, privacy, consent_texts, earlier_faces, face_groups,
        face_attacks, overview, houses,
        floors, gates, kinds, rules, zones, accounts,
    ):  # fmt: skip
        parts.routers.append(module.pages)

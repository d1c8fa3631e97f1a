"""Moving in and out, and a name asked for in full."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.people.community import queries, service
from central.people.community.rules import Tie
from models.values.ids import new_id
from tests.central.people.town import SINCE

API = "/api/v1"


def manager_of(town, community) -> Actor:
    grant = Grant("manager", frozenset({"person.edit", "person.read", "person.unmask"}), community)
    return Actor(town.tenant_id, ActorKind.ACCOUNT, None, "manager", (grant,))


@pytest.mark.req("ADMIN-01")
def test_a_person_may_hold_houses_in_several_communities(town):
    with town.session() as db:
        other = service.add_community(db, town.actor, "云岭").id
        unit = service.add_unit(db, town.actor, service.add_building(db, town.actor, other, "1").id, "1").id
        house = service.add_house(db, town.actor, unit, "101")
        service.add_resident(db, town.actor, house.id, "", None, Tie.OWNER, starts_at=SINCE, person_id=town.person)
        homes = {c: queries.person_briefs(db, [town.person], c, town.now)[town.person].houses
                 for c in (town.community, other)}  # fmt: skip
    assert homes == {town.community: ("5-2-1102",), other: ("1-1-101",)}


@pytest.mark.req("SEC-04")
def test_knowing_an_id_is_not_enough_to_pull_a_person_into_ones_own_community(town):
    with town.session() as db:
        other = service.add_community(db, town.actor, "云岭").id
        unit = service.add_unit(db, town.actor, service.add_building(db, town.actor, other, "1").id, "1").id
        house = service.add_house(db, town.actor, unit, "101").id
        actor = manager_of(town, other)
        with pytest.raises(NotFound):
            service.add_resident(db, actor, house, "", None, Tie.OWNER, starts_at=SINCE, person_id=town.person)
        with pytest.raises(Forbidden):
            service.unmask_person(db, actor, town.person, "想知道")


def test_a_stay_is_registered_once(town):
    with town.session() as db:
        with pytest.raises(Conflict):
            service.add_resident(
                db, town.actor, town.house, "", None, Tie.OWNER, starts_at=town.now, person_id=town.person
            )
        service.end_residency(db, town.actor, town.resident, town.now, "搬走")
        service.add_resident(db, town.actor, town.house, "", None, Tie.OWNER, starts_at=town.now, person_id=town.person)


@pytest.mark.req("ADMIN-06")
def test_an_ended_stay_is_shortened_but_never_revived(town):
    with town.session() as db:
        service.end_residency(db, town.actor, town.resident, town.now, "搬走")
        service.end_residency(db, town.actor, town.resident, town.now - timedelta(days=1), "更正")
        with pytest.raises(Conflict):
            service.end_residency(db, town.actor, town.resident, town.now + timedelta(days=1), "更正")
        with pytest.raises(Invalid):
            service.end_residency(db, town.actor, town.resident, SINCE, "更正")


@pytest.mark.req("SEC-02")
def test_a_name_in_full_costs_a_reason_and_leaves_a_trace_without_the_name(town, login_as):
    guard = login_as("guard", community=town.community)
    path = f"{API}/residents/{town.resident}"
    assert guard.post(f"{path}/unmask", json={"reason": "  "}).status_code == 422
    told = guard.post(f"{path}/unmask", json={"reason": "快递破损"})
    assert told.json() == {"person_id": str(town.person), "name": "张示例", "phone": "19000000001"}
    assert told.headers["cache-control"] == "no-store"
    with town.session() as db:
        row = db.scalars(select(AuditRow).where(AuditRow.what == "person.unmask")).one()
    assert (row.reason, row.subject_id, row.community_id) == ("快递破损", str(town.person), town.community)
    assert "张示例" not in str((row.before, row.after))


@pytest.mark.req("VIS-01")
def test_lists_hold_no_name_and_no_phone(town, login_as):
    manager = login_as("manager")
    for path in ("residents", "cardholders", "passes"):
        text = manager.get(f"{API}/{path}", params={"community_id": town.community}).text
        assert "*" in text, path
        assert not any(word in text for word in ("示例", "00000001", "00000002")), path


def test_people_are_listed_page_by_page(town, login_as):
    manager = login_as("manager")
    ask = {"community_id": str(town.community), "limit": 1}
    first = manager.get(f"{API}/residents", params=ask).json()
    second = manager.get(f"{API}/residents", params={**ask, "after": first["next"]}).json()
    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["李*", "张*"]  # by their sound
    assert second["next"] is None


@pytest.mark.req("SEC-04")
def test_a_name_is_corrected_only_by_who_keeps_every_community_it_lives_in(town):
    with town.session() as db:
        other = service.add_community(db, town.actor, "云岭").id
        unit = service.add_unit(db, town.actor, service.add_building(db, town.actor, other, "1").id, "1").id
        house = service.add_house(db, town.actor, unit, "101")
        service.add_resident(db, town.actor, house.id, "", None, Tie.OWNER, starts_at=SINCE, person_id=town.person)
        clerk = manager_of(town, town.community)
        with pytest.raises(Forbidden):
            service.correct_resident(db, clerk, town.resident, "写错", name="孙示例")
        service.correct_resident(db, clerk, town.resident, "写错", tie=Tie.TENANT)
        with pytest.raises(Invalid):
            service.correct_resident(db, town.actor, town.resident, " ", name="孙示例")


def test_a_stay_asked_for_under_one_id_is_made_once(town):
    with town.session() as db:
        asked = {"starts_at": SINCE, "resident_id": new_id()}
        first = service.add_resident(db, town.actor, town.house, "周示例", None, Tie.OWNER, **asked)
        assert service.add_resident(db, town.actor, town.house, "周示例", None, Tie.OWNER, **asked) is first
        unit = service.add_house(db, town.actor, town.unit, "1103")
        with pytest.raises(Conflict):
            service.add_resident(db, town.actor, unit.id, "周示例", None, Tie.OWNER, **asked)

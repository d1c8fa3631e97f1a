"""Tariffs of a community: two persons, versions that nobody changes, and a fee that explains itself over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central.base.kernel.actor import ActorKind
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.parking.tariffs import queries, routes, service
from central.gates.parking.tariffs.terms import terms_of
from models.parking.tariff import SecondCar
from models.values.ids import new_id
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape
from tests.models.parking.tariffs import T1, T4A, T6, at

API = "/api/v1/tariffs"
DAY = timedelta(days=1)
AHEAD = (days * DAY for days in count(2))
"""So that no two drafts of the matrix start at once."""


def person(town, name="李经理"):
    return replace(town.actor, kind=ActorKind.ACCOUNT, id=new_id(), name=name)


def draft(town, actor=None, tariff=T1, ahead=DAY):
    with town.session() as db:
        starting = tariff.model_copy(update={"starts_at": town.now + ahead})
        return service.draft_tariff(db, actor or person(town), town.community, starting, now=town.now).id


def approve(town, version_id, actor=None, now=None):
    with town.session() as db:
        service.approve_tariff(db, actor or person(town, "王主任"), version_id, now=now or town.now)


def standing(town, now=None):
    with town.session() as db:
        found = queries.versions_of(db, town.community, now or town.now)
    return [(one.version, one.state.value) for one in found]


@pytest.mark.req("PARK-03")
def test_a_version_is_in_force_once_another_person_has_approved_it_and_its_time_has_come(town):
    drafter = person(town)
    first = draft(town, drafter)
    with pytest.raises(Forbidden, match="own_draft"):
        approve(town, first, drafter)
    assert standing(town) == [(1, "waiting")]
    approve(town, first)
    assert standing(town) == [(1, "planned")]
    second = draft(town, tariff=T6, ahead=2 * DAY)
    approve(town, second)
    assert standing(town, town.now + DAY) == [(2, "planned"), (1, "in_force")]
    assert standing(town, town.now + 2 * DAY) == [(2, "in_force"), (1, "over")]
    with town.session() as db:
        versions = queries.versions_of(db, town.community, town.now)
        assert len({one.tariff.tariff_id for one in versions}) == 1
        assert queries.version_at(versions, None, town.now + 2 * DAY - timedelta(minutes=1)).version == 1
        deeds = db.scalars(select(AuditRow.what).where(AuditRow.subject == "tariff").order_by(AuditRow.id)).all()
    assert deeds == ["tariff.draft", "tariff.approve", "tariff.draft", "tariff.approve"]


@pytest.mark.req("PARK-03")
def test_nothing_starts_in_the_past_and_what_was_not_approved_in_time_never_starts(town):
    with pytest.raises(Invalid) as refused:
        draft(town, ahead=-timedelta(seconds=1))
    assert refused.value.fields == {"starts_at": "parking.starts_past"}
    version_id = draft(town)
    with pytest.raises(Conflict, match="version_is_lapsed"):
        approve(town, version_id, now=town.now + 2 * DAY)
    assert standing(town, town.now + 2 * DAY) == [(1, "lapsed")]


@pytest.mark.req("PARK-03")
def test_a_version_is_withdrawn_with_a_reason_before_it_starts_and_not_after(town):
    version_id = draft(town)
    approve(town, version_id)
    for now, reason, problem in ((town.now + 2 * DAY, "写错", Conflict), (town.now, "  ", Invalid)):
        with town.session() as db, pytest.raises(problem):
            service.withdraw_tariff(db, person(town), version_id, reason, now=now)
    with town.session() as db:
        service.withdraw_tariff(db, person(town), version_id, "价格写错", now=town.now)
    assert standing(town, town.now + 2 * DAY) == [(1, "withdrawn")]
    with town.session() as db:
        row = db.scalars(select(AuditRow).where(AuditRow.what == "tariff.withdraw")).one()
    assert (row.reason, row.community_id) == ("价格写错", town.community)


@pytest.mark.req("PARK-03")
@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE tariff_version SET value = '{}'", "UPDATE tariff_version SET starts_at = now()",
        "UPDATE tariff_version SET version = 9", "DELETE FROM tariff_version",
        "UPDATE tariff_version SET approved_by = drafted_by, approved_at = drafted_at",
        "UPDATE tariff_version SET approved_by = id, approved_at = starts_at + interval '1 second'",
    ],
)  # fmt: skip
def test_the_database_itself_lets_nobody_change_a_version_or_approve_their_own(town, deed):
    draft(town)
    with pytest.raises(DBAPIError), town.session() as db:
        db.execute(text(deed))
    assert standing(town) == [(1, "waiting")]


def test_what_is_no_account_is_no_person(town):
    with pytest.raises(Forbidden, match="person_needed"):
        draft(town, town.actor)


@pytest.mark.req("SEC-04")
def test_another_company_finds_no_version(town, other_town):
    version_id = draft(town)
    with pytest.raises(NotFound):
        approve(other_town, version_id)
    assert standing(other_town) == []


def here(town):
    return {"community_id": str(town.community)}


def a_draft(town):
    return here(town) | {"name": "地面", "starts_at": (town.now + 9 * DAY).isoformat(), "terms": terms_of(T1)}


def a_stay(town):
    return here(town) | {"entry": at("2027-06-01 09:00").isoformat(), "exit": at("2027-06-01 13:10").isoformat()}


def planned(town):
    approve(town, draft(town))


CALLS = (
    Call("GET", API, GUARD, query=here),
    Call("POST", API, MANAGER, 201, a_draft),
    Call("POST", f"{API}/simulate", GUARD, body=a_stay, before=planned),
    Call("POST", f"{API}/{{id}}/approve", MANAGER, path=lambda town: {"id": draft(town, ahead=next(AHEAD))}),
    Call("POST", f"{API}/{{id}}/withdraw", MANAGER, body=lambda town: {"reason": "写错"},
         path=lambda town: {"id": draft(town)}),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router,))


@pytest.mark.req("PARK-02", "PARK-04")
def test_a_simulated_stay_is_explained_line_by_line_to_the_fen(town, login_as):
    first, second = draft(town), draft(town, tariff=T4A, ahead=2 * DAY)
    approve(town, first)
    guard = login_as("guard")

    def tried(status=200, **more):
        answer = guard.post(f"{API}/simulate", json=a_stay(town) | more)
        assert answer.status_code == status, answer.text
        return answer.json()

    plain = tried()
    assert (plain["fee_fen"], plain["version"], plain["version_id"]) == (13_00, 1, str(first))
    assert [(line["rule"], line["times"], line["unit_fen"], line["amount_fen"]) for line in plain["lines"]] == [
        ("first_block", 1, "500", "500"), ("blocks", 3, "200", "600"),
        ("blocks", 1, "200", "200"),
    ]  # fmt: skip
    assert tried(version_id=str(second))["version"] == 2, "a draft can be tried before anybody approves it"
    assert tried(coupons=[{"minutes": 120}, {"fen": 500}])["fee_fen"] == 4_00
    assert tried(permit_until=at("2028-01-01 00:00").isoformat())["fee_fen"] == 0
    for said in (plain, tried(coupons=[{"percent_off": 33}])):
        assert sum(Fraction(line["amount_fen"]) for line in said["lines"]) == said["fee_fen"]
    wrong = tried(422, coupons=[{"minutes": 5, "fen": 5}])
    assert list(wrong["fields"]) == ["coupons.0"]
    assert list(tried(422, exit=at("2027-06-01 08:00").isoformat())["fields"]) == ["exit"]
    for entry in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:00Z"):
        assert list(tried(422, entry=entry, exit=entry)["fields"]) == ["entry", "exit"]
    assert list(tried(422, permit_until="9999-12-31T00:00:00Z")["fields"]) == ["permit_until"]
    before = {"entry": at("2020-06-01 09:00").isoformat(), "exit": at("2020-06-01 10:00").isoformat()}
    assert "没有生效" in tried(409, **before)["detail"]


@pytest.mark.req("PARK-04", "PARK-09", "P22", "PARK-E26")
@pytest.mark.parametrize(
    ("rule", "fee"), [(SecondCar.UNTIL_FREE, 7_00), (SecondCar.WHOLE_STAY, 11_00), (SecondCar.REFUSE, 7_00)]
)
def test_what_the_second_car_of_a_bay_would_pay_can_be_tried(town, login_as, rule, fee):
    """PARK-E26 as the manager tries it: B from 09:00 to 13:00, while A stands on the bay until 11:00."""
    version = draft(town, tariff=T1.model_copy(update={"second_car": rule}))
    guard = login_as("guard")

    def tried(status=200, **more):
        stay = {"version_id": str(version), "entry": at("2026-06-01 09:00").isoformat(),
                "exit": at("2026-06-01 13:00").isoformat()}  # fmt: skip
        answer = guard.post(f"{API}/simulate", json=a_stay(town) | stay | more)
        assert answer.status_code == status, answer.text
        return answer.json()

    permit = {"permit_until": at("2027-01-01 00:00").isoformat()}
    assert tried(**permit)["fee_fen"] == 0
    leaves = {"other_inside": True, "other_leaves": at("2026-06-01 11:00").isoformat()}
    said = tried(**permit, **leaves)
    assert (said["fee_fen"], said["turned_away"]) == (fee, rule is SecondCar.REFUSE)
    assert any(line["rule"] == "bay_taken" for line in said["lines"])
    assert tried(**permit, other_inside=True)["fee_fen"] == 11_00, "it stays longer than this one"
    assert list(tried(422, other_inside=True)["fields"]) == ["permit_until"]
    early = leaves | {"other_leaves": at("2026-06-01 09:00").isoformat()}
    assert list(tried(422, **permit, **early)["fields"]) == ["other_leaves"]
    assert list(tried(422, **permit, other_leaves=leaves["other_leaves"])["fields"]) == ["other_leaves"]


@pytest.mark.req("P01")
def test_scopes_over_http_are_said_and_the_simulator_says_why_a_car_has_its_tariff(town, login_as):
    manager, guard = login_as("manager", community=town.community), login_as("guard")
    large = a_draft(town) | {"terms": terms_of(T6) | {"scope": {"classes": ["large"]}}}
    made = manager.post(API, json=large).json()
    assert (made["version"], made["for_whom"], made["terms"]["scope"]["classes"]) == (1, "大型车", ["large"])
    assert made["said"][0] == "只用于：大型车。"
    everybody = manager.post(API, json=a_draft(town)).json()
    assert everybody["tariff_id"] != made["tariff_id"] and everybody["for_whom"] == "所有车辆"
    tie = manager.post(API, json=a_draft(town) | {"terms": terms_of(T1) | {"scope": {"colours": ["yellow"]}}})
    assert tie.status_code == 409 and "大型车；黄牌" in tie.json()["detail"]
    unknown = manager.post(API, json=a_draft(town) | {"terms": terms_of(T1) | {"scope": {"lanes": [str(new_id())]}}})
    assert (unknown.status_code, unknown.json()["fields"]) == (422, {"terms.scope.lanes": "没有找到这个车道。"})
    wrong = manager.post(API, json=a_draft(town) | {"terms": terms_of(T1) | {"scope": {"kolours": []}}})
    assert list(wrong.json()["fields"]) == ["terms.scope.kolours"]
    for one in (made, everybody):
        approve(town, UUID(one["version_id"]))
    for more, version_id in (({}, everybody), ({"vehicle_class": "large", "colour": "yellow"}, made)):
        tried = guard.post(f"{API}/simulate", json=a_stay(town) | more).json()
        assert (tried["version_id"], tried["tariff_id"]) == (version_id["version_id"], version_id["tariff_id"])
        assert version_id["for_whom"] in tried["chosen"]
    assert "比同样适用的地面（所有车辆）限定得更具体" in tried["chosen"]


def test_terms_that_cannot_be_taken_are_refused_in_words_at_their_field(town, login_as):
    body = a_draft(town) | {"terms": {"rates": {"kind": "blocks", "next": {"minutes": 0, "fen": 1}}}}
    answer = login_as("manager", community=town.community).post(API, json=body)
    assert (answer.status_code, answer.json()["fields"]) == (422, {"terms.rates.next.minutes": "不能小于 1。"})

"""Error rates by group out of real visits, the finding that a group opens, and its close (PRIV-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.secrets import seal
from central.gates.access import service as access
from central.gates.visits.tables import VisitRow
from central.oversight.privacy import group_rates, group_routes
from central.oversight.privacy.group_rules import Verdict
from central.oversight.privacy.tables import GroupFindingRow
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.group_test.tables import GroupTestRow
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

API = "/api/v1"


def visit(town, holder: UUID, at, reason=Reason.OK, score=0.7):
    outcome = Outcome.GRANT if reason is Reason.OK else Outcome.DENY
    return VisitRow(
        visit_id=new_id(), community_id=town.community, node_id=new_id(), happened_at=at, received_at=at, late=False,
        outcome=outcome.value, reason=reason.value, kind="pass", cardholder_id=holder, score=score,
    )  # fmt: skip


def take_part(db, town, number: int, said: str, tries: int, failures: int, at):
    """A resident who agreed at `town.now`, and what became of their comparisons at `at`."""
    home = community.add_resident(
        db, town.actor, town.house, f"样例{number}", None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
    )
    holder = access.add_cardholder(db, town.actor, town.community, home.person_id, ("resident",)).id
    db.add(
        GroupTestRow(
            community_id=town.community, person_id=home.person_id, text_version=1, recorded_by="test",
            sealed_said=seal(db, said.encode(), f"group_test:{home.person_id}"), agreed_at=town.now,
        )
    )  # fmt: skip
    for attempt in range(tries):
        db.add(visit(town, holder, at, Reason.LOW_SCORE if attempt < failures else Reason.OK))
    return holder


@pytest.fixture
def tried(town):
    """Ten elderly people who fail three times in ten, twenty others who never do."""
    with town.session() as db:
        at = town.now + timedelta(hours=1)
        old = [take_part(db, town, n, '{"age": "60_up", "sex": "female"}', 10, 3, at) for n in range(10)]
        for number in range(20):
            take_part(db, town, 100 + number, '{"age": "30_44"}', 10, 0, at)
        db.add(visit(town, old[0], town.now - timedelta(hours=1), Reason.LOW_SCORE))  # before the consent
        db.add(visit(town, old[0], at, Reason.NO_FACE, None))  # went away
        db.add(visit(town, new_id(), at, Reason.LOW_SCORE))  # never agreed
    return replace(town, now=town.now + timedelta(hours=2))


@pytest.mark.req("PRIV-17")
def test_groups_are_counted_from_the_consent_on_and_only_those_who_agreed(tried):
    with tried.session() as db:
        report = group_rates.report_of(db, tried.community)
    groups = {(one.dimension.value, one.key): one for one in report.groups}
    assert (report.agreed, report.mean.trials, report.mean.failures) == (30, 300, 30)
    old = groups["age", "60_up"]
    assert (old.rate.people, old.rate.trials, old.rate.failures, old.verdict) == (10, 100, 30, Verdict.FINDING)
    assert groups["age", "30_44"].verdict is Verdict.WITHIN
    assert groups["skin", "dark"].verdict is Verdict.TOO_SMALL


@pytest.mark.req("PRIV-17")
def test_a_group_that_fails_twice_as_often_opens_one_finding_until_somebody_says_what_it_was(tried):
    now = tried.now
    with tried.session() as db:
        assert group_rates.open_findings(db, now) == 2, "60 and over, and female: they are the same people here"
        assert group_rates.open_findings(db, now) == 0, "one at a time"
        findings = group_rates.findings_of(db, tried.community)
        assert {(one.dimension, one.group_key) for one in findings} == {("age", "60_up"), ("sex", "female")}
        one = next(one for one in findings if one.dimension == "age")
        assert (one.facts["trials"], one.facts["failures"]) == (100, 30)
        with pytest.raises(Invalid):
            group_rates.close_finding(db, tried.actor, one.id, " ", now)
        group_rates.close_finding(db, tried.actor, one.id, "摄像头逆光，已加遮光罩", now)
        with pytest.raises(Conflict):
            group_rates.close_finding(db, tried.actor, one.id, "再关一次", now)
        assert group_rates.open_findings(db, now) == 0, "what was looked into is not told twice"
        told = db.execute(text("SELECT what, reason FROM audit WHERE what LIKE 'group_finding.%' ORDER BY id")).all()
        assert [one.what for one in told] == ["group_finding.open"] * 2 + ["group_finding.close"]
        assert told[-1].reason == "摄像头逆光，已加遮光罩"


@pytest.mark.req("PRIV-17")
def test_a_closed_finding_opens_again_on_new_attempts_alone(tried):
    with tried.session() as db:
        group_rates.open_findings(db, tried.now)
        for one in group_rates.findings_of(db, tried.community):
            group_rates.close_finding(db, tried.actor, one.id, "已调整", tried.now)
        later = tried.now + timedelta(days=1)
        rows = db.execute(text("SELECT DISTINCT cardholder_id, score FROM visit v WHERE reason = 'low_score'")).all()
        holders = db.scalars(text("SELECT id FROM cardholder")).all()
        failing = {row.cardholder_id for row in rows} & set(holders)
        for holder in holders:
            for attempt in range(10):
                failed = holder in failing and attempt < 3
                db.add(visit(tried, holder, later, Reason.LOW_SCORE if failed else Reason.OK))
        db.flush()
        assert group_rates.open_findings(db, later) == 2


@pytest.mark.req("PRIV-17")
def test_over_http_a_small_group_shows_no_figures(tried, login_as):
    manager = login_as(MANAGER, community=tried.community)
    told = manager.get(f"{API}/group-rates", params={"community_id": str(tried.community)}).json()
    groups = {(one["dimension"], one["group"]): one for one in told["groups"]}
    assert groups["skin", "dark"] == {
        "dimension": "skin", "group": "dark", "verdict": "too_small", "figures": None,
    }  # fmt: skip
    assert groups["age", "60_up"]["figures"]["failures"] == 30 and told["mean"]["failures"] == 30
    page = manager.get("/face-figures", headers={"accept": "text/html"})
    assert page.status_code == 200 and "30 / 100" in page.text


def finding(town):
    with town.session() as db:
        db.add(
            GroupFindingRow(
                community_id=town.community, dimension="age", group_key="60_up", opened_at=town.now, facts={"trials": 1}
            )
        )


def found(town):
    with town.session() as db:
        return {"id": db.scalar(text("SELECT id FROM group_finding"))}


def resident(town):
    return {"id": town.resident}


CALLS = (
    Call("GET", f"{API}/residents/{{id}}/group-test", GUARD, path=resident),
    Call("PUT", f"{API}/residents/{{id}}/group-test", GUARD, 409, lambda t: {"age": "60_up"}, path=resident),
    Call("DELETE", f"{API}/residents/{{id}}/group-test", GUARD, path=resident),
    Call("GET", f"{API}/group-rates", MANAGER, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/group-findings/{{id}}/close", MANAGER, 200, lambda t: {"reason": "已调整"}, path=found,
         before=finding),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((group_routes.router,))

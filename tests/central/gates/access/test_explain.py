"""Why may or may not somebody pass, and who may: the lane's own policy on central's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from central.gates.access import service
from central.gates.access.tables import CardholderRow, CredentialRow, GatePassRow
from central.people.community.service import add_community, add_gate, add_lane, end_residency
from central.people.community.tables import PersonRow, ResidentRow
from central.people.consent.tables import ConsentRow, ConsentTextRow, PersonAgeRow
from models.access.decision import Outcome, Reason
from models.access.policy import Effect
from models.access.schedule import HOLIDAY, Span
from models.site.topology import Direction
from models.values.ids import new_id
from tests.central.people.town import SINCE, Town

API = "/api/v1"
HOLIDAYS_ONLY = (Span(days=frozenset({HOLIDAY}), start_minute=0, end_minute=1440),)


@pytest.mark.req("ACC-05")
def test_a_grant_names_the_rule_and_every_question_asked(town):
    with town.session() as db:
        told = service.explain_pass(db, town.visitor_pass, town.lane, town.now)
    assert (told.decision.outcome, told.decision.rule_id) == (Outcome.GRANT, town.rule)
    assert [check.step for check in told.checks] == [
        "gate", "signature", "revoked", "blocked", "window", "gate_scope", "rules", "uses",
    ]  # fmt: skip
    assert (told.person.kind, told.person.label, told.person.house) == ("visitor", "王*", "5-2-1102")


@pytest.mark.req("ACC-05")
def test_everything_that_stands_in_the_way_is_told_not_only_the_first(town):
    with town.session() as db:
        service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=town.now)
        service.retire_rule(db, town.actor, town.rule, now=town.now)
        told = service.explain_pass(db, town.visitor_pass, town.lane, town.now + timedelta(days=2), uses_before=5)
    assert told.decision.reason is Reason.REVOKED
    failed = [check.reason for check in told.checks if not check.passed]
    assert failed == [Reason.REVOKED, Reason.EXPIRED, Reason.NO_RULE, Reason.USED_UP]


@pytest.mark.req("ACC-05", "GEN-04")
def test_yesterdays_decision_is_explained_by_yesterdays_rules(town):
    later = town.now + timedelta(hours=1)
    with town.session() as db:
        service.retire_rule(db, town.actor, town.rule, now=later)
        service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=later)
        then = service.explain_pass(db, town.visitor_pass, town.lane, town.now + timedelta(minutes=30))
        since = service.explain_pass(db, town.visitor_pass, town.lane, later)
    assert (then.decision.reason, since.decision.reason) == (Reason.OK, Reason.REVOKED)


@pytest.mark.req("ADMIN-06")
def test_the_end_of_a_lease_ends_its_passes_at_that_instant(town):
    end = town.now + timedelta(hours=1)
    with town.session() as db:
        service.add_rule(db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now)
        end_residency(db, town.actor, town.resident, end, "搬走")
        before, after = (
            service.explain_pass(db, town.resident_pass, town.lane, at).decision.reason
            for at in (end - timedelta(seconds=1), end)
        )
        listed = [service.who_may(db, town.lane, at, 1).people[0].reason for at in (end - timedelta(seconds=1), end)]
    assert (before, after) == (Reason.OK, Reason.EXPIRED)
    assert listed == [before, after]


@pytest.mark.req("ACC-03")
def test_deny_beats_a_second_factor_which_beats_allow_and_no_match_is_deny(town):
    def said() -> tuple[Outcome, Reason]:
        decision = service.explain_pass(db, town.resident_pass, town.lane, town.now).decision
        return decision.outcome, decision.reason

    def add(effect: Effect, schedule=None) -> None:
        more = {"schedule": schedule} if schedule else {}
        service.add_rule(db, town.actor, town.community, effect.value, effect, ["resident"], now=town.now, **more)

    with town.session() as db:
        assert said() == (Outcome.DENY, Reason.NO_RULE)
        add(Effect.ALLOW, HOLIDAYS_ONLY)
        assert said() == (Outcome.DENY, Reason.WRONG_TIME)
        add(Effect.ALLOW)
        assert said() == (Outcome.GRANT, Reason.OK)
        add(Effect.SECOND_FACTOR)
        assert said() == (Outcome.GRANT, Reason.NO_CONSENT), "whoever has agreed to no face is asked for none"
        text_id = a_text(db, town)
        agrees(db, town, town.person, text_id, town.now - timedelta(seconds=1))
        assert said() == (Outcome.GRANT, Reason.CONSENT_ENDED)
        agrees(db, town, town.person, text_id, town.now + timedelta(seconds=1))
        assert said() == (Outcome.REFER, Reason.SECOND_FACTOR)
        add(Effect.DENY)
        assert said() == (Outcome.DENY, Reason.NO_RULE)


@pytest.mark.req("ACC-03")
def test_a_day_made_a_holiday_follows_the_holidays_line(town):
    with town.session() as db:
        service.add_rule(
            db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now, schedule=HOLIDAYS_ONLY
        )
        day = (town.now + timedelta(hours=8)).date()
        holiday = service.add_holiday(db, town.actor, town.community, day, "庆典").id
        assert service.explain_pass(db, town.resident_pass, town.lane, town.now).decision.reason is Reason.OK
        service.remove_holiday(db, town.actor, holiday)
        assert service.explain_pass(db, town.resident_pass, town.lane, town.now).decision.reason is Reason.WRONG_TIME


def test_at_a_lane_without_a_node_nobody_counted_the_entries(town, login_as):
    ask = {"pass_id": str(town.visitor_pass), "lane_id": str(town.lane)}
    told = login_as("guard").get(f"{API}/explain", params=ask).json()
    assert (told["uses_known"], told["uses_before"]) == (False, 0)
    with town.session() as db:
        counted = service.explain_pass(db, town.visitor_pass, town.lane, town.now, uses_before=1)
    assert (counted.uses_known, counted.decision.reason) == (True, Reason.USED_UP)


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("right_at", ["pass", "lane"])
def test_an_explanation_needs_the_right_at_the_pass_and_at_the_lane(town, login_as, right_at):
    with town.session() as db:
        other = add_community(db, town.actor, "云岭").id
        gate = add_gate(db, town.actor, other, "南门").id
        lane = add_lane(db, town.actor, gate, "south-in", "南门进", Direction.IN).id
    ask = {"pass_id": str(town.visitor_pass), "lane_id": str(lane)}
    guard = login_as("guard", community=town.community if right_at == "pass" else other)
    assert guard.get(f"{API}/explain", params=ask).status_code == 403
    told = login_as("guard").get(f"{API}/explain", params=ask).json()
    assert told["decision"]["reason"] == "wrong_point"


@pytest.mark.req("ACC-05")
def test_who_may_is_told_by_masked_name_and_counted(town, login_as):
    with town.session() as db:
        service.add_rule(db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now)
    told = login_as("guard").get(f"{API}/explain/who", params={"lane_id": str(town.lane)}).json()
    assert told["counts"] == {"grant ok": 1}
    (person,) = told["people"]
    assert (person["label"], person["house"], person["outcome"]) == ("张*", "5-2-1102", "grant")
    nobody = login_as("guard").get(f"{API}/explain/who", params={"lane_id": str(town.lane), "limit": 0}).json()
    assert (nobody["counts"], nobody["people"]) == ({"grant ok": 1}, [])


HOURS = st.sampled_from([-30, -2, 2, 30]).map(lambda hours: timedelta(hours=hours))
PASSES = st.fixed_dictionaries(
    {
        "start": HOURS,
        "length": st.sampled_from([1, 3, 40]),
        "gates": st.sampled_from([[1], [2], [1, 2]]),
        "revoked": st.sampled_from([None, None, None, timedelta(0)]),
        "group": st.sampled_from([1, 2]),
    }
)
HOLDERS = st.fixed_dictionaries(
    {
        "groups": st.sampled_from([["help"], ["help", "resident"], []]),
        "valid_from": st.none() | HOURS,
        "valid_until": st.none() | HOURS,
        "blocked": st.sampled_from([False, False, True]),
        "stays": st.lists(st.tuples(HOURS, st.none() | st.sampled_from([1, 40])), max_size=2, unique_by=lambda s: s[0]),
        "agreed": st.none() | HOURS,
        "passes": st.lists(PASSES, max_size=3),
    }
)


def alike(holder, one, other):
    """People who differ in one thing only: where a case told too little, one would speak for the other."""
    base = holder | {"passes": [one], "valid_until": None, "stays": [], "blocked": False}
    changed = [{"agreed": None}, *({"passes": [one | {name: other[name]}]} for name in one)]
    return [base, *(base | change for change in (*changed, {"valid_until": holder["valid_until"]}))]


@pytest.mark.req("ACC-05")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each step asks a database: shrinking would take minutes
)
@given(holders=st.lists(HOLDERS, max_size=4) | st.builds(alike, HOLDERS, PASSES, PASSES), after=HOURS)
def test_cases_say_what_deciding_one_by_one_says(busy_town, holders, after):
    town, people, key_id = busy_town
    at = town.now + after
    with town.session() as db:
        text_id = a_text(db, town)
        rows = [put(db, town, person, holder, key_id) for person, holder in zip(people, holders, strict=False)]
        for person, holder in zip(people, holders, strict=False):
            if holder["agreed"] is not None:
                agrees(db, town, person, text_id, town.now + holder["agreed"])
        who = service.who_may(db, town.lane, at, 99)
        told = {standing.cardholder_id: standing for standing in who.people}
        assert who.counts == Counter((standing.outcome, standing.reason) for standing in who.people)
        assert service.who_may(db, town.lane, at, 1).people == who.people[:1]
        for holder, passes in rows:
            said = [service.explain_pass(db, row.id, town.lane, at).decision for row in passes
                    if row.not_after > at - timedelta(minutes=5)]  # fmt: skip
            assert (holder.id in told) == bool(said)
            if said:
                outcomes = {decision.outcome for decision in said}
                best = next(o for o in (Outcome.GRANT, Outcome.REFER, Outcome.DENY) if o in outcomes)
                assert told[holder.id].outcome is best
                assert told[holder.id].reason in {d.reason.value for d in said if d.outcome is best}
        db.rollback()


@pytest.fixture
def busy_town(town: Town) -> Iterator[tuple[Town, list, object]]:
    """Two gates, three rules, eight people whose homes and cards are drawn; the town's own passes are gone."""
    with town.session() as db:
        west = add_gate(db, town.actor, town.community, "西门", 2).id
        add_lane(db, town.actor, west, "west-in", "西门进", Direction.IN)
        for effect, group, schedule in (
            (Effect.SECOND_FACTOR, "resident", None),
            (Effect.ALLOW, "help", None),
            (Effect.DENY, "help", HOLIDAYS_ONLY),
        ):
            more = {"schedule": schedule} if schedule else {}
            service.add_rule(db, town.actor, town.community, group, effect, [group], now=SINCE, **more)
        people = [new_id() for _ in range(8)]
        db.add_all([PersonRow(id=person, name="示例") for person in people])
        key_id = db.get_one(GatePassRow, town.resident_pass).key_id
        db.execute(delete(GatePassRow))
    yield town, people, key_id


def a_text(db, town: Town) -> UUID:
    row = ConsentTextRow(
        community_id=town.community, purpose="face", version=1, zh="同意", en="I agree", published_at=SINCE,
        published_by="test", old_until=SINCE, lasts_days=9,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row.id


def agrees(db, town: Town, person: UUID, text_id: UUID, until: datetime) -> None:
    """Somebody of age, whose consent ends by itself."""
    db.merge(PersonAgeRow(id=person, person_id=person, of_age=True, noted_at=SINCE))
    db.add(
        ConsentRow(
            community_id=town.community, person_id=person, text_id=text_id, purpose="face", channel="desk",
            given_at=until - timedelta(days=9), expires_at=until, recorded_by="test",
        )
    )  # fmt: skip
    db.flush()


def put(db, town: Town, person, asked, key_id) -> tuple[CardholderRow, list[GatePassRow]]:
    """Rows as services never leave them too: any window, any state."""

    def moment(delta):
        return None if delta is None else town.now + delta

    for since, hours in asked["stays"]:
        until = None if hours is None else moment(since) + timedelta(hours=hours)
        stay = ResidentRow(community_id=town.community, house_id=town.house, person_id=person, tie="family")
        stay.starts_at, stay.ends_at = moment(since), until
        db.add(stay)
    holder = CardholderRow(
        community_id=town.community, person_id=person, groups=asked["groups"], valid_from=moment(asked["valid_from"]),
        valid_until=moment(asked["valid_until"]), blocked_at=town.now if asked["blocked"] else None,
    )  # fmt: skip
    db.add(holder)
    db.flush()
    passes = []
    for one in asked["passes"]:
        start = moment(one["start"]).replace(microsecond=0)
        end = start + timedelta(hours=one["length"])
        credential = CredentialRow(community_id=town.community, cardholder_id=holder.id, kind="pass", not_after=end)
        db.add(credential)
        db.flush()
        row = GatePassRow(
            id=credential.id, community_id=town.community, key_id=key_id, pass_group=one["group"], not_before=start,
            not_after=end, gates=one["gates"], uses=0, party=1, issued_at=start, issued_by="test",
            credential_id=credential.id, revoked_at=moment(one["revoked"]),
        )  # fmt: skip
        db.add(row)
        db.flush()
        passes.append(row)
    return holder, passes


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2200-01-01T00:00:00Z"])
def test_an_instant_at_the_end_of_the_calendar_is_refused_in_words(town, login_as, at):
    guard = login_as("guard")
    for path in (f"{API}/explain", f"{API}/explain/who"):
        asked = {"lane_id": str(town.lane), "pass_id": str(town.visitor_pass), "at": at}
        answer = guard.get(path, params=asked)
        assert answer.status_code == 422 and "at" in answer.json()["fields"]

"""A household that a manager keeps from entering: whom it concerns, who learns of it, and how it ends (ACC-06)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import rules, service, snapshot
from central.gates.access.explain import explain_pass
from central.gates.access.queries_households import block_of, household_blocks
from central.gates.access.set_rules import add_rule
from central.people.community import service as community
from central.people.community.rules import Tie
from models.access.decision import Outcome, Reason
from models.access.policy import Effect
from tests.central.people.town import SINCE

WHY = "派出所要求暂缓进入"
DAY = timedelta(days=1)


def block(town, db, days=2, **more):
    return service.block_household(db, town.actor, town.house, town.now + days * DAY, WHY, now=town.now, **more)


def told(town, db, now=None):
    """What the gates hear of the town's cardholder."""
    (holder,) = snapshot.parts(db, town.community, now or town.now).cardholders
    return holder.household_blocked_until


@pytest.mark.req("ACC-06")
def test_the_gates_learn_until_when_a_household_is_kept_out_and_nothing_of_why(town):
    with town.session() as db:
        before = snapshot.version(db, town.community)
        block(town, db)
        parts = snapshot.parts(db, town.community, town.now)
        assert parts.version > before and told(town, db) == town.now + 2 * DAY
        assert WHY not in str(parts)
        assert told(town, db, town.now + 2 * DAY) is None, "it ends by itself"


@pytest.mark.req("ACC-06", "VIS-08")
def test_a_snapshot_whose_instant_was_taken_a_moment_before_a_change_tells_of_it_all_the_same(town):
    """Its version says that the change is in it; a gate that has that version would not ask again."""
    earlier = town.now - timedelta(seconds=1)
    with town.session() as db:
        row = block(town, db)
        assert told(town, db, earlier) == town.now + 2 * DAY
        service.end_household_block(db, town.actor, row.id, "通知解除", now=town.now)
        assert told(town, db, earlier) is None


@pytest.mark.req("ACC-06", "SEC-02")
def test_it_is_ended_before_its_hour_with_a_reason_and_both_deeds_are_in_the_audit(town):
    with town.session() as db:
        row = block(town, db)
        service.end_household_block(db, town.actor, row.id, "派出所通知解除", now=town.now + timedelta(hours=1))
        assert told(town, db, town.now + timedelta(hours=1)) is None
        with pytest.raises(Conflict):
            service.end_household_block(db, town.actor, row.id, "再来一次", now=town.now)
        (view,) = household_blocks(db, town.community, town.now)
        assert (view.house, view.stands, view.ended_reason) == ("5-2-1102", False, "派出所通知解除")
        deeds = db.scalars(select(AuditRow).where(AuditRow.subject == "household_block").order_by(AuditRow.id)).all()
    assert [(one.what, one.reason) for one in deeds] == [
        ("household.block", WHY), ("household.unblock", "派出所通知解除"),
    ]  # fmt: skip


@pytest.mark.req("ACC-06")
def test_a_second_home_that_is_not_blocked_lets_its_owner_in(town):
    with town.session() as db:
        other = community.add_house(db, town.actor, town.unit, "1103").id
        block(town, db)
        community.add_resident(
            db, town.actor, other, "", None, Tie.OWNER, starts_at=SINCE, person_id=town.person
        )  # fmt: skip
        assert told(town, db) is None
        service.block_household(db, town.actor, other, town.now + DAY, WHY, now=town.now)
        assert told(town, db) == town.now + DAY, "the first home that lets them in again"


@pytest.mark.req("ACC-06", "ACC-05")
def test_central_explains_the_refusal_as_the_gate_gives_it(town):
    with town.session() as db:
        add_rule(db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now - DAY)
        block(town, db)
        at = town.now + timedelta(minutes=1)
        made = explain_pass(db, town.resident_pass, town.lane, at).decision
        assert (made.outcome, made.reason) == (Outcome.DENY, Reason.HOUSEHOLD_BLOCKED)
        assert made.detail == {"until": (town.now + 2 * DAY).isoformat()}
        assert explain_pass(db, town.resident_pass, town.lane, town.now - timedelta(seconds=1)).decision.reason is (
            Reason.OK
        ), "what was so before it began stays so"
        counts = service.who_may(db, town.lane, at, 10).counts
    assert counts == {(Outcome.DENY, "household_blocked"): 1}


@pytest.mark.req("ACC-06")
def test_no_new_visitor_is_invited_meanwhile(town):
    with town.session() as db:
        block(town, db)
        with pytest.raises(Conflict):
            service.issue_visitor_pass(db, town.actor, town.house, "王示例", None, None, town.window(), now=town.now)


@pytest.mark.parametrize(
    ("days", "reason", "field"), [(0, WHY, "until"), (32, WHY, "until"), (1, " ", "reason"), (1, "长" * 201, "reason")]
)
def test_it_needs_an_end_within_a_month_and_a_reason(town, days, reason, field):
    with town.session() as db, pytest.raises(Invalid) as refused:
        service.block_household(db, town.actor, town.house, town.now + days * DAY, reason, now=town.now)
    assert set(refused.value.fields) == {field}


def test_one_block_stands_at_a_time(town):
    with town.session() as db:
        block(town, db)
        with pytest.raises(Conflict), db.begin_nested():
            block(town, db)
        standing = block_of(db, town.house, town.now)
        assert standing is not None and standing.until == town.now + 2 * DAY


HOUSES = [UUID(int=one) for one in range(3)]
homes = st.lists(
    st.tuples(st.sampled_from(HOUSES), st.integers(-5, 5), st.none() | st.integers(1, 9)), min_size=1, max_size=4
)


@pytest.mark.req("ACC-06")
@given(homes, st.dictionaries(st.sampled_from(HOUSES), st.integers(1, 6)))
def test_nobody_with_an_open_home_is_kept_out_and_nobody_longer_than_needed(stays, blocks):
    """Said the long way round: hour by hour, whether one of their homes, once theirs, lets them in. When a home ends is
    the question of the holder's validity."""
    at = {hour: SINCE + timedelta(hours=hour) for hour in range(-5, 20)}
    theirs = [(house, at[start], at[start + length] if length else None) for house, start, length in stays]
    until = rules.household_blocked_until(theirs, {house: at[end] for house, end in blocks.items()}, at[0])
    not_over = [(house, start) for house, start, length in stays if length is None or start + length > 0]

    def lets_in(hour: int) -> bool:
        return any(start <= hour and blocks.get(house, -5) <= hour for house, start in not_over)

    if lets_in(0) or not any(house in blocks for house, _ in not_over):
        assert until is None
    else:
        assert until == at[next(hour for hour in range(1, 20) if lets_in(hour))]

"""Anti-passback zones and lockdowns at central: what may be set, what the gates are told, who may start what."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from central.base.database.migrating import alembic_config, owner_engine
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.access import queries_zones as queries
from central.gates.access import service, snapshot
from central.gates.access.rules import LOCKDOWN_MAX, LockdownState, lockdown_end_problem, lockdown_state
from central.people.community.service import add_lane
from models.access.passback import PassbackMode
from models.site.topology import Direction
from models.values.ids import new_id
from tests.central.people.town import SINCE

HOUR = timedelta(hours=1)


def person(town, *permissions, community=None):
    grant = Grant("somebody", frozenset(permissions), community or town.community)
    return Actor(town.tenant_id, ActorKind.ACCOUNT, new_id(), "李*", (grant,))


@pytest.fixture
def guard(town):
    return person(town, "lockdown.request")


@pytest.fixture
def manager(town):
    return person(town, "lockdown.request", "lockdown.approve", "zone.edit")


@pytest.fixture
def way_out(town):
    with town.session() as db:
        return add_lane(db, town.actor, town.gate, "east-out", "东门出", Direction.OUT).id


def told(town, now=None):
    with town.session() as db:
        return snapshot.parts(db, town.community, now or town.now)


def audited(town, subject):
    with town.session() as db:
        asked = text("SELECT what, reason, actor_id FROM audit WHERE subject = :subject ORDER BY id")
        return db.execute(asked, {"subject": subject}).all()


def ask(town, actor, **other):
    asked = {"lanes": [town.lane], "admits": "staff", "until": town.now + HOUR, "reason": "可疑人员"} | other
    with town.session() as db:
        row = service.request_lockdown(db, actor, town.community, now=town.now, **asked)
        return row.id


def approve(town, actor, lockdown_id, now=None):
    with town.session() as db:
        service.approve_lockdown(db, actor, lockdown_id, now=now or town.now)


# ── zones


@pytest.mark.req("ACC-17")
def test_the_gates_are_told_of_a_zone_until_it_is_dropped(town, manager, way_out):
    with town.session() as db:
        zone = service.set_zone(
            db, manager, town.community, "地库", PassbackMode.HARD, [town.lane, way_out], now=town.now
        )
        zone_id = zone.id
    before = told(town)
    (one,) = before.passback
    assert (one.zone_id, one.mode, one.minutes) == (zone_id, PassbackMode.HARD, 0)
    assert one.lanes == {town.lane, way_out}
    with town.session() as db:
        service.set_zone(
            db, manager, town.community, "地库", PassbackMode.TIMED, [town.lane], minutes=10, now=town.now,
            zone_id=zone_id,
        )  # fmt: skip
    between = told(town)
    assert between.version > before.version
    assert [(zone.mode, zone.minutes) for zone in between.passback] == [(PassbackMode.TIMED, 10)]
    with town.session() as db:
        service.drop_zone(db, manager, zone_id)
    assert told(town).passback == () and told(town).version > between.version
    assert [row.what for row in audited(town, "passback_zone")] == ["zone.set", "zone.set", "zone.drop"]


def test_saying_the_same_again_changes_nothing(town, manager):
    with town.session() as db:
        zone_id = service.set_zone(db, manager, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now).id
    before = told(town)
    with town.session() as db:
        service.set_zone(
            db, manager, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now, zone_id=zone_id
        )
    assert told(town) == before and len(audited(town, "passback_zone")) == 1


@pytest.mark.parametrize(
    ("mode", "minutes", "lanes", "problem"),
    [
        (PassbackMode.HARD, 0, "in", {"lanes": "access.zone_no_way_out"}),
        (PassbackMode.SOFT, 0, "none", {"lanes": "access.zone_lanes"}),
        (PassbackMode.SOFT, 0, "unknown", {"lanes": "access.zone_lanes"}),
        (PassbackMode.TIMED, 0, "in", {"minutes": "access.zone_minutes"}),
        (PassbackMode.TIMED, 1441, "in", {"minutes": "access.zone_minutes"}),
    ],
)
def test_a_zone_that_cannot_be_kept_is_refused(town, manager, mode, minutes, lanes, problem):
    chosen = {"in": [town.lane], "none": [], "unknown": [new_id()]}[lanes]
    with pytest.raises(Invalid) as refused, town.session() as db:
        service.set_zone(db, manager, town.community, "地库", mode, chosen, minutes=minutes, now=town.now)
    assert refused.value.fields == problem
    assert told(town).passback == ()


def test_a_lane_counts_in_one_zone_only(town, manager):
    with town.session() as db:
        service.set_zone(db, manager, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now)
    with pytest.raises(Invalid) as refused, town.session() as db:
        service.set_zone(db, manager, town.community, "院子", PassbackMode.SOFT, [town.lane], now=town.now)
    assert refused.value.fields == {"lanes": "access.zone_lane_taken"}


@pytest.mark.req("ACC-17")
def test_of_two_transactions_in_the_same_instant_one_gets_the_lane(town, manager):
    """Neither sees what the other has not committed: the database holds the second back, and refuses it."""
    answers, waits = [], threading.Event()

    def second() -> None:
        with pytest.raises(Invalid) as refused, town.session() as db:
            db.execute(text("SELECT 1"))
            waits.set()
            service.set_zone(db, manager, town.community, "院子", PassbackMode.SOFT, [town.lane], now=town.now)
        answers.append(refused.value.fields)

    with town.session() as db:
        service.set_zone(db, manager, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now)
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(10)
        held = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%passback%'")
        until = time.monotonic() + 10
        while not db.execute(held).scalar() and time.monotonic() < until:
            time.sleep(0.02)
    other.join(20)
    assert answers == [{"lanes": "access.zone_lane_taken"}]
    assert [zone.lanes for zone in told(town).passback] == [{town.lane}]


def test_zones_that_were_there_before_keep_their_lanes_in_every_company(database, town, other_town, way_out):
    """The migration's own step, on a schema put back as it was: two zones had won one lane; the later set keeps it."""
    step = ScriptDirectory.from_config(alembic_config()).get_revision("0016_gates_points").module
    with owner_engine(database.owner_dsn).begin() as owner:
        owner.execute(text("DROP TABLE passback_lane"))
        owner.execute(text("ALTER TABLE passback_zone ADD COLUMN lanes uuid[]"))
        for one, minutes in ((town, 0), (town, 1), (other_town, 0)):
            owner.execute(text("SELECT set_config('menting.tenant', :t, true)"), {"t": str(one.tenant_id)})
            owner.execute(
                text(
                    "INSERT INTO passback_zone (id, community_id, name, mode, minutes, lanes, set_at) "
                    "VALUES (gen_random_uuid(), :place, :name, 'soft', 0, :lanes, :at)"
                ),
                {
                    "place": one.community, "name": f"zone {minutes}", "at": town.now + minutes * timedelta(minutes=1),
                    "lanes": [one.lane, way_out] if one is town and not minutes else [one.lane],
                },
            )  # fmt: skip
        with Operations.context(MigrationContext.configure(owner)):
            step._zone_lanes()
    with town.session() as db:
        assert {zone.name: zone.lanes for zone in queries.zones_of(db, town.community)} == {
            "zone 0": (way_out,), "zone 1": (town.lane,),
        }  # fmt: skip
    assert [zone.lanes for zone in told(other_town).passback] == [{other_town.lane}]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_who_may_not_sets_no_zone(town, other_town, guard, manager):
    for stranger in (guard, person(town, "zone.edit", community=new_id())):
        with pytest.raises(Forbidden), town.session() as db:
            service.set_zone(db, stranger, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now)
    with town.session() as db:
        zone_id = service.set_zone(db, manager, town.community, "地库", PassbackMode.SOFT, [town.lane], now=town.now).id
    with pytest.raises(NotFound), other_town.session() as db:
        service.drop_zone(db, other_town.actor, zone_id)
    assert told(other_town).passback == ()


# ── lockdowns


@pytest.mark.req("ACC-24", "SEC-07")
def test_a_lockdown_takes_two_persons_and_the_gates_hear_of_it_only_then(town, guard, manager):
    before = told(town)
    lockdown_id = ask(town, guard)
    assert told(town) == before, "a request closes nothing"
    approve(town, manager, lockdown_id)
    (one,) = told(town).lockdowns
    assert (one.lockdown_id, one.lanes, one.group, one.until) == (
        lockdown_id, {town.lane}, "staff", town.now + HOUR,
    )  # fmt: skip
    assert told(town).version > before.version
    assert [(row.what, row.reason, row.actor_id) for row in audited(town, "lockdown")] == [
        ("lockdown.request", "可疑人员", guard.id),
        ("lockdown.approve", "可疑人员", manager.id),
    ]


@pytest.mark.req("SEC-07", "ACC-24")
def test_who_asked_cannot_approve(town, manager):
    lockdown_id = ask(town, manager)
    with pytest.raises(Forbidden, match="lockdown_own"):
        approve(town, manager, lockdown_id)
    assert told(town).lockdowns == ()
    with pytest.raises(IntegrityError), town.session() as db:
        db.execute(text("UPDATE lockdown SET approved_by = requested_by, approved_at = now()"))


@pytest.mark.req("ACC-24")
def test_it_ends_at_its_hour_and_one_person_ends_it_before(town, guard, manager):
    first, second = ask(town, guard), ask(town, guard, until=town.now + 2 * HOUR)
    for one in (first, second):
        approve(town, manager, one)
    assert [one.lockdown_id for one in told(town, town.now + HOUR).lockdowns] == [second]
    before = told(town)
    with town.session() as db:
        service.end_lockdown(db, manager, second, "警方已到", now=town.now + HOUR)
    after = told(town, town.now + HOUR)
    assert after.lockdowns == () and after.version > before.version
    assert audited(town, "lockdown")[-1].reason == "警方已到"


@pytest.mark.parametrize("deed", ["approve", "end", "withdraw"])
def test_a_page_open_at_two_desks_does_it_once(town, guard, manager, deed):
    lockdown_id = ask(town, guard)
    if deed == "end":
        approve(town, manager, lockdown_id)

    def press(db, who):
        match deed:
            case "approve":
                service.approve_lockdown(db, who, lockdown_id, now=town.now)
            case "end":
                service.end_lockdown(db, who, lockdown_id, "过去了", now=town.now)
            case "withdraw":
                service.withdraw_lockdown(db, who, lockdown_id, "误报", now=town.now)

    with town.session() as db:
        press(db, manager)
    version, rows = told(town).version, len(audited(town, "lockdown"))
    with pytest.raises(Conflict), town.session() as db:
        press(db, person(town, "lockdown.request", "lockdown.approve"))
    assert (told(town).version, len(audited(town, "lockdown"))) == (version, rows)


def test_a_request_is_taken_back_by_who_made_it_or_by_who_could_approve(town, guard, manager):
    for who in (guard, manager):
        with town.session() as db:
            service.withdraw_lockdown(db, who, ask(town, guard), "误报", now=town.now)
    with pytest.raises(Forbidden), town.session() as db:
        service.withdraw_lockdown(db, person(town, "lockdown.request"), ask(town, guard), "误报", now=town.now)


def test_a_request_that_nobody_approved_in_time_cannot_be_approved_later(town, guard, manager):
    with pytest.raises(Conflict, match="lockdown_is_ended"):
        approve(town, manager, ask(town, guard), town.now + HOUR)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"until": SINCE}, "until"),
        ({"lanes": []}, "lanes"),
        ({"admits": "Nobody!"}, "admits"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_a_request_that_says_too_little_is_refused(town, guard, wrong, field):
    with pytest.raises(Invalid) as refused:
        ask(town, guard, **wrong)
    assert set(refused.value.fields) == {field}


@pytest.mark.req("ACC-24")
@given(minutes=st.integers(-2000, 4000))
def test_the_end_is_named_from_the_start_and_at_most_a_day_away(minutes):
    ahead = timedelta(minutes=minutes)
    fine = timedelta(0) < ahead <= LOCKDOWN_MAX
    assert (lockdown_end_problem(SINCE + ahead, SINCE) is None) is fine


@given(approved=st.booleans(), ended=st.booleans(), minutes=st.integers(-100, 100))
def test_a_lockdown_runs_only_approved_not_ended_and_before_its_hour(approved, ended, minutes):
    state = lockdown_state(
        SINCE if approved else None, SINCE if ended else None, SINCE + timedelta(minutes=minutes), SINCE
    )
    assert (state is LockdownState.RUNNING) is (approved and not ended and minutes > 0)


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_nobody_locks_another_s_gates(town, other_town, guard, manager):
    lockdown_id = ask(town, guard)
    for stranger in (guard, person(town, "lockdown.approve", community=new_id())):
        with pytest.raises(Forbidden):
            approve(town, stranger, lockdown_id)
    with pytest.raises(NotFound), other_town.session() as db:
        service.approve_lockdown(db, person(other_town, "lockdown.approve"), lockdown_id, now=town.now)
    with pytest.raises(Forbidden, match="lockdown_person"):
        approve(town, town.actor, lockdown_id)
    with pytest.raises(Invalid), other_town.session() as db:
        service.request_lockdown(
            db, person(other_town, "lockdown.request"), other_town.community, [town.lane], "staff", town.now + HOUR,
            "x", now=town.now,
        )  # fmt: skip
    approve(town, manager, lockdown_id)
    assert told(other_town).lockdowns == ()
    with other_town.session() as db:
        assert queries.open_lockdowns(db, [town.community], town.now) == []

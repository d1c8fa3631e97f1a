"""A tidal lane that turns round by its timetable: times of the site's week, an empty lane, and whose word holds until
when (LANE-13)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.hold import FireHolds
from edge.lane.vehicle.machine import step
from edge.lane.vehicle.orders import NOT_EMPTY, Orders
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.vehicle.states import Arm, Contacts, Loop, Phase, Settings, VehicleLane, Way
from edge.lane.vehicle.states import Seen as LaneSeen
from edge.lane.vehicle.timetable import Due, Turn, following, newest, turn_of, why_no_timetable
from edge.store.view import RulesView
from models.parking.admission import LaneRules
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import SITE_TZ, site_time
from models.wire.commands import Action, Command
from models.wire.events import LaneDirection
from tests.edge.lane.bench import Lock
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, REFERS
from tests.edge.lane.vehicle.test_orders import Tidal, answers, hold, locked
from tests.edge.lane.vehicle.test_runner import permit
from tests.edge.lane.vehicle.test_storm import storm

IN, OUT = Direction.IN, Direction.OUT
MONDAY = datetime(2026, 11, 30, tzinfo=SITE_TZ)
RUSH = tuple(map(turn_of, ("1-5 06:30 in", "1-5 16:30 out", "6,7,8 08:00 in")))
MINUTE = timedelta(minutes=1)


# -- the week, pure --------------------------------------------------------------------------------------------------


@pytest.mark.req("LANE-13", "GEN-02")
@pytest.mark.parametrize(
    ("now", "came", "comes"),
    [
        ("2026-11-30T06:29", ("2026-11-29T08:00", IN), ("2026-11-30T06:30", IN)),
        ("2026-11-30T06:30", ("2026-11-30T06:30", IN), ("2026-11-30T16:30", OUT)),
        ("2026-12-04T23:59", ("2026-12-04T16:30", OUT), ("2026-12-05T08:00", IN)),
        ("2026-12-01T12:00", ("2026-12-01T08:00", IN), ("2026-12-02T06:30", IN)),
    ],
    ids=["a minute before", "this minute", "over the weekend", "a holiday on a Tuesday"],
)
def test_the_change_that_came_last_and_the_one_that_comes_next(
    now: str, came: tuple[str, Direction], comes: tuple[str, Direction]
) -> None:
    at = {text: datetime.fromisoformat(text).replace(tzinfo=SITE_TZ) for text in (now, came[0], comes[0])}
    holidays = {date(2026, 12, 1)}
    for zone in (SITE_TZ, UTC):
        here = at[now].astimezone(zone)
        assert newest(RUSH, here, holidays) == Due(at[came[0]], came[1])
        assert following(RUSH, here, holidays) == Due(at[comes[0]], comes[1])


@pytest.mark.req("LANE-13")
@pytest.mark.parametrize("text", ["", "1-5 6:30 in", "0 06:30 in", "1-9 06:30 in", "5-1 06:30 in", "1-5 24:00 in",
                                  "1-5 06:30 up", "1-5 06:30 in "])  # fmt: skip
def test_what_is_no_change_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"/ write it as"):
        turn_of(text)


@pytest.mark.req("LANE-13")
def test_two_changes_in_one_minute_contradict_each_other() -> None:
    assert why_no_timetable(RUSH) is None
    assert "06:30" in str(why_no_timetable((*RUSH, turn_of("5-6 06:30 out"))))


TURNS = st.lists(
    st.builds(
        lambda days, minute, leads: Turn(frozenset(days), time(*divmod(minute, 60)), leads),
        st.sets(st.integers(1, 8), min_size=1),
        st.integers(0, 1439),
        st.sampled_from(Direction),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda turn: turn.at,
).map(tuple)
HOLIDAYS = st.sets(st.integers(-3, 10).map(lambda days: (MONDAY + timedelta(days=days)).date()), max_size=4)


@pytest.mark.req("LANE-13")
@given(TURNS, HOLIDAYS, st.integers(0, 7 * 1440 - 1))
def test_any_minute_of_the_week_knows_its_last_and_its_next_change(
    turns: tuple[Turn, ...], holidays: set[date], minute: int
) -> None:
    """Held against a walk over every minute."""

    def changes(at: datetime) -> Due | None:
        here = [turn for turn in turns if turn.at == at.time() and turn.falls_on(at.date(), holidays)]
        return Due(at, here[0].leads) if here else None

    now = MONDAY + minute * MINUTE
    came, comes = newest(turns, now, holidays), following(turns, now, holidays)
    if came is not None:
        assert changes(came.at) == came and came.at <= now
    if comes is not None:
        assert changes(comes.at) == comes and comes.at > now
    first = came.at + MINUTE if came else now - timedelta(days=7)
    last = comes.at if comes else now + timedelta(days=7)
    at = max(first, now - timedelta(days=1))
    while at < min(last, now + timedelta(days=1)):
        assert changes(at) is None
        at += MINUTE


# -- a lane through a week -------------------------------------------------------------------------------------------


class Week:
    """One tidal lane with the pure machine and the orders of a node; the clock, the loops and the disk are the
    test's. What is written is held against nothing here."""

    def __init__(self, folder: Path, turns: tuple[Turn, ...]):
        self.folder, self.turns, self.now, self.busy = folder, turns, MONDAY, False
        self.lane = Lane(lane_id=new_id(), code=LANE, name=LANE, gate_id=new_id(), gate_number=1, direction=IN)
        self.changes: list[tuple[datetime, Direction]] = []
        self.start()

    def start(self) -> None:
        settings = Settings()
        self.shell = VehicleShell(
            LANE, self.lane, Lock(lambda: 0), REFERS, VehicleLane(settings=settings, direction=IN), tidal=True,
            turns=self.turns,
        )  # fmt: skip
        record = SimpleNamespace(say=lambda *_: None, end_alarm=lambda *_: None, raise_alarm=lambda *_: None)
        self.orders = Orders(
            cast(Any, record), FireHolds(self.folder), lambda: self.now, self.mono, self.step, lambda: RulesView()
        )
        self.orders.begin(self.shell)
        self.hear()

    def mono(self) -> float:
        return (self.now - MONDAY).total_seconds() + 1000.0

    def step(self, shell: VehicleShell, seen: LaneSeen) -> None:
        before = shell.vehicle
        shell.vehicle, does = step(before, seen, self.mono())
        if shell.vehicle.direction is not before.direction:
            self.changes.append((self.now, shell.vehicle.direction))
            assert before.empty and before.way is Way.NOBODY and before.arm is Arm.DOWN, "somebody could meet somebody"
            assert before.phase is Phase.RESTING
        self.orders.after_step(shell, before, does)

    def hear(self) -> None:
        loop = Loop.OCCUPIED if self.busy else Loop.FREE
        outer, inner = (loop, Loop.FREE) if self.shell.vehicle.direction is IN else (Loop.FREE, loop)
        self.step(self.shell, Contacts(outer, Loop.FREE, inner, False, True, False))
        self.orders.follow_rules(self.shell)

    def guard(self, leads: Direction) -> bool:
        """Whether the lane leads so after a guard's word."""
        word = Command(
            command_id=new_id(), number=1, node_id=new_id(), lane_id=self.lane.lane_id, nonce=new_id().hex,
            action=Action.SWITCH_DIRECTION, direction=leads, issued_at=self.now, ttl_s=15, correlation=new_id(),
            actor_id=new_id(), role="guard", reason="晚高峰",
        )  # fmt: skip
        self.orders.carry_out(self.shell, word)
        return self.shell.vehicle.direction is leads


DEEDS = st.lists(
    st.tuples(
        st.integers(1, 1500),
        st.sampled_from(["free", "busy", "guard in", "guard out", "restart"]),
    ),
    max_size=12,
)


@pytest.mark.req("LANE-13")
@given(TURNS, DEEDS)
def test_a_lane_leads_as_its_timetable_says_or_as_a_person_said_since_and_turns_on_nobody(
    turns: tuple[Turn, ...], deeds: list[tuple[int, str]]
) -> None:
    """The model: the newest of the timetable's changes and of the guard's words that were carried out, but for a change
    that waits for an empty lane. Every node that dies comes back to the same."""
    with tempfile.TemporaryDirectory() as folder:
        week = Week(Path(folder), turns)
        leads, heeded = week.shell.vehicle.direction, MONDAY
        came = newest(turns, MONDAY, set())
        assert leads is (came.leads if came else IN)
        for minutes, deed in deeds:
            for hop in (1, minutes, minutes // 3 + 1):
                week.now += hop * MINUTE
                week.hear()
                due = newest(turns, week.now, set())
                if due is not None and due.at > heeded and (not week.busy or due.leads is leads):
                    leads, heeded = due.leads, week.now
                assert week.shell.vehicle.direction is leads
            if deed in ("free", "busy"):
                week.busy = deed == "busy"
                week.hear()
            elif deed == "restart":
                week.start()
            else:
                asked = IN if deed == "guard in" else OUT
                if week.guard(asked):
                    leads, heeded = asked, week.now
            due = newest(turns, week.now, set())
            if due is not None and due.at > heeded and not week.busy:
                leads, heeded = due.leads, week.now
            week.hear()
            assert week.shell.vehicle.direction is leads


# -- a node ----------------------------------------------------------------------------------------------------------


class TurnsItself(Tidal):
    """`due`: what its timetable says, in minutes from the test's beginning."""

    due: tuple[tuple[int, Direction], ...] = ()

    def start(self) -> None:
        super().start()
        self.shell.turns = tuple(
            turn_of(f"{at.isoweekday()} {at:%H:%M} {leads.value}")
            for at, leads in ((self.minute(m), w) for m, w in self.due)
        )
        self.gate.begin()

    def minute(self, minute: int) -> datetime:
        return site_time(self.began).replace(second=0, microsecond=0) + minute * MINUTE

    def until(self, minute: int) -> None:
        """A moment after this minute has begun; the loops are heard again."""
        self.mono += (self.minute(minute) - site_time(self.now())).total_seconds() + 1.0
        self.loops()
        self.gate.tick()
        self.loops()
        self.gate.tick()

    def heard(self) -> list[tuple[str, str | None, bool]]:
        """(leads, what it waits for, whether by its timetable)"""
        return [(one.direction.value, one.waits, one.due is not None) for one in self.said(LaneDirection)]

    def turn(self, leads: Direction) -> str:
        self.order(self.command(Action.SWITCH_DIRECTION, lane=LANE, direction=leads, reason="晚高峰"))
        return answers(self)[-1]


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[TurnsItself]:
    TurnsItself.due = ((60, OUT), (180, IN))
    bench = TurnsItself(tmp_path, LaneRules(**{**REFERS.model_dump(), "temporary": True}))
    bench.lists([permit()])
    bench.loops()
    bench.gate.tick()
    yield bench
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-13", "SYNC-06")
def test_it_turns_at_its_times_without_central_and_tells_when_it_will_again(lane: TurnsItself) -> None:
    began = len(lane.said(LaneDirection))
    lane.until(59)
    assert lane.shell.vehicle.direction is IN
    lane.until(60)
    assert lane.shell.vehicle.direction is OUT and lane.turned[-1] is OUT
    lane.until(180)
    assert lane.shell.vehicle.direction is IN and lane.heard()[began:] == [("out", None, True), ("in", None, True)]
    out, back = lane.said(LaneDirection)[began:]
    assert (out.due, out.next_at, out.next_leads) == (lane.minute(60), lane.minute(180), IN)
    assert (back.next_at, back.next_leads) == (lane.minute(60) + timedelta(days=7), OUT)
    assert not lane.arm.pulses and not lane.arm.relocked and not lane.arm.holds, "no arm moves for it"


@pytest.mark.req("LANE-13")
def test_it_waits_for_an_empty_lane_and_says_so_once(lane: TurnsItself) -> None:
    lane.until(59)
    lane.loops(arming=BUSY)
    began = len(lane.said(LaneDirection))
    lane.mono += 60
    lane.loops(arming=BUSY)
    lane.wait(30)
    assert lane.shell.vehicle.direction is IN and lane.heard()[began:] == [("in", NOT_EMPTY, True)]
    lane.loops()
    lane.gate.tick()
    assert lane.shell.vehicle.direction is OUT and lane.heard()[began:] == [
        ("in", NOT_EMPTY, True),
        ("out", None, True),
    ]


@pytest.mark.req("LANE-13")
def test_a_guards_word_holds_until_the_next_change_also_through_a_restart(lane: TurnsItself) -> None:
    lane.until(61)
    assert lane.turn(IN) == "ok"
    lane.until(100)
    assert lane.shell.vehicle.direction is IN
    lane.start()
    lane.loops()
    lane.until(120)
    assert lane.shell.vehicle.direction is IN, "the change of before is due no more"
    assert lane.turn(OUT) == "ok"
    lane.start()
    lane.loops()
    lane.until(179)
    assert lane.shell.vehicle.direction is OUT
    lane.until(180)
    assert lane.shell.vehicle.direction is IN


@pytest.mark.req("LANE-13")
def test_a_word_that_the_lane_stays_as_it_is_ends_a_change_that_waits(lane: TurnsItself) -> None:
    lane.until(59)
    lane.loops(arming=BUSY)
    lane.mono += 60
    lane.loops(arming=BUSY)
    lane.wait(1)
    assert lane.turn(IN) == "ok"
    lane.loops()
    lane.until(100)
    assert lane.shell.vehicle.direction is IN and lane.said(LaneDirection)[-1].waits is None


@pytest.mark.req("LANE-13")
def test_a_node_that_was_off_as_it_was_due_turns_when_it_is_back_and_one_that_dies_waiting_waits_on(
    lane: TurnsItself,
) -> None:
    lane.until(30)
    lane.close()
    lane.mono += 3600
    lane.start()
    lane.loops(arming=BUSY)
    lane.gate.tick()
    assert lane.shell.vehicle.direction is IN and lane.heard()[-1] == ("in", NOT_EMPTY, True)
    lane.start()
    lane.loops(arming=BUSY)
    lane.gate.tick()
    assert lane.heard()[-1] == ("in", NOT_EMPTY, True)
    lane.loops()
    lane.gate.tick()
    assert lane.shell.vehicle.direction is OUT
    lane.start()
    assert lane.shell.vehicle.direction is OUT


@pytest.mark.req("LANE-13", "LANE-20", "ACC-22")
@pytest.mark.parametrize("what", ["held", "fire"])
def test_a_hold_and_a_fire_come_first(lane: TurnsItself, what: str) -> None:
    lane.until(59)
    if what == "held":
        hold(lane, 30)
    else:
        lane.loops(fire=True)
    began = len(lane.said(LaneDirection))
    lane.mono += 120
    lane.loops(fire=what == "fire")
    lane.gate.tick()
    assert lane.shell.vehicle.direction is IN and lane.heard()[began:] == [("in", what, True)]
    lane.loops()
    lane.order(lane.command(Action.RESUME if what == "held" else Action.END_FIRE_HOLD, lane=LANE))
    lane.wait(5)
    lane.up = False
    lane.wait(1)
    assert lane.shell.vehicle.direction is OUT


@pytest.mark.req("LANE-13", "LANE-28")
@pytest.mark.parametrize("what", ["storm", "lockdown"])
def test_a_storm_and_a_lockdown_come_first(lane: TurnsItself, what: str) -> None:
    lane.until(59)
    rules = {"storms": (storm(lane, opens=False),)} if what == "storm" else {"lockdowns": (locked(lane),)}
    lane.lists([permit()], **rules)
    began = len(lane.said(LaneDirection))
    lane.until(61)
    assert lane.shell.vehicle.direction is IN and lane.heard()[began:] == [("in", what, True)]
    lane.lists([permit()])
    lane.until(62)
    assert lane.shell.vehicle.direction is OUT


@pytest.mark.req("LANE-13")
def test_a_clock_that_was_ahead_and_is_set_back_undoes_nothing_and_stops_no_later_change(lane: TurnsItself) -> None:
    lane.until(60)
    assert lane.shell.vehicle.direction is OUT
    lane.began -= timedelta(minutes=50)
    lane.loops()
    lane.gate.tick()
    assert lane.shell.vehicle.direction is OUT
    lane.began += timedelta(minutes=50)
    lane.until(180)
    assert lane.shell.vehicle.direction is IN

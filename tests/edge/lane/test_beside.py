"""Detectors beside a door: an e-bike that comes, and what stands on the fire lane; one alarm from coming to going."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.lane.beside import GONE_S
from edge.lane.machine import step
from edge.lane.states import (
    BoardLost,
    Contacts,
    DoorLane,
    Ebikes,
    Granted,
    Over,
    Phase,
    Raise,
    Release,
    Relock,
    ReportEbike,
    Settings,
    Tick,
)
from models.values.ids import new_id
from models.wire.events import AlarmKind

CLEAR = Contacts(closed=True, exit_pressed=False, fire=False)
EBIKE, BLOCKED = replace(CLEAR, ebike=True), replace(CLEAR, fire_lane=True)
CAME, WENT = Raise(AlarmKind.EBIKE), Over(AlarmKind.EBIKE)
TAKEN, FREE = Raise(AlarmKind.FIRE_LANE), Over(AlarmKind.FIRE_LANE)


def run(*seen, settings=Settings(), every=1.0):
    """(lane, all that it asked for) after (what, at) in turn, with a tick each second between."""
    lane, asked, now = DoorLane(settings=settings), [], 0.0
    for what, at in seen:
        while now + every < at:
            now += every
            lane, does = step(lane, Tick(), now)
            asked += does
        now = at
        lane, does = step(lane, what, now)
        asked += does
    return lane, [one for one in asked if isinstance(one, Raise | Over | ReportEbike | Relock | Release)]


@pytest.mark.req("LANE-27")
def test_an_ebike_is_an_alarm_the_moment_it_comes_and_over_once_it_is_gone():
    lane, asked = run((CLEAR, 1), (EBIKE, 2))
    assert asked == [ReportEbike(), CAME] and lane.keeps_ebikes_out
    lane, asked = run((CLEAR, 1), (EBIKE, 2), (CLEAR, 30), (Tick(), 30 + GONE_S))
    assert asked == [ReportEbike(), CAME, WENT] and not lane.keeps_ebikes_out


@pytest.mark.req("LANE-27")
def test_a_detector_that_flickers_counts_one_and_raises_one():
    flicker = [(EBIKE if n % 2 else CLEAR, 2.0 + n * (GONE_S - 1)) for n in range(1, 10)]
    lane, asked = run((CLEAR, 1), *flicker)
    assert asked == [ReportEbike(), CAME] and lane.keeps_ebikes_out


@pytest.mark.req("LANE-27")
def test_each_that_comes_is_counted():
    _, asked = run((CLEAR, 1), (EBIKE, 2), (CLEAR, 5), (EBIKE, 30), (CLEAR, 40), (EBIKE, 90))
    assert asked.count(ReportEbike()) == asked.count(CAME) == 3


@pytest.mark.req("LANE-27")
@pytest.mark.parametrize(("ebikes", "alarms", "denies"), [
    (Ebikes.DENY, 1, True), (Ebikes.ALARM, 1, False), (Ebikes.COUNT, 0, False),
])  # fmt: skip
def test_what_a_lane_does_about_one_is_what_its_file_says(ebikes, alarms, denies):
    lane, asked = run((CLEAR, 1), (EBIKE, 2), settings=Settings(ebikes=ebikes))
    assert (asked.count(CAME), asked.count(ReportEbike()), lane.keeps_ebikes_out) == (alarms, 1, denies)


@pytest.mark.req("LANE-27")
def test_a_contact_that_never_opens_is_taken_for_a_stuck_detector_and_keeps_nobody_out_any_more():
    lane, _ = run((CLEAR, 1), (EBIKE, 2), (Tick(), 302))
    assert lane.keeps_ebikes_out and not lane.ebike.stuck
    lane, asked = run((CLEAR, 1), (EBIKE, 2), (Tick(), 303))
    assert not lane.keeps_ebikes_out and lane.ebike.stuck and asked == [ReportEbike(), CAME]
    lane, asked = run((CLEAR, 1), (EBIKE, 2), (CLEAR, 400), (EBIKE, 402), (Tick(), 403))
    assert not lane.keeps_ebikes_out, "it is still the same thing"
    lane, asked = run((CLEAR, 1), (EBIKE, 2), (CLEAR, 400), (EBIKE, 420))
    assert lane.keeps_ebikes_out and asked == [ReportEbike(), CAME, WENT, ReportEbike(), CAME], (
        "the next one is kept out"
    )


@pytest.mark.req("LANE-27")
def test_many_that_come_one_after_the_other_are_no_stuck_detector():
    queue = [(EBIKE if n % 2 else CLEAR, 2.0 + n * (GONE_S - 1)) for n in range(1, 80)]
    assert run((CLEAR, 1), *queue)[0].keeps_ebikes_out


@pytest.mark.req("LANE-27")
def test_how_long_a_contact_may_last_is_a_setting():
    settings = Settings(ebike_stuck_s=60.0)
    assert run((CLEAR, 1), (EBIKE, 2), (Tick(), 61), settings=settings)[0].keeps_ebikes_out
    assert not run((CLEAR, 1), (EBIKE, 2), (Tick(), 63), settings=settings)[0].keeps_ebikes_out


@pytest.mark.req("LANE-27", "ACC-29")
def test_a_lift_frees_no_floor_any_more_and_a_door_keeps_the_pulse_of_whoever_leaves():
    lift, door = Settings(senses_passage=False), Settings()
    for settings, relocks in ((lift, 1), (door, 0)):
        _, asked = run((CLEAR, 1), (Granted(new_id()), 2), (EBIKE, 3), settings=settings)
        assert asked.count(Relock()) == relocks


@pytest.mark.req("LANE-27", "ACC-22")
def test_in_a_fire_an_ebike_takes_back_nothing():
    burning = replace(EBIKE, fire=True)
    lane, asked = run((CLEAR, 1), (replace(CLEAR, fire=True), 2), (burning, 3), settings=Settings(senses_passage=False))
    assert lane.phase is Phase.FIRE and lane.holds_open and Relock() not in asked and CAME in asked


@pytest.mark.req("LANE-27")
@pytest.mark.parametrize(("stood_s", "told"), [(179, []), (180, []), (182, [TAKEN])])
def test_the_fire_lane_is_an_alarm_once_it_is_taken_for_longer_than_three_minutes(stood_s, told):
    assert run((CLEAR, 1), (BLOCKED, 2), (Tick(), 2 + stood_s))[1] == told


@pytest.mark.req("LANE-27")
def test_one_occupation_is_one_alarm_and_ends_when_the_lane_is_free():
    _, asked = run((CLEAR, 1), (BLOCKED, 2), (CLEAR, 700), (BLOCKED, 700 + GONE_S - 2), (CLEAR, 900), (Tick(), 950))
    assert asked == [TAKEN, FREE]


@pytest.mark.req("LANE-27")
def test_a_car_that_only_passes_is_none_and_the_next_begins_its_own_time():
    seen = [(BLOCKED if n % 2 else CLEAR, 2.0 + 100 * n) for n in range(1, 8)]
    assert run((CLEAR, 1), *seen)[1] == []


@pytest.mark.req("LANE-27")
def test_the_time_on_the_fire_lane_is_a_setting():
    assert run((CLEAR, 1), (BLOCKED, 2), (Tick(), 40), settings=Settings(fire_lane_s=30.0))[1] == [TAKEN]


@pytest.mark.req("LANE-27", "ACC-23")
def test_a_silent_board_ends_neither():
    lane, asked = run((CLEAR, 1), (EBIKE, 2), (BoardLost(), 3), (Tick(), 100))
    assert asked == [ReportEbike(), CAME] and lane.keeps_ebikes_out

"""A place that is kept for a car: it comes in when the lot is full, is led to its bay, and holds without central
(PARK-25)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.display.texts import Say
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.parking.bookings import Booking
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade
from tests.edge.lane.vehicle.test_places import MINE, OPENS, OTHER, Bench

MINUTE = timedelta(minutes=1)


def booking(start: int = 0, wait: int = 30, plate: str = MINE, **more: object) -> Booking:
    """In minutes from now."""
    since = utc_now() + start * MINUTE
    return Booking(
        booking_id=new_id(), plate=plate, since=since, until=since + 120 * MINUTE, wait_until=since + wait * MINUTE,
        **more,
    )  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, OPENS, Direction.IN)
    bench.loops()
    yield bench
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-25", "LANE-11", "LANE-23")
def test_when_the_lot_is_full_who_has_booked_comes_in_and_is_told_where_to_drive(bench: Bench) -> None:
    mine = booking(bay="B1-A-07")
    bench.lists(booked=(mine,))
    bench.places(0, booked={mine.booking_id})
    assert bench.board.last == "车位已满", "the place is kept, and so free for nobody"
    bench.arrive(OTHER)
    assert bench.cases() == ["deny full"] and not bench.arm.pulses
    bench.loops()
    bench.wait(2)
    bench.arrive(MINE)
    assert bench.cases() == ["deny full", "grant booked"] and bench.arm.pulses
    assert bench.board.texts[-1].lines() == (MINE, "欢迎光临，车位已为您保留", "请停 B1-A-07")
    said = bench.said(DecisionMade)[-1].decision
    assert (said.inputs["booking"], said.inputs["booked_bay"]) == (str(mine.booking_id), "B1-A-07")
    bench.raised()
    bench.drive_through()
    bench.wait(0.1)
    assert bench.stays.places(bench.now()) == 0, "it took the place that was kept, and no other"
    assert bench.stays.booked(MINE, bench.now()) is None, "one booking is one coming"


@pytest.mark.req("PARK-25")
@pytest.mark.parametrize(("start", "wait"), [(20, 30), (-40, 30)])
def test_before_its_time_and_once_it_is_waited_for_no_more_it_is_a_car_like_any_other(
    bench: Bench, start: int, wait: int
) -> None:
    bench.lists(booked=(booking(start, wait),))
    bench.places(0)
    bench.arrive(MINE)
    assert bench.cases() == ["deny full"] and not bench.arm.pulses


@pytest.mark.req("PARK-25", "PARK-20")
def test_without_central_a_gate_keeps_and_frees_places_by_its_own_clock(bench: Bench) -> None:
    comes, goes, beside = booking(14), booking(-29, plate=OTHER), booking(plate="川C55555", anybodys=False)
    bench.lists(booked=(comes, goes, beside))
    bench.places(2, booked={comes.booking_id, goes.booking_id})
    bench.alone = True
    now = utc_now()
    asked = [bench.stays.places(now + minutes * MINUTE) for minutes in (0, 2, 14, 43, 45)]
    assert asked == [2, 3, 3, 3, 4], "one is waited for no more, and later the other"
    bench.close()
    bench.start()
    bench.stays.catch_up()
    assert bench.stays.places(now) == 2 and bench.stays.booked(MINE, now) == comes


@pytest.mark.req("PARK-25")
def test_at_a_lane_for_permits_alone_a_booking_opens(bench: Bench) -> None:
    bench.shell.rules = LaneRules(temporary=False, stranger=Outcome.REFER)
    bench.lists(booked=(booking(zone="A"),))
    bench.arrive(MINE)
    assert bench.cases() == ["grant booked"]
    assert bench.board.texts[-1].say is Say.BOOKED and bench.board.texts[-1].bay == "A"

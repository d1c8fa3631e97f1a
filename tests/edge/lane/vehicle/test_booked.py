"""A place that is kept for a car: it comes in when the lot is full, is led to its bay, and holds without central
(PARK-25). On another's bay it pays for the hours, and the owner who comes meanwhile is asked to wait (PARK-10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.display.texts import Say
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.parking.bill import Rule
from models.parking.bookings import Booking
from models.parking.tariff import Block
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.plates import PlateEntry, PlateList
from tests.edge.lane.vehicle.lane_bench import LANE
from tests.edge.lane.vehicle.test_places import MINE, OPENS, OTHER, Bench
from tests.models.parking.tariffs import T1

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


# ── another's bay, shared by time ───────────────────────────────────────────────────────────────────────────────────

OWNER, BAY = "川A00001", "B1-A-01"
HOUR_2 = Block(minutes=60, fen=2_00)


def shared(start: int = 0, wait: int = 30, length: int = 120) -> Booking:
    one = booking(start, wait, bay=BAY, anybodys=False, shared=HOUR_2)
    return one.model_copy(update={"until": one.since + length * MINUTE})


def permit(plate: str = OWNER, bay: str = BAY) -> PlateEntry:
    day = timedelta(days=9)
    return PlateEntry(
        entry_id=new_id(), list=PlateList.PERMIT, plate=plate, since=utc_now() - day, until=utc_now() + day, bay=bay
    )  # fmt: skip


@pytest.mark.req("PARK-10", "PARK-07", "LANE-23")
def test_an_owner_who_comes_while_a_guest_has_the_bay_is_told_so_and_a_guard_is_asked(bench: Bench) -> None:
    mine = shared()
    bench.lists([permit()], booked=(mine,), tariffs=(T1,))
    bench.places(5, own=1)
    bench.arrive(OWNER)
    assert bench.cases() == ["refer bay_shared"] and not bench.arm.pulses, "kept for the guest, who may come any minute"
    assert bench.board.texts[-1].lines() == (OWNER, "您的车位已约给访客，请联系保安")
    said = bench.said(DecisionMade)[-1].decision.inputs
    assert (said["shared_bay"], said["shared_until"]) == (BAY, mine.until.isoformat())
    bench.loops()
    bench.wait(2)
    bench.arrive(MINE)
    assert bench.cases()[-1] == "grant booked" and bench.board.texts[-1].lines()[-1] == f"请停 {BAY}"
    bench.raised()
    bench.drive_through()
    bench.wait(0.1)
    assert bench.stays.places(bench.now()) == 5, "it takes no place that is for anybody"
    bench.much_later()
    bench.began += timedelta(hours=3)
    bench.arrive(OWNER)
    assert bench.cases()[-1] == "refer bay_shared", "beyond its hours the guest stands there still"


@pytest.mark.req("PARK-10")
def test_before_the_guest_is_waited_for_and_once_it_does_not_come_the_owner_drives_in(bench: Bench) -> None:
    for mine in (shared(start=20), shared(start=-40)):
        bench.lists([permit()], booked=(mine,), tariffs=(T1,))
        bench.arrive(OWNER)
        assert bench.cases()[-1] == "grant permit"
        bench.loops()
        bench.wait(30)


@pytest.mark.req("PARK-10", "PARK-05", "P21")
def test_without_central_a_gate_charges_a_guest_by_the_hours_and_beyond_them_by_the_tariff(bench: Bench) -> None:
    bench.lists([permit()], booked=(shared(start=-1, length=180),), tariffs=(T1,))
    bench.alone = True
    bench.arrive(MINE)
    bench.raised()
    bench.drive_through()
    bench.wait(0.1)
    bench.close()
    bench.start()
    bench.stays.catch_up()
    lane, came = bench.lanes[LANE].lane_id, bench.now()
    asked = {}
    for minutes in (65, 178, 270):
        due = bench.stays.account(MINE, lane, came + minutes * MINUTE).due
        asked[minutes] = due.total, {line.rule for line in due.bills[-1].lines}
    assert asked[65] == (4_00, {Rule.SHARED_BAY}) and asked[178] == (6_00, {Rule.SHARED_BAY})
    assert asked[270][0] == 13_00 and Rule.FIRST_BLOCK in asked[270][1], "three hours, and an hour and a half: 5 + 2"
    other = bench.stays.account(OTHER, lane, came)
    assert other is not None and other.due is None and other.bay_shared is None

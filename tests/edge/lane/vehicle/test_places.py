"""A lane that leads in knows how many places are free: full says so, one that becomes free opens, permits come in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.display.texts import Say, Text
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import LotTold, ZoneTold
from tests.edge.lane.vehicle.lane_bench import VehicleBench

MINE, OTHER = "川A12345", "川B8K3H5"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)


class Board:
    """What the lane wanted shown."""

    def __init__(self) -> None:
        self.texts: list[Text] = []

    def say(self, text: Text) -> None:
        self.texts.append(text)

    @property
    def last(self) -> str:
        return self.texts[-1].spoken()


class Bench(VehicleBench):
    def start(self) -> None:
        super().start()
        self.board = Board()
        self.shell.board = self.board

    def places(self, free: int, **more: object) -> None:
        self.news(lot=LotTold(free=free, **more), heard_seq=self.journal.head()[0])
        self.wait(0.1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, OPENS, Direction.IN)
    bench.lists()
    bench.loops()
    yield bench
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-20", "LANE-11", "LANE-23")
def test_a_full_lot_says_so_and_the_next_free_place_opens(bench: Bench) -> None:
    bench.places(0)
    assert bench.board.last == "车位已满"
    bench.arrive(MINE)
    assert bench.cases() == ["deny full"]
    assert not bench.arm.pulses
    assert bench.board.texts[-1].lines() == (MINE, "车位已满")
    bench.places(1)
    assert bench.cases() == ["deny full", "grant temporary"]
    assert bench.arm.pulses
    assert bench.said(DecisionMade)[-1].decision.inputs["places"] == "1"


@pytest.mark.req("PARK-20")
def test_a_lot_may_be_full_with_some_left(bench: Bench) -> None:
    bench.places(2, full_at=2)
    assert bench.board.last == "车位已满"
    bench.arrive(MINE)
    assert bench.cases() == ["deny full"]


@pytest.mark.req("PARK-20")
def test_a_permit_comes_in_whatever_is_free(bench: Bench) -> None:
    until = utc_now() + timedelta(days=9)
    mine = PlateEntry(
        entry_id=new_id(), list=PlateList.PERMIT, plate=MINE, since=until - timedelta(days=20), until=until
    )
    bench.lists([mine])
    bench.places(0, own=1)
    bench.arrive(MINE)
    assert bench.cases() == ["grant permit"]
    bench.raised()
    bench.drive_through()
    bench.wait(0.1)
    lot = bench.stays.lot(utc_now())
    assert lot is not None
    assert (lot.free, lot.own) == (0, 0)


@pytest.mark.req("LANE-23")
def test_the_board_shows_free_places_by_zone_while_nobody_stands_there(bench: Bench) -> None:
    zones = (ZoneTold(name="A 区", free=3), ZoneTold(name="B 区"), ZoneTold(name="\x1b[2J", free=1))
    bench.places(7, zones=zones)
    assert bench.board.texts[-1].lines() == ("余位 7", "A 区 3")
    assert bench.board.texts[-1].silent
    count = len(bench.board.texts)
    bench.wait(1)
    assert len(bench.board.texts) == count, "told once, not ten times a second"
    bench.arrive(OTHER)
    assert bench.board.texts[-1].say is Say.WELCOME
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(2)
    assert bench.board.texts[-1].lines()[0] == "余位 6", (
        "one that it saw come in itself, before central has heard of it"
    )


@pytest.mark.req("PARK-20")
def test_how_many_are_free_is_known_after_a_restart_and_while_central_is_away(bench: Bench) -> None:
    bench.places(5, zones=(ZoneTold(name="A 区", free=5),))
    bench.close()
    bench.start()
    bench.alone = True
    bench.stays.catch_up()
    assert bench.stays.places(utc_now()) == 5
    bench.news(heard_seq=bench.journal.head()[0])
    bench.stays.catch_up()
    assert bench.stays.places(utc_now()) is None, "central says that nobody counts any more"


@pytest.mark.req("PARK-20")
def test_where_nobody_counts_no_lot_is_full(bench: Bench) -> None:
    bench.arrive(MINE)
    assert bench.cases() == ["grant temporary"]
    assert "places" not in bench.said(DecisionMade)[-1].decision.inputs

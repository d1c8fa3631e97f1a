"""The second car of a bay at a gate: told so, charged while the first is inside, or turned away; never kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.display.texts import Say, Text
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.parking.bays import OnBay
from models.parking.bill import Rule
from models.parking.bill_text import read_bill
from models.parking.cover import Permit
from models.parking.tariff import SecondCar
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import ToldStay
from tests.edge.lane.vehicle.lane_bench import LANE, VehicleBench
from tests.models.parking.tariffs import T1

FIRST, SECOND = "川A12345", "川B8K3H5"
BAY = "B1-023"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)


class Board:
    def __init__(self) -> None:
        self.texts: list[Text] = []

    def say(self, text: Text) -> None:
        self.texts.append(text)


def listed(plate: str, bay: str = BAY) -> PlateEntry:
    day = timedelta(days=9)
    return PlateEntry(
        entry_id=new_id(), list=PlateList.PERMIT, plate=plate, since=utc_now() - day, until=utc_now() + day, bay=bay
    )  # fmt: skip


def made(folder: Path, direction: Direction, rule: SecondCar = SecondCar.UNTIL_FREE, rules: LaneRules = OPENS):
    bench = VehicleBench(folder, rules, direction)
    bench.shell.board = Board()
    bench.lists([listed(FIRST), listed(SECOND)], tariffs=(T1.model_copy(update={"second_car": rule}),))
    bench.loops()
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path, Direction.OUT)
    yield bench
    bench.close()
    bench.keys.close()


def stay(hours: float, plate: str, **more: object) -> ToldStay:
    entered = utc_now() - timedelta(hours=hours)
    return ToldStay(stay_id=new_id(), plate=plate, entered_at=entered, tariff_version=1, **more)


def last(bench: VehicleBench) -> DecisionMade:
    return bench.said(DecisionMade)[-1]


def drives_in(bench: VehicleBench, plate: str) -> None:
    bench.arrive(plate)
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(0.3)


@pytest.mark.req("PARK-09", "P22", "LANE-23")
def test_the_second_car_is_let_in_as_a_temporary_one_and_told_so_also_without_central(tmp_path: Path) -> None:
    bench = made(tmp_path, Direction.IN)
    bench.alone = True
    drives_in(bench, FIRST)
    bench.arrive(SECOND)
    assert bench.cases() == ["grant permit", "grant second_car"] and len(bench.arm.pulses) == 2
    assert last(bench).decision.inputs["second_car"] == "until_free"
    assert bench.shell.board.texts[-1].lines() == (SECOND, "您的车位已有车，本次按临停计费")
    assert FIRST not in bench.shell.board.texts[-1].spoken()
    bench.raised()
    bench.drive_through()
    bench.start()  # killed; only its folder is left
    bench.began += timedelta(hours=2)
    lane = bench.lanes[LANE].lane_id
    assert bench.stays.account(SECOND, lane, bench.now()).due.due == 7_00
    assert bench.stays.account(FIRST, lane, bench.now()).due.due == 0
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-09", "P22")
def test_where_the_tariff_refuses_a_second_car_it_hears_why_and_comes_in_once_the_first_has_left(
    tmp_path: Path,
) -> None:
    bench = made(tmp_path, Direction.IN, SecondCar.REFUSE)
    inside = stay(2, FIRST)
    bench.news(inside)
    bench.arrive(SECOND)
    assert bench.cases() == ["refer bay_taken"] and not bench.arm.pulses
    assert bench.shell.board.texts[-1].say is Say.BAY_TAKEN
    bench.news(gone=frozenset({inside.stay_id}))
    bench.wait(0.3)
    assert bench.cases() == ["refer bay_taken", "grant permit"] and len(bench.arm.pulses) == 1
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-07", "PARK-09", "P22")
@pytest.mark.parametrize("rule", SecondCar)
def test_at_the_exit_the_second_car_pays_for_its_time_and_is_never_kept(tmp_path: Path, rule: SecondCar) -> None:
    bench = made(tmp_path, Direction.OUT, rule)
    bench.news(stay(3, FIRST), stay(2, SECOND))
    bench.arrive(SECOND)
    assert bench.cases() == ["refer pay"] and last(bench).decision.detail["ask_fen"] == "700"
    assert Rule.BAY_TAKEN in {line.rule for line in read_bill(last(bench).decision.detail["bill"])}
    bench.loops()
    bench.arrive(FIRST)
    assert bench.cases()[-1] == "grant nothing_due"
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-09", "P22")
def test_once_the_first_was_seen_to_leave_the_bay_covers_the_second(bench: VehicleBench) -> None:
    """By this gate's own word, before central has told of it; then by central's, which counts the same once."""
    bench.alone = True
    bench.news(stay(3, FIRST), second := stay(2, SECOND))
    drives_in(bench, FIRST)  # out
    assert bench.cases() == ["grant nothing_due"]
    bench.began += timedelta(hours=5)
    lane = bench.lanes[LANE].lane_id

    def due() -> int:
        account = bench.stays.account(SECOND, lane, bench.now())
        return account.due.due

    assert due() == 7_00, "two hours beside the first, and nothing for the five since"
    stood = OnBay(bay=BAY, since=second.entered_at, until=second.entered_at + timedelta(hours=2))
    bench.news(
        second.model_copy(update={"bay_before": (stood,)}), after=0, heard_seq=bench.journal.head()[0]
    )  # fmt: skip
    assert due() == 7_00


@pytest.mark.req("PARK-09")
def test_a_permit_that_the_lists_name_no_more_still_says_whose_bay_it_was(bench: VehicleBench) -> None:
    ended = Permit(valid_from=utc_now() - timedelta(days=9), valid_until=utc_now() - timedelta(hours=1), bay=BAY)
    bench.lists([listed(SECOND)], tariffs=(T1,))
    bench.news(stay(3, FIRST, permits=(ended,)), stay(2, SECOND))
    bench.arrive(SECOND)
    assert last(bench).decision.detail["ask_fen"] == "700", "the first is in its grace, and stands on the bay"


@pytest.mark.req("PARK-09")
def test_another_bay_is_another_matter(bench: VehicleBench) -> None:
    bench.lists([listed(FIRST), listed(SECOND, "B1-024")], tariffs=(T1,))
    bench.news(stay(3, FIRST), stay(2, SECOND))
    bench.arrive(SECOND)
    assert bench.cases() == ["grant nothing_due"]

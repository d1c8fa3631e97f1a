"""A car at the way out: what it owes by central's word and by what the gate saw itself, and that a payment opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Alarm, AlarmKind, DecisionMade, Passage
from models.wire.stays import Owed, PaidAt, ToldStay
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, VehicleBench
from tests.models.parking.tariffs import T1

MINE, OTHER = "川A12345", "川B8K3H5"
OPENS = LaneRules(stranger=Outcome.REFER, barred=Outcome.REFER)


def made(folder: Path, direction: Direction = Direction.OUT) -> VehicleBench:
    bench = VehicleBench(folder, OPENS, direction)
    bench.lists(tariffs=(T1,))
    bench.loops()
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def stay(hours: float, plate: str = MINE, *paid: PaidAt) -> ToldStay:
    return ToldStay(
        stay_id=new_id(), plate=plate, entered_at=utc_now() - timedelta(hours=hours), tariff_version=1, payments=paid
    )


def paid(fen: int) -> PaidAt:
    return PaidAt(at=utc_now(), fen=fen)


def last(bench: VehicleBench) -> DecisionMade:
    return bench.said(DecisionMade)[-1]


@pytest.mark.req("PARK-11")
def test_the_arm_rises_on_a_charge_that_a_channel_has_accepted_and_the_record_says_so(bench: VehicleBench) -> None:
    told = stay(2)
    bench.news(told)
    bench.arrive(MINE)
    assert bench.cases() == ["refer pay"] and not bench.arm.pulses
    bench.news(told.model_copy(update={"accepted": (paid(7_00),)}))
    bench.wait(0.2)
    assert bench.cases() == ["refer pay", "grant nothing_due"] and len(bench.arm.pulses) == 1
    made = last(bench).decision.detail
    assert (made["accepted_fen"], made["due_fen"]) == ("700", "0")


@pytest.mark.req("PARK-02")
@pytest.mark.req("PARK-12")
def test_a_payment_that_comes_while_the_car_stands_there_opens_without_another_read(bench: VehicleBench) -> None:
    told = stay(2)
    bench.news(told)
    bench.arrive(MINE)
    assert bench.cases() == ["refer pay"] and not bench.arm.pulses
    assert last(bench).decision.detail["ask_fen"] == "700" and "bill" in last(bench).decision.detail
    bench.news(stay(1, OTHER))
    bench.wait(0.5)
    assert bench.cases() == ["refer pay"], "another car's news: the driver was told once"
    bench.news(told.model_copy(update={"payments": (paid(7_00),)}))
    bench.wait(0.2)
    assert bench.cases() == ["refer pay", "grant nothing_due"] and len(bench.arm.pulses) == 1
    assert bench.plates() == [MINE, MINE] and len(bench.eyes_of_lane.looks) <= 3
    bench.raised()
    bench.drive_through()
    assert bench.passages() == ["loops"]
    bench.much_later()
    bench.arrive(MINE)
    assert bench.cases()[-1] == "refer no_entry", "it has left: its stay lets nobody else out"


@pytest.mark.req("PARK-12")
def test_a_payment_after_the_car_has_driven_back_opens_for_nobody(bench: VehicleBench) -> None:
    told = stay(2)
    bench.news(told)
    bench.arrive(MINE)
    bench.loops()
    bench.news(told.model_copy(update={"payments": (paid(7_00),)}))
    bench.wait(1)
    assert bench.cases() == ["refer pay"] and not bench.arm.pulses
    bench.arrive(OTHER)
    assert bench.cases()[-1] == "refer no_entry" and not bench.arm.pulses


@pytest.mark.req("PARK-07")
@pytest.mark.req("PARK-17")
def test_a_guard_opens_for_whoever_has_to_pay_and_that_is_its_end(bench: VehicleBench) -> None:
    told = stay(2)
    bench.news(told)
    bench.arrive(MINE)
    bench.order(bench.command(lane=LANE))
    assert len(bench.arm.pulses) == 1
    bench.raised()
    bench.news(told.model_copy(update={"payments": (paid(7_00),)}))
    bench.wait(0.3)
    assert len(bench.arm.pulses) == 1, "a payment that comes late opens no second time"
    bench.drive_through()
    bench.much_later()
    bench.arrive(MINE)
    assert last(bench).decision.detail == {"case": "no_entry"}


@pytest.mark.req("PARK-14")
def test_a_gate_that_loses_central_while_a_car_waits_lets_it_owe(bench: VehicleBench) -> None:
    bench.news(stay(2), owed=(Owed(stay_id=new_id(), plate=MINE, fen=43_00),))
    bench.arrive(MINE)
    assert last(bench).decision.detail["ask_fen"] == "5000"
    bench.alone = True
    bench.wait(0.2)
    assert bench.cases() == ["refer pay", "grant owes"]
    assert last(bench).decision.detail["ask_fen"] == "700" and last(bench).decision.inputs["central"] == "away"


@pytest.mark.req("PARK-14")
@pytest.mark.req("PARK-15")
def test_what_a_car_left_owing_here_counts_until_central_has_heard_of_it(bench: VehicleBench) -> None:
    bench.alone = True
    bench.news(stay(2))
    bench.arrive(MINE)
    assert bench.cases() == ["grant owes"]
    bench.raised()
    bench.drive_through()
    lane = bench.lanes[LANE].lane_id
    assert bench.stays.account(MINE, lane, bench.now()).owed == 7_00
    bench.news(heard_seq=bench.journal.head()[0], owed=(Owed(stay_id=new_id(), plate=MINE, fen=7_00),))
    assert bench.stays.account(MINE, lane, bench.now()).owed == 7_00, "the same debt, and not twice"


@pytest.mark.req("PARK-14")
def test_above_the_limit_a_guard_is_asked_also_without_central(bench: VehicleBench) -> None:
    bench.alone = True
    bench.news(stay(2), owed=(Owed(stay_id=new_id(), plate=MINE, fen=43_01),))
    bench.arrive(MINE)
    assert bench.cases() == ["refer pay"] and not bench.arm.pulses


@pytest.mark.req("PARK-15")
def test_a_debt_that_somebody_denies_asks_the_guard_at_the_way_in_and_for_no_money(bench: VehicleBench) -> None:
    lane, debt = bench.lanes[LANE].lane_id, Owed(stay_id=new_id(), plate=MINE, fen=60_00)
    bench.news(stay(2))
    bench.news(stay(2), denied=(debt,))
    account = bench.stays.account(MINE, lane, bench.now())
    assert (account.owed, account.denied, account.overdue) == (0, 60_00, False)
    bench.alone = True
    bench.arrive(MINE)
    made = last(bench).decision
    assert bench.cases() == ["refer pay"] and not bench.arm.pulses, "it may not leave owing on top of that by itself"
    assert (made.detail["ask_fen"], made.detail["denied_fen"]) == ("700", "6000") and "owed_fen" not in made.detail


def both_ways(bench: VehicleBench, plate: str) -> None:
    """In by this lane, which then leads out."""
    bench.arrive(plate)
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(0.3)


@pytest.mark.req("PARK-05")
@pytest.mark.req("SYNC-06")
def test_a_car_that_the_gate_itself_let_in_is_priced_without_central_also_after_a_restart(tmp_path: Path) -> None:
    bench = made(tmp_path, Direction.IN)
    bench.alone = True
    both_ways(bench, MINE)
    assert bench.cases() == ["grant temporary"] and bench.passages() == ["loops"]
    on_disk = b"".join(one.read_bytes() for one in tmp_path.glob("*.db*"))
    assert MINE.encode() not in on_disk, "sealed, wherever it lies"
    bench.start()  # killed; only its folder is left
    bench.began += timedelta(hours=2)
    account = bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.due is not None and account.due.due == 7_00
    assert bench.stays.account(OTHER, bench.lanes[LANE].lane_id, bench.now()).inside is None
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-05")
def test_what_central_had_heard_is_its_word_and_what_came_later_the_gates(tmp_path: Path) -> None:
    bench = made(tmp_path, Direction.IN)
    both_ways(bench, MINE)
    lane = bench.lanes[LANE].lane_id
    bench.news(after=0, heard_seq=bench.journal.head()[0])
    assert bench.stays.account(MINE, lane, bench.now()).inside is None, "central heard of it, and says that it has gone"
    both_ways(bench, OTHER)
    assert bench.stays.account(OTHER, lane, bench.now()).inside is not None
    bench.start()
    assert bench.stays.account(MINE, lane, bench.now()).inside is None
    assert bench.stays.account(OTHER, lane, bench.now()).inside is not None
    bench.close()
    bench.keys.close()


@pytest.mark.req("PARK-05")
def test_whom_a_guard_let_in_is_the_car_that_was_refused_before(tmp_path: Path) -> None:
    bench = VehicleBench(tmp_path)
    bench.lists(tariffs=(T1,))
    bench.loops()
    bench.arrive(OTHER)
    assert bench.cases() == ["refer no_temporary"]
    bench.order(bench.command(lane=LANE))
    bench.raised()
    bench.drive_through()
    account = bench.stays.account(OTHER, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is not None
    bench.close()
    bench.keys.close()


def test_without_a_tariff_nothing_is_asked(tmp_path: Path) -> None:
    bench = VehicleBench(tmp_path, OPENS, Direction.OUT)
    bench.lists()
    bench.loops()
    bench.arrive(MINE)
    assert bench.cases() == ["grant nothing_due"] and "bill" not in last(bench).decision.detail
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-16")
def test_who_was_asked_to_pay_and_drives_behind_another_has_left_and_owes(bench: VehicleBench) -> None:
    """The first is let out; the second, read and asked to pay, follows it under the open arm."""
    bench.news(stay(0.1, OTHER), stay(2))
    bench.arrive(OTHER)
    bench.raised()
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)
    bench.arrive_behind(MINE)
    assert bench.cases() == ["grant nothing_due", "refer pay"]
    bench.loops(arming=BUSY, safety=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)
    bench.loops(safety=BUSY, closing=BUSY)
    bench.loops(closing=BUSY)
    bench.loops()
    assert [one.alarm for one in bench.said(Alarm)] == [AlarmKind.TAILGATE]
    refused = next(
        event
        for event, body in bench.events()
        if isinstance(body, DecisionMade) and body.decision.detail["case"] == "pay"
    )
    passages = [event.correlation for event, body in bench.events() if isinstance(body, Passage) and body.passed]
    assert passages[-1] == refused.correlation and len(passages) == 2
    account = bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is None and account.owed == 7_00


@pytest.mark.req("LANE-16")
def test_who_follows_without_having_been_read_surely_is_nobody_that_we_know(bench: VehicleBench) -> None:
    bench.news(stay(0.1, OTHER), stay(2))
    bench.arrive(OTHER)
    bench.raised()
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)
    bench.arrive_behind(MINE, sure=False)
    bench.loops(arming=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY, closing=BUSY)
    bench.loops(closing=BUSY)
    bench.loops()
    known = {event.correlation for event, body in bench.events() if isinstance(body, DecisionMade)}
    passages = [event.correlation for event, body in bench.events() if isinstance(body, Passage) and body.passed]
    assert passages[-1] not in known
    assert bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now()).owed == 0


def test_a_refused_car_that_drives_away_again_is_no_tailgater_and_owes_nothing_more(bench: VehicleBench) -> None:
    bench.news(stay(2))
    bench.arrive(MINE)
    bench.loops()
    bench.wait(6)
    assert not [body for _, body in bench.events() if isinstance(body, Passage)]
    account = bench.stays.account(MINE, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is not None and account.owed == 0

"""Cars that share a bay, at central: permits name it, stays are priced by who came first, and gates reckon alike."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind, system
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import words_in
from central.base.kernel.outbox import OutboxRow
from central.gates.parking.plates import listed as plates
from central.gates.parking.rules import Kept
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.fold import FOLDED
from central.gates.parking.stays.paid import arrears_of
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.words import line_said
from models.parking.account import Charging, account_of
from models.parking.bill import Rule
from models.parking.decided import Lists
from models.parking.inside import DroveIn, DroveOut, Own, Told, cars
from models.parking.second_car import permits_at, taken_from
from models.parking.tariff import SecondCar, Tariff
from models.values.ids import new_id
from models.wire.stays import StaysTold, ToldStay
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import drive, key_of
from tests.models.parking.tariffs import T1

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST, SECOND, THIRD = "川A00001", "川A00002", "川A00003"
BAY = "B1-023"


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def keeper(site, *more: str):
    return system(site.tenant_id, "王师傅", ["stay.read", "stay.correct", "plate.keep", *more])


def permit(site, plate: str, bay: str = BAY, cars_: int = 1, kind: Kept = Kept.PERMIT, since: datetime = T0) -> UUID:
    with site.session() as db:
        return plates.add_plate(
            db, keeper(site), site.community_id, kind=kind, plate=plate, note="", since=since,
            until=clock.now() + 90 * DAY, bay=bay, bay_cars=cars_, now=since,
        )  # fmt: skip


def agree(site, second_car: SecondCar, starts: datetime = T0) -> Tariff:
    def person(name: str):
        allowed = system(site.tenant_id, name, ["tariff.draft", "tariff.approve"])
        return replace(allowed, kind=ActorKind.ACCOUNT, id=new_id())

    with site.session() as db:
        tariff = T1.model_copy(update={"starts_at": starts, "second_car": second_car})
        draft = service.draft_tariff(db, person("甲"), site.community_id, tariff, now=T0)
        service.approve_tariff(db, person("乙"), draft.id, now=T0)
        return Tariff.model_validate(draft.value)


def tell(site, node, upto: int | None = None) -> None:
    site.send(node, node.batch(last=upto), now=T0 + 9 * DAY)


def fee(site, stay_id: UUID, now: datetime) -> tuple[int, list[Rule]]:
    with site.session() as db:
        stay = stays.stay_of(db, keeper(site), stay_id)
        bill = priced(prices_for(db, site.community_id, [stay], now), stay, now)
        return bill.due.total, [line.rule for one in bill.due.bills for line in one.lines]


@pytest.mark.req("PARK-09", "P22")
def test_the_second_car_pays_until_the_first_has_left_and_its_bill_says_why(site, node):
    agree(site, SecondCar.UNTIL_FREE)
    for plate in (FIRST, SECOND):
        permit(site, plate)
    key = key_of(site)
    first, second = drive(node, key, FIRST, at(0)), drive(node, key, SECOND, at(60))
    drive(node, key, FIRST, at(180), direction="out")
    drive(node, key, SECOND, at(300), direction="out")
    tell(site, node)
    assert fee(site, first, at(999)) == (0, [Rule.COVERED])
    total, rules = fee(site, second, at(999))
    assert total == 7_00 and Rule.BAY_TAKEN in rules, "PARK-E26"
    with site.session() as db:
        stay = stays.stay_of(db, keeper(site), second)
        lines = priced(prices_for(db, site.community_id, [stay], at(999)), stay, at(999)).bill.lines
    line = next(one for one in lines if one.rule is Rule.BAY_TAKEN)
    for language, words in (("zh_CN", "先到"), ("en", "came first")):
        said = line_said(words_in(language), line, stay.entered_at)
        assert words in said.what and (said.start, said.end) == (at(60), at(180))
        assert FIRST[-5:] not in said.what, "whose car it was is nobody's to read here"


@pytest.mark.req("PARK-09")
def test_an_exit_that_is_heard_of_late_puts_right_what_the_second_car_owes(site, node):
    """The gate by which the first left was away: until it tells, the second is charged for longer."""
    agree(site, SecondCar.UNTIL_FREE)
    for plate in (FIRST, SECOND):
        permit(site, plate)
    key, way_out = key_of(site), site.enrol("car-out")
    drive(node, key, FIRST, at(0))
    second = drive(node, key, SECOND, at(60))
    drive(node, key, SECOND, at(300), direction="out")
    tell(site, node)

    def owes() -> int:
        with site.session() as db:
            settle_up(db, [second])
            return sum(arrears_of(db, [SECOND]).values())

    assert owes() == 11_00
    drive(way_out, key, FIRST, at(180), direction="out")
    tell(site, way_out)
    with site.session() as db:
        newest = db.scalars(select(OutboxRow).where(OutboxRow.topic == FOLDED).order_by(OutboxRow.seq.desc())).first()
        assert str(second) in newest.payload["stay_ids"], "money hears of it by itself"
    assert owes() == 7_00


@pytest.mark.req("PARK-09")
def test_when_a_car_of_a_bay_leaves_the_gates_are_told_the_others_anew(site, node):
    agree(site, SecondCar.UNTIL_FREE)
    for plate in (FIRST, SECOND):
        permit(site, plate)
    key = key_of(site)
    first, second = drive(node, key, FIRST, at(0)), drive(node, key, SECOND, at(60))
    other = drive(node, key, THIRD, at(61))
    tell(site, node)
    whole = news(site, node)
    assert {one.stay_id for one in whole.stays} == {first, second, other}
    assert all(one.bay_before == () for one in whole.stays)
    drive(node, key, FIRST, at(180), direction="out")
    tell(site, node)
    changed = news(site, node, whole.number)
    assert [one.stay_id for one in changed.stays] == [second] and changed.gone == {first}
    (stood,) = changed.stays[0].bay_before
    assert (stood.bay, stood.since, stood.until) == (BAY, at(60), at(180))
    entry = permit(site, THIRD)
    assert {one.stay_id for one in news(site, node, changed.number).stays} == {second, other}
    with site.session() as db:
        plates.end_plate(db, keeper(site), entry, "换车位", clock.now())
    assert other in {one.stay_id for one in news(site, node, changed.number).stays}


@pytest.mark.req("PARK-09", "LANE-24")
def test_who_came_in_again_without_having_been_seen_to_leave_took_nobodys_bay(site, node):
    agree(site, SecondCar.UNTIL_FREE)
    for plate in (FIRST, SECOND):
        permit(site, plate)
    key = key_of(site)
    drive(node, key, FIRST, at(0))
    second = drive(node, key, SECOND, at(60))
    drive(node, key, FIRST, at(120))  # nobody saw it leave
    tell(site, node)
    assert fee(site, second, at(300)) == (0, [Rule.COVERED])


def test_all_permits_of_a_bay_say_the_same_and_only_permits_name_one(site, node):
    permit(site, FIRST, " b1-023 ", 2)
    with site.session() as db:
        (view,) = plates.plates_of(db, keeper(site), site.community_id, clock.now())
        assert (view.bay, view.bay_cars) == (BAY, 2), "the same bay, however it was typed"
    with pytest.raises(Conflict) as differs:
        permit(site, SECOND, BAY, 1)
    assert (differs.value.key, differs.value.params) == ("plates.bay_differs", {"bay": BAY, "n": 2})
    for more, field in (({"kind": Kept.BLOCK}, "bay"), ({"bay": "x" * 21}, "bay"), ({"cars_": 10}, "bay_cars")):
        with pytest.raises(Invalid) as wrong:
            permit(site, SECOND, **more)
        assert set(wrong.value.fields) == {field}
    for number in range(plates.BAY_PLATES_MAX - 1):
        permit(site, f"川B{number:05}", BAY, 2)
    with pytest.raises(Conflict) as full:
        permit(site, SECOND, BAY, 2)
    assert full.value.key == "plates.bay_full"


# ── gate and central ────────────────────────────────────────────────────────────────────────────────────────────────


def news(site, node, have: int = 0) -> StaysTold | None:
    with site.session() as db:
        return told_stays.newer_than(db, site.community_id, node.id, have, clock.now())


class Gate:
    """What a gate knows: central's word, and what it wrote itself since."""

    def __init__(self, site, node, tariffs: list[Tariff]):
        self.site, self.node, self.tariffs = site, node, tariffs
        self.told, self.own = Told(), list[Own]()

    def hear(self) -> None:
        told = news(self.site, self.node, self.told.number)
        if told is not None:
            self.told = self.told.after(told)

    def fees(self, now: datetime) -> dict[UUID, int]:
        with self.site.session() as db:
            listed = plates.plates_told(db, self.site.community_id, [self.node.lane.lane_id], clock.now())
        lists, lane = Lists(listed), self.node.lane.lane_id
        here = cars(self.told.stays.values(), self.own, self.told.heard_seq)
        found = {}
        for plate, stay in here.inside.items():
            permits = permits_at(lists, here, plate, lane, now)
            taken = taken_from(plate, permits, here, lists, self.tariffs, now)
            account = account_of(stay, 0, Charging(self.tariffs), permits, lane, now, False, taken=taken)
            found[stay.stay_id] = account.due.total
        return found


@pytest.mark.req("PARK-05", "PARK-09", "P22")
def test_gate_and_central_ask_the_same_over_random_histories_of_bays(site, node):
    """By whole and by what changed, and with what the gate saw since; each day another rule for the second car."""
    chance = random.Random(9)
    rules = [SecondCar.UNTIL_FREE, SecondCar.WHOLE_STAY, SecondCar.REFUSE]
    tariffs = [agree(site, rule, T0 + n * DAY) for n, rule in enumerate(rules)]
    key, gate = key_of(site), Gate(site, node, tariffs)
    fleet = [f"川A{bay}{car}000" for bay in range(3) for car in range(4)]
    for number, plate in enumerate(fleet):
        permit(site, plate, f"A-{number // 4}", 1 + (number // 4) % 2)
    inside, now, compared, charged = dict[str, UUID](), T0, 0, 0
    for _ in range(5):
        for _ in range(12):
            now += timedelta(minutes=chance.randint(1, 150))
            plate = chance.choice(fleet)
            if plate in inside:
                drive(node, key, plate, now, direction="out")
                del inside[plate]
                gate.own.append(DroveOut(node.journal[-1].seq, plate, now))
            else:
                inside[plate] = drive(node, key, plate, now)
                version = [one for one in tariffs if one.starts_at <= now][-1].version
                stay = ToldStay(stay_id=inside[plate], plate=plate, entered_at=now,
                                entry_lane_id=node.lane.lane_id, tariff_version=version)  # fmt: skip
                gate.own.append(DroveIn(node.journal[-1].seq, stay))
        now += timedelta(minutes=chance.randint(1, 300))
        alone = gate.fees(now)
        half = node.journal[chance.randint(len(node.journal) - 20, len(node.journal) - 1)].seq
        tell(site, node, half)
        gate.hear()
        partly = gate.fees(now)
        tell(site, node)
        fees = {stay_id: fee(site, stay_id, now)[0] for stay_id in inside.values()}
        gate.hear()
        assert alone == partly == gate.fees(now) == fees
        fresh = Gate(site, node, tariffs)
        fresh.hear()
        assert fresh.fees(now) == fees, "a gate that is told the whole"
        compared, charged = compared + len(fees), charged + sum(one > 0 for one in fees.values())
    assert compared > 15 and charged > 5, "not all of it was free"

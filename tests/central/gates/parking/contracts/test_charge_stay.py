"""A stay is charged by the contract of its plate: accepted at the exit, ended later, counted once in the ledger."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import announce
from central.gates.parking.contracts import charge_stay
from central.gates.parking.contracts import entry as contract_entry
from central.gates.parking.contracts import lot as contract_lot
from central.gates.parking.contracts.at_exit import STANDS
from central.gates.parking.contracts.tables import StayChargeRow
from central.gates.parking.dues import till as stay_till
from central.gates.parking.plates import listed as plates
from central.gates.parking.rules import Kept
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays.told import newer_than
from central.money.payments.channels import attach_channels
from central.money.payments.contract_rules import Charge, Contract, Heard
from central.money.payments.contracts import charge_failed
from central.money.payments.rules import Failed, Notice
from central.money.payments.sample import MERCHANT, Plays, Sample
from central.money.payments.take_payment import take_notice
from models.parking.account import Charging, account_of
from models.parking.stays import State
from models.values.ids import new_id
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1

SECONDS = timedelta(seconds=1)


class Scripted(Sample):
    """A channel that says what the story wants, and counts what it was asked."""

    def __init__(self):
        super().__init__()
        self.contract, self.charging, self.looking = Contract.OPEN, [Heard.ACCEPTED], Heard.ACCEPTED
        self.plates, self.charged = [], []

    def contract_of(self, parked):
        self.plates.append(parked.plate.text)
        return self.contract

    def charge(self, charged):
        self.charged.append((charged.number, charged.amount_fen, charged.parked.plate.text))
        return self.charging.pop(0) if self.charging else Heard.AWAY

    def look_charged(self, order_number, now):
        return self.looking


class ContractLot(Lot):
    def __init__(self, town, parts, monkeypatch):
        super().__init__(town, parts)
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.channel = Scripted()
        attach_channels(town.engine, lambda _: {"test": self.channel})
        self.use(True)

    def use(self, uses, at_entry=True):
        with self.town.session() as db:
            manager = person(self.town, "王经理")
            contract_lot.use_contracts(db, manager, self.town.community, uses, self.now, at_entry=at_entry)

    def stand(self, stay_id):
        with self.town.session() as db:
            said = {"community_id": str(self.town.community), "stay_id": str(stay_id), "at": self.now.isoformat()}
            announce(db, STANDS, said)
        self.parts.dispatcher.drain()

    def turn(self, length=6 * SECONDS):
        self.later(length)
        with self.town.session() as db:
            charge_stay.ask_charges(db, self.now)
        self.parts.dispatcher.drain()

    def comes_in(self, plate=MINE):
        """A car comes in, and a turn asks about it."""
        stay_id = self.enter(plate)
        with self.town.session() as db:
            contract_entry.came_in(db, self.town.community, stay_id, self.now)
        self.turn_of_entries()
        return stay_id

    def turn_of_entries(self):
        with self.town.session() as db:
            contract_entry.ask_entered(db, self.now)

    def charge(self, stay_id):
        with self.town.session() as db:
            row = db.get(StayChargeRow, stay_id)
        return None if row is None else Charge(row.state)

    def row(self, stay_id):
        with self.town.session() as db:
            return db.get_one(StayChargeRow, stay_id)

    def told(self, plate=MINE):
        with self.town.session() as db:
            whole = newer_than(db, self.town.community, new_id(), 0, self.now)
        return next((one for one in whole.stays if one.plate == plate), None)

    def asked(self, plate=MINE):
        """What a gate asks of the car that stands there, as central has told it; fen."""
        stay = self.told(plate)
        tariff = T1.model_copy(update={"tariff_id": stay.tariff_id})
        return account_of(stay, 0, Charging((tariff,)), (), self.town.lane, self.now, False).due.due

    def hear(self, stay_id, word):
        """A notice of the channel: `paid` or `failed`."""
        row = self.row(stay_id)
        with self.town.session() as db:
            if word == "failed":
                told = self.channel.signed(
                    {"merchant": MERCHANT, "order": row.order_id.hex, "state": "failed"}, self.now
                )
                said = self.channel.read(*told, self.now)
                assert isinstance(said, Failed)
                charge_failed(db, "wechat", said.order_number)  # of another channel it is no word
                charge_failed(db, "test", said.order_number)
            else:
                notice = Notice("c1", row.order_id.hex, row.amount_fen, self.now)
                take_notice(db, self.town.actor, "test", notice, self.now)
        self.parts.dispatcher.drain()


@pytest.fixture
def lot(town, parts, monkeypatch):
    return ContractLot(town, parts, monkeypatch)


def standing(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.stand(stay)
    return stay


@pytest.mark.req("PARK-11")
def test_the_gate_takes_an_accepted_charge_for_paid_and_the_ledger_counts_it_once_it_is_final(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    assert lot.asked() == 700 and lot.channel.plates == [], "nobody is asked of a car that only parks"
    lot.stand(stay)
    assert lot.charge(stay) is Charge.ACCEPTED
    assert lot.channel.charged == [(lot.row(stay).order_id.hex, 700, MINE)]
    assert lot.asked() == 0 and [one.fen for one in lot.told().accepted] == [700] and lot.told().payments == ()
    lot.later(MINUTE)
    lot.leave()
    assert lot.state(stay) is State.LEFT and lot.books() == (0, 0, 0, 0, 0) and lot.arrears(MINE) == [0]
    lot.hear(stay, "paid")
    assert lot.books() == (700, -700, 0, 0, 0) and lot.charge(stay) is Charge.PAID and lot.state(stay) is State.LEFT
    lot.hear(stay, "paid")
    assert lot.books() == (700, -700, 0, 0, 0)


@pytest.mark.req("PARK-11", "PARK-15")
def test_a_failed_charge_is_arrears_of_the_plate_and_is_never_charged_again(lot):
    stay = standing(lot)
    lot.leave()
    lot.hear(stay, "failed")
    assert lot.charge(stay) is Charge.FAILED and lot.state(stay) is State.LEFT_OWING
    assert lot.arrears(MINE) == [700] and lot.books() == (0, -700, 700, 0, 0)
    lot.stand(stay)
    lot.turn(MINUTE)
    assert len(lot.channel.charged) == 1
    lot.hear(stay, "paid")
    assert lot.charge(stay) is Charge.PAID, "late, and it pays the debt"
    assert lot.arrears(MINE) == [0] and lot.books() == (700, -700, 0, 0, 0) and lot.state(stay) is State.LEFT


@pytest.mark.req("PARK-11", "PARK-12")
def test_a_success_after_the_debt_was_paid_by_other_means_goes_back(lot):
    stay = standing(lot)
    lot.leave()
    lot.hear(stay, "failed")
    lot.do(stay_till.take_cash, stay, 700)
    assert lot.books() == (700, -700, 0, 0, 0)
    lot.hear(stay, "paid")
    assert lot.books() == (1400, -700, 0, 0, -700), "what is too much is owed back, by the rule of every payment"


@pytest.mark.req("PARK-11")
def test_a_charge_that_fails_while_the_car_is_still_there_is_due_again_at_the_gate(lot):
    stay = standing(lot)
    assert lot.asked() == 0
    with pytest.raises(Conflict, match="nothing_due"):
        lot.ask(stay)
    lot.hear(stay, "failed")
    assert lot.asked() == 700 and lot.told().accepted == ()
    order = lot.ask(stay)
    lot.pay(order)
    lot.leave()
    assert lot.books() == (700, -700, 0, 0, 0) and len(lot.channel.charged) == 1


@pytest.mark.req("PARK-11")
def test_a_channel_that_does_not_answer_is_asked_under_the_same_number_while_the_car_may_stand_there(lot):
    lot.channel.charging = [Heard.AWAY, Heard.ACCEPTED]
    stay = standing(lot)
    assert lot.charge(stay) is Charge.WANTED and lot.asked() == 700
    lot.turn()
    assert lot.charge(stay) is Charge.ACCEPTED and lot.asked() == 0
    assert len(lot.channel.charged) == 2 and len(set(lot.channel.charged)) == 1


@pytest.mark.req("PARK-11")
def test_once_the_car_waits_no_more_nothing_is_charged_and_the_end_is_asked_for(lot):
    lot.channel.charging = [Heard.AWAY]
    stay = standing(lot)
    lot.turn(MINUTE)
    assert lot.charge(stay) is Charge.UNSURE and len(lot.channel.charged) == 1
    lot.do(stay_till.take_cash, stay, 900)
    lot.channel.looking = Notice("c9", lot.row(stay).order_id.hex, 700, lot.now)
    lot.turn()
    assert lot.charge(stay) is Charge.PAID and len(lot.channel.charged) == 1
    lot.leave()
    assert lot.books() == (1600, -700, 0, 0, -900), "paid twice by two ways: what was not due goes back"


@pytest.mark.req("PARK-11")
def test_a_result_that_nobody_told_is_asked_for(lot):
    stay = standing(lot)
    lot.leave()
    lot.turn()
    assert lot.charge(stay) is Charge.ACCEPTED
    lot.channel.looking = Notice("c2", lot.row(stay).order_id.hex, 700, lot.now)
    lot.turn(HOUR)
    assert lot.charge(stay) is Charge.PAID and lot.books() == (700, -700, 0, 0, 0)
    assert lot.row(stay).ask_at is None


@pytest.mark.req("PARK-11", "PARK-15")
@pytest.mark.parametrize("says", [Heard.ACCEPTED, Heard.REFUSED, Heard.AWAY])
def test_a_word_that_never_comes_is_no_money(lot, says):
    stay = standing(lot)
    lot.leave()
    lot.channel.looking = says
    lot.turn(2 * DAY)
    assert (lot.charge(stay), lot.arrears(MINE)) == (Charge.ACCEPTED, [0])
    lot.turn(2 * DAY)
    assert (lot.charge(stay), lot.arrears(MINE), lot.row(stay).ask_at) == (Charge.FAILED, [700], None)


@pytest.mark.req("PARK-11")
def test_a_plate_is_told_to_nobody_where_the_lot_uses_no_contracts_or_has_no_such_channel(lot):
    lot.use(False)
    stay = standing(lot)
    assert (lot.channel.plates, lot.charge(stay)) == ([], None)
    lot.use(True)
    attach_channels(lot.town.engine, lambda _: {})
    lot.stand(stay)
    assert (lot.channel.plates, lot.charge(stay)) == ([], None)
    with pytest.raises(Conflict, match="no_channel"):
        lot.use(False) or lot.use(True)
    attach_channels(lot.town.engine, lambda _: {"test": lot.channel})
    with lot.town.session() as db:
        deeds = db.scalars(select(AuditRow.after).where(AuditRow.what == "contracts.use").order_by(AuditRow.id)).all()
    assert deeds == [{"contracts": one, "at_entry": one} for one in (True, False, True, False)]


@pytest.mark.req("PARK-11")
@pytest.mark.parametrize("contract", [Contract.NONE, Contract.BLOCKED])
def test_a_plate_without_a_contract_pays_as_ever_and_is_asked_about_once(lot, contract):
    lot.channel.contract = contract
    stay = standing(lot)
    lot.stand(stay)
    lot.turn()
    assert (lot.charge(stay), lot.channel.plates, lot.channel.charged) == (Charge.NONE, [MINE], [])
    assert lot.asked() == 700


def test_who_came_long_ago_or_owes_nothing_is_not_charged(lot):
    stay = lot.enter()
    lot.stand(stay)
    assert lot.charge(stay) is None, "free minutes"
    lot.later(2 * HOUR)
    with lot.town.session() as db:
        at = (lot.now - HOUR).isoformat()
        announce(db, STANDS, {"community_id": str(lot.town.community), "stay_id": str(stay), "at": at})
    lot.parts.dispatcher.drain()
    assert lot.charge(stay) is None, "news of an hour ago"


@pytest.mark.req("PARK-11")
@pytest.mark.parametrize("order", list(itertools.permutations(["leave", "paid", "failed", "paid"])))
def test_in_whatever_order_the_end_is_told_the_books_hold_one_charge(lot, order):
    stay = standing(lot)
    for one in order:
        if one == "leave":
            lot.leave()
        else:
            lot.hear(stay, one)
    assert lot.books() == (700, -700, 0, 0, 0) and lot.arrears(MINE) == [0]
    assert (lot.charge(stay), lot.state(stay), len(lot.channel.charged)) == (Charge.PAID, State.LEFT, 1)


@pytest.mark.req("PARK-11")
def test_the_sample_plays_what_its_page_says_of_a_plate(lot):
    lot.channel = Sample()
    for plate, plays in ((MINE, Plays.PAYS), (MISREAD, Plays.FAILS)):
        lot.channel.play(lot.town.tenant_id, plate, plays)
    stays = [lot.enter(MINE), lot.enter(MISREAD)]
    lot.later(2 * HOUR)
    for stay in stays:
        lot.stand(stay)
    assert [lot.charge(one) for one in stays] == [Charge.ACCEPTED, Charge.ACCEPTED]
    lot.turn()
    assert [lot.charge(one) for one in stays] == [Charge.PAID, Charge.FAILED]
    lot.leave(MINE)
    lot.leave(MISREAD)
    assert lot.books() == (700, -1400, 700, 0, 0) and lot.arrears(MINE, MISREAD) == [0, 700]


@pytest.mark.req("PARK-11")
def test_what_a_channel_said_at_the_entry_is_not_asked_again_at_the_exit(lot):
    stay_id = lot.comes_in()
    lot.turn_of_entries()
    assert lot.channel.plates == [MINE], "once, however many turns there are"
    lot.later(2 * HOUR)
    lot.stand(stay_id)
    assert lot.channel.plates == [MINE] and lot.charge(stay_id) is Charge.ACCEPTED


@pytest.mark.req("PARK-11")
@pytest.mark.parametrize("before", [Contract.NONE, Contract.BLOCKED])
def test_a_contract_that_a_driver_makes_while_inside_counts_at_the_exit(lot, before):
    lot.channel.contract = before
    stay_id = lot.comes_in()
    lot.later(2 * HOUR)
    lot.channel.contract = Contract.OPEN
    lot.stand(stay_id)
    assert lot.charge(stay_id) is Charge.ACCEPTED


@pytest.mark.req("PARK-11")
def test_a_channel_that_is_away_as_a_car_comes_in_is_asked_again_and_holds_up_nobody(lot):
    lot.channel.contract = Contract.UNKNOWN
    stay_id = lot.comes_in()
    lot.comes_in(MISREAD)
    assert lot.channel.plates == [MINE, MISREAD], "each in a turn of its own; the first that is not answered ends it"
    lot.turn_of_entries()
    assert len(lot.channel.plates) == 2
    lot.later(contract_entry.AGAIN_AFTER)
    lot.channel.contract = Contract.OPEN
    lot.turn_of_entries()
    assert lot.channel.plates == [MINE, MISREAD, MINE, MISREAD]
    lot.later(contract_entry.HEARD_WITHIN)
    lot.turn_of_entries()
    assert len(lot.channel.plates) == 4
    lot.stand(stay_id)
    assert len(lot.channel.plates) == 4 and lot.charge(stay_id) is Charge.ACCEPTED


@pytest.mark.req("PARK-11")
def test_a_channel_that_never_answers_is_left_to_the_exit(lot):
    lot.channel.contract = Contract.UNKNOWN
    lot.comes_in()
    for _ in range(60):
        lot.later(contract_entry.AGAIN_AFTER)
        lot.turn_of_entries()
    assert len(lot.channel.plates) == contract_entry.HEARD_WITHIN // contract_entry.AGAIN_AFTER + 1


@pytest.mark.req("PARK-11")
def test_no_channel_is_told_at_the_entry_of_a_car_with_a_permit_nor_where_the_sign_says_otherwise(lot):
    lot.use(True, at_entry=False)
    lot.comes_in()
    lot.use(True)
    with lot.town.session() as db:
        plates.add_plate(
            db, person(lot.town, "王师傅"), lot.town.community, kind=Kept.PERMIT, plate=MISREAD, note="",
            since=lot.now - HOUR, until=lot.now + DAY, now=lot.now,
        )  # fmt: skip
    lot.comes_in(MISREAD)
    assert lot.channel.plates == []


@pytest.mark.req("PARK-11", "PARK-18")
def test_what_was_said_of_a_misread_plate_is_not_taken_for_the_right_one(lot):
    stay_id = lot.comes_in(MISREAD)
    lot.do(stay_deeds.correct_plate, stay_id, MINE, "看照片")
    lot.channel.plates.clear()
    lot.later(2 * HOUR)
    lot.stand(stay_id)
    assert lot.channel.plates == [MINE]

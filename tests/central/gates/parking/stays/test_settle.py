"""Money of stays, from what is asked to the ledger: cash, phone, free exits, what a car left owing and what became of
it. Whatever comes late or twice, each sum is on one account once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.dues import arrears, pay_stay
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.till import Free
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.paid import arrears_of, paid_of, ref_of
from central.gates.parking.stays.reads import history_of, stay_of
from central.gates.parking.stays.sealed_plates import digest_of
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.tariffs import service
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.ledger.tables import LedgerPostingRow
from central.money.payments import close_till, give_back
from central.money.payments.channels import attach_channels
from central.money.payments.rules import Verdict
from central.money.payments.sample import Sample
from central.money.payments.take_payment import take_notice
from central.people.community import service as community
from models.parking.payments import Payment
from models.parking.stays import DroveOut, State
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD, enter, tell
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SAMPLE = Sample()


class Lot:
    """A town with tariff T1, which has been in force for long, and a clock that the story moves."""

    def __init__(self, town, parts):
        self.town, self.parts, self.now = town, parts, town.now - 4 * DAY
        since = town.now - 40 * DAY
        with town.session() as db:
            starting = T1.model_copy(update={"starts_at": since})
            drafted = service.draft_tariff(db, person(town), town.community, starting, now=since - DAY)
            service.approve_tariff(db, person(town, "王主任"), drafted.id, now=since - DAY)
        self.version = drafted.id
        attach_channels(town.engine, lambda _: {"test": SAMPLE})

    def enter(self, plate=MINE):
        return enter(self.town, plate, ago=self.town.now - self.now, tariff=self.version)

    def later(self, length):
        self.now += length

    def leave(self, plate=MINE):
        tell(self.town, DroveOut(new_id(), new_id(), self.town.community, Plate(text=plate), self.now))
        self.parts.dispatcher.drain()

    def do(self, deed, *given, by=None, **more):
        with self.town.session() as db:
            return deed(db, by or person(self.town, "王师傅"), *given, self.now, **more)

    def ask(self, stay_id):
        with self.town.session() as db:
            return pay_stay.ask_to_pay(
                db, stay_id, "test", base="https://x", back="/p", payer_address="203.0.113.7", now=self.now
            )

    def pay(self, order, number="n1", at=None):
        notice = SAMPLE.read(*SAMPLE.says(number, order.number, order.amount_fen, at or self.now), at or self.now)
        with self.town.session() as db:
            verdict = take_notice(db, self.town.actor, "test", notice, self.now)
        self.parts.dispatcher.drain()
        return verdict

    def owed(self, stay_id):
        with self.town.session() as db:
            return pay_stay.owed_for(db, stay_id, self.now)

    def arrears(self, *plates):
        with self.town.session() as db:
            return list(arrears_of(db, plates).values())

    def on(self, kind):
        with self.town.session() as db:
            return sum(ledger.by_account(db, self.town.community, kind).values())

    def books(self):
        """(money that came, income, arrears, waivers, refunds)"""
        money = self.on(AccountKind.CASH) + self.on(AccountKind.CLEARING)
        kinds = (AccountKind.INCOME, AccountKind.ARREARS, AccountKind.WAIVERS, AccountKind.REFUNDS)
        return (money, *(self.on(kind) for kind in kinds))

    def state(self, stay_id):
        with self.town.session() as db:
            return stay_of(db, person(self.town), stay_id).state

    def states(self, stay_id):
        with self.town.session() as db:
            return [one.state.value for one in history_of(db, stay_of(db, person(self.town), stay_id))]

    def postings(self):
        with self.town.session() as db:
            return db.scalar(select(func.count()).select_from(LedgerPostingRow))


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


@pytest.mark.req("PARK-01", "PARK-12", "PARK-13")
def test_who_pays_cash_has_the_minutes_to_leave_and_owes_again_after_them(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    with pytest.raises(Conflict, match="fee_grew"):
        lot.do(stay_till.take_cash, stay, 500)
    lot.do(stay_till.take_cash, stay, 700, lane_id=lot.town.lane)
    assert lot.books() == (700, -700, 0, 0, 0) and lot.state(stay) is State.PAID
    with lot.town.session() as db:
        assert paid_of(db, [stay, new_id()]) == {stay: (Payment(lot.now, 700),)}
    lot.later(14 * MINUTE)
    due = lot.owed(stay).bill.due
    assert (due.total, due.paid, due.due, due.over, due.leave) == (700, 700, 0, 0, 1)
    with pytest.raises(Conflict, match="nothing_due"):
        lot.do(stay_till.take_cash, stay, 0)
    lot.later(6 * MINUTE)
    assert (lot.owed(stay).due_fen, lot.owed(stay).bill.due.leave) == (200, None), "PARK-E16"
    lot.do(stay_till.take_cash, stay, 200)
    lot.leave()
    assert lot.states(stay) == ["detected", "entered", "priced", "paid", "priced", "paid", "left"]
    assert lot.books() == (900, -900, 0, 0, 0) and lot.arrears(MINE) == [0]
    with lot.town.session() as db:
        deeds = db.scalars(select(AuditRow.after).where(AuditRow.what == "stay.take_cash").order_by(AuditRow.id)).all()
    assert deeds == [{"plate": "川A****5", "amount_fen": 700}, {"plate": "川A****5", "amount_fen": 200}]


@pytest.mark.req("PARK-15", "PARK-E31")
def test_what_a_car_left_owing_stands_on_its_plate_and_is_asked_at_its_next_exit(lot):
    first = lot.enter()
    lot.later(5 * HOUR)
    lot.leave()
    assert lot.state(first) is State.LEFT_OWING and lot.arrears(MINE, MISREAD) == [1300, 0]
    assert lot.books() == (0, -1300, 1300, 0, 0)
    lot.later(DAY)
    second = lot.enter()
    lot.later(2 * HOUR)
    owed = lot.owed(second)
    assert (owed.due_fen, owed.before_fen, owed.asked_fen) == (700, 1300, 2000)
    order = lot.ask(second)
    assert order.amount_fen == 2000
    assert [lot.pay(order, at=lot.now), lot.pay(order), lot.pay(order, "n2")] == [
        Verdict.TAKEN, Verdict.DUPLICATE, Verdict.SECOND
    ]  # fmt: skip
    assert lot.books() == (4000, -2000, 0, 0, -2000) and lot.arrears(MINE) == [0]
    lot.leave()
    assert [lot.state(one) for one in (first, second)] == [State.LEFT, State.LEFT]
    with lot.town.session() as db:
        found = arrears.arrears_in(db, person(lot.town), lot.town.community)
    assert (found.totals, found.stays) == (arrears.Totals(0, 1300, 0), ())


@pytest.mark.req("PARK-12", "PARK-15")
def test_a_word_that_comes_after_the_car_has_left_takes_its_debt_away_again(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    order, paid_at = lot.ask(stay), lot.now
    lot.later(2 * MINUTE)
    lot.leave()
    assert lot.arrears(MINE) == [900], "as far as anybody knows"
    assert lot.pay(order, at=paid_at) is Verdict.TAKEN
    assert lot.books() == (700, -700, 0, 0, 0) and lot.state(stay) is State.LEFT
    settled, before = lot.books(), lot.postings()
    with lot.town.session() as db:
        settle_up(db, [stay])
    assert (lot.books(), lot.postings()) == (settled, before), "again changes nothing"


@pytest.mark.req("PARK-12", "PARK-18")
def test_what_was_paid_beyond_the_fee_goes_back_once_the_car_has_left(lot):
    stay = lot.enter()
    lot.later(HOUR)
    first = lot.ask(stay)
    lot.later(HOUR)
    second = lot.ask(stay)
    assert (first.amount_fen, second.amount_fen) == (500, 700)
    assert lot.pay(first, "n1") is Verdict.LATE
    assert lot.owed(stay).due_fen == 200
    assert lot.pay(second, "n2") is Verdict.TAKEN
    assert lot.owed(stay).bill.due.over == 500
    lot.leave()
    assert lot.books() == (1200, -700, 0, 0, -500)
    with lot.town.session() as db:
        (refund,) = give_back.refunds_due(db, person(lot.town), lot.town.community)
        assert (refund.stay_id, refund.amount_fen, refund.why.value) == (stay, 500, "paid_too_much")
        give_back.give_back(db, person(lot.town), refund.refund_id, "原路退回", lot.now)
        settle_up(db, [stay])
    assert lot.books() == (700, -700, 0, 0, 0)


@pytest.mark.req("PARK-17")
def test_a_free_exit_has_a_reason_of_the_list_and_one_in_words_under_the_guards_name(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    with pytest.raises(Invalid) as blank:
        lot.do(stay_till.let_out_free, stay, Free.REPAIR, " ", 700)
    assert list(blank.value.fields) == ["reason"]
    lot.do(stay_till.let_out_free, stay, Free.REPAIR, "道闸故障，堵在里面", 700)
    lot.leave()
    assert lot.state(stay) is State.LEFT and lot.books() == (0, -700, 0, 700, 0) and lot.arrears(MINE) == [0]
    with lot.town.session() as db:
        moved = ledger.about(db, [stay])[stay]
        (deed,) = db.scalars(select(AuditRow).where(AuditRow.what == "stay.let_off"))
    assert {(one.code.value, one.by_name, one.note) for one in moved} == {("free_exit", "王师傅", "道闸故障，堵在里面")}
    assert {one.entry.account.ref for one in moved} == {"repair", ""}
    assert deed.after == {"plate": "川A****5", "amount_fen": 700, "free": "repair"}
    with pytest.raises(Conflict, match="left_already"):
        lot.do(stay_till.let_out_free, stay, Free.REPAIR, "再来一次", 700)


@pytest.mark.req("PARK-15")
def test_a_manager_strikes_off_a_debt_and_it_is_counted_as_such(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.leave()
    lot.do(stay_till.write_off, stay, "老人走失，家属开走")
    with pytest.raises(Conflict, match="nothing_owed"):
        lot.do(stay_till.write_off, stay, "再来一次")
    assert lot.books() == (0, -700, 0, 700, 0) and lot.state(stay) is State.LEFT
    with lot.town.session() as db:
        totals = arrears.arrears_in(db, person(lot.town), lot.town.community).totals
    assert totals == arrears.Totals(0, 0, 700)


@pytest.mark.req("PARK-15", "PARK-18")
def test_a_corrected_plate_takes_its_debt_along_and_a_void_stay_owes_nothing(lot):
    stay = lot.enter(MISREAD)
    lot.later(2 * HOUR)
    lot.leave(MISREAD)
    assert lot.arrears(MINE, MISREAD) == [0, 700]
    lot.do(stay_deeds.correct_plate, stay, MINE, "对照照片")
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE, MISREAD) == [700, 0]
    lot.do(stay_deeds.void_stay, stay, "不是这辆车")
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE, MISREAD) == [0, 0] and lot.books() == (0, -700, 0, 700, 0)
    assert lot.postings() == 3, "each a posting more, nothing edited"


@pytest.mark.req("PARK-15")
def test_a_debt_of_another_lot_is_asked_too_and_one_of_another_company_is_not(lot, other_town):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.leave()
    with lot.town.session() as db:
        elsewhere = community.add_community(db, lot.town.actor, "另一处车场").id
    assert lot.arrears(MINE) == [700]
    there = new_id()
    with lot.town.session() as db:
        debt = Account(elsewhere, AccountKind.ARREARS, ref_of(digest_of(db, elsewhere, MINE)))
        entries = (Entry(debt, 300, there), Entry(Account(elsewhere, AccountKind.INCOME), -300, there))
        post(db, lot.town.actor, Posting("k", Code.LEFT_OWING, lot.now, entries))
    assert lot.arrears(MINE) == [1000] and lot.owed(stay).before_fen == 300
    with other_town.session() as db:
        assert arrears_of(db, [MINE]) == {MINE: 0}


def test_a_list_is_priced_with_what_was_paid_of_each(lot):
    first, second = lot.enter(), lot.enter(MISREAD)
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, first, 700)
    with lot.town.session() as db:
        both = [stay_of(db, person(lot.town), one) for one in (first, second)]
        prices = prices_for(db, lot.town.community, both, lot.now)
        assert [priced(prices, one, lot.now).due.due for one in both] == [0, 700]


@pytest.mark.req("PARK-18", "PARK-19")
@pytest.mark.parametrize("signed", [False, True])
def test_cash_goes_back_out_of_no_till_that_was_counted(lot, signed):
    town, first, other = lot.town, person(lot.town, "甲"), person(lot.town, "乙")
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, stay, 700, lane_id=town.lane)
    till = str(town.lane)

    def close(expected):
        with town.session() as db:
            return close_till.close_till(
                db, first, town.community, till, seen_at=lot.now, counted_fen=expected, note="", facts={},
                now=lot.now,
            )  # fmt: skip

    closed = close(700)
    if signed:
        lot.do(close_till.sign_till, closed, by=other)
    with town.session() as db:
        goes_back = (
            Entry(Account(town.community, AccountKind.INCOME), 700, stay),
            Entry(Account(town.community, AccountKind.REFUNDS), -700, stay),
        )
        post(db, town.actor, Posting("not due after all", Code.PAID_TOO_MUCH, lot.now, goes_back))
        (refund,) = give_back.refunds_due(db, first, town.community)
    if not signed:
        with pytest.raises(Conflict, match="till_short"):
            lot.do(give_back.give_back, refund.refund_id, "现金退")
        lot.do(close_till.sign_till, closed, by=other)
    lot.do(give_back.give_back, refund.refund_id, "从保险箱退现金")
    with town.session() as db:
        assert close_till.till_now(db, first, town.community, till, lot.now).expected_fen == 0
        assert ledger.balance_of(db, Account(town.community, AccountKind.CASH, "safe")) == 0
    assert lot.books() == (0, 0, 0, 0, 0)


@pytest.mark.req("PARK-15")
def test_cash_for_debts_of_another_lot_holds_the_lots_in_one_order(lot, monkeypatch):
    """Two guards of two lots at once: each would else hold its own lot and wait for the other's."""
    held = []
    with lot.town.session() as db:
        there = [community.add_community(db, lot.town.actor, f"另一处车场{n}").id for n in range(2)]
        for place in there:
            debt = Account(place, AccountKind.ARREARS, ref_of(digest_of(db, place, MINE)))
            left = new_id()
            entries = (Entry(debt, 300, left), Entry(Account(place, AccountKind.INCOME), -300, left))
            post(db, lot.town.actor, Posting(f"k{place}", Code.LEFT_OWING, lot.now, entries))
    stay = lot.enter()
    lot.later(2 * HOUR)
    monkeypatch.setattr(stay_till, "lock_lot", lambda _, place: held.append(place))
    lot.do(stay_till.take_cash, stay, 1300)
    assert held == sorted([lot.town.community, *there])

"""A stay whose exit nobody saw, and a car that nobody saw come in: what a person decides, where the money stands."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import bill as stay_bill
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import exit_unseen
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.paid import undecided_of
from central.gates.parking.stays.settle import settle_up
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind
from central.money.payments import give_back
from central.money.payments.queries import payments_of_order
from central.money.payments.rules import Notice
from central.money.payments.send_refunds import send_refunds
from central.money.payments.take_payment import take_notice
from models.parking.stays import Detected, DroveIn, DroveOut, State
from models.values.ids import new_id
from models.values.plate import Plate
from models.values.time import SITE_TZ
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD, tell
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

pytestmark = pytest.mark.req("PARK-15")


class Unseen(Lot):
    """Each day begins at ten in the morning, since what a day comes to is asked."""

    def __init__(self, town, parts):
        super().__init__(town, parts)
        self.now = self.now.astimezone(SITE_TZ).replace(hour=10, minute=0, second=0, microsecond=0)

    def again(self, after=2 * DAY, plate=MINE):
        """In, and in again, and nobody saw it go out between."""
        first = self.enter(plate)
        self.later(after)
        second = self.enter(plate)
        self.parts.dispatcher.drain()
        return first, second

    def look(self):
        with self.town.session() as db:
            return stay_bill.to_look_at(db, person(self.town), self.town.community, self.now)

    def moments(self, stay_id):
        with self.town.session() as db:
            found = exit_unseen.moments_of(db, stays.stay_of(db, person(self.town), stay_id))
            return {one.key: (one.until, one.fee_fen, one.due_fen) for one in found}

    def open_money(self, stay_id):
        with self.town.session() as db:
            return undecided_of(db, [stay_id]).get(stay_id, 0)

    def refunds(self):
        with self.town.session() as db:
            return give_back.refunds_due(db, person(self.town), self.town.community)


@pytest.fixture
def lot(town, parts):
    return Unseen(town, parts)


def test_a_driver_who_slips_out_unseen_is_listed_with_the_fee_and_charged_by_a_person(lot):
    first, second = lot.again()
    assert lot.state(first) is State.EXIT_UNSEEN and lot.state(second) is State.ENTERED
    assert [one.stay_id for one in lot.look().again] == [first] and lot.books() == (0, 0, 0, 0, 0)
    moments = lot.moments(first)
    midnight = (lot.now - 2 * DAY).replace(hour=0) + DAY
    assert moments == {"day": (midnight, 2000, 2000), "again": (lot.now, 4000, 4000)}
    for until in (lot.now + MINUTE, lot.now - 3 * DAY):
        with pytest.raises(Invalid) as wrong:
            lot.do(exit_unseen.charge_until, first, until, "录像")
        assert wrong.value.fields == {"until": "stays.until_between"}
    lot.do(exit_unseen.charge_until, first, midnight, "录像里当天跟车出去")
    lot.parts.dispatcher.drain()
    assert lot.state(first) is State.LEFT_OWING and lot.books() == (0, -4000, 2000, 2000, 0)
    assert lot.arrears(MINE) == [2000] and lot.look().again == ()
    assert lot.owed(second).before_fen == 2000, "asked at its next exit"
    with pytest.raises(Conflict, match="not_unseen"):
        lot.do(exit_unseen.charge_until, first, midnight, "再来一次")
    with lot.town.session() as db:
        (deed,) = db.scalars(select(AuditRow).where(AuditRow.what == "stay.charge_unseen"))
    assert (deed.reason, deed.after["plate"]) == ("录像里当天跟车出去", "川A****5")


def test_an_honest_driver_whose_exit_a_silent_loop_missed_is_let_off_with_a_reason(lot):
    first, _ = lot.again()
    with pytest.raises(Invalid):
        lot.do(exit_unseen.let_off, first, "  ")
    lot.do(exit_unseen.let_off, first, "出口地感当天停用")
    lot.parts.dispatcher.drain()
    assert lot.state(first) is State.VOID and lot.arrears(MINE) == [0]
    assert lot.books() == (0, -4000, 0, 4000, 0), "let off by somebody, for all to see"
    assert lot.look().again == () and lot.look().paid_void == ()
    with pytest.raises(Conflict):
        lot.do(exit_unseen.let_off, first, "再来一次")


@pytest.mark.req("PARK-18")
def test_what_was_paid_covers_the_stay_up_to_then_and_nothing_goes_back_by_itself(lot):
    first = lot.enter()
    lot.later(2 * HOUR)
    lot.pay(lot.ask(first))
    paid_at = lot.now
    lot.later(DAY)
    lot.enter()
    lot.parts.dispatcher.drain()
    assert lot.state(first) is State.EXIT_UNSEEN and lot.books() == (700, -700, 0, 0, 0) and lot.refunds() == []
    moments = lot.moments(first)
    assert list(moments) == ["paid", "day", "again"] and moments["paid"] == (paid_at, 700, 0)
    lot.do(exit_unseen.charge_until, first, paid_at, "付了就走了")
    lot.parts.dispatcher.drain()
    assert lot.state(first) is State.LEFT and lot.books() == (700, -700, 0, 0, 0) and lot.refunds() == []


@pytest.mark.req("PARK-18", "PARK-12")
def test_money_of_a_stay_that_counts_for_nothing_is_kept_or_goes_back_by_a_persons_word(lot):
    kept = lot.enter()
    lot.later(2 * HOUR)
    lot.pay(lot.ask(kept), "n1")
    lot.do(stay_deeds.void_stay, kept, "误读")
    back = lot.enter(MISREAD)
    lot.later(2 * HOUR)
    lot.pay(lot.ask(back), "n2")
    lot.do(stay_deeds.void_stay, back, "误读")
    lot.parts.dispatcher.drain()
    assert {one.stay_id for one in lot.look().paid_void} == {kept, back} and lot.refunds() == []
    with pytest.raises(Conflict, match="fee_grew"):
        lot.do(exit_unseen.keep_money, kept, 600, "是他的车")
    lot.do(exit_unseen.keep_money, kept, 700, "是他的车")
    lot.do(exit_unseen.give_money_back, back, 700, "车主没进来过")
    lot.parts.dispatcher.drain()
    assert lot.look().paid_void == () and lot.books() == (1400, -700, 0, 0, -700)
    (refund,) = lot.refunds()
    assert (refund.stay_id, refund.amount_fen, refund.why.value) == (back, 700, "void_paid")
    for deed in (exit_unseen.keep_money, exit_unseen.give_money_back):
        with pytest.raises(Conflict, match="no_void_money"):
            lot.do(deed, back, 700, "再来一次")
    for _ in range(4):
        lot.later(2 * MINUTE)
        with lot.town.session() as db:
            send_refunds(db, lot.now)
        lot.parts.dispatcher.drain()
    assert lot.books() == (700, -700, 0, 0, 0) and lot.refunds() == [] and lot.look().paid_void == ()


def test_a_lone_exit_ends_the_stay_whose_exit_was_read_wrongly(lot):
    first = lot.enter()
    lot.later(2 * HOUR)
    lot.leave(MISREAD)
    (exit_,) = lot.look().exits
    lot.later(DAY)
    lot.enter()
    lot.parts.dispatcher.drain()
    with lot.town.session() as db:
        assert [one.stay_id for one in stays.may_be_its_entry(db, exit_)] == [first]
    lot.do(stay_deeds.join_exit, exit_.stay_id, first, "照片是同一辆车")
    lot.parts.dispatcher.drain()
    assert lot.state(first) is State.LEFT_OWING and lot.arrears(MINE) == [700]


@pytest.mark.req("P26", "PARK-12")
def test_cash_of_a_car_that_nobody_saw_come_in_is_income_with_a_receipt_and_taken_once(lot):
    lot.leave(MINE)
    (exit_,) = lot.look().exits
    guard = person(lot.town, "王师傅")
    assert lot.owed(exit_.stay_id).due_fen is None, "nobody knows what it costs"
    for amount in (0, -1, stay_till.LONE_MOST + 1):
        with pytest.raises(Invalid) as wrong:
            lot.do(stay_till.take_lone_cash, exit_.stay_id, amount, 0, "没有入场记录", by=guard)
        assert list(wrong.value.fields) == ["amount"]
    with pytest.raises(Invalid) as wrong:
        lot.do(stay_till.take_lone_cash, exit_.stay_id, 1000, 0, " ", by=guard)
    assert list(wrong.value.fields) == ["reason"], "no rule of the tariff names this sum"
    given = (exit_.stay_id, 1000, 0, "司机说停了三小时")
    order = lot.do(stay_till.take_lone_cash, *given, by=guard, lane_id=lot.town.lane)
    lot.parts.dispatcher.drain()
    with pytest.raises(Conflict, match="fee_grew"):
        lot.do(stay_till.take_lone_cash, exit_.stay_id, 1000, 0, "又点了一次", by=guard)
    assert lot.books() == (1000, -1000, 0, 0, 0) and lot.state(exit_.stay_id) is State.LEFT
    with lot.town.session() as db:
        (paid,) = payments_of_order(db, order)
    assert (paid.amount_fen, paid.by_name, paid.channel) == (1000, "王师傅", "cash")


@pytest.mark.req("P26")
def test_a_car_without_a_readable_plate_pays_as_well(lot):
    tell(lot.town, DroveOut(new_id(), new_id(), lot.town.community, None, lot.now))
    (exit_,) = lot.look().exits
    lot.do(stay_till.take_lone_cash, exit_.stay_id, 500, 0, "没有牌照的摩托")
    assert exit_.plate is None and lot.books() == (500, -500, 0, 0, 0)
    inside = lot.enter(MISREAD)
    with pytest.raises(Conflict, match="not_lone"):
        lot.do(stay_till.take_lone_cash, inside, 500, 0, "在场内")


@pytest.mark.req("P26", "LANE-24")
@pytest.mark.parametrize(("paid", "books"), [(500, (500, -700, 200, 0, 0)), (1000, (1000, -700, 0, 0, -300))])
def test_what_was_taken_at_a_lone_exit_counts_for_its_stay_once_that_is_known(lot, paid, books):
    joined = lot.enter(MISREAD)
    lot.later(2 * HOUR)
    lot.leave(MINE)
    (exit_,) = lot.look().exits
    lot.later(MINUTE)
    lot.do(stay_till.take_lone_cash, exit_.stay_id, paid, 0, "没有入场记录")
    lot.parts.dispatcher.drain()
    lot.do(stay_deeds.join_exit, exit_.stay_id, joined, "照片是同一辆车")
    lot.parts.dispatcher.drain()
    assert lot.books() == books and sum(books) == 0
    for one in lot.refunds():
        with lot.town.session() as db:
            give_back.give_back(db, person(lot.town), one.refund_id, "退现金", lot.now)
        lot.parts.dispatcher.drain()
        assert lot.books() == (700, -700, 0, 0, 0)


@pytest.mark.req("P26", "PARK-05")
def test_an_entry_that_is_told_late_finds_what_was_paid_at_its_exit(lot):
    came = lot.now
    lot.later(2 * HOUR)
    lot.leave(MINE)
    (exit_,) = lot.look().exits
    lot.do(stay_till.take_lone_cash, exit_.stay_id, 700, 0, "没有入场记录")
    lot.parts.dispatcher.drain()
    stay_id, seen = new_id(), Plate(text=MINE)
    tell(lot.town, Detected(new_id(), stay_id, lot.town.community, seen, came, str(lot.version)),
         DroveIn(new_id(), stay_id, True, came))  # fmt: skip
    lot.parts.dispatcher.drain()
    assert lot.state(stay_id) is State.LEFT and lot.books() == (700, -700, 0, 0, 0) and lot.arrears(MINE) == [0]


acts = st.sampled_from(["enter", "leave", "cash", "phone", "void", "charge", "let_off", "keep", "back", "lone", "hour"])


@pytest.mark.req("PARK-18")
@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(acts, min_size=3, max_size=9))
def test_whatever_persons_decide_no_money_is_lost_or_made_and_none_waits_unlisted(lot, does):
    """Everything that came is income, or waits to go back, or is listed; who was let off owes nothing. Each example
    goes on where the last one ended."""
    for act in does:
        lot.later(HOUR)
        try:
            play(lot, act)
        except (Conflict, Invalid):
            continue
        settle(lot)
    came, income, owed, waived, back = lot.books()
    assert came + income + owed + waived + back == 0 and owed >= 0 and back <= 0
    listed = {one.stay_id for one in lot.look().paid_void}
    with lot.town.session() as db:
        for stay_id in stays.void_ids(db, lot.town.community):
            moved = ledger.about(db, [stay_id]).get(stay_id, [])
            assert sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.ARREARS) == 0
            assert (stay_id in listed) == bool(undecided_of(db, [stay_id]))


def settle(lot):
    """What the news would do, without asking every other handler."""
    with lot.town.session() as db:
        found = stays.find_plate(db, person(lot.town), lot.town.community, MINE)
        settle_up(db, [one.stay_id for one in found])


def newest(lot):
    with lot.town.session() as db:
        return next(iter(stays.find_plate(db, person(lot.town), lot.town.community, MINE)), None)


def play(lot, act):
    look = lot.look()
    if act == "enter":
        lot.enter()
    elif act == "leave":
        tell(lot.town, DroveOut(new_id(), new_id(), lot.town.community, Plate(text=MINE), lot.now))
    elif act == "hour":
        lot.later(HOUR)
    elif act in ("cash", "phone"):
        stay = newest(lot)
        if stay is not None and lot.owed(stay.stay_id).asked_fen:
            asked = lot.owed(stay.stay_id).asked_fen
            if act == "cash":
                lot.do(stay_till.take_cash, stay.stay_id, asked)
            else:
                order = lot.ask(stay.stay_id)
                notice = Notice(new_id().hex, order.number, order.amount_fen, lot.now)
                with lot.town.session() as db:
                    take_notice(db, lot.town.actor, "test", notice, lot.now)
    elif act == "void":
        stay = newest(lot)
        if stay is not None:
            lot.do(stay_deeds.void_stay, stay.stay_id, "x")
    elif act in ("charge", "let_off") and look.again:
        one = look.again[0]
        if act == "charge":
            lot.do(exit_unseen.charge_until, one.stay_id, one.again_at, "x")
        else:
            lot.do(exit_unseen.let_off, one.stay_id, "x")
    elif act in ("keep", "back") and look.paid_void:
        one = look.paid_void[0]
        deed = exit_unseen.keep_money if act == "keep" else exit_unseen.give_money_back
        lot.do(deed, one.stay_id, lot.open_money(one.stay_id), "x")
    elif act == "lone" and look.exits:
        lot.do(stay_till.take_lone_cash, look.exits[0].stay_id, 500, 0, "x")

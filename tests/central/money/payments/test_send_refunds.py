"""What was paid twice goes back by itself, once, whatever the channel answers; and the ledger says so when it does."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import OutboxRow
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments import give_back
from central.money.payments.channels import attach_channels
from central.money.payments.queries import given_back
from central.money.payments.rules import (
    PAUSE_MOST,
    REFUNDED,
    SILENT_AFTER,
    TRIES_MAX,
    Notice,
    RefundState,
    Said,
    pause,
    refund_step,
    ways_back,
)
from central.money.payments.send_refunds import request_refunds, send_refunds
from central.money.payments.take_payment import take_notice
from models.values.ids import new_id
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.money.payments.keys import alipay, wechat
from tests.central.money.payments.played import played
from tests.central.money.payments.test_payments import ask, due, on

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CHANNELS = ("wechat", "alipay")
WAITING = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
def server(town):
    with played(town.now) as server:
        both = {"wechat": wechat(server.address), "alipay": alipay(f"{server.address}/gateway.do")}
        attach_channels(town.engine, lambda _: both)
        yield server


def turn(town, after=timedelta(0)):
    with town.session() as db:
        send_refunds(db, town.now + after)


def turns(town, count, after=timedelta(0)):
    for _ in range(count):
        turn(town, after)


def paid_twice(town, server, channel, fen=1200):
    """An order that was paid at its channel twice: the second goes back."""
    order = ask(town, fen, channel=channel)
    for number in ("P1", "P2"):
        server.paid[order.number] = (number, fen)
        with town.session() as db:
            take_notice(db, town.actor, channel, Notice(number, order.number, fen, town.now), town.now)
    return order


def states(town):
    return [way.state for one in due(town) for way in one.ways]


def said(town):
    return [way.said for one in due(town) for way in one.ways]


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_second_payment_goes_back_by_itself_and_is_posted_when_the_channel_has_paid(town, server, channel):
    order = paid_twice(town, server, channel)
    turn(town)
    assert states(town) == [RefundState.SENT] and server.asked.count("alipay.trade.refund") == 0
    assert server.refunds == {}, "written down before it is asked"
    turn(town)
    assert (states(town), said(town)) == ([RefundState.SENT], [Said.ACCEPTED])
    assert on(town, AccountKind.REFUNDS) == -1200, "nothing is posted before the channel has paid"
    server.settled = True
    turn(town)
    assert states(town) == [RefundState.SENT], "not asked again at once"
    turn(town, 2 * MINUTE)
    assert due(town) == []
    assert (on(town, AccountKind.REFUNDS), on(town, AccountKind.CLEARING, channel)) == (0, 1200)
    assert on(town, AccountKind.INCOME) == -1200
    turns(town, 3, HOUR)
    ((number, kept),) = server.refunds.items()
    assert kept["out_trade_no"] == order.number and kept.get("transaction_id", kept.get("trade_no")) == "P2"
    with town.session() as db:
        (done,) = given_back(db, town.community, town.now - HOUR)
        news = db.scalars(select(OutboxRow.payload).where(OutboxRow.topic == REFUNDED)).all()
    assert (done.way_id.hex, done.amount_fen) == (number, 1200) and len(news) == 1
    assert done.number == (number if channel == "alipay" else "R1")


@pytest.mark.req("PARK-12")
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_that_is_silent_is_asked_again_later_under_the_same_number(town, server, channel):
    paid_twice(town, server, channel)
    turn(town)
    server.signs[channel] = "somebody"  # it takes it, and its answer is not heard
    turn(town)
    assert (states(town), said(town)) == ([RefundState.SENT], [Said.AWAY]) and len(server.refunds) == 1
    asked = len(server.asked)
    turn(town, MINUTE / 2)
    assert len(server.asked) == asked, "not before its pause is over"
    server.signs.clear()
    server.settled = True
    for minutes in (2, 4):
        turn(town, minutes * MINUTE)
    assert due(town) == [] and len(server.refunds) == 1, "twice asked, once given"
    assert on(town, AccountKind.CLEARING, channel) == 1200


@pytest.mark.req("PARK-12")
@pytest.mark.parametrize(
    ("channel", "answer"),
    [("wechat", (403, "NOT_ENOUGH")), ("wechat", (429, "FREQUENCY_LIMITED")),
     ("alipay", (200, "ACQ.SELLER_BALANCE_NOT_ENOUGH"))],
)  # fmt: skip
def test_what_cannot_be_given_now_is_given_later(town, server, channel, answer):
    paid_twice(town, server, channel)
    server.refuses = answer
    turns(town, 2)
    assert said(town) == [Said.LATER] and on(town, AccountKind.REFUNDS) == -1200
    server.refuses, server.settled = None, True
    for minutes in (2, 3, 6):
        turns(town, 2, minutes * MINUTE)
    assert due(town) == []


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize(
    ("channel", "answer"), [("wechat", (400, "PARAM_ERROR")), ("alipay", (200, "ACQ.TRADE_HAS_FINISHED"))]
)
def test_what_a_channel_refuses_waits_for_a_person_who_sends_it_again_or_gives_it(town, server, channel, answer):
    paid_twice(town, server, channel)
    with town.session() as db, pytest.raises(Conflict, match="not_stuck"):
        give_back.send_again(db, person(town), due(town)[0].refund_id, town.now)
    server.refuses = answer
    turns(town, 4)
    (refund,) = due(town)
    assert refund.stuck and not refund.under_way and len(server.refunds) == 0
    with town.session() as db:
        give_back.send_again(db, person(town), refund.refund_id, town.now)
    turns(town, 2)
    assert due(town)[0].stuck
    with town.session() as db:
        give_back.give_back(db, person(town), refund.refund_id, "现金退，本人签收", town.now)
    server.refuses = None
    turns(town, 3, HOUR)
    assert due(town) == [] and server.refunds == {}, "given by hand, it is not sent too"
    with town.session() as db:
        assert db.scalars(select(AuditRow.what).where(AuditRow.what == "refund.again")).all() == ["refund.again"]


def test_what_a_channel_may_have_is_not_given_by_hand_as_well(town, server):
    paid_twice(town, server, "wechat")
    turn(town)
    with town.session() as db, pytest.raises(Conflict, match="under_way"):
        give_back.give_back(db, person(town), due(town)[0].refund_id, "现金退", town.now)


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize("known", [False, True])
def test_what_a_person_is_giving_at_this_moment_is_not_sent_as_well(town, server, known):
    paid_twice(town, server, "wechat")
    if known:
        with town.session() as db:
            request_refunds(db, town.now)
    with town.session() as db:
        give_back.give_back(db, person(town), due(town)[0].refund_id, "现金退", town.now)
        turn(town)
    server.settled = True
    turns(town, 3, HOUR)
    assert (server.refunds, on(town, AccountKind.REFUNDS), on(town, AccountKind.CLEARING, "wechat")) == ({}, 0, 1200)


@pytest.mark.req("PARK-12", "PARK-18")
def test_what_a_turn_is_sending_at_this_moment_is_not_given_by_hand_as_well(town, server):
    paid_twice(town, server, "wechat")
    (refund,), found = due(town), list[str]()

    def by_hand():
        with pytest.raises(Conflict) as told, town.session() as db:
            give_back.give_back(db, person(town), refund.refund_id, "现金退", town.now)
        found.append(told.value.key)

    with town.session() as db:
        send_refunds(db, town.now)
        clerk = Thread(target=by_hand)
        clerk.start()
        while not db.scalar(text(WAITING)):
            assert clerk.is_alive(), "it waits for the turn"
    clerk.join()
    server.settled = True
    turn(town)
    turn(town, HOUR)
    assert found == ["payments.refund_under_way"]
    assert (len(server.refunds), on(town, AccountKind.REFUNDS)) == (1, 0)


@pytest.mark.req("SEC-16")
@pytest.mark.parametrize(
    ("channel", "wrong"),
    [("wechat", {"amount": {"refund": 1, "total": 1200}}), ("wechat", {"transaction_id": "P1"}),
     ("wechat", {"out_refund_no": "X"}), ("alipay", {"refund_amount": "0.01"}), ("alipay", {"total_amount": "1.00"}),
     ("alipay", {"out_trade_no": "X"})],
)  # fmt: skip
def test_an_answer_about_other_money_posts_nothing_and_is_shown(town, server, channel, wrong):
    paid_twice(town, server, channel)
    server.settled, server.says = True, wrong
    turns(town, 2)
    turns(town, 2, 2 * MINUTE)
    assert (states(town), said(town)) == ([RefundState.FAILED], [Said.CONTRADICTS])
    assert on(town, AccountKind.REFUNDS) == -1200


def test_cash_and_a_channel_that_is_no_more_are_a_persons_to_give(town, server):
    cash, gone = new_id(), new_id()
    with town.session() as db:
        for subject, kind, ref in ((cash, AccountKind.CASH, ""), (gone, AccountKind.CLEARING, "wechat")):
            entries = (
                Entry(Account(town.community, kind, ref), 700, subject),
                Entry(Account(town.community, AccountKind.REFUNDS), -700, subject),
            )
            post(db, town.actor, Posting(f"t:{subject}", Code.PAID_TOO_MUCH, town.now, entries))
    turns(town, 3)
    assert states(town) == [] and len(due(town)) == 2, "nothing is made up for money that no payment brought"
    paid_twice(town, server, "wechat")
    turn(town)
    attach_channels(town.engine, lambda _: {})
    turn(town)
    assert said(town) == [Said.NO_CHANNEL] and states(town) == [RefundState.SENT]


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize("accepted", [False, True])
def test_a_channel_that_is_gone_for_days_leaves_the_refund_to_a_person(town, server, accepted):
    paid_twice(town, server, "wechat")
    turns(town, 1 + accepted)
    attach_channels(town.engine, lambda _: {})
    turn(town, 2 * MINUTE)
    assert states(town) == [RefundState.SENT], "an hour's fault of the settings gives nothing away"
    for days in range(TRIES_MAX):
        turn(town, (days + 1) * DAY)
    (refund,) = due(town)
    assert (states(town), said(town), refund.under_way) == ([RefundState.FAILED], [Said.NO_CHANNEL], False)
    with town.session() as db:
        give_back.give_back(db, person(town), refund.refund_id, "商户平台核对过没退，现金退", town.now)
    assert due(town) == [] and on(town, AccountKind.REFUNDS) == 0


def silent(town, server, accepted=False):
    """Two days after it was sent its channel has still said no end of it."""
    paid_twice(town, server, "wechat")
    turn(town)
    if not accepted:
        server.signs["wechat"] = "somebody"  # it may have taken it, and its answer is not heard
    turn(town)
    (refund,) = due(town)
    return refund


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize("accepted", [False, True])
def test_a_silent_channel_is_asked_on_and_after_days_a_person_is_told(town, server, accepted):
    refund = silent(town, server, accepted)
    soon, late = town.now + SILENT_AFTER - HOUR, town.now + SILENT_AFTER
    assert (
        not refund.is_silent(soon)
        and refund.to_wait_for(soon)
        and refund.is_silent(late)
        and not refund.to_wait_for(late)
    )
    for days in range(30):
        turn(town, days * DAY)
    (refund,) = due(town)
    assert states(town) == [RefundState.SENT] and refund.ways[0].ask_at <= town.now + 30 * DAY, "for a month"
    assert len(server.refunds) == 1
    for deed, more in ((give_back.ask_now, ()), (give_back.take_out, ("查过",)), (give_back.give_back, ("查过",))):
        with town.session() as db, pytest.raises(Conflict, match=r"not_silent|under_way"):
            deed(db, person(town), refund.refund_id, *more, soon)
    asked, later = len(server.asked), 30 * DAY
    with town.session() as db:
        give_back.ask_now(db, person(town), refund.refund_id, town.now + later)
    server.signs.clear()
    server.settled = True
    for wait in (later, later + HOUR, later + 8 * HOUR):
        server.now = town.now + wait
        turn(town, wait)
    assert len(server.asked) > asked and due(town) == [] and len(server.refunds) == 1, "asked again, given once"
    assert on(town, AccountKind.CLEARING, "wechat") == 1200


@pytest.mark.req("PARK-12", "PARK-18")
@pytest.mark.parametrize("taken_out", [False, True])
def test_who_looked_at_a_silent_channel_gives_it_by_other_means_and_it_is_never_sent_again(town, server, taken_out):
    refund = silent(town, server)
    late, asked = town.now + SILENT_AFTER, len(server.asked)
    with town.session() as db:
        with pytest.raises(Invalid):
            give_back.take_out(db, person(town), refund.refund_id, " ", late)
        if taken_out:
            give_back.take_out(db, person(town), refund.refund_id, "商户平台上没有这笔", late)
    assert (due(town)[0].stuck, said(town)) == ((True, [Said.WITHDRAWN]) if taken_out else (False, [Said.AWAY]))
    if taken_out:
        turns(town, 3, 3 * DAY)
        assert len(server.asked) == asked, "nobody asks for it meanwhile"
    with town.session() as db:
        give_back.give_back(db, person(town), refund.refund_id, "商户平台上没有，转账退，回单 88", late)
    server.signs.clear()
    turns(town, 4, 4 * DAY)
    assert due(town) == [] and len(server.asked) == asked and on(town, AccountKind.REFUNDS) == 0
    with town.session() as db:
        deeds = db.scalars(select(AuditRow.what).where(AuditRow.what.like("refund.%")).order_by(AuditRow.id)).all()
    assert deeds == (["refund.take_out"] if taken_out else []) + ["refund.give"]


@pytest.mark.req("PARK-12", "PARK-18")
def test_what_was_taken_out_of_a_channels_hands_goes_again_under_its_old_number(town, server):
    refund = silent(town, server)
    late = town.now + SILENT_AFTER
    with town.session() as db:
        give_back.take_out(db, person(town), refund.refund_id, "商户平台上没有这笔", late)
        give_back.send_again(db, person(town), refund.refund_id, late)
    server.signs.clear()
    server.settled = True
    for minutes in (0, 0, 1, 2, 4):
        server.now = late + minutes * MINUTE
        turn(town, SILENT_AFTER + minutes * MINUTE)
    assert due(town) == [] and len(server.refunds) == 1, "the channel had it after all, and gave it once"
    assert on(town, AccountKind.CLEARING, "wechat") == 1200


def test_what_is_owed_no_more_is_not_sent(town, server):
    order = paid_twice(town, server, "wechat")
    with town.session() as db:
        request_refunds(db, town.now)
    (refund,) = due(town)
    account = Account(town.community, AccountKind.REFUNDS)
    with town.session() as db:
        entries = (Entry(account, 1200, refund.refund_id), Entry(account._replace(kind=AccountKind.INCOME), -1200))
        post(db, town.actor, Posting("t:1", Code.CORRECTION, town.now, entries))
    turns(town, 3)
    assert server.refunds == {} and due(town) == []
    assert order.number in server.known


@given(st.integers(0, 5000), st.lists(st.integers(0, 2000), max_size=6))
def test_no_more_goes_back_than_is_due_and_by_each_payment_than_it_brought(fen, came):
    payments = [(new_id(), left) for left in came]
    ways = ways_back(fen, payments)
    assert sum(one for _, one in ways) == min(fen, sum(came))
    assert all(0 < one <= dict(payments)[payment] for payment, one in ways)


@given(st.integers(0, 500))
def test_pauses_grow_and_stay_within_hours(tries):
    assert MINUTE <= pause(tries) <= pause(tries + 1) <= PAUSE_MOST


@given(st.sampled_from(RefundState), st.sampled_from(Said), st.integers(0, 60))
def test_a_refund_is_done_only_by_its_channels_word_and_never_dropped_once_sent(state, answer, tries):
    after = refund_step(state, answer, tries)
    if state is not RefundState.SENT:
        assert after is state
    else:
        assert (after is RefundState.DONE) == (answer is Said.DONE) and after is not RefundState.DROPPED
        if answer in (Said.AWAY, Said.ACCEPTED) or (answer is Said.NO_CHANNEL and tries < TRIES_MAX):
            assert after is RefundState.SENT

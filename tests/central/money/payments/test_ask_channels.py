"""A notice that never came: the channel is asked, and what nobody shall pay any more is closed there too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.money.ledger.rules import AccountKind
from central.money.payments.ask_channels import ask_channels
from central.money.payments.channels import attach_channels
from central.money.payments.open_order import close_open
from central.money.payments.rules import CASH, GIVEN_UP, Notice, OrderState, Verdict
from central.money.payments.sample import Sample
from central.money.payments.tables import PaymentOrderRow
from central.money.payments.take_payment import take_notice
from models.values.ids import new_id
from tests.central.money.payments.keys import alipay, wechat
from tests.central.money.payments.played import played
from tests.central.money.payments.test_payments import ask, came, on, state

MINUTE = timedelta(minutes=1)
CHANNELS = ("wechat", "alipay", "test")


class World:
    """A town and its channels' own sides."""

    def __init__(self, town, server):
        self.town, self.server, self.sample = town, server, Sample()
        found = {
            "wechat": wechat(server.address), "alipay": alipay(f"{server.address}/gateway.do"), "test": self.sample
        }  # fmt: skip
        attach_channels(town.engine, lambda _: found)

    def ask(self, channel, **more):
        order = ask(self.town, channel=channel, **more)
        self.server.known.add(order.number)
        return order

    def paid(self, order, number="P1"):
        """At the channel; nobody is told."""
        self.server.paid[order.number] = (number, order.amount_fen)
        self.sample.pay_in_silence(number, order.number, order.amount_fen, self.town.now)

    def turn(self, after=timedelta(0)):
        self.server.now = self.town.now + after
        with self.town.session() as db:
            ask_channels(db, self.town.now + after)

    def waits(self):
        with self.town.session() as db:
            return db.scalars(select(PaymentOrderRow.ask_at).where(PaymentOrderRow.ask_at.is_not(None))).all()


@pytest.fixture
def world(town):
    with played(town.now) as server:
        yield World(town, server)


@pytest.mark.req("PARK-11", "PARK-12")
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_payment_of_which_no_notice_came_is_heard_by_asking_and_counts_once(world, channel):
    order = world.ask(channel)
    world.paid(order)
    world.turn(MINUTE)
    assert came(world.town, order) == [], "its notice may still come"
    world.turn(2 * MINUTE)
    assert came(world.town, order) == [Verdict.TAKEN] and state(world.town, order) is OrderState.PAID
    with world.town.session() as db:
        late = take_notice(
            db, world.town.actor, channel, Notice("P1", order.number, 1200, world.town.now), world.town.now
        )
    assert late is Verdict.DUPLICATE, "the notice that came after all"
    world.turn(5 * MINUTE)
    assert on(world.town, AccountKind.CLEARING, channel) == 1200 and world.waits() == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_order_that_nobody_pays_is_closed_there_too_once_its_time_is_over(world, channel):
    order = world.ask(channel)
    world.turn(3 * MINUTE)
    assert state(world.town, order) is OrderState.OPEN and world.server.closed == []
    world.turn(6 * MINUTE)
    assert state(world.town, order) is OrderState.EXPIRED and world.waits() == []
    assert world.server.closed == ([] if channel == "test" else [order.number])


@pytest.mark.req("PARK-12")
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_replaced_order_is_closed_there_and_one_that_was_paid_all_the_same_counts(world, channel):
    stay = new_id()
    first, second = world.ask(channel, fen=500, stay=stay), world.ask(channel, fen=700, stay=stay)
    world.turn()
    assert state(world.town, first) is OrderState.VOID
    assert world.server.closed == ([] if channel == "test" else [first.number])
    third = world.ask(channel, fen=900, stay=stay)
    world.paid(second)
    world.turn()
    assert came(world.town, second) == [Verdict.LATE] and state(world.town, third) is OrderState.OPEN


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
def test_a_channel_that_is_silent_is_asked_again_and_given_up_after_days(world, channel):
    order = world.ask(channel)
    world.server.signs[channel] = "somebody"
    world.turn(2 * MINUTE)
    asked = len(world.server.asked)
    world.turn(2 * MINUTE)
    assert len(world.server.asked) == asked, "not before its pause is over"
    world.turn(6 * MINUTE)
    assert len(world.server.asked) > asked and state(world.town, order) is OrderState.OPEN
    world.turn(GIVEN_UP + 60 * MINUTE)
    assert state(world.town, order) is OrderState.EXPIRED and world.waits() == []


@pytest.mark.req("SEC-16")
@pytest.mark.parametrize(
    ("channel", "wrong"),
    [("wechat", {"mchid": "1900000002"}), ("wechat", {"appid": "wx2"}), ("wechat", {"out_trade_no": "X"}),
     ("wechat", {"amount": {"total": "1200"}}), ("alipay", {"out_trade_no": "X"}),
     ("alipay", {"total_amount": "12.x"})],
)  # fmt: skip
def test_an_answer_that_is_not_about_this_order_of_ours_counts_for_nothing(world, channel, wrong):
    order = world.ask(channel)
    world.paid(order)
    world.server.says = wrong
    world.turn(2 * MINUTE)
    assert came(world.town, order) == [] and len(world.waits()) == 1


def test_cash_and_what_alipays_payer_never_opened_leave_nothing_to_ask(world):
    assert ask(world.town, channel=CASH).closed_at is None and world.waits() == []
    stay = new_id()
    order = ask(world.town, 500, stay, channel="alipay")  # no trade before somebody opens it
    with world.town.session() as db:
        close_open(db, "stay", stay, world.town.now)
    world.turn()
    assert len(world.waits()) == 1, "its address is still good"
    world.turn(6 * MINUTE)
    assert state(world.town, order) is OrderState.VOID and world.waits() == []


def test_the_test_page_pays_in_silence(world, client):
    order = world.ask("test")
    assert client.post(order.way.replace("/test/", "/silent/")).status_code == 303
    assert came(world.town, order) == []
    world.turn(2 * MINUTE)
    assert came(world.town, order) == [Verdict.TAKEN]

"""WeChat Pay's and Alipay's parking over HTTP: a bound plate pays once, however often it is asked; what is silent, of
another order or of another merchant is no word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from central.base.kernel.secrets import SecretsError
from central.money.payments.contract_rules import Contract, Heard
from central.money.payments.contracts import Charged, Contracting, Parked
from central.money.payments.rules import Failed, Notice, Unfit
from central.money.payments.settings import channels_in
from models.values.plate import Plate, PlateColour
from tests.central.money.payments.keys import alipay, alipay_parking, wechat, wechat_parking, wechat_word
from tests.central.money.payments.played import played

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
LOT, STAY, ORDER = UUID(int=5), UUID(int=6), UUID(int=7).hex
MINE, OTHERS, NOBODYS = "川A12345", "川A54321", "川A00000"


def parked(plate=MINE, colour=PlateColour.BLUE, lot=LOT):
    return Parked(UUID(int=9), lot, STAY, Plate(text=plate, colour=colour), "翠湖花园", NOW - timedelta(hours=2), NOW)


def charged(of=None):
    return Charged(of or parked(), ORDER, 700, "停车费", NOW - timedelta(seconds=5))


@pytest.fixture(params=["wechat", "alipay"])
def wire(request):
    """(the channel, its other end)"""
    with played(NOW) as server:
        server.bound = {MINE: "pays", OTHERS: "blocked"}
        channels = {
            "wechat": lambda: wechat_parking(server.address),
            "alipay": lambda: alipay_parking(f"{server.address}/gateway.do", LOT),
        }
        yield channels[request.param](), server


@pytest.mark.req("PARK-11")
def test_a_plate_is_bound_blocked_or_nobodys_and_a_silent_channel_says_nothing_of_it(wire):
    channel, server = wire
    assert isinstance(channel, Contracting)
    says = [channel.contract_of(parked(plate)) for plate in (MINE, OTHERS, NOBODYS)]
    assert says == [Contract.OPEN, Contract.BLOCKED, Contract.NONE]
    server.silent = {"parkings", "parking.agreement.query"}
    assert channel.contract_of(parked()) is Contract.UNKNOWN
    server.silent, server.signs = set(), {"wechat": "somebody", "alipay": "somebody"}
    assert channel.contract_of(parked()) is Contract.UNKNOWN, "not signed by them"


@pytest.mark.req("PARK-11")
def test_a_plate_whose_colour_nobody_saw_is_told_to_no_channel(wire):
    channel, server = wire
    assert channel.contract_of(parked(colour=PlateColour.UNKNOWN)) is Contract.NONE
    assert server.asked == []


@pytest.mark.req("PARK-11")
def test_a_charge_is_accepted_and_later_paid_under_the_number_of_the_order(wire):
    channel, server = wire
    assert channel.look_charged(ORDER, NOW) is Heard.REFUSED, "it knows of none"
    assert channel.charge(charged()) is Heard.ACCEPTED
    assert channel.look_charged(ORDER, NOW) is Heard.ACCEPTED
    server.ends = "SUCCESS"
    found = channel.look_charged(ORDER, NOW)
    assert isinstance(found, Notice) and (found.order_number, found.amount_fen, found.paid_at) == (ORDER, 700, NOW)
    for server.ends in ("PAY_FAIL", "REFUND"):
        assert channel.look_charged(ORDER, NOW) is Heard.FAILED


@pytest.mark.req("PARK-11")
def test_asked_again_after_silence_it_charges_once_and_says_that_it_was_accepted(wire):
    channel, server = wire
    server.silent = {"answer"}
    assert channel.charge(charged()) is Heard.AWAY
    taken = dict(server.charges)
    server.silent = set()
    for server.ends in ("ACCEPTED", "SUCCESS"):
        assert channel.charge(charged()) is Heard.ACCEPTED
    server.ends = "PAY_FAIL"
    assert channel.charge(charged()) is Heard.FAILED
    assert server.charges == taken, "not a second time"


@pytest.mark.req("PARK-11")
def test_what_is_not_bound_or_blocked_is_refused_and_nothing_is_charged(wire):
    channel, server = wire
    for plate in (OTHERS, NOBODYS):
        assert channel.charge(charged(parked(plate))) is Heard.REFUSED
    assert server.charges == {}


@pytest.mark.req("PARK-11", "SEC-16")
def test_an_answer_of_another_order_merchant_or_sum_is_no_word(wire):
    channel, server = wire
    assert channel.charge(charged()) is Heard.ACCEPTED
    server.ends = "SUCCESS"
    name = "out_trade_no" if channel.name == "wechat" else "out_biz_trade_no"
    wrong = {
        "wechat": [{"mchid": "1"}, {"appid": "wx9"}, {"amount": {"total": "7"}}, {"success_time": "x"}, {"amount": 7}],
        "alipay": [{"total_fee": "7.001"}, {"gmt_payment": "gestern"}, {"trade_no": ""}],
    }[channel.name]  # fmt: skip
    for server.says in [{name: "another"}, *wrong]:
        assert channel.look_charged(ORDER, NOW) is Heard.AWAY, server.says
    server.says, server.signs = {}, {"wechat": "somebody", "alipay": "somebody"}
    assert channel.look_charged(ORDER, NOW) is Heard.AWAY
    assert channel.charge(charged()) is Heard.AWAY


def test_what_is_said_of_the_car_is_what_the_channel_wants():
    with played(NOW) as server:
        server.bound = {MINE: "pays"}
        assert wechat_parking(server.address).charge(charged()) is Heard.ACCEPTED
        said = server.charges[ORDER]
        assert (said["amount"], said["trade_scene"]) == ({"total": 700, "currency": "CNY"}, "PARKING")
        assert said["notify_url"] == f"https://pay.example.cn/pay/notices/wechat/{UUID(int=9)}"
        info = said["parking_info"]
        assert (info["start_time"], info["end_time"]) == ("2026-11-30T10:00:00+08:00", "2026-11-30T11:59:55+08:00")
        assert (info["plate_number"], info["plate_color"], info["charging_duration"]) == (MINE, "BLUE", 7195)
        assert server.parkings[STAY.hex]["notify_url"].startswith("https://")
        server.charges.clear()
        channel = alipay_parking(f"{server.address}/gateway.do", LOT)
        assert channel.charge(charged()) is Heard.ACCEPTED
        said = server.charges[ORDER]
        names = ("total_fee", "parking_id", "out_parking_id", "in_time", "out_time", "in_duration", "car_number_color")
        assert [said[name] for name in names] == [
            "7.00", "PI-1", "lot-1", "2026-11-30 10:00:00", "2026-11-30 11:59:55", "119", "BLUE",
        ]  # fmt: skip


def test_of_a_lot_that_alipay_does_not_know_nothing_is_asked():
    with played(NOW) as server:
        channel = alipay_parking(f"{server.address}/gateway.do", LOT)
        elsewhere = parked(lot=UUID(int=55))
        assert channel.contract_of(elsewhere) is Contract.NONE
        assert channel.charge(charged(elsewhere)) is Heard.REFUSED and server.asked == []


@pytest.mark.req("PARK-11", "SEC-16")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, Failed(ORDER)),
        ({"mchid": "1900000002"}, Unfit.OTHER_MERCHANT),
        ({"trade_state": "SUCCESS"}, Unfit.NOT_PAID),
    ],
)
def test_a_failed_charge_is_told_by_a_word_that_only_wechat_can_sign(more, said):
    told = {"event": "TRANSACTION.FAIL", "trade_state": "PAY_FAIL"} | more
    assert wechat_parking().read(*wechat_word(ORDER, 700, NOW, **told), NOW) == said
    assert wechat_parking().read(*wechat_word(ORDER, 700, NOW, by="somebody", **told), NOW) is Unfit.FORGED
    late = NOW + timedelta(minutes=6)
    assert wechat_parking().read(*wechat_word(ORDER, 700, NOW, **told), late) is Unfit.STALE
    paid = wechat_word(ORDER, 700, NOW)
    assert wechat_parking().read(*paid, NOW) == wechat().read(*paid, NOW) != said


def with_parking(place, name, said):
    path = place / f"{name}.json"
    path.write_text(path.read_text()[:-1] + f', "parking": {said}}}')


def test_a_company_that_says_where_notices_reach_it_and_which_lots_it_has_charges_by_contract(folder, tmp_path):
    plain = channels_in(tmp_path, test_pay=False)(UUID(int=9))
    assert not any(isinstance(one, Contracting) for one in plain.values())
    with_parking(folder, "wechat", '{"base": "https://pay.example.cn/"}')
    with_parking(folder, "alipay", f'{{"{LOT}": {{"parking_id": "PI-1", "out_parking_id": "lot-1"}}}}')
    both = channels_in(tmp_path, test_pay=False)(UUID(int=9))
    assert all(isinstance(one, Contracting) for one in both.values()) and set(both) == {"wechat", "alipay"}


@pytest.mark.parametrize(
    ("name", "said"),
    list(product(["wechat"], ['{"base": "http://pay.example.cn"}', "{}", '"yes"']))
    + list(product(["alipay"], ['{"lot": {}}', f'{{"{LOT}": {{"parking_id": "PI-1"}}}}'])),
)
def test_half_a_setting_is_refused_at_start(folder, tmp_path, name, said):
    with_parking(folder, name, said)
    with pytest.raises(SecretsError, match="does not say all of a channel"):
        channels_in(tmp_path, test_pay=False)


def test_the_plain_channels_keep_no_contracts():
    assert not isinstance(wechat(), Contracting) and not isinstance(alipay(), Contracting)

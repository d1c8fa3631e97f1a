"""Alipay's parking (停车无感支付): a plate that its driver has bound pays by itself (PARK-11).

Asked of the gateway, signed and answered as everything of Alipay is (alipay.py):

    alipay.eco.mycar.parking.agreement.query   car_number → agreement_scene: PLATE_PAY among others, where it is bound;
                                               NO_AGREEMENT_SCENE; NSF_CHECK_FAILED, where it is and pays nothing now
    alipay.eco.mycar.parking.order.pay         parking_id: of the lot at Alipay, out_parking_id: ours; car_number,
                                               car_number_color, out_trade_no, total_fee, in_time, out_time, in_duration
                                               and billing_duration in minutes → trade_no. It pays at once, or says why
                                               not; 10003: it is under way
    alipay.eco.mycar.trade.order.query         out_biz_trade_no: ours → trade_no, total_fee, trade_status: 1, 3, 9 paid;
                                               0, 4 under way; 2, 5 not; 6 to 8 given back

Only of a lot that Alipay knows is anything asked. Written from the published description; tried with keys made for the
tests and a local server, never with Alipay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from central.money.payments.alipay import DONE, TIME, Alipay, AlipayKeys, instant_of
from central.money.payments.channels import ChannelAway
from central.money.payments.contract_rules import Contract, Heard
from central.money.payments.contracts import Charged, Parked
from central.money.payments.rules import NUMBER_MAX, Notice, as_yuan, fen_of_yuan
from central.money.payments.wechat_parking import COLOURS
from models.values.time import site_time

UNDER_WAY = "10003"
PAID = frozenset({1, 3, 9})
WAITS = frozenset({0, 4})


@dataclass(frozen=True, slots=True)
class LotAtAlipay:
    """A community's lot: Alipay's number of it, and ours."""

    parking_id: str
    out_parking_id: str


class AlipayParking(Alipay):
    def __init__(self, keys: AlipayKeys, lots: Mapping[UUID, LotAtAlipay]) -> None:
        super().__init__(keys)
        self._lots = lots

    def contract_of(self, parked: Parked) -> Contract:
        if parked.community_id not in self._lots or parked.plate.colour not in COLOURS:
            return Contract.NONE
        try:
            told = self._call("alipay.eco.mycar.parking.agreement.query", {
                "car_number": parked.plate.text, "ver": "v2.1",
            }, parked.now)  # fmt: skip
        except ChannelAway:
            return Contract.UNKNOWN
        if told.get("code") != DONE:
            return Contract.UNKNOWN if _silent(told) else Contract.NONE
        scenes = str(told.get("agreement_scene", "")).split(",")
        if "PLATE_PAY" in scenes:
            return Contract.OPEN
        return Contract.BLOCKED if "NSF_CHECK_FAILED" in scenes else Contract.NONE

    def charge(self, charged: Charged) -> Heard:
        parked = charged.parked
        lot, stood = self._lots.get(parked.community_id), charged.stood_at
        if lot is None or parked.plate.colour not in COLOURS:
            return Heard.REFUSED
        minutes = str(max(1, int((stood - parked.entered_at).total_seconds()) // 60))
        try:
            told = self._call("alipay.eco.mycar.parking.order.pay", {
                "car_number": parked.plate.text, "car_number_color": COLOURS[parked.plate.colour],
                "out_trade_no": charged.number, "subject": charged.title, "total_fee": as_yuan(charged.amount_fen),
                "seller_id": self._keys.seller_id, "parking_id": lot.parking_id, "out_parking_id": lot.out_parking_id,
                "in_time": _at(parked.entered_at), "out_time": _at(stood), "in_duration": minutes,
                "billing_duration": minutes, "pay_scene": "PLATE_PAY", "pay_version": "3.0",
            }, parked.now)  # fmt: skip
        except ChannelAway:
            return Heard.AWAY
        if told.get("code") in (DONE, UNDER_WAY):
            return Heard.ACCEPTED if told.get("out_trade_no", charged.number) == charged.number else Heard.AWAY
        if _silent(told):
            return Heard.AWAY
        found = self.look_charged(charged.number, parked.now)  # refused, or paid already as it was asked before
        return Heard.ACCEPTED if isinstance(found, Notice) else found

    def look_charged(self, order_number: str, now: datetime) -> Notice | Heard:
        try:
            told = self._call("alipay.eco.mycar.trade.order.query", {"out_biz_trade_no": order_number}, now)
        except ChannelAway:
            return Heard.AWAY
        if told.get("code") != DONE:
            return Heard.AWAY if _silent(told) else Heard.REFUSED
        if told.get("out_biz_trade_no") != order_number:
            return Heard.AWAY
        status = str(told.get("trade_status", ""))
        if not (status.isascii() and status.isdigit()) or int(status) in WAITS:
            return Heard.ACCEPTED
        if int(status) not in PAID:
            return Heard.FAILED
        fen, number = fen_of_yuan(str(told.get("total_fee", ""))), str(told.get("trade_no", ""))[:NUMBER_MAX]
        try:
            paid_at = instant_of(str(told.get("gmt_payment_success") or told["gmt_payment"]))
        except (ValueError, KeyError):
            return Heard.AWAY
        return Notice(number, order_number, fen, paid_at) if fen is not None and number else Heard.AWAY


def _silent(told: Mapping[str, Any]) -> bool:
    """Whether it may be otherwise when asked again: only 40004 is a word on the matter, and not where its own system
    is at fault."""
    return told.get("code") != "40004" or str(told.get("sub_code", "")).endswith("SYSTEM_ERROR")


def _at(instant: datetime) -> str:
    return site_time(instant).strftime(TIME)

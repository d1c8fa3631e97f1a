"""WeChat Pay's parking (微信支付分停车服务): a plate that its driver has bound pays by itself (PARK-11).

Signed and answered as everything of WeChat Pay is (wechat.py).

Comes in   POST /v3/vehicle/parking/parkings   {"out_parking_no": the stay's, "plate_number", "plate_color",
           "start_time", "parking_name", "free_duration": seconds, "notify_url"} → {"id", "state": NORMAL or BLOCKED,
           "block_reason": PAUSE, OVERDUE, EVALUATION_FAILED; OUT_SERVICE: the plate is bound to nobody}
Charged    POST /v3/vehicle/transactions/parking   {"out_trade_no": the order's, "amount", "parking_info":
           {"parking_id", what was said when it came in, "end_time", "charging_duration"}} → {"trade_state": ACCEPTED}
           one parking is charged once: asked again, it is refused, so the order is asked about
Asked      GET  /v3/vehicle/transactions/out-trade-no/{ours} → {"trade_state": SUCCESS, ACCEPTED, PAY_FAIL, REFUND}
Told       TRANSACTION.SUCCESS as of any payment; TRANSACTION.FAIL

A car is told to them when it stands at the exit, with the time at which it came in, and under the same number each
time: they keep one parking of a plate. Notices reach `base`, which they want in https; where one is lost, the order is
asked about. Written from the published description; tried with keys made for the tests and a local server, never with
WeChat Pay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from central.money.payments.channels import ChannelAway, notice_address
from central.money.payments.contract_rules import Contract, Heard
from central.money.payments.contracts import Charged, Parked
from central.money.payments.rules import Failed, Notice, Unfit
from central.money.payments.wechat import NAME, NO_ORDER, Wechat, WechatKeys
from models.values.plate import PlateColour
from models.values.time import site_time

PARKINGS = "/v3/vehicle/parking/parkings"
CHARGES = "/v3/vehicle/transactions/parking"
CHARGED = "/v3/vehicle/transactions/out-trade-no"
NOT_BOUND = "OUT_SERVICE"
COLOURS = {
    PlateColour.BLUE: "BLUE", PlateColour.GREEN: "GREEN", PlateColour.YELLOW: "YELLOW", PlateColour.BLACK: "BLACK",
    PlateColour.WHITE: "WHITE", PlateColour.YELLOW_GREEN: "LIMEGREEN",
}  # fmt: skip
"""As both WeChat Pay and Alipay name them. A plate of a colour that nobody saw is asked about nowhere: another car may
bear its text."""


class WechatParking(Wechat):
    """base: where their notices reach central, as "https://pay.example.org"."""

    def __init__(self, keys: WechatKeys, base: str) -> None:
        super().__init__(keys)
        self._base = base

    def contract_of(self, parked: Parked) -> Contract:
        if parked.plate.colour not in COLOURS:
            return Contract.NONE
        try:
            status, told = self._come_in(parked)
        except ChannelAway:
            return Contract.UNKNOWN
        if status >= 500 or status == 429:
            return Contract.UNKNOWN
        if status != 200 or told.get("block_reason") == NOT_BOUND:
            return Contract.NONE
        return Contract.OPEN if told.get("state") == "NORMAL" else Contract.BLOCKED

    def charge(self, charged: Charged) -> Heard:
        try:
            status, told = self._come_in(charged.parked)
            if status == 200 and told.get("state") == "NORMAL":
                status, told = self._ask_for(charged, str(told.get("id", "")))
                if status == 200 and told.get("out_trade_no") == charged.number:
                    return Heard.ACCEPTED if told.get("trade_state") in ("ACCEPTED", "SUCCESS") else Heard.REFUSED
        except ChannelAway:
            return Heard.AWAY
        return Heard.AWAY if status >= 500 or status == 429 else self._known(charged)

    def look_charged(self, order_number: str, now: datetime) -> Notice | Heard:
        try:
            status, told = self._call("GET", f"{CHARGED}/{order_number}", b"", now)
        except ChannelAway:
            return Heard.AWAY
        if status == 404 and told.get("code") in NO_ORDER:
            return Heard.REFUSED
        if status != 200 or told.get("out_trade_no") != order_number:
            return Heard.AWAY
        match told.get("trade_state"):
            case "SUCCESS":
                return self._as_notice(told)
            case "ACCEPTED":
                return Heard.ACCEPTED
            case "PAY_FAIL" | "REFUND":  # given back at the merchant's own desk: nothing of it is ours
                return Heard.FAILED
        return Heard.AWAY

    def _known(self, charged: Charged) -> Heard:
        """It was charged before, or it is refused."""
        found = self.look_charged(charged.number, charged.parked.now)
        return Heard.ACCEPTED if isinstance(found, Notice) else found

    def _as_notice(self, told: Mapping[str, Any]) -> Notice | Heard:
        try:
            found = self._paid(told)
        except (ValueError, TypeError, KeyError, AttributeError):
            return Heard.AWAY
        return Heard.AWAY if isinstance(found, Unfit) else found

    def _come_in(self, parked: Parked) -> tuple[int, Mapping[str, Any]]:
        body = _of(parked) | {
            "out_parking_no": parked.stay_id.hex, "free_duration": 0,
            "notify_url": notice_address(self._base, NAME, parked.tenant_id),
        }  # fmt: skip
        return self._call("POST", PARKINGS, _json(body), parked.now)

    def _ask_for(self, charged: Charged, parking_id: str) -> tuple[int, Mapping[str, Any]]:
        parked = charged.parked
        body = {
            "appid": self._keys.app_id, "description": charged.title, "out_trade_no": charged.number,
            "trade_scene": "PARKING", "notify_url": notice_address(self._base, NAME, parked.tenant_id),
            "amount": {"total": charged.amount_fen, "currency": "CNY"},
            "parking_info": _of(parked) | {
                "parking_id": parking_id, "end_time": _at(charged.stood_at),
                "charging_duration": int((charged.stood_at - parked.entered_at).total_seconds()),
                "device_id": parked.community_id.hex,
            },
        }  # fmt: skip
        return self._call("POST", CHARGES, _json(body), parked.now)

    def _said(self, event: str, of: Mapping[str, Any]) -> Notice | Failed | Unfit:
        if event != "TRANSACTION.FAIL":
            return super()._said(event, of)
        if (of["mchid"], of["appid"]) != (self._keys.merchant_id, self._keys.app_id):
            return Unfit.OTHER_MERCHANT
        return Failed(str(of["out_trade_no"])) if of["trade_state"] == "PAY_FAIL" else Unfit.NOT_PAID


def _of(parked: Parked) -> dict[str, Any]:
    """What is said of a car alike when it comes in and when it is charged: else it is refused."""
    return {
        "plate_number": parked.plate.text, "plate_color": COLOURS[parked.plate.colour],
        "start_time": _at(parked.entered_at), "parking_name": parked.place,
    }  # fmt: skip


def _at(instant: datetime) -> str:
    return site_time(instant).isoformat(timespec="seconds")


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()

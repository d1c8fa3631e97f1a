"""Alipay: the address of a payment by phone (alipay.trade.wap.pay), the notice that it was paid, and what it is asked.

Both are parameters with a signature over them (RSA2: RSA-SHA256, PKCS #1 v1.5, base64):

    asked   sign = all parameters but `sign`, sorted, name=value joined by &, with the application's key
    told    the same without `sign_type` too, with Alipay's key; form-encoded in the body
            app_id seller_id out_trade_no trade_no trade_status total_amount ("12.00") notify_time gmt_payment
            (both "2026-11-29 08:00:00", +08:00)

It wants to hear "success", and tells again for 25 hours until it does: a word may be that old. Sent again it changes
nothing, since Alipay's own number has been seen. Asked otherwise (POST to the gateway, signed as above), it answers in
JSON, and signs the text of the inner object as it stands there:

    {"alipay_trade_query_response": {"code": "10000", …}, "sign": base64}
    alipay.trade.query                  trade_no, out_trade_no, trade_status, total_amount, send_pay_date
    alipay.trade.close
    alipay.trade.refund                 out_request_no: ours; `refund_fee` adds up all refunds of the trade, so that
    alipay.trade.fastpay.refund.query   this one is asked: out_request_no, refund_amount, refund_status REFUND_SUCCESS

Written from the published description; tried with keys made for the
tests, never with Alipay.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from central.money.payments.channels import Answer, Ask, Back, BackSaid, ChannelAway, notice_address
from central.money.payments.rules import (
    NUMBER_MAX,
    Notice,
    Said,
    Standing,
    Unfit,
    as_yuan,
    fen_of_yuan,
    is_fresh,
)
from models.values.time import SITE_TZ, site_time

NAME = "alipay"
TIME = "%Y-%m-%d %H:%M:%S"
TOLD_AGAIN = timedelta(hours=25)
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
FIELDS_MAX = 100
DONE = "10000"
NOT_NOW = frozenset({"ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.TRADE_NOT_ALLOW_REFUND_NOW", "ACQ.CURRENT_LIMIT"})
"""Why no refund was taken, and may be later."""
WAIT_S = 4.0


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    app_id: str
    seller_id: str
    app_key: RSAPrivateKey = field(repr=False)
    alipay_key: RSAPublicKey = field(repr=False)
    gateway: str = "https://openapi.alipay.com/gateway.do"


class Alipay:
    name = NAME

    def __init__(self, keys: AlipayKeys) -> None:
        self._keys = keys

    def way(self, ask: Ask) -> str:
        asked = self._signed("alipay.trade.wap.pay", {
            "out_trade_no": ask.number, "total_amount": as_yuan(ask.amount_fen), "subject": ask.title,
            "product_code": "QUICK_WAP_WAY", "time_expire": site_time(ask.expires_at).strftime(TIME),
        }, ask.now, notify_url=notice_address(ask.base, NAME, ask.tenant_id),
           return_url=ask.base + ask.back)  # fmt: skip
        return f"{self._keys.gateway}?{urlencode(asked)}"

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | Unfit:
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS_MAX)
        except ValueError:
            return Unfit.UNREADABLE
        told = dict(pairs)
        if len(told) != len(pairs) or told.get("sign_type") != "RSA2":
            return Unfit.UNREADABLE
        try:
            signature = base64.b64decode(told.pop("sign", ""), validate=True)
            del told["sign_type"]
            self._keys.alipay_key.verify(signature, signed_text(told), PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return Unfit.FORGED
        try:
            return self._notice(told, now)
        except (ValueError, KeyError):
            return Unfit.UNREADABLE

    def answer(self, taken: bool) -> Answer:
        return Answer(200, "text/plain", b"success" if taken else b"failure")

    def look(self, order_number: str, now: datetime) -> Notice | Standing:
        told = self._call("alipay.trade.query", {"out_trade_no": order_number}, now)
        if told.get("sub_code") == "ACQ.TRADE_NOT_EXIST":
            return Standing.UNKNOWN
        if told.get("code") != DONE or told.get("out_trade_no") != order_number:
            raise ChannelAway(NAME)
        if told.get("trade_status") not in PAID:
            return Standing.CLOSED if told.get("trade_status") == "TRADE_CLOSED" else Standing.UNPAID
        try:
            fen, paid_at = fen_of_yuan(told["total_amount"]), instant_of(told["send_pay_date"])
            if fen is None:
                raise ValueError(told["total_amount"])
            return Notice(told["trade_no"][:NUMBER_MAX], order_number, fen, paid_at)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ChannelAway(NAME) from error

    def close(self, order_number: str, now: datetime) -> bool:
        told = self._call("alipay.trade.close", {"out_trade_no": order_number}, now)
        if told.get("code") == DONE or told.get("sub_code") == "ACQ.TRADE_NOT_EXIST":
            return True
        if told.get("sub_code") in ("ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"):
            return False
        raise ChannelAway(NAME)

    def give_back(self, back: Back) -> BackSaid:
        told = self._call("alipay.trade.refund", {
            "trade_no": back.payment_number, "out_request_no": back.number, "refund_amount": as_yuan(back.amount_fen),
        }, back.now)  # fmt: skip
        if told.get("code") == DONE:
            same = (told.get("trade_no"), told.get("out_trade_no")) == (back.payment_number, back.order_number)
            return BackSaid(Said.ACCEPTED if same else Said.CONTRADICTS)
        return self._refused(told)

    def look_back(self, back: Back) -> BackSaid:
        told = self._call("alipay.trade.fastpay.refund.query", {
            "trade_no": back.payment_number, "out_request_no": back.number,
        }, back.now)  # fmt: skip
        if told.get("code") != DONE:
            return self._refused(told)
        if told.get("refund_status") != "REFUND_SUCCESS":
            return BackSaid(Said.ACCEPTED)
        names = (told.get("trade_no"), told.get("out_trade_no"), told.get("out_request_no"))
        sums = [fen_of_yuan(str(told.get(name, ""))) for name in ("refund_amount", "total_amount")]
        same = names == (back.payment_number, back.order_number, back.number)
        done = same and sums == [back.amount_fen, back.paid_fen]
        return BackSaid(Said.DONE if done else Said.CONTRADICTS, back.number)  # Alipay has no number of its own for it

    def _refused(self, told: Mapping[str, Any]) -> BackSaid:
        why = str(told.get("sub_code", ""))
        if told.get("code") != "40004" or why == "ACQ.SYSTEM_ERROR":
            raise ChannelAway(NAME)
        return BackSaid(Said.LATER if why in NOT_NOW else Said.REFUSED)

    def _signed(self, method: str, content: Mapping[str, Any], now: datetime, **more: str) -> dict[str, str]:
        asked = {
            "app_id": self._keys.app_id, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
            "timestamp": site_time(now).strftime(TIME), "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
        } | more  # fmt: skip
        signed = self._keys.app_key.sign(signed_text(asked), PKCS1v15(), SHA256())
        return asked | {"sign": base64.b64encode(signed).decode()}

    def _call(self, method: str, content: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """What it answers, signed by it. Raises ChannelAway for anything else, and for nothing."""
        try:
            answer = httpx.post(
                self._keys.gateway, data=self._signed(method, content, now), timeout=WAIT_S, trust_env=False
            )
            found = _inner(answer.text, f"{method.replace('.', '_')}_response")
            signature = base64.b64decode(answer.json()["sign"], validate=True)
            self._keys.alipay_key.verify(signature, found.encode(), PKCS1v15(), SHA256())
            told = json.loads(found)
        except (httpx.HTTPError, InvalidSignature, ValueError, TypeError, KeyError) as error:
            raise ChannelAway(NAME) from error
        if not isinstance(told, dict):
            raise ChannelAway(NAME)
        return told

    def _notice(self, told: Mapping[str, str], now: datetime) -> Notice | Unfit:
        if not is_fresh(instant_of(told["notify_time"]), now, TOLD_AGAIN):
            return Unfit.STALE
        if (told["app_id"], told["seller_id"]) != (self._keys.app_id, self._keys.seller_id):
            return Unfit.OTHER_MERCHANT
        if told["trade_status"] not in PAID:
            return Unfit.NOT_PAID
        fen = fen_of_yuan(told["total_amount"])
        if fen is None:
            return Unfit.UNREADABLE
        return Notice(told["trade_no"][:NUMBER_MAX], told["out_trade_no"], fen, instant_of(told["gmt_payment"]))


def signed_text(parameters: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters)).encode()


def _inner(text: str, name: str) -> str:
    """The object of that name, letter by letter as it stands. ValueError where there is none."""
    start = text.index(f'"{name}"') + len(name) + 2
    start = text.index("{", start)
    _, length = json.JSONDecoder().raw_decode(text[start:])
    return text[start : start + length]


def instant_of(text: str) -> datetime:
    return datetime.strptime(text, TIME).replace(tzinfo=SITE_TZ).astimezone(UTC)

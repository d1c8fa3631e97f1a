"""WeChat Pay, API version 3: an H5 order for a phone's browser, and the notice that it was paid.

Asked (POST /v3/pay/transactions/h5), signed with the merchant's own key:

    Authorization: WECHATPAY2-SHA256-RSA2048 mchid="…",nonce_str="…",signature="…",timestamp="…",serial_no="…"
    signature = RSA-SHA256 (PKCS #1 v1.5) of  method \\n path \\n timestamp \\n nonce \\n body \\n

Told, and every answer of theirs, signed with their platform key, which one is named by its serial number:

    Wechatpay-Serial, Wechatpay-Timestamp (seconds), Wechatpay-Nonce, Wechatpay-Signature (base64)
    signature = RSA-SHA256 of  timestamp \\n nonce \\n body \\n
    body = {"event_type": "TRANSACTION.SUCCESS",
            "resource": {"algorithm": "AEAD_AES_256_GCM", "ciphertext": base64, "nonce", "associated_data"}}
    opened with the merchant's APIv3 key of 32 bytes: {"mchid", "appid", "out_trade_no", "transaction_id",
            "trade_state", "success_time" (RFC 3339), "amount": {"total": fen, "currency": "CNY"}}

Asked of an order:  GET  /v3/pay/transactions/out-trade-no/{ours}?mchid=…   {"trade_state", …} as above
Closed:             POST /v3/pay/transactions/out-trade-no/{ours}/close     204
Given back:         POST /v3/refund/domestic/refunds    {"transaction_id", "out_refund_no": ours, "amount": {"refund",
                    "total", "currency"}}; the same number again is the same refund
Asked of that:      GET  /v3/refund/domestic/refunds/{ours}
                    both {"refund_id", "out_refund_no", "transaction_id", "out_trade_no", "status": SUCCESS, PROCESSING,
                    CLOSED, ABNORMAL, "amount": {"refund", "total"}}; what is refused {"code", "message"}

Written from the published description; tried with keys made for the tests and a local server, never with WeChat Pay.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from central.money.payments.channels import Answer, Ask, Back, BackSaid, ChannelAway, notice_address
from central.money.payments.rules import NUMBER_MAX, Failed, Notice, Said, Standing, Unfit, is_fresh

NAME = "wechat"
PATH = "/v3/pay/transactions/h5"
ORDERS = "/v3/pay/transactions/out-trade-no"
REFUNDS = "/v3/refund/domestic/refunds"
NO_ORDER = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
REFUSALS = frozenset({"INVALID_REQUEST", "PARAM_ERROR", "RESOURCE_NOT_EXISTS", "MCH_NOT_EXISTS", "NO_AUTH"})
"""Of a refund. What is not here, as an account without enough in it or too many questions, is asked again later."""
WAIT_S = 4.0


@dataclass(frozen=True, slots=True)
class WechatKeys:
    """platform: theirs by serial number; several while they change one. Shown nowhere: no repr names a secret."""

    app_id: str
    merchant_id: str
    merchant_serial: str
    merchant_key: RSAPrivateKey = field(repr=False)
    api_key: bytes = field(repr=False)
    platform: Mapping[str, RSAPublicKey] = field(repr=False)
    api: str = "https://api.mch.weixin.qq.com"


class Wechat:
    name = NAME

    def __init__(self, keys: WechatKeys) -> None:
        self._keys = keys

    def way(self, ask: Ask) -> str:
        keys = self._keys
        body = json.dumps({
            "appid": keys.app_id, "mchid": keys.merchant_id, "description": ask.title, "out_trade_no": ask.number,
            "time_expire": ask.expires_at.isoformat(timespec="seconds"),
            "notify_url": notice_address(ask.base, NAME, ask.tenant_id),
            "amount": {"total": ask.amount_fen, "currency": "CNY"},
            "scene_info": {"payer_client_ip": ask.payer_address, "h5_info": {"type": "Wap"}},
        }, ensure_ascii=False).encode()  # fmt: skip
        status, told = self._call("POST", PATH, body, ask.now)
        way = told.get("h5_url")
        if status != 200 or not isinstance(way, str):
            raise ChannelAway(NAME)
        return f"{way}&{urlencode({'redirect_url': ask.base + ask.back})}"  # else WeChat leads nowhere afterwards

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | Failed | Unfit:
        unfit = self._unfit(headers, body, now)
        if unfit is not None:
            return unfit
        try:
            return self._notice(json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError, InvalidTag):
            return Unfit.UNREADABLE

    def answer(self, taken: bool) -> Answer:
        told = {"code": "SUCCESS" if taken else "FAIL", "message": "成功" if taken else "未受理"}
        return Answer(200 if taken else 400, "application/json", json.dumps(told, ensure_ascii=False).encode())

    def look(self, order_number: str, now: datetime) -> Notice | Standing:
        status, told = self._call("GET", f"{ORDERS}/{order_number}?mchid={self._keys.merchant_id}", b"", now)
        if status == 404 and told.get("code") in NO_ORDER:
            return Standing.UNKNOWN
        if status != 200 or told.get("out_trade_no") != order_number:
            raise ChannelAway(NAME)
        state = told.get("trade_state")
        if state in ("CLOSED", "REVOKED", "REFUND"):  # given back at the merchant's own desk: nothing of it is ours
            return Standing.CLOSED
        if state != "SUCCESS":
            return Standing.UNPAID
        try:
            found = self._paid(told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ChannelAway(NAME) from error
        if isinstance(found, Unfit):
            raise ChannelAway(NAME)
        return found

    def close(self, order_number: str, now: datetime) -> bool:
        body = json.dumps({"mchid": self._keys.merchant_id}).encode()
        status, told = self._call("POST", f"{ORDERS}/{order_number}/close", body, now)
        if status == 204:
            return True
        if told.get("code") in (*NO_ORDER, "ORDER_CLOSED"):
            return True
        if told.get("code") == "ORDERPAID":
            return False
        raise ChannelAway(NAME)

    def give_back(self, back: Back) -> BackSaid:
        body = json.dumps({
            "transaction_id": back.payment_number, "out_refund_no": back.number,
            "amount": {"refund": back.amount_fen, "total": back.paid_fen, "currency": "CNY"},
        }).encode()  # fmt: skip
        return self._said_of(back, *self._call("POST", REFUNDS, body, back.now))

    def look_back(self, back: Back) -> BackSaid:
        status, told = self._call("GET", f"{REFUNDS}/{back.number}", b"", back.now)
        return BackSaid(Said.LATER) if status == 404 else self._said_of(back, status, told)

    def _said_of(self, back: Back, status: int, told: Mapping[str, Any]) -> BackSaid:
        if status != 200:
            code = told.get("code")
            if status >= 500 or status == 401:  # 500: it may have taken it all the same
                raise ChannelAway(NAME)
            return BackSaid(Said.REFUSED if code in REFUSALS else Said.LATER)
        number, amount = str(told.get("refund_id", ""))[:NUMBER_MAX], told.get("amount")
        names = (told.get("out_refund_no"), told.get("transaction_id"), told.get("out_trade_no"))
        sums = (amount.get("refund"), amount.get("total")) if isinstance(amount, dict) else ()
        same = names == (back.number, back.payment_number, back.order_number)
        if not same or sums != (back.amount_fen, back.paid_fen):
            return BackSaid(Said.CONTRADICTS, number)
        states = {"SUCCESS": Said.DONE, "PROCESSING": Said.ACCEPTED}  # else CLOSED, or ABNORMAL: the card is gone
        return BackSaid(states.get(str(told.get("status")), Said.REFUSED), number)

    def _call(self, method: str, path: str, body: bytes, now: datetime) -> tuple[int, Mapping[str, Any]]:
        """Status and body of an answer that they signed. Raises ChannelAway for any other, and for none."""
        keys, at, nonce = self._keys, str(int(now.timestamp())), secrets.token_hex(16)
        signed = keys.merchant_key.sign(_lines(method, path, at, nonce, body), PKCS1v15(), SHA256())
        said = {
            "mchid": keys.merchant_id, "nonce_str": nonce, "signature": base64.b64encode(signed).decode(),
            "timestamp": at, "serial_no": keys.merchant_serial,
        }  # fmt: skip
        headers = {
            "authorization": "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{one}"' for name, one in said.items()),
            "content-type": "application/json", "accept": "application/json",
        }  # fmt: skip
        try:
            answer = httpx.request(
                method, keys.api + path, content=body, headers=headers, timeout=WAIT_S, trust_env=False
            )
            told = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise ChannelAway(NAME) from error
        if self._unfit(answer.headers, answer.content, now) is not None or not isinstance(told, dict):
            raise ChannelAway(NAME)
        return answer.status_code, told

    def _unfit(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Unfit | None:
        key = self._keys.platform.get(headers.get("wechatpay-serial", ""))
        at, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        if key is None:
            return Unfit.UNKNOWN_KEY
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            return Unfit.UNREADABLE
        try:
            signature = base64.b64decode(headers.get("wechatpay-signature", ""), validate=True)
            key.verify(signature, _lines(at, nonce, body), PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return Unfit.FORGED
        return None if is_fresh(datetime.fromtimestamp(int(at), UTC), now) else Unfit.STALE

    def _notice(self, told: Mapping[str, Any]) -> Notice | Failed | Unfit:
        resource = told["resource"]
        if resource["algorithm"] != "AEAD_AES_256_GCM":
            return Unfit.UNREADABLE
        opened = AESGCM(self._keys.api_key).decrypt(
            resource["nonce"].encode(), base64.b64decode(resource["ciphertext"]),
            resource.get("associated_data", "").encode(),
        )  # fmt: skip
        return self._said(told["event_type"], json.loads(opened))

    def _said(self, event: str, of: Mapping[str, Any]) -> Notice | Failed | Unfit:
        return self._paid(of) if event == "TRANSACTION.SUCCESS" else Unfit.NOT_PAID

    def _paid(self, paid: Mapping[str, Any]) -> Notice | Unfit:
        """Of a transaction, as a notice and an answer write it."""
        if (paid["mchid"], paid["appid"]) != (self._keys.merchant_id, self._keys.app_id):
            return Unfit.OTHER_MERCHANT
        if paid["trade_state"] != "SUCCESS":
            return Unfit.NOT_PAID
        amount, paid_at = paid["amount"], datetime.fromisoformat(paid["success_time"])
        if amount.get("currency", "CNY") != "CNY" or type(amount["total"]) is not int or paid_at.tzinfo is None:
            return Unfit.UNREADABLE
        number = paid["transaction_id"][:NUMBER_MAX]
        return Notice(number, str(paid["out_trade_no"]), amount["total"], paid_at.astimezone(UTC))


def _lines(*parts: str | bytes) -> bytes:
    return b"".join((part if isinstance(part, bytes) else part.encode()) + b"\n" for part in parts)

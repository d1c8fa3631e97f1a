"""Keys made here, and the words of channels signed with them: the other end of the wire."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from central.money.payments.alipay import TIME, Alipay, AlipayKeys, signed_text
from central.money.payments.alipay_parking import AlipayParking, LotAtAlipay
from central.money.payments.wechat import Wechat, WechatKeys
from central.money.payments.wechat_parking import WechatParking
from models.values.time import site_time

SERIAL, API_KEY = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", b"0123456789abcdef0123456789abcdef"


@cache
def key(whose: str) -> rsa.RSAPrivateKey:
    """One for each name; small, since only its making takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(whose: str, text: bytes) -> str:
    return base64.b64encode(key(whose).sign(text, PKCS1v15(), SHA256())).decode()


def wechat(api: str = "http://127.0.0.1:9") -> Wechat:
    return Wechat(WechatKeys(
        "wx0001", "1900000001", "MERCHANTSERIAL", key("merchant"), API_KEY, {SERIAL: key("wechat").public_key()}, api
    ))  # fmt: skip


def alipay(gateway: str = "http://127.0.0.1:9/gateway.do") -> Alipay:
    return Alipay(AlipayKeys("2026000001", "2088000001", key("app"), key("alipay").public_key(), gateway))


def wechat_parking(api: str = "http://127.0.0.1:9") -> WechatParking:
    return WechatParking(wechat(api)._keys, "https://pay.example.cn")


def alipay_parking(gateway: str, community_id: UUID) -> AlipayParking:
    return AlipayParking(alipay(gateway)._keys, {community_id: LotAtAlipay("PI-1", "lot-1")})


def wechat_word(
    order: str, fen: int, now: datetime, *, by: str = "wechat", api_key: bytes = API_KEY, serial: str = SERIAL,
    event: str = "TRANSACTION.SUCCESS", **more: Any,
) -> tuple[dict[str, str], bytes]:  # fmt: skip
    paid = {
        "mchid": "1900000001", "appid": "wx0001", "out_trade_no": order, "transaction_id": "4200001",
        "trade_state": "SUCCESS", "success_time": site_time(now).isoformat(timespec="seconds"),
        "amount": {"total": fen, "currency": "CNY"},
    } | more  # fmt: skip
    sealed = AESGCM(api_key).encrypt(b"fdasflkja484", json.dumps(paid).encode(), b"transaction")
    body = json.dumps({
        "id": "EV-1", "event_type": event, "resource_type": "encrypt-resource",
        "resource": {"algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(),
                     "nonce": "fdasflkja484", "associated_data": "transaction"},
    }).encode()  # fmt: skip
    return wechat_signed(body, now, by, serial), body


def wechat_signed(body: bytes, now: datetime, by: str = "wechat", serial: str = SERIAL) -> dict[str, str]:
    at, nonce = str(int(now.timestamp())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    return {
        "wechatpay-timestamp": at, "wechatpay-nonce": nonce, "wechatpay-serial": serial,
        "wechatpay-signature": sign(by, f"{at}\n{nonce}\n".encode() + body + b"\n"),
    }  # fmt: skip


def alipay_word(order: str, yuan: str, now: datetime, *, by: str = "alipay", **more: str) -> bytes:
    told = {
        "notify_time": site_time(now).strftime(TIME), "notify_type": "trade_status_sync", "notify_id": "n1",
        "app_id": "2026000001", "seller_id": "2088000001", "out_trade_no": order, "trade_no": "2026112922001",
        "trade_status": "TRADE_SUCCESS", "total_amount": yuan, "subject": "停车费 川A·12345",
        "gmt_payment": site_time(now - timedelta(seconds=2)).strftime(TIME),
    } | more  # fmt: skip
    return urlencode(told | {"sign": sign(by, signed_text(told)), "sign_type": "RSA2"}).encode()


def pem(whose, *, public=False):
    if public:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return key(whose).public_key().public_bytes(serialization.Encoding.PEM, form)
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key(whose).private_bytes(*forms)

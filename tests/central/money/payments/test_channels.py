"""What channels say, rightly signed and otherwise: forged, stale, of another merchant, of nothing that was paid."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.secrets import SecretsError
from central.money.payments.alipay import signed_text
from central.money.payments.channels import Ask, ChannelAway
from central.money.payments.rules import Notice, Unfit, as_yuan, fen_of_yuan
from central.money.payments.sample import SIGNATURE, Sample
from central.money.payments.settings import channels_in
from tests.central.money.payments.keys import (
    alipay,
    alipay_word,
    key,
    wechat,
    wechat_signed,
    wechat_word,
)

NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
ORDER = "0" * 31 + "7"
LATE = NOW + timedelta(minutes=6)


def read_wechat(word, now=NOW):
    return wechat().read(*word, now)


def test_wechats_word_is_read_and_opened():
    said = read_wechat(wechat_word(ORDER, 1200, NOW))
    assert said == Notice("4200001", ORDER, 1200, NOW)


@pytest.mark.req("SEC-16")
@pytest.mark.parametrize(
    ("word", "why"),
    [
        (lambda: wechat_word(ORDER, 1200, NOW, by="somebody"), Unfit.FORGED),
        (lambda: wechat_word(ORDER, 1200, NOW, serial="OTHER"), Unfit.UNKNOWN_KEY),
        (lambda: wechat_word(ORDER, 1200, NOW, api_key=b"x" * 32), Unfit.UNREADABLE),
        (lambda: wechat_word(ORDER, 1200, NOW, mchid="1900000002"), Unfit.OTHER_MERCHANT),
        (lambda: wechat_word(ORDER, 1200, NOW, appid="wx0002"), Unfit.OTHER_MERCHANT),
        (lambda: wechat_word(ORDER, 1200, NOW, trade_state="CLOSED"), Unfit.NOT_PAID),
        (lambda: wechat_word(ORDER, 1200, NOW, event="REFUND.SUCCESS"), Unfit.NOT_PAID),
        (lambda: wechat_word(ORDER, 1200, NOW, amount={"total": "1200"}), Unfit.UNREADABLE),
        (lambda: wechat_word(ORDER, 1200, NOW, amount={"total": 1200, "currency": "USD"}), Unfit.UNREADABLE),
        (lambda: (wechat_signed(b"{}", NOW), b"{}"), Unfit.UNREADABLE),
        (lambda: (wechat_signed(b"[1", NOW), b"[1"), Unfit.UNREADABLE),
        (lambda: ({}, b""), Unfit.UNKNOWN_KEY),
    ],
)
def test_what_wechat_did_not_say_so_is_not_listened_to(word, why):
    assert read_wechat(word()) is why


@pytest.mark.req("SEC-16")
def test_a_kept_word_of_wechat_is_refused_when_it_is_old_and_a_changed_one_always():
    headers, body = wechat_word(ORDER, 1200, NOW)
    assert read_wechat((headers, body), LATE) is Unfit.STALE
    assert read_wechat((headers, body), NOW - timedelta(minutes=6)) is Unfit.STALE
    assert read_wechat((headers | {"wechatpay-timestamp": str(int(LATE.timestamp()))}, body), LATE) is Unfit.FORGED
    assert read_wechat((headers, body.replace(b"EV-1", b"EV-2"))) is Unfit.FORGED
    assert read_wechat((headers | {"wechatpay-signature": "***"}, body)) is Unfit.FORGED


def test_alipays_word_is_read():
    said = alipay().read({}, alipay_word(ORDER, "12.00", NOW), NOW)
    assert said == Notice("2026112922001", ORDER, 1200, NOW - timedelta(seconds=2))


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (lambda: alipay_word(ORDER, "12.00", NOW, by="somebody"), Unfit.FORGED),
        (lambda: alipay_word(ORDER, "12.00", NOW).replace(b"12.00", b"0.01"), Unfit.FORGED),
        (lambda: alipay_word(ORDER, "12.00", NOW).replace(b"RSA2", b"RSA"), Unfit.UNREADABLE),
        (lambda: alipay_word(ORDER, "12.00", NOW) + b"&total_amount=0.01", Unfit.UNREADABLE),
        (lambda: alipay_word(ORDER, "12.00", NOW - timedelta(hours=26)), Unfit.STALE),
        (lambda: alipay_word(ORDER, "12.00", NOW, app_id="2026000002"), Unfit.OTHER_MERCHANT),
        (lambda: alipay_word(ORDER, "12.00", NOW, seller_id="2088000002"), Unfit.OTHER_MERCHANT),
        (lambda: alipay_word(ORDER, "12.00", NOW, trade_status="WAIT_BUYER_PAY"), Unfit.NOT_PAID),
        (lambda: alipay_word(ORDER, "12.0.0", NOW), Unfit.UNREADABLE),
        (lambda: alipay_word(ORDER, "12.00", NOW, gmt_payment="yesterday"), Unfit.UNREADABLE),
        (lambda: b"\xff", Unfit.UNREADABLE),
        (lambda: b"", Unfit.UNREADABLE),
    ],
)
def test_what_alipay_did_not_say_so_is_not_listened_to(word, why):
    assert alipay().read({}, word(), NOW) is why


@pytest.mark.req("SEC-16")
def test_the_test_channel_signs_as_a_real_one_would():
    sample = Sample()
    headers, body = sample.says("n1", ORDER, 1200, NOW)
    assert sample.read(headers, body, NOW) == Notice("n1", ORDER, 1200, NOW)
    assert sample.read(headers, body, LATE) is Unfit.STALE
    assert sample.read(headers, body.replace(b"1200", b"1"), NOW) is Unfit.FORGED
    assert sample.read(headers | {SIGNATURE: "字"}, body, NOW) is Unfit.FORGED
    assert Sample().read(headers, body, NOW) is Unfit.FORGED, "another process has another key"
    assert sample.read({}, body, NOW) is Unfit.UNREADABLE
    told = {"merchant": "other", "number": "n", "order": ORDER, "amount_fen": 1, "state": "paid"}
    assert sample.read(*sample.signed(told, NOW), NOW) is Unfit.OTHER_MERCHANT
    assert sample.read(*sample.signed(told | {"merchant": "menting-sample"}, NOW), NOW) is Unfit.UNREADABLE


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=6), st.binary(max_size=300))
def test_whatever_comes_is_refused_and_never_raises(headers, body):
    for channel in (wechat(), alipay(), Sample()):
        assert isinstance(channel.read(headers, body, NOW), Unfit)
        signed = wechat_signed(body, NOW)
        assert isinstance(channel.read(headers | signed, body, NOW), Unfit)


@given(st.integers(0, 10**11 - 1))
def test_yuan_and_fen_are_the_same_sum(fen):
    assert fen_of_yuan(as_yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "-1.00", "1.234", "1e3", "１2.00", "12.x", "."])
def test_what_is_no_sum_is_none(text):
    assert fen_of_yuan(text) is None


# --- asking for a way to pay


def ask(now=NOW):
    return Ask(
        ORDER, 1200, "停车费 川A·12345", now + timedelta(minutes=5), UUID(int=9), "https://central.example.cn",
        "/p/1", "203.0.113.7", now,
    )  # fmt: skip


class Api(BaseHTTPRequestHandler):
    """WeChat's own side: checks who asks, answers signed."""

    def do_POST(self) -> None:
        server: PlayedApi = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        scheme, _, said = self.headers["authorization"].partition(" ")
        parts = dict(one.split("=", 1) for one in said.split(","))
        parts = {name: one.strip('"') for name, one in parts.items()}
        text = f"POST\n{self.path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode() + body + b"\n"
        key("merchant").public_key().verify(base64.b64decode(parts["signature"]), text, PKCS1v15(), SHA256())
        server.asked = (scheme, parts["mchid"], parts["serial_no"], json.loads(body))
        told = json.dumps({"h5_url": "https://wx.tenpay.com/checkmweb?prepay_id=1"}).encode()
        self.send_response(server.status)
        for name, one in wechat_signed(told, NOW, server.signs).items():
            self.send_header(name, one)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass


class PlayedApi(HTTPServer):
    status = 200
    signs = "wechat"
    asked: tuple[object, ...] = ()


@contextmanager
def api() -> Iterator[PlayedApi]:
    server = PlayedApi(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_wechat_is_asked_as_it_wants_to_be_and_only_its_signed_answer_is_a_way_to_pay():
    with api() as server:
        asks = wechat(f"http://127.0.0.1:{server.server_port}")
        back = "https%3A%2F%2Fcentral.example.cn%2Fp%2F1"
        assert asks.way(ask()) == f"https://wx.tenpay.com/checkmweb?prepay_id=1&redirect_url={back}"
        scheme, merchant, serial, body = server.asked
        assert (scheme, merchant, serial) == ("WECHATPAY2-SHA256-RSA2048", "1900000001", "MERCHANTSERIAL")
        assert (body["out_trade_no"], body["amount"]) == (ORDER, {"total": 1200, "currency": "CNY"})
        assert body["notify_url"] == f"https://central.example.cn/pay/notices/wechat/{UUID(int=9)}"
        server.signs = "somebody"
        with pytest.raises(ChannelAway):
            asks.way(ask())
        server.signs, server.status = "wechat", 500
        with pytest.raises(ChannelAway):
            asks.way(ask())
    with pytest.raises(ChannelAway):
        asks.way(ask())


def test_alipays_way_is_an_address_that_is_signed_whole():
    asked = dict(parse_qsl(urlsplit(alipay().way(ask())).query, keep_blank_values=True))
    signature = base64.b64decode(asked.pop("sign"))
    key("app").public_key().verify(signature, signed_text(asked), PKCS1v15(), SHA256())
    content = json.loads(asked["biz_content"])
    assert (content["out_trade_no"], content["total_amount"]) == (ORDER, "12.00")
    assert asked["notify_url"].endswith(f"/pay/notices/alipay/{UUID(int=9)}")


# --- which channels there are


def test_a_company_has_the_channels_of_its_own_folder_and_another_has_none(folder, tmp_path):
    channels = channels_in(tmp_path, test_pay=False)
    mine = channels(UUID(int=9))
    assert set(mine) == {"wechat", "alipay"} and channels(UUID(int=8)) == {}
    assert isinstance(mine["wechat"].read(*wechat_word(ORDER, 1, NOW), NOW), Notice)
    assert isinstance(mine["alipay"].read({}, alipay_word(ORDER, "0.01", NOW), NOW), Notice)
    assert set(channels_in(tmp_path / "nowhere", test_pay=True)(UUID(int=8))) == {"test"}


@pytest.mark.req("SEC-03")
def test_an_exposed_or_damaged_key_is_refused_at_start_and_no_secret_is_told(folder, tmp_path):
    (folder / "app.pem").chmod(0o644)
    with pytest.raises(SecretsError, match="open to others"):
        channels_in(tmp_path, test_pay=False)
    (folder / "app.pem").chmod(0o600)
    (folder / "api.key").write_bytes(b"short-secret")
    with pytest.raises(SecretsError) as told:
        channels_in(tmp_path, test_pay=False)
    assert "short-secret" not in str(told.value)
    (folder / "api.key").unlink()
    with pytest.raises(SecretsError, match="cannot be read"):
        channels_in(tmp_path, test_pay=False)
    (folder.parent / "company").mkdir()
    with pytest.raises(SecretsError):
        channels_in(tmp_path, test_pay=False)
    keys = wechat()._keys
    assert "0123456789abcdef" not in repr(keys) and "RSA" not in repr(keys)

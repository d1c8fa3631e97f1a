"""A company's keys for its channels, as files."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.central.money.payments.keys import API_KEY, SERIAL, pem


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "secrets" / "payments" / str(UUID(int=9))
    place.mkdir(parents=True)
    files = {
        "wechat.json": json.dumps({
            "app_id": "wx0001", "merchant_id": "1900000001", "merchant_serial": "M", "merchant_key": "merchant.pem",
            "api_key": "api.key", "platform": {SERIAL: "platform.pem"},
        }).encode(),
        "merchant.pem": pem("merchant"), "platform.pem": pem("wechat", public=True), "api.key": API_KEY + b"\n",
        "alipay.json": json.dumps({
            "app_id": "2026000001", "seller_id": "2088000001", "app_key": "app.pem", "alipay_key": "alipay.pem",
        }).encode(),
        "app.pem": pem("app"), "alipay.pem": pem("alipay", public=True),
    }  # fmt: skip
    for name, content in files.items():
        (place / name).write_bytes(content)
        (place / name).chmod(0o600)
    return place

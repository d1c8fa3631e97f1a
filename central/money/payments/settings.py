"""Which channels a company has: files in the data folder, readable by their owner only.

    DATA/secrets/payments/<the company's id>/wechat.json   {"app_id", "merchant_id", "merchant_serial",
        "merchant_key": "file.pem", "api_key": "file with the 32 characters", "platform": {serial: "file.pem"}}
    DATA/secrets/payments/<the company's id>/alipay.json   {"app_id", "seller_id", "app_key": "file.pem",
        "alipay_key": "file.pem"}

With "parking" they charge plates by contract, too (PARK-11): in wechat.json {"base": "https://…", where their notices
reach central}, in alipay.json {community's id: {"parking_id": Alipay's number of the lot, "out_parking_id": ours}}.

Files are named beside the JSON. A platform's file holds a certificate or a bare public key. Nothing of them is stored
in the database or written into a log.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from central.base.kernel.secrets import SecretsError
from central.money.payments import alipay, sample, wechat
from central.money.payments.alipay_parking import AlipayParking, LotAtAlipay
from central.money.payments.channels import Channel, Channels
from central.money.payments.wechat_parking import WechatParking

TEST_PAY = "MENTING_TEST_PAY"
"""Environment: "yes" turns 测试收款 on, which takes no money."""


def test_pay_wanted() -> bool:
    return os.environ.get(TEST_PAY) == "yes"


def channels_in(data: Path, *, test_pay: bool) -> Channels:
    """Read once, at start. Raises SecretsError for what is exposed, damaged or not whole."""
    folder = data / "secrets" / "payments"
    found = dict(map(_company, sorted(folder.iterdir()))) if folder.is_dir() else {}
    everyone: dict[str, Channel] = {sample.NAME: sample.Sample()} if test_pay else {}
    return lambda tenant_id: {**found.get(tenant_id, {}), **everyone}


def _company(folder: Path) -> tuple[UUID, Mapping[str, Channel]]:
    try:
        tenant_id, made = UUID(folder.name), dict[str, Channel]()
    except ValueError as error:
        raise SecretsError(f"{folder} is named after no company; its name is the company's id") from error
    readers: Mapping[str, Callable[[Path], Channel]] = {wechat.NAME: _wechat, alipay.NAME: _alipay}
    for name, read in readers.items():
        path = folder / f"{name}.json"
        if path.exists():
            try:
                made[name] = read(path)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise SecretsError(f"{path} does not say all of a channel: {type(error).__name__}") from error
    return tenant_id, made


def _wechat(path: Path) -> Channel:
    said = json.loads(_secret(path))
    api_key = _secret(path.with_name(said["api_key"])).strip()
    if len(api_key) != 32:
        raise ValueError("an APIv3 key has 32 characters")
    keys = wechat.WechatKeys(
        said["app_id"], said["merchant_id"], said["merchant_serial"],
        _private(path.with_name(said["merchant_key"])), api_key,
        {serial: _public(path.with_name(name)) for serial, name in said["platform"].items()},
        **({"api": said["api"]} if "api" in said else {}),
    )  # fmt: skip
    if "parking" not in said:
        return wechat.Wechat(keys)
    base = str(said["parking"]["base"])
    if not base.startswith("https://"):
        raise ValueError("notices are sent to https only")
    return WechatParking(keys, base.rstrip("/"))


def _alipay(path: Path) -> Channel:
    said = json.loads(_secret(path))
    keys = alipay.AlipayKeys(
        said["app_id"], said["seller_id"], _private(path.with_name(said["app_key"])),
        _public(path.with_name(said["alipay_key"])), **({"gateway": said["gateway"]} if "gateway" in said else {}),
    )  # fmt: skip
    lots = {
        UUID(community_id): LotAtAlipay(str(lot["parking_id"]), str(lot["out_parking_id"]))
        for community_id, lot in said.get("parking", {}).items()
    }
    return AlipayParking(keys, lots) if lots else alipay.Alipay(keys)


def _secret(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise SecretsError(f"{path} is open to others (mode {mode:04o}); make it 0600")
        return path.read_bytes()
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {error.strerror}") from error


def _private(path: Path) -> RSAPrivateKey:
    key = load_pem_private_key(_secret(path), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("no RSA key")
    return key


def _public(path: Path) -> RSAPublicKey:
    text = _secret(path)
    found = x509.load_pem_x509_certificate(text).public_key() if b"CERTIFICATE" in text else load_pem_public_key(text)
    if not isinstance(found, RSAPublicKey):
        raise ValueError("no RSA key")
    return found

"""A text signed by central: snapshots, commands, stays. The exact text is signed, so nothing is re-serialised."""

import base64
from typing import Literal

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from models.values.frozen import WireValue

Purpose = Literal["snapshot", "command", "stays"]


class Signed(WireValue):
    """`payload` is JSON text; `signature` is base64 of 64 bytes Ed25519 over "menting-<purpose>-1\\n" + payload."""

    payload: str
    signature: str


def sign(payload: str, purpose: Purpose, key: SigningKey) -> Signed:
    signature = key.sign(_message(payload, purpose)).signature
    return Signed(payload=payload, signature=base64.b64encode(signature).decode())


def verified(signed: Signed, purpose: Purpose, public_key: bytes) -> str | None:
    """The payload when central's key signed it for this purpose, else None."""
    try:
        VerifyKey(public_key).verify(
            _message(signed.payload, purpose), base64.b64decode(signed.signature, validate=True)
        )
    except (BadSignatureError, ValueError, TypeError):
        return None
    return signed.payload


def _message(payload: str, purpose: Purpose) -> bytes:
    return f"menting-{purpose}-1\n{payload}".encode()

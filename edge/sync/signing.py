"""How a node proves who it is: one header per request, signed with the key that never left it.

    Authorization: Menting-Node <node id>.<unix ms>.<nonce>.<signature>

    signature   base64url without padding: 64 bytes Ed25519 over
                "METHOD\\nPATH?QUERY\\nunix ms\\nnonce\\nsha256 of the body in hex"

PATH?QUERY is the request target exactly as sent (percent-encoded; without "?" when there is no query). Pure: no clock,
no network, no key store.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

SCHEME = "Menting-Node"
_FORM = re.compile(r"Menting-Node ([0-9a-f-]{36})\.([0-9]{1,16})\.([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{86})")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to be asking, and since when; true only once `is_signed` agrees."""

    node_id: UUID
    unix_ms: int
    nonce: str
    signature: bytes

    def is_signed(self, method: str, target: str, body: bytes, public_key: bytes) -> bool:
        """Whether the holder of this key asked exactly this, then."""
        try:
            VerifyKey(public_key).verify(_message(method, target, self.unix_ms, self.nonce, body), self.signature)
        except BadSignatureError:
            return False
        return True


def authorization(
    key: SigningKey, node_id: UUID, method: str, target: str, body: bytes, unix_ms: int, nonce: str
) -> str:
    """The header's value. `nonce`: 16 to 64 characters of base64url, never used before."""
    signature = key.sign(_message(method, target, unix_ms, nonce, body)).signature
    encoded = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return f"{SCHEME} {node_id}.{unix_ms}.{nonce}.{encoded}"


def read_authorization(value: str) -> Claim | None:
    """The claim in a header's value, or None when it is no such header. Never raises."""
    found = _FORM.fullmatch(value)
    if found is None:
        return None
    node_id, unix_ms, nonce, signature = found.groups()
    try:
        return Claim(UUID(node_id), int(unix_ms), nonce, base64.urlsafe_b64decode(signature + "=="))
    except (ValueError, binascii.Error):
        return None


def _message(method: str, target: str, unix_ms: int, nonce: str, body: bytes) -> bytes:
    return f"{method}\n{target}\n{unix_ms}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()

"""Where the other nodes of a site seal templates to: a node's X25519 key of the hour, signed by the node itself.

Central hands it on, and neither it nor who writes its database can put in another: both sides ask `signed_by`, a node
with the key that the signed rules name for that other one.
"""

import hashlib
from uuid import UUID

from nacl.bindings import crypto_scalarmult
from nacl.exceptions import BadSignatureError
from nacl.exceptions import RuntimeError as NaclFault
from nacl.signing import VerifyKey
from pydantic import Field

from models.values.frozen import WireValue


class ReceivingKey(WireValue):
    """`point`: X25519, in hex. `key_id`: 16 hex digits of its SHA-256. `signature`: Ed25519 in hex, over
    `receiving_text`."""

    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    point: str = Field(pattern=r"^[0-9a-f]{64}$")
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def key_id_of(point: bytes) -> str:
    return hashlib.sha256(point).hexdigest()[:16]


def receiving_text(node_id: UUID, point: bytes) -> bytes:
    """What a node signs of its receiving key: what for, whose, and which."""
    return f"menting-receiving-key-1 {node_id} {key_id_of(point)} {point.hex()}".encode()


def signed_by(key: ReceivingKey, node_id: UUID, public_key: bytes) -> bool:
    """Whether the node with this Ed25519 key signed this receiving key as its own, and it can be sealed to."""
    point = bytes.fromhex(key.point)
    if key_id_of(point) != key.key_id or not _shares_a_secret(point):
        return False
    try:
        VerifyKey(public_key).verify(receiving_text(node_id, point), bytes.fromhex(key.signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def _shares_a_secret(point: bytes) -> bool:
    """A point of low order gives everybody the same secret, and libsodium seals nothing to it: told by one stolen gate
    it would keep the enrolment node from serving all the others."""
    try:
        crypto_scalarmult(bytes(range(32)), point)
    except NaclFault:
        return False
    return True

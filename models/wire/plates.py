"""Plates between centre and gate: the lists that a lane decides by, and a plate that was read, sealed.

A plate names its holder. In an event it therefore travels as ciphertext only, under a key that central makes for each
site and tells its nodes (`Snapshot.plate_key`):

    24 bytes nonce | XChaCha20-Poly1305 of the text in UTF-8, bound to the access by its correlation id
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_ABYTES as TAG_BYTES
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from pydantic import Field

from models.parking.cover import BAY_CARS_MAX, BAY_MAX
from models.values.frozen import IN_ORDER, WireValue
from models.values.plate import PlateText
from models.values.time import Instant

PLATES_MAX = 20_000
NONCE_BYTES = 24
KEY_BYTES = 32


class PlateList(StrEnum):
    """PERMIT: drives in and out. BLOCK: a guard is asked on the way in; nobody is kept inside."""

    PERMIT = "permit"
    BLOCK = "block"


class PassingList(StrEnum):
    """WHITE: drives in and out, whatever else the rules say. SPECIAL: police, ambulances, fire engines (LANE-12)."""

    WHITE = "white"
    SPECIAL = "special"


class _Listed(WireValue):
    entry_id: UUID
    plate: PlateText
    since: Instant
    until: Instant | None = None
    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(default=frozenset())

    def counts_at(self, lane_id: UUID) -> bool:
        return not self.lanes or lane_id in self.lanes


class PlateEntry(_Listed):
    """A plate on a list, from `since` until before `until`. `until` is None for a block that somebody will end.

    `lanes`: where it counts; empty means at every lane. `bay`: of a permit, on which its car stands, and `bay_cars` how
    many cars that bay covers at once; an older gate covers them all, and central lists what differs (PARK-09).
    """

    list: PlateList
    bay: str = Field(default="", max_length=BAY_MAX)
    bay_cars: int = Field(default=1, ge=1, le=BAY_CARS_MAX)


class PassingEntry(_Listed):
    """A plate that passes at once and is not charged; the same times and lanes.

    A field of its own in the snapshot: a gate that knows these lists not yet must still read the others.
    """

    list: PassingList


def seal_plate(text: str, correlation: UUID, key: bytes, nonce: bytes) -> bytes:
    """The plate of one access, readable for the site's central only. `nonce`: 24 bytes, never used again."""
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(text.encode(), _bound(correlation), nonce, key)


def open_plate(sealed: bytes, correlation: UUID, key: bytes) -> str | None:
    """The text again; None for what was not sealed under this key, for this access."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:  # the library raises for it what it raises for nothing else
        return None
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, _bound(correlation), nonce, key).decode()
    except (CryptoError, UnicodeDecodeError):
        return None


def masked(text: str) -> str:
    """For logs and lists: 川A****5. Province, office and last sign stay, so that a guard can still ask about it."""
    return f"{text[:2]}{'*' * max(0, len(text) - 3)}{text[-1:]}" if len(text) > 3 else "*" * len(text)


def _bound(correlation: UUID) -> bytes:
    return b"menting-plate-1" + correlation.bytes

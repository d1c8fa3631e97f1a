"""Cards as readers see them. A number alone names no card: 26 and 34 bit readings of one card differ (DEVICES 6.4).

What leaves central is a keyed digest, so that neither a snapshot nor an event holds a card's number. The key lies
beside the digests on the node: a 26-bit number can be tried out by who has both. It keeps numbers out of logs, pages
and recordings; it does not protect a stolen disk.
"""

import hashlib
from uuid import UUID

from pydantic import Field

from models.values.frozen import Frozen, WireValue
from models.values.time import Instant


class Card(Frozen):
    """`format` is the reader's word: wiegand26, wiegand34, uid, decimal… `facility` None where the format has none."""

    format: str = Field(pattern=r"^[a-z0-9]{1,20}$")
    facility: int | None = Field(default=None, ge=0, lt=1 << 32)
    number: int = Field(ge=0, lt=1 << 128)


class CardEntry(WireValue):
    """Whose card this is, as a node knows it. `weak`: its identifier is all there is, and can be copied (ACC-28).

    `valid_until`: the card's own end, for a helper's or a tenant's; None where it counts as long as its owner does.
    """

    digest: str = Field(pattern=r"^[0-9a-f]{32}$")
    credential_id: UUID
    cardholder_id: UUID
    weak: bool = True
    valid_until: Instant | None = None


def card_digest(key: bytes, card: Card) -> str:
    """32 hex digits, the same for the same card at one site. `key`: 32 bytes, the site's own."""
    facility = "" if card.facility is None else str(card.facility)
    said = f"{card.format}:{facility}:{card.number}".encode()
    return hashlib.blake2b(said, key=key, digest_size=16).hexdigest()

"""Where templates of other nodes are sealed to: a key of one secret with the photo key, another each hour.

    secret (edge/store/photo_keys.py) --HKDF--> X25519 key --signed by the node--> central --> the other nodes

The signature is checked with the key that the signed rules name for that node. Where it is wrong somebody between put
in a key of his own: then nothing is sealed to that node, to this key or to another.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.public import PrivateKey

from edge.store.keys import KeyRing
from models.wire.faces import NodeKey, OtherNode
from models.wire.receiving import ReceivingKey, key_id_of, receiving_text, signed_by

log = logging.getLogger(__name__)


class Receiving:
    """The node's own key of one secret. It is gone when the secret is."""

    def __init__(self, secret: bytes) -> None:
        self.private = PrivateKey(HKDF(SHA256(), 32, salt=None, info=b"menting-receiving-key").derive(secret))
        self._point = bytes(self.private.public_key)
        self.key_id = key_id_of(self._point)

    def told(self, keys: KeyRing, node_id: UUID) -> ReceivingKey:
        """As the others are to have it, signed by this node."""
        signature = keys.sign(receiving_text(node_id, self._point)).hex()
        return ReceivingKey(key_id=self.key_id, point=self._point.hex(), signature=signature)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Another node, and a key that is its own by its signature. Made by `recipients` alone."""

    node_id: UUID
    key_id: str
    point: bytes


def recipients(trusted: Iterable[NodeKey], by_mail: Iterable[OtherNode]) -> tuple[Recipient, ...]:
    """To whom templates may be sealed. `trusted`: the site's other nodes by the signed rules; `by_mail`: their keys of
    this hour, which nobody signed but each node its own. A node without a key or with a wrong one is left out: central
    notes that it lacks the template, and asks for it once its key is known."""
    told = {other.node_id: other.receiving for other in by_mail}
    found = []
    for node in trusted:
        key = told.get(node.node_id)
        if key is None:
            continue
        if signed_by(key, node.node_id, bytes.fromhex(node.public_key)):
            found.append(Recipient(node.node_id, key.key_id, bytes.fromhex(key.point)))
        else:
            log.error(
                "the receiving key of node %s is not signed by it: nothing is sealed to that node. Somebody between "
                "changed the key, central itself or who writes its database", node.node_id,
            )  # fmt: skip
    return tuple(found)


def but(others: Iterable[Recipient], left_out: Collection[UUID]) -> tuple[Recipient, ...]:
    """Those for whom somebody's template may be sealed. `left_out`: nodes at whose gates that person did not agree, by
    the signed rules: what is never sealed for them, nobody opens there (PRIV-01)."""
    return tuple(other for other in others if other.node_id not in left_out)

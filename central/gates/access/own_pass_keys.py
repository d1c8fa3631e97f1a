"""Whether central itself made a key for passes, or somebody who can write its database.

A gate opens for whatever a key of its rules has signed: one row put in by hand minted passes for every door of a
community. So a key counts only as the public half of the private one that central sealed under this row's id. One that
is not is left out of the rules, signs no pass, and is told to whoever runs central, in the log.
"""

from __future__ import annotations

import logging
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from central.base.kernel.errors import Conflict
from central.base.kernel.key_pairs import public_half
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.access.tables import PassKeyRow

log = logging.getLogger(__name__)


def sealed_half(db: Session, key_id: UUID, private: SigningKey) -> bytes:
    """What `sealed_private_key` has to be for the key with this id, and for no other."""
    return seal(db, bytes(private), _about(key_id))


def is_own(db: Session, key: PassKeyRow) -> bool:
    """Whether both halves of this row are central's, and belong together."""
    if public_half(db, key.sealed_private_key, _about(key.id)) == key.public_key:
        return True
    log.error(
        "a key for passes was not made by central: it is left out of the rules, and no pass is signed by it. Somebody "
        "writes the database, or it was restored without its master key. Rotate the keys for passes of this community, "
        "and withdraw the old one",
        extra={"key_id": str(key.id), "community_id": str(key.community_id), "tenant_id": str(tenant_of(db))},
    )
    return False


def private_key(db: Session, key: PassKeyRow) -> SigningKey:
    """Conflict in words for a key that is not central's: no gate would read what it signs."""
    if not is_own(db, key):
        raise Conflict("access.key_not_ours")
    return SigningKey(unseal(db, key.sealed_private_key, _about(key.id)))


def _about(key_id: UUID) -> str:
    return f"pass_key:{key_id}"

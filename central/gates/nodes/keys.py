"""What central signs with: one Ed25519 key per community, sealed at rest, told to its nodes when they enrol.

A new node believes whoever it is told to believe, and a node that proves its rules is believed by this key: so the
public half counts only as what the sealed one makes. Where they do not belong together central signs nothing and enrols
nobody; the gates go on by the rules that they have.
"""

from __future__ import annotations

import logging
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.errors import Unavailable
from central.base.kernel.key_pairs import public_half
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.nodes.tables import SiteKeyRow
from models.values.frozen import WireValue
from models.values.ids import new_id
from models.wire.signed import Signed, verified

log = logging.getLogger(__name__)


class SignedRules(WireValue):
    """Of a snapshot, what says whose it is; it may be of another version of this program."""

    node_id: UUID
    version: int


def public_key_of_site(db: Session, community_id: UUID) -> bytes:
    """32 bytes. The key is made when the community has none yet; of two at once, one wins. Unavailable, in words, where
    it is not central's own."""
    return _row(db, community_id).public_key


def signing_key_of_site(db: Session, community_id: UUID) -> SigningKey:
    """Unavailable, in words, where it is not central's own."""
    return SigningKey(unseal(db, _row(db, community_id).sealed, _about(community_id)))


def rules_signed(db: Session, community_id: UUID, signed: Signed) -> SignedRules | None:
    """Whose rules these are, when this community's own key signed them."""
    payload = verified(signed, "snapshot", public_key_of_site(db, community_id))
    return None if payload is None else SignedRules.model_validate_json(payload)


def _row(db: Session, community_id: UUID) -> SiteKeyRow:
    asked = select(SiteKeyRow).where(SiteKeyRow.community_id == community_id)
    found = db.scalar(asked)
    if found is None:
        private = SigningKey.generate()
        made = insert(SiteKeyRow).values(
            id=new_id(), community_id=community_id, public_key=bytes(private.verify_key),
            sealed=seal(db, bytes(private), _about(community_id)),
        )  # fmt: skip
        db.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "community_id"]))
        found = db.scalars(asked).one()
    if public_half(db, found.sealed, _about(community_id)) != found.public_key:
        log.error(
            "the key that central signs with for a community is not its own: no rules and commands are signed, and no "
            "node is enrolled. Somebody writes the database, or it was restored without its master key. Restore both "
            "from a backup",
            extra={"community_id": str(community_id), "tenant_id": str(tenant_of(db))},
        )
        raise Unavailable("nodes.site_key_not_ours")
    return found


def _about(community_id: UUID) -> str:
    return f"site_key:{community_id}"

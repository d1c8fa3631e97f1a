"""What central signs with: one Ed25519 key per community, sealed at rest, told to its nodes when they enrol."""

from __future__ import annotations

from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.secrets import seal, unseal
from central.gates.nodes.tables import SiteKeyRow
from models.values.ids import new_id


def public_key_of_site(db: Session, community_id: UUID) -> bytes:
    """32 bytes. The key is made when the community has none yet; of two at once, one wins."""
    return _row(db, community_id).public_key


def signing_key_of_site(db: Session, community_id: UUID) -> SigningKey:
    return SigningKey(unseal(db, _row(db, community_id).sealed, _about(community_id)))


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
    return found


def _about(community_id: UUID) -> str:
    return f"site_key:{community_id}"

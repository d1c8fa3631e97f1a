"""Claims: templates that a gate says it stores and that nobody made for it.

A gate in wrong hands can invent as many as it likes, also of people who do not exist. So of ids that no cardholder of
the site has only some are noted of each gate, and what is to be destroyed of them is asked of that gate alone: nothing
that it invents reaches another gate's rules.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.access.tables import CardholderRow
from central.gates.nodes.faces.tables import FaceReceiptRow

CLAIMS_MAX = 50
"""Claims noted of one gate about ids that no cardholder of the site has."""


def is_one_too_many(db: Session, community_id: UUID, node_id: UUID, cardholder_id: UUID) -> bool:
    """Whether this gate has invented so many that this one, too of nobody, is noted no more."""
    known = select(CardholderRow.id).where(CardholderRow.community_id == community_id)
    if db.scalar(known.where(CardholderRow.id == cardholder_id)) is not None:
        return False
    noted = (
        select(FaceReceiptRow.id)
        .where(FaceReceiptRow.node_id == node_id, FaceReceiptRow.what == "claimed")
        .where(FaceReceiptRow.cardholder_id.not_in(known))
        .limit(CLAIMS_MAX)
    )
    return db.scalar(select(func.count()).select_from(noted.subquery())) == CLAIMS_MAX


def claimers(db: Session, community_id: UUID, cardholder_id: UUID | None = None) -> dict[UUID, frozenset[UUID]]:
    """The gates that claim a face of somebody unknown, of whom no node ever had one: by that id."""
    said = FaceReceiptRow
    mine = (said.community_id == community_id, *([said.cardholder_id == cardholder_id] if cardholder_id else []))
    known = select(CardholderRow.id).where(CardholderRow.community_id == community_id)
    had = select(said.cardholder_id).where(*mine, said.what == "stored")
    query = select(said.cardholder_id, said.node_id).where(*mine, said.what == "claimed")
    query = query.where(said.cardholder_id.not_in(known), said.cardholder_id.not_in(had))
    found: dict[UUID, set[UUID]] = {}
    for holder, node_id in db.execute(query):
        found.setdefault(holder, set()).add(node_id)
    return {holder: frozenset(node_ids) for holder, node_ids in found.items()}

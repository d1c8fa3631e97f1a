"""Claims: faces that a gate says it stores, or keeps photos of, and that nobody made for it.

A gate in wrong hands can invent as many as it likes, also of people who do not exist. So of each gate only some are
noted of ids that no cardholder of the site has, and as many of each person; and what is to be destroyed of them is
asked of that gate alone: nothing that it invents reaches another gate's rules.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.gates.access.tables import CardholderRow
from central.gates.nodes.faces.tables import FaceReceiptRow
from central.gates.visits.alarms import MANY_CLAIMED, TEMPLATE_CLAIMED, node_name, raise_again
from models.values.ids import new_id

CLAIMS_MAX = 50
"""Claims noted of one gate about ids that no cardholder of the site has, and about each person."""

NOT_IN_THE_JOURNAL = 0
"""The number of what a gate claims elsewhere: any word of its journal about that person is a later one."""

log = logging.getLogger(__name__)


def is_to_be_noted(db: Session, community_id: UUID, node_id: UUID, cardholder_id: UUID, at: datetime) -> bool:
    """A gate claims a face: a person is told. Whether it is noted as well, or one too many."""
    noted = select(FaceReceiptRow.id).where(FaceReceiptRow.node_id == node_id, FaceReceiptRow.what == "claimed")
    known = is_known(db, community_id, cardholder_id)
    about = FaceReceiptRow.cardholder_id
    mine = noted.where(about == cardholder_id if known else about.not_in(_known(community_id)))
    full = db.scalar(select(func.count()).select_from(mine.limit(CLAIMS_MAX).subquery())) == CLAIMS_MAX
    tell(db, community_id, node_id, at, many=full and not known)
    return not full


def note(
    db: Session, community_id: UUID, node_id: UUID, cardholder_ids: Collection[UUID], model: str, now: datetime
) -> None:
    """Faces that a gate claims elsewhere than in its journal. What is noted already is no news."""
    said = (FaceReceiptRow.node_id == node_id, FaceReceiptRow.what == "claimed")
    noted = set(db.scalars(select(FaceReceiptRow.cardholder_id).where(*said)))
    known = set(db.scalars(_known(community_id))) if cardholder_ids else set()
    fresh = sorted(set(cardholder_ids) - noted)
    invented = [one for one in fresh if one not in known]
    room = max(CLAIMS_MAX - len(noted - known), 0)
    if fresh:
        tell(db, community_id, node_id, now, many=len(invented) > room)
    db.add_all(
        FaceReceiptRow(
            community_id=community_id, node_id=node_id, cardholder_id=one, what="claimed", model=model, at=now,
            received_at=clock.now(), seq=NOT_IN_THE_JOURNAL, correlation=new_id(),
        )
        for one in [*(one for one in fresh if one in known), *invented[:room]]
    )  # fmt: skip
    db.flush()


def tell(db: Session, community_id: UUID, node_id: UUID, at: datetime, *, many: bool = False) -> None:
    """`many`: more people than are noted whom nobody knows."""
    log.error("a node claims a face that the enrolment node never made", extra={"node_id": str(node_id)})
    kind = MANY_CLAIMED if many else TEMPLATE_CLAIMED
    raise_again(db, node_id, community_id, kind, node_name(db, node_id) or None, at)


def is_known(db: Session, community_id: UUID, cardholder_id: UUID) -> bool:
    return db.scalar(_known(community_id).where(CardholderRow.id == cardholder_id)) is not None


def claimers(db: Session, community_id: UUID, cardholder_id: UUID | None = None) -> dict[UUID, frozenset[UUID]]:
    """The gates that claim a face of somebody unknown, of whom no node ever had one: by that id."""
    said = FaceReceiptRow
    mine = (said.community_id == community_id, *([said.cardholder_id == cardholder_id] if cardholder_id else []))
    had = select(said.cardholder_id).where(*mine, said.what == "stored")
    query = select(said.cardholder_id, said.node_id).where(*mine, said.what == "claimed")
    query = query.where(said.cardholder_id.not_in(_known(community_id)), said.cardholder_id.not_in(had))
    found: dict[UUID, set[UUID]] = {}
    for holder, node_id in db.execute(query):
        found.setdefault(holder, set()).add(node_id)
    return {holder: frozenset(node_ids) for holder, node_ids in found.items()}


def _known(community_id: UUID) -> Select[UUID]:
    return select(CardholderRow.id).where(CardholderRow.community_id == community_id)

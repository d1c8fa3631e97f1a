"""The site's enrolment node: photos are sealed to it alone, and templates taken of it alone.

Of the nodes that offered keys it is the one that a person named last; where nobody named any, the one that offered its
first key first. It is another only by a person's deed, or once it is no node any more: one request of a stolen gate
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeRow
from central.gates.visits.presence import presences


def key_of_maker(db: Session, community_id: UUID, without: UUID | None = None) -> PhotoKeyRow | None:
    """The enrolment node with its keys; None while no node of the site offered any. `without`: as it will be when this
    one is no node any more."""
    nodes = nodes_of(db, community_id)
    if without is not None:
        nodes.pop(without, None)
    offered = db.scalars(select(PhotoKeyRow).where(PhotoKeyRow.node_id.in_(nodes))).all()
    enrolled = {node_id: place for place, node_id in enumerate(nodes)}
    named = [(row.named_at, enrolled[row.node_id], row) for row in offered if row.named_at is not None]
    if named:
        return max(named)[2]
    return min(offered, key=lambda one: (one.first_offered_at, enrolled[one.node_id]), default=None)


def maker_of(db: Session, community_id: UUID, without: UUID | None = None) -> UUID | None:
    row = key_of_maker(db, community_id, without)
    return row.node_id if row is not None else None


@dataclass(frozen=True, slots=True)
class Contact:
    """The enrolment node as it is heard. `away`: what is sent to it now does not reach it, by the rule of the guard's
    page. `heard_at`: last heard of; None for never."""

    node_id: UUID
    name: str
    away: bool
    heard_at: datetime | None


def contact_of_maker(db: Session, community_id: UUID, now: datetime) -> Contact | None:
    """None while there is no enrolment node."""
    node_id = maker_of(db, community_id)
    if node_id is None:
        return None
    here = presences(db, [node_id], now).get(node_id)
    name = db.scalar(select(NodeRow.name).where(NodeRow.id == node_id)) or ""
    return Contact(node_id, name, here is None or not here.in_contact, here.heard_at if here is not None else None)


def maker_is_away(db: Session, community_id: UUID, now: datetime) -> bool:
    """Whether photos that are sent now wait for an enrolment node that is not reached."""
    found = contact_of_maker(db, community_id, now)
    return found is not None and found.away


def reachable(db: Session, community_id: UUID) -> set[UUID]:
    """The nodes of the site that told a key to which templates are sealed."""
    query = select(PhotoKeyRow.node_id).where(
        PhotoKeyRow.node_id.in_(nodes_of(db, community_id)), PhotoKeyRow.receiving.is_not(None)
    )
    return set(db.scalars(query))

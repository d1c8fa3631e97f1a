"""Gates that a consent leaves out: no template is made for them, and one that lies there is destroyed (PRIV-01).

A consent may be for some gates of a community. The one given last counts alone: where it leaves out a gate that an
earlier one was for, that gate destroys as after a withdrawal, and confirms it; the others keep what they have. What
such a gate would lack if the person agreed there again is noted as missed, and is sent to it then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.outbox import News
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.orders import counts_at, order_erasure, orders_of
from central.gates.nodes.faces.receipts import confirmations, held_at, stored_at
from central.gates.nodes.faces.rules import TEMPLATE, Why
from central.gates.nodes.faces.tables import FaceErasureRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeRow
from central.people.consent import queries as consent
from central.people.consent.rules import KEEPS_TEMPLATE
from models.wire.faces import LeftOut


def gates_of_nodes(db: Session, community_id: UUID) -> dict[UUID, UUID]:
    """Node -> gate, of every node that there ever was."""
    found = db.execute(select(NodeRow.id, NodeRow.gate_id).where(NodeRow.community_id == community_id))
    return dict(found.all())


def told_to_maker(db: Session, community_id: UUID, maker_id: UUID, now: datetime) -> tuple[LeftOut, ...]:
    """Whose template the enrolment node seals for which of the others not."""
    limited = {who: one for who, one in consent.agreed(db, community_id, now).items() if one.gates is not None}
    if not limited:
        return ()
    others = [node for node in nodes_of(db, community_id).values() if node.id != maker_id]
    found = []
    for holder, person in sorted(access.people_behind(db, community_id).items()):
        left = tuple(sorted(one.id for one in others if person in limited and not limited[person].at(one.gate_id)))
        if left:
            found.append(LeftOut(cardholder_id=holder, nodes=left))
    return tuple(found)


def order_narrowed(
    db: Session, community_id: UUID, person_ids: Collection[UUID] | None, now: datetime,
    *, correlation_id: UUID | None = None,
) -> int:  # fmt: skip
    """Templates of these people (None: of everybody) at gates that their consent leaves out: ordered away there, and
    nothing waits for those gates any more. Returns how many orders are new.

    What a gate only claims is ordered away once for each consent: it could claim it again as often as it likes.
    """
    standings = consent.standings(db, community_id, person_ids, now)
    limited = {
        holder: view
        for holder, person in access.people_behind(db, community_id).items()
        if (view := standings.get(person)) is not None and view.standing in KEEPS_TEMPLATE
        and view.last is not None and view.last.gates is not None
    }  # fmt: skip
    if not limited:
        return 0
    gates, maker = gates_of_nodes(db, community_id), maker_of(db, community_id)
    stored, held, sent = stored_at(db, community_id), held_at(db, community_id), pieces.live_at(db, community_id)
    orders, ordered = orders_of(db, community_id, limited), 0
    confirmed = confirmations(db, [row.id for rows in orders.values() for row in rows])
    for holder, view in sorted(limited.items()):
        due, lost = set[UUID](), set[UUID]()
        assert view.last is not None
        for node_id, gate_id in gates.items():
            if not view.leaves_out(gate_id):
                continue
            pair, order = (node_id, holder), counts_at(orders.get(holder, ()), gate_id)
            lost |= {node_id} if pair in sent else set()
            if order is not None and (order.id, node_id) not in confirmed:
                continue  # told of it already
            once = pair in held and (order is None or order.ordered_at < view.last.given_at)
            due |= {node_id} if once or pair in stored | sent else set()
        pieces.withhold(db, holder, lost)
        mail.note_missed(db, ((node_id, holder) for node_id in due | lost if node_id != maker), TEMPLATE, now)
        if due:
            ordered += order_erasure(
                db, community_id, [holder], Why.NARROWED, now, gates={gates[node_id] for node_id in due},
                correlation_id=correlation_id,
            )  # fmt: skip
    return ordered


def on_given(db: Session, news: News) -> None:
    """A new consent: an order about this person holds on only where it is still owed, and where the consent leaves out
    the gate; there it is given where there was none."""
    community_id, person_id = UUID(news.payload["community_id"]), UUID(news.payload["person_id"])
    holder, now = access.holder_id_of(db, community_id, person_id), clock.now()
    if holder is not None:
        last = consent.standing_of(db, community_id, person_id, now).last
        agreed_at = last.gates if last is not None else None
        mine = (FaceErasureRow.community_id == community_id, FaceErasureRow.cardholder_id == holder)
        overtaken = update(FaceErasureRow).where(*mine, FaceErasureRow.overtaken_at.is_(None))
        if agreed_at is not None:
            overtaken = overtaken.where(
                or_(FaceErasureRow.gates.is_(None), FaceErasureRow.gates.overlap(list(agreed_at)))
            )
        if last is None or last.withdrawn_at is None:  # else the order is of a withdrawal since, heard of before this
            db.execute(overtaken.values(overtaken_at=now))
        order_narrowed(db, community_id, [person_id], now, correlation_id=news.correlation_id)
    snapshot.changed(db, community_id, correlation_id=news.correlation_id)

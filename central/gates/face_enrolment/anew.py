"""Templates that no enrolment asked for: made anew of kept photos, or wanted by a node that came to a model late."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import NotFound
from central.gates.access import queries as access
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.rules import TEMPLATE
from central.gates.nodes import mail
from central.gates.nodes.faces.earlier import models_of, nodes_with_earlier
from central.gates.nodes.faces.jobs import stored_at
from central.gates.nodes.tables import NodeMailRow, NodeRow
from central.people.community.finding import find
from central.people.consent import queries as consent
from models.wire.faces import TemplateAnew, WantedTemplate

WANTED_AT_ONCE = 100


def pass_on(db: Session, node: Actor, told: TemplateAnew, now: datetime) -> None:
    """Put each sealed template into the box of its node, in place of one that waits. Twice is harmless.

    Only for a node that said that it knows the person by an earlier model alone: a stolen key of one gate must not
    replace faces at the others. Whoever withdrew meanwhile gets none; each node asks its own rules as well.
    """
    assert node.id is not None
    own = find(db, NodeRow, node.id, "nodes.no_node")
    holder = find(db, CardholderRow, told.cardholder_id, "access.no_cardholder")
    if holder.community_id != own.community_id:
        raise NotFound("access.no_cardholder")
    if holder.person_id not in consent.agreed(db, own.community_id, now):
        return
    behind = nodes_with_earlier(db, own.community_id, holder.id) - {own.id}
    due = [one for one in told.templates if one.node_id in behind and one.cardholder_id == holder.id]
    for template in due:
        mail.take_away(db, [TEMPLATE], subject_id=holder.id, node_id=template.node_id)
        mail.send(db, template.node_id, TEMPLATE, holder.id, template.model_dump_json(), now)
    record(
        db, node, "face.anew", "cardholder", holder.id, community_id=own.community_id,
        after={"nodes": len(due), "not_passed_on": len(told.templates) - len(due)},
    )  # fmt: skip


def wanted_of(db: Session, own: NodeRow, now: datetime) -> tuple[WantedTemplate, ...]:
    """Whom nodes of this node's model know no more while this node does: its template is as good there.

    The nodes of a site are rarely renewed in one minute. What was made before a node came to the model was of no use to
    it then, and would be lost to it.
    """
    rows = models_of(db, own.community_id)
    ours = rows.pop(own.id, None)
    behind = {node_id: set(row.earlier) for node_id, row in rows.items() if ours and row.model == ours.model}
    if ours is None or not any(behind.values()):
        return ()
    here = {holder for node_id, holder in stored_at(db, own.community_id) if node_id == own.id} - set(ours.earlier)
    agreed = consent.agreed(db, own.community_id, now)
    known = {holder for holder, person in access.people_behind(db, own.community_id).items() if person in agreed}
    waits = select(NodeMailRow.node_id, NodeMailRow.subject_id).where(NodeMailRow.kind == TEMPLATE)
    on_the_way: set[tuple[UUID, UUID]] = {(node_id, holder) for node_id, holder in db.execute(waits)}
    wanted = sorted(
        (node_id, holder)
        for node_id, holders in behind.items()
        for holder in holders & here & known
        if (node_id, holder) not in on_the_way
    )
    return tuple(WantedTemplate(node_id=node, cardholder_id=holder) for node, holder in wanted[:WANTED_AT_ONCE])

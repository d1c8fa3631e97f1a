"""Which node is the site's enrolment node is a person's deed, with a reason, in the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.access import snapshot
from central.gates.face_enrolment.rules import MAKER_CHANGED, PHOTOS, WATCH_PHOTOS, WATCH_TEMPLATE, EnrolmentState
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.face_enrolment.watch_photos import give_up
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.earlier import asked_with
from central.gates.nodes.faces.maker import maker_of, reachable
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.tables import NodeRow
from central.people.consent.rules import readable

REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of naming this node. `is_maker`: it is that already. `able`: it told keys, without which it cannot
    be. `asked_again`: people who agree and whose face a node has and this one has not: they are listed to be asked for
    new photos (`nodes.faces.earlier`), and until then the gates that know them go on knowing them. `widened`: as many
    besides are listed to agree to this node's gate first, which their consent leaves out. `before`: the
    enrolment node of now; `photos` wait for it, and `templates` for the others: of how many enrolments and faces."""

    is_maker: bool
    able: bool
    asked_again: int
    before: UUID | None
    photos: int
    templates: int
    widened: int


@dataclass(frozen=True, slots=True)
class Heir:
    """The next enrolment node. `name` None: no other told keys. `asked_again`, `widened`: as in `Change`."""

    name: str | None
    asked_again: int
    widened: int = 0


def change_to(db: Session, community_id: UUID, node_id: UUID, now: datetime) -> Change:
    maker = maker_of(db, community_id)
    lost, widened = asked_with(db, community_id, node_id, now) if maker is not None else (0, 0)
    photos = {one for kind in (PHOTOS, WATCH_PHOTOS) if maker for one in mail.subjects_of(db, kind, maker)}
    templates = {
        one for node in nodes_of(db, community_id) for kind in (TEMPLATE, WATCH_TEMPLATE)
        for one in mail.subjects_of(db, kind, node)
    }  # fmt: skip
    able = node_id in reachable(db, community_id)
    return Change(maker == node_id, able, lost, maker, len(photos), len(templates), widened)


def next_maker(db: Session, community_id: UUID, node_id: UUID, now: datetime) -> Heir | None:
    """Which node is the enrolment node once this one is revoked; None where this one is not."""
    if maker_of(db, community_id) != node_id:
        return None
    heir = maker_of(db, community_id, without=node_id)
    if heir is None:
        return Heir(None, 0)
    change = change_to(db, community_id, heir, now)
    return Heir(nodes_of(db, community_id)[heir].name, change.asked_again, change.widened)


def name_maker(db: Session, actor: Actor, node_id: UUID, reason: str, now: datetime) -> None:
    """From now on photos are sealed to this node, and every other takes templates of it alone.

    What waits of the one before is taken by nobody any more: photos are asked for again, templates are made again by
    this one, where it has them. Conflict for a node that told no keys, and for the enrolment node itself.
    """
    node = db.scalar(select(NodeRow).where(NodeRow.id == node_id))
    if node is None or not actor.may(ENROL_NODES, node.community_id) or node.id not in nodes_of(db, node.community_id):
        raise NotFound("nodes.no_node")
    words = readable(reason)
    if not words or len(words) > REASON_MAX:
        raise Invalid(fields={"reason": "nodes.reason_needed"})
    before = maker_of(db, node.community_id)
    change = change_to(db, node.community_id, node.id, now)
    if change.is_maker or not change.able:
        raise Conflict("faces.is_maker" if change.is_maker else "faces.maker_without_keys")
    db.execute(update(PhotoKeyRow).where(PhotoKeyRow.node_id == node.id).values(named_at=now))
    if before is not None:
        give_up_photos(db, node.community_id, before)
    for other in nodes_of(db, node.community_id):
        entries = mail.subjects_of(db, WATCH_TEMPLATE, other)
        mail.take_away(db, [WATCH_TEMPLATE], node_id=other)
        mail.note_missed(db, ((other, entry) for entry in entries if other != node.id), WATCH_TEMPLATE, now)
    pieces.of_no_maker(db, node.community_id, node.id, now)
    snapshot.changed(db, node.community_id)
    record(
        db, actor, "node.maker", "node", node.id, reason=words, community_id=node.community_id,
        before={"node_id": str(before)} if before is not None else None,
        after={"asked_again": change.asked_again + change.widened},
    )  # fmt: skip


def give_up_photos(db: Session, community_id: UUID, node_id: UUID) -> None:
    """What waits for this node, which is revoked or the enrolment node no more, is opened by nobody: it is asked for
    again at once. Doing it again changes nothing."""
    late = db.scalars(
        update(FaceEnrolmentRow)
        .where(FaceEnrolmentRow.community_id == community_id, FaceEnrolmentRow.node_id == node_id)
        .where(FaceEnrolmentRow.state == EnrolmentState.WAITING.value)
        .values(state=EnrolmentState.LATE.value, problems=MAKER_CHANGED)
        .returning(FaceEnrolmentRow.id)
    ).all()
    for enrolment_id in late:
        mail.take_away(db, [PHOTOS], subject_id=enrolment_id)
    for entry_id in mail.subjects_of(db, WATCH_PHOTOS, node_id):
        give_up(db, entry_id, MAKER_CHANGED)

"""The photos of the watch group: sealed to the enrolment node as everybody's, and into another gallery there (ACC-30).

Central relays ciphertext; the node asks its own signed rules whether the entry stands before it opens anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, NotFound, Unavailable
from central.gates.face_enrolment.rules import PHOTOS_LIFE, WATCH_PHOTOS, WATCH_TEMPLATE
from central.gates.face_enrolment.service import JOBS_AT_ONCE, TEMPLATES_AT_ONCE, key_of_site, other_nodes
from central.gates.nodes import mail
from central.gates.nodes.tables import NodeRow
from central.gates.nodes.watch_group.rules import STANDING, EntryState, may_send, state_at
from central.gates.nodes.watch_group.service import entry_for
from central.gates.nodes.watch_group.tables import WatchEntryRow
from central.people.community.finding import find
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentKey,
    EnrolmentOutcome,
    SealedPhoto,
    SealedTemplate,
    WatchJob,
    WatchMail,
)


def key_for(db: Session, actor: Actor, entry_id: UUID) -> EnrolmentKey | None:
    """Where this entry's photos are sealed to; None while no node of the site can make templates."""
    found = key_of_site(db, entry_for(db, actor, entry_id).community_id)
    return found[1] if found else None


def send_photos(db: Session, actor: Actor, entry_id: UUID, photos: Sequence[SealedPhoto], now: datetime) -> None:
    """Conflict when the entry is over, waits or is at the gates already, or the photos are sealed to another key."""
    row = entry_for(db, actor, entry_id, lock=True)
    state = state_at(EntryState(row.state), row.expires_at, now)
    if state not in STANDING:
        raise Conflict("watch.over")
    if not may_send(state):
        raise Conflict("watch.has_photos")
    found = key_of_site(db, row.community_id)
    if found is None:
        raise Unavailable("faces.no_node")
    node_id, key = found
    if any(photo.key_id != key.key_id for photo in photos):
        raise Conflict("faces.other_key")
    job = WatchJob(entry_id=row.id, photos=tuple(photos))
    mail.send(db, node_id, WATCH_PHOTOS, row.id, job.model_dump_json(), now)
    row.node_id, row.state, row.problems = node_id, EntryState.WAITING.value, []
    db.flush()
    record(
        db, actor, "watch_group.photos", "watch_entry", row.id, community_id=row.community_id,
        after={"number": row.number, "photos": len(photos)},
    )  # fmt: skip


def mail_for(db: Session, node: Actor, now: datetime) -> WatchMail:
    """What waits of the watch group for this node. Mail of entries that are over is thrown away here."""
    assert node.id is not None
    jobs = mail.waiting(db, node.id, WATCH_PHOTOS, JOBS_AT_ONCE)
    templates = mail.waiting(db, node.id, WATCH_TEMPLATE, TEMPLATES_AT_ONCE)
    over = _over(db, {subject for subject, _ in (*jobs, *templates)}, now)
    for entry_id in over:
        mail.take_away(db, [WATCH_PHOTOS, WATCH_TEMPLATE], subject_id=entry_id)
    return WatchMail(
        jobs=tuple(WatchJob.model_validate_json(payload) for subject, payload in jobs if subject not in over),
        templates=tuple(SealedTemplate.model_validate_json(text) for subject, text in templates if subject not in over),
        others=other_nodes(db, node.id),
        server_time=now,
    )


def answer(db: Session, node: Actor, told: EnrolmentAnswer, now: datetime) -> None:
    """What the node made of an entry's photos: they are deleted, its template goes on. Twice is harmless."""
    row = db.scalar(select(WatchEntryRow).where(WatchEntryRow.id == told.enrolment_id).with_for_update())
    if row is None or row.node_id != node.id:
        raise NotFound("watch.no_entry")
    mail.take_away(db, [WATCH_PHOTOS], subject_id=row.id)
    if row.state != EntryState.WAITING.value:
        return
    row.problems = [problem.model_dump(mode="json") for problem in told.problems]
    if told.outcome is not EnrolmentOutcome.ENROLLED:
        row.state = EntryState.REFUSED.value
        return
    row.state = EntryState.AT_THE_GATES.value
    here = set(db.scalars(select(NodeRow.id).where(NodeRow.community_id == row.community_id)))
    for template in told.templates:
        if template.node_id in here and template.cardholder_id == row.id:
            mail.send(db, template.node_id, WATCH_TEMPLATE, row.id, template.model_dump_json(), now)


def settle(db: Session, node: Actor, entry_id: UUID) -> None:
    """The node has taken the template, or never will."""
    mail.take_away(db, [WATCH_TEMPLATE], subject_id=entry_id, node_id=node.id)


def sweep(db: Session, now: datetime) -> int:
    """Photos that no node fetched within the hour are deleted; the entry asks for them again. Returns how many."""
    late = mail.subjects_before(db, WATCH_PHOTOS, now - PHOTOS_LIFE)
    for entry_id in late:
        row = find(db, WatchEntryRow, entry_id, "watch.no_entry", lock=True)
        if row.state == EntryState.WAITING.value:
            row.state, row.problems = EntryState.REFUSED.value, [{"problem": "late", "photo": None}]
        mail.take_away(db, [WATCH_PHOTOS], subject_id=entry_id)
    return len(late)


def _over(db: Session, entry_ids: set[UUID], now: datetime) -> set[UUID]:
    rows = db.scalars(select(WatchEntryRow).where(WatchEntryRow.id.in_(entry_ids)))
    standing = {row.id for row in rows if state_at(EntryState(row.state), row.expires_at, now) in STANDING}
    return entry_ids - standing

"""The photos of the watch group: sealed to the enrolment node as everybody's, and into another gallery there (ACC-30).

Central relays ciphertext; the node asks its own signed rules whether the entry stands before it opens anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, NotFound, Unavailable
from central.gates.face_enrolment.keys import demand_key, key_of_site, other_nodes, receiving_keys
from central.gates.face_enrolment.rules import MAKER_CHANGED, PHOTOS_LIFE, WATCH_PHOTOS, WATCH_TEMPLATE, answers_newest
from central.gates.face_enrolment.service import JOBS_AT_ONCE, TEMPLATES_AT_ONCE
from central.gates.nodes import mail
from central.gates.nodes.faces.maker import maker_is_away, maker_of
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeRow
from central.gates.nodes.watch_group.rules import STANDING, EntryState, may_send, state_at
from central.gates.nodes.watch_group.service import at_gates, entry_for
from central.gates.nodes.watch_group.tables import WatchEntryRow
from central.people.community.finding import find
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentKey,
    EnrolmentOutcome,
    SealedPhoto,
    SealedTemplate,
    TemplateAnew,
    WantedTemplate,
    WatchJob,
    WatchMail,
)

WANTED_AT_ONCE = 100
LATE: list[dict[str, object]] = [{"problem": "late", "photo": None}]
"""What is wrong with photos that no node fetched within the hour. A node may have made its template all the same."""


@dataclass(frozen=True, slots=True)
class Photos:
    """Where an entry's photos stand. `key`: they are sealed to it; None while no node of the site can make templates.
    `maker_away`: they wait, and the node that is to open them is not reached just now."""

    state: EntryState
    problems: tuple[dict[str, object], ...]
    key: EnrolmentKey | None
    maker_away: bool


def photos_of(db: Session, actor: Actor, entry_id: UUID, now: datetime) -> Photos:
    """For the page that was opened, which asks on until the node has answered: nothing of who is looked out for is
    read by it, and no reading is written down."""
    row = entry_for(db, actor, entry_id)
    state, found = state_at(EntryState(row.state), row.expires_at, now), key_of_site(db, row.community_id, now)
    away = state is EntryState.WAITING and maker_is_away(db, row.community_id, now)
    return Photos(state, tuple(row.problems), found[1] if found else None, away)


def send_photos(db: Session, actor: Actor, entry_id: UUID, photos: Sequence[SealedPhoto], now: datetime) -> None:
    """Conflict when the entry is over, waits or is at the gates already, or the photos are sealed to another key."""
    row = entry_for(db, actor, entry_id, lock=True)
    state = state_at(EntryState(row.state), row.expires_at, now)
    if state not in STANDING:
        raise Conflict("watch.over")
    if not may_send(state):
        raise Conflict("watch.has_photos")
    found = key_of_site(db, row.community_id, now)
    if found is None:
        raise Unavailable("faces.no_node")
    node_id, key = found
    demand_key(photos, key)
    job = WatchJob(entry_id=row.id, photos=tuple(photos))
    mail.send(db, node_id, WATCH_PHOTOS, row.id, job.model_dump_json(), now)
    row.node_id, row.state, row.problems = node_id, EntryState.WAITING.value, []
    row.unanswered = [*row.unanswered, job.sent]
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
        mail.forget_missed(db, [entry_id])
    own = find(db, NodeRow, node.id, "nodes.no_node")
    missed = sorted(_missed(db, own, now) - mail.sent_often(db, WATCH_TEMPLATE, now))[:WANTED_AT_ONCE]
    return WatchMail(
        jobs=tuple(WatchJob.model_validate_json(payload) for subject, payload in jobs if subject not in over),
        templates=tuple(SealedTemplate.model_validate_json(text) for subject, text in templates if subject not in over),
        others=other_nodes(db, node.id),
        wanted=tuple(WantedTemplate(node_id=node_id, cardholder_id=entry_id) for node_id, entry_id in missed),
        server_time=now,
    )


def answer(db: Session, node: Actor, told: EnrolmentAnswer, now: datetime) -> None:
    """What the node made of an entry's photos: they are deleted, its template goes on. Twice is harmless. One to other
    photos than the newest changes nothing: the node has the newest before it, and answers those too."""
    row = db.scalar(select(WatchEntryRow).where(WatchEntryRow.id == told.enrolment_id).with_for_update())
    if row is None or row.node_id != node.id:
        raise NotFound("watch.no_entry")
    if not answers_newest(row.unanswered, told.sent):
        return
    mail.take_away(db, [WATCH_PHOTOS], subject_id=row.id)
    given_up = row.problems in (LATE, MAKER_CHANGED) and row.state == EntryState.REFUSED.value
    late = given_up and told.outcome is EnrolmentOutcome.ENROLLED and maker_of(db, row.community_id) == node.id
    if row.state != EntryState.WAITING.value and not late:
        return
    row.unanswered = []
    row.problems = [problem.model_dump(mode="json") for problem in told.problems]
    record(
        db, node, "watch_group.enrol", "watch_entry", row.id, community_id=row.community_id,
        after={"number": row.number, "outcome": told.outcome.value},
    )  # fmt: skip
    if told.outcome is not EnrolmentOutcome.ENROLLED:
        row.state = EntryState.REFUSED.value
        return
    row.state = EntryState.AT_THE_GATES.value
    missed = nodes_of(db, row.community_id).keys() - {node.id}
    for template in told.templates:
        if template.node_id in missed and template.cardholder_id == row.id and template.key_id:
            mail.send(db, template.node_id, WATCH_TEMPLATE, row.id, template.model_dump_json(), now)
            missed.remove(template.node_id)
    mail.note_missed(db, ((node_id, row.id) for node_id in missed), WATCH_TEMPLATE, now)


def pass_on(db: Session, node: Actor, told: TemplateAnew, now: datetime) -> None:
    """An entry's template for nodes that missed it. Twice is harmless."""
    assert node.id is not None
    own = find(db, NodeRow, node.id, "nodes.no_node")
    missed = {node_id for node_id, entry_id in _missed(db, own, now) if entry_id == told.cardholder_id}
    for template in told.templates:
        if template.node_id in missed and template.cardholder_id == told.cardholder_id and template.key_id:
            mail.send(db, template.node_id, WATCH_TEMPLATE, told.cardholder_id, template.model_dump_json(), now)
            missed.remove(template.node_id)


def settle(
    db: Session, node: Actor, entry_id: UUID, now: datetime, *, piece: str | None = None, again: bool = False
) -> None:
    """The node has taken this piece, or never will; a newer one goes on waiting. `again`: it could not open it, and it
    has to be sealed once more, though not again and again."""
    assert node.id is not None
    waits = mail.waiting(db, node.id, WATCH_TEMPLATE, subject_id=entry_id)
    if piece is not None and piece not in {SealedTemplate.model_validate_json(text).piece for _, text in waits}:
        return
    if mail.take_away(db, [WATCH_TEMPLATE], subject_id=entry_id, node_id=node.id) and again:
        mail.asked_again(db, node.id, WATCH_TEMPLATE, entry_id, now)


def sweep(db: Session, now: datetime) -> int:
    """Photos that no node fetched within the hour are deleted; the entry asks for them again. Returns how many."""
    late = mail.subjects_before(db, WATCH_PHOTOS, now - PHOTOS_LIFE)
    for entry_id in late:
        give_up(db, entry_id)
    return len(late)


def give_up(db: Session, entry_id: UUID, why: list[dict[str, object]] = LATE) -> None:
    """The photos of an entry are made into nothing any more: it asks for them again, and says `why`."""
    row = find(db, WatchEntryRow, entry_id, "watch.no_entry", lock=True)
    if row.state == EntryState.WAITING.value:
        row.state, row.problems = EntryState.REFUSED.value, why
    mail.take_away(db, [WATCH_PHOTOS], subject_id=entry_id)


def _missed(db: Session, own: NodeRow, now: datetime) -> set[tuple[UUID, UUID]]:
    """(node, entry) of what other nodes missed and this one makes good: it is the enrolment node, of which alone they
    take any, and has the face."""
    if maker_of(db, own.community_id) != own.id:
        return set()
    nodes = nodes_of(db, own.community_id)
    reached = receiving_keys(db, nodes.values())
    found = mail.missed(db, WATCH_TEMPLATE, reached.keys() - {own.id})
    if not found or own.id not in reached:
        return set()
    entries = {entry_id for node_id, entry_id in at_gates(db, own.community_id, now) if node_id == own.id}
    return {(node_id, entry_id) for node_id, entry_id in found if entry_id in entries}


def _over(db: Session, entry_ids: set[UUID], now: datetime) -> set[UUID]:
    rows = db.scalars(select(WatchEntryRow).where(WatchEntryRow.id.in_(entry_ids)))
    standing = {row.id for row in rows if state_at(EntryState(row.state), row.expires_at, now) in STANDING}
    return entry_ids - standing

"""What pages read: visits, alarms and lanes as frozen views. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.base.identity.accounts import account_of
from central.base.kernel import clock
from central.base.kernel.errors import NotFound
from central.base.kernel.paging import PageAsk, page
from central.gates.access.service import people_of
from central.gates.ingest import queries as journal
from central.gates.visits import corrections
from central.gates.visits.alarms import alarm_view, alarms_with_seen, cards, full_name, in_communities, lanes_on_fire
from central.gates.visits.fire_locks import locks_in_fire, signals_in_fire, with_locks
from central.gates.visits.held import HELD, LEADS, TURNS, held_among, held_now, leads_now, turns_now
from central.gates.visits.live import stream_ids
from central.gates.visits.pictured import with_pictures
from central.gates.visits.plates import plates_read
from central.gates.visits.presence import Presence, nodes_of_lanes, presences, revoked_of_lanes
from central.gates.visits.pump_alarms import with_storms
from central.gates.visits.rules import Lock
from central.gates.visits.tables import AlarmRow, LaneStateRow, VisitRow
from central.gates.visits.views import AlarmView, LaneNow, PersonView, VisitView
from central.people.community.queries import LaneView, communities, lanes_of
from models.access.credential import Kind
from models.access.decision import Outcome
from models.wire.events import AlarmKind

ALARMS_MAX = 200


def recent(
    db: Session,
    community_ids: Collection[UUID] | None,
    limit: int,
    before: UUID | None = None,
    lane_id: UUID | None = None,
) -> list[VisitView]:
    """Visits, newest first; `before` is the last visit already shown. `community_ids` None: of the whole tenant."""
    query = _of(select(VisitRow), community_ids, lane_id)
    if before is not None:
        edge = db.scalar(select(VisitRow.happened_at).where(VisitRow.visit_id == before))
        query = query.where(tuple_(VisitRow.happened_at, VisitRow.visit_id) < (edge, before))
    rows = db.scalars(query.order_by(VisitRow.happened_at.desc(), VisitRow.visit_id.desc()).limit(limit)).all()
    return views_of(db, rows)


def visit_page(
    db: Session, community_ids: Collection[UUID] | None, ask: PageAsk, lane_id: UUID | None = None
) -> tuple[list[VisitView], str | None]:
    """One page of visits for a program, newest first, and the cursor of the next."""
    query = _of(select(VisitRow), community_ids, lane_id)
    rows, following = page(db, query, [VisitRow.happened_at, VisitRow.visit_id], ask, newest_first=True)
    return views_of(db, rows), following


def visit(db: Session, visit_id: UUID) -> VisitView | None:
    row = db.scalar(select(VisitRow).where(VisitRow.visit_id == visit_id))
    return None if row is None else views_of(db, [row])[0]


def subject_of(db: Session, visit_id: UUID) -> UUID | None:
    """Whom a gate keeps a place for: the cardholder, else the credential."""
    row = db.execute(
        select(VisitRow.cardholder_id, VisitRow.credential_id).where(VisitRow.visit_id == visit_id)
    ).one_or_none()
    return None if row is None else row[0] or row[1]


def last_uses(db: Session, credential_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each of these credentials last opened something; those that never did are left out."""
    query = (
        select(VisitRow.credential_id, func.max(VisitRow.happened_at))
        .where(VisitRow.credential_id.in_(credential_ids), VisitRow.outcome == Outcome.GRANT.value)
        .group_by(VisitRow.credential_id)
    )
    return {one: at for one, at in db.execute(query) if one is not None and at is not None}


def _of(query: Select[Any], community_ids: Collection[UUID] | None, lane_id: UUID | None) -> Select[Any]:
    if community_ids is not None:
        query = query.where(VisitRow.community_id.in_(community_ids))
    return query if lane_id is None else query.where(VisitRow.lane_id == lane_id)


def open_alarms(db: Session, community_ids: Collection[UUID] | None) -> list[AlarmView]:
    """The alarms that stand on the guard's page, newest first. What only repeats at a lane is one, with its count."""
    rows = db.execute(cards(community_ids, ALARMS_MAX)).all()
    lanes = _lanes(db, {row[0].community_id for row in rows})
    return _whole(db, [alarm_view(row[0], row[1], lanes, row[2], row[3], row[4]) for row in rows])


OF_DEVICES = (AlarmKind.DEVICE_FAULT, AlarmKind.CAMERA_STALE, AlarmKind.CAMERA_COVERED, AlarmKind.CAMERA_MOVED)


def faulty_devices(db: Session, community_ids: Collection[UUID]) -> dict[UUID, int]:
    """By node: how many of its devices have an alarm that goes on, whoever has seen it. Nodes without: not in it."""
    place = select(AlarmRow.node_id, AlarmRow.lane_id, AlarmRow.device).distinct()
    going_on = place.where(AlarmRow.over_at.is_(None), AlarmRow.kind.in_([one.value for one in OF_DEVICES]))
    found = db.execute(going_on.where(AlarmRow.community_id.in_(community_ids), AlarmRow.node_id.is_not(None)))
    return dict(Counter(node_id for node_id, _, _ in found))


def fires_at(db: Session, node_id: UUID) -> tuple[str, ...]:
    """The lanes for which this node raised a fire alarm that nobody has called over, whoever has seen it."""
    going_on = AlarmRow.kind == AlarmKind.FIRE.value, AlarmRow.over_at.is_(None)
    rows = db.execute(
        select(AlarmRow.community_id, AlarmRow.lane_id).where(AlarmRow.node_id == node_id, *going_on)
    ).all()
    burning, lanes = {lane_id for _, lane_id in rows}, _lanes(db, {community_id for community_id, _ in rows})
    return tuple(full_name(lane) for lane_id, lane in lanes.items() if lane_id in burning)


def _whole(db: Session, alarms: list[AlarmView]) -> list[AlarmView]:
    """With what the alarm's own row does not hold."""
    return with_storms(db, with_locks(db, with_pictures(db, alarms)), clock.now())


def alarm(db: Session, alarm_id: UUID) -> AlarmView | None:
    found = db.execute(alarms_with_seen().where(AlarmRow.alarm_id == alarm_id)).one_or_none()
    if found is None:
        return None
    return _whole(db, [alarm_view(found[0], found[1], _lanes(db, {found[0].community_id}))])[0]


def alarms_named(db: Session, alarm_ids: Collection[UUID]) -> list[AlarmView]:
    """Those that are there, each by itself."""
    rows = db.execute(alarms_with_seen().where(AlarmRow.alarm_id.in_(alarm_ids))).all()
    lanes = _lanes(db, {alarm.community_id for alarm, _ in rows})
    return _whole(db, [alarm_view(alarm, seen, lanes) for alarm, seen in rows])


def alarm_page(db: Session, community_ids: Collection[UUID] | None, ask: PageAsk) -> tuple[list[AlarmView], str | None]:
    """Every alarm there was, newest first."""
    query = select(AlarmRow).where(in_communities(community_ids))
    rows, following = page(db, query, [AlarmRow.raised_at, AlarmRow.alarm_id], ask, newest_first=True)
    ids = [row.alarm_id for row in rows]
    seen = {row.alarm_id: mark for row, mark in db.execute(alarms_with_seen().where(AlarmRow.alarm_id.in_(ids)))}
    lanes = _lanes(db, {row.community_id for row in rows})
    return _whole(db, [alarm_view(row, seen.get(row.alarm_id), lanes) for row in rows]), following


def watch_hits(db: Session, community_id: UUID, number: int, limit: int) -> list[AlarmView]:
    """How often somebody like an entry of the watch group was seen, the newest first."""
    of = AlarmRow.kind == AlarmKind.WATCH_GROUP.value, AlarmRow.device == str(number)
    query = alarms_with_seen().where(AlarmRow.community_id == community_id, *of)
    rows = db.execute(query.order_by(AlarmRow.raised_at.desc(), AlarmRow.alarm_id).limit(limit)).all()
    lanes = _lanes(db, {community_id})
    return _whole(db, [alarm_view(alarm, seen, lanes) for alarm, seen in rows])


def lanes_now(db: Session, community_ids: Collection[UUID] | None, now: datetime) -> list[LaneNow]:
    """Every lane as it is at this moment, in the order of gates."""
    wanted = None if community_ids is None else frozenset(community_ids)
    lanes = [lane for one in communities(db, wanted) for lane in lanes_of(db, one.community_id)]
    ids = [lane.lane.lane_id for lane in lanes]
    nodes = nodes_of_lanes(db, ids) | (revoked := revoked_of_lanes(db, ids))
    there = presences(db, set(nodes.values()), now)
    facts = db.scalars(select(LaneStateRow).where(LaneStateRow.lane_id.in_(ids)))
    last_facts = {(row.lane_id, row.fact): row for row in facts}
    newest = select(VisitRow).where(VisitRow.lane_id.in_(ids)).ext(distinct_on(VisitRow.lane_id))
    rows = db.scalars(newest.order_by(VisitRow.lane_id, VisitRow.happened_at.desc(), VisitRow.visit_id.desc())).all()
    last = {view.lane_id: view for view in views_of(db, rows)}
    alarms, burning = open_alarms(db, community_ids), lanes_on_fire(db, ids)
    locks, signals = locks_in_fire(db, burning), signals_in_fire(db, burning)
    places = {lane_id: (node_id, lane_id) for lane_id, node_id in nodes.items()}
    lock_at = {lane_id: locks.get(place) for lane_id, place in places.items()}
    signal_at = {lane_id: signals.get(place) for lane_id, place in places.items()}
    return [
        _lane_now(db, lane, there.get(nodes[lane.lane.lane_id]) if lane.lane.lane_id in nodes else None,
                  last_facts, last.get(lane.lane.lane_id), alarms,
                  lock_at.get(lane.lane.lane_id), signal_at.get(lane.lane.lane_id), lane.lane.lane_id in revoked, now)
        for lane in lanes
    ]  # fmt: skip


def lane_now(db: Session, lane_id: UUID, community_id: UUID, now: datetime) -> LaneNow | None:
    return next((lane for lane in lanes_now(db, [community_id], now) if lane.lane_id == lane_id), None)


def _lane_now(
    db: Session,
    view: LaneView,
    node: Presence | None,
    facts: Mapping[tuple[UUID, str], LaneStateRow],
    last: VisitView | None,
    alarms: Sequence[AlarmView],
    fire_lock: Lock | None,
    fire_signal: bool | None,
    revoked: bool,
    now: datetime,
) -> LaneNow:
    lane = view.lane
    position, scan = facts.get((lane.lane_id, "position")), facts.get((lane.lane_id, "scan_refused"))
    status = node.status if node else None
    issued = status.rules_issued_at if status else None
    concerns = [
        one for one in alarms
        if one.lane_id == lane.lane_id or (one.lane_id is None and node is not None and one.node_id == node.node_id)
    ]  # fmt: skip
    return LaneNow(
        lane_id=lane.lane_id, community_id=view.community_id, code=lane.code, name=lane.name,
        gate_name=view.gate_name, direction=lane.direction.value, revoked=revoked,
        node_id=node.node_id if node and not revoked else None, node_online=node is not None and node.online,
        in_contact=node is not None and node.in_contact, last_heard_at=node.heard_at if node else None,
        position=position.value if position else "unknown", rules_version=status.rules_version if status else None,
        rules_age_s=int((now - issued).total_seconds()) if issued else None,
        queue_length=status.queue_length if status else None, skew_ms=status.skew_ms if status else None,
        last_visit=last, fire_held=fire_lock is not None, fire_lock=fire_lock, alarms=tuple(concerns),
        fire_signal=fire_signal if position and position.value != "unknown" else None,
        scan_refused=scan.value if scan else None, scan_refused_at=scan.at if scan else None,
        vehicles=bool(view.vehicles), held=held_now(db, facts.get((lane.lane_id, HELD)), now),
        leads=leads_now(facts.get((lane.lane_id, LEADS))), turns=turns_now(facts.get((lane.lane_id, TURNS)), now),
    )  # fmt: skip


def _lanes(db: Session, community_ids: Collection[UUID]) -> dict[UUID, LaneView]:
    return {lane.lane.lane_id: lane for one in community_ids for lane in lanes_of(db, one)}


def views_of(db: Session, rows: Sequence[VisitRow]) -> list[VisitView]:
    """The rows with the names of lanes and persons, and which pictures are there."""
    lanes = _lanes(db, {row.community_id for row in rows})
    streams = stream_ids(db, [row.visit_id for row in rows])
    pictures = journal.pictures_of(db, [row.decision_id for row in rows if row.decision_id])
    persons = people_of(db, {(row.credential_id, row.cardholder_id) for row in rows})
    corrected = corrections.corrections(db, [row.visit_id for row in rows])
    plates = plates_read(db, rows)
    driven = nodes_of_lanes(db, {row.lane_id for row in rows if row.lane_id is not None})
    asked = {row.lane_id for row in rows if row.lane_id is not None and row.kind == Kind.PLATE and not row.passed}
    held = held_among(db, asked, clock.now())
    names: dict[UUID, str | None] = {}
    views = []
    for row in rows:
        if row.actor_id is not None and row.actor_id not in names:
            names[row.actor_id] = _account_name(db, row.actor_id)
        lane = lanes.get(row.lane_id) if row.lane_id else None
        actor = names.get(row.actor_id) if row.actor_id else None
        picture = row.decision_id if row.decision_id in pictures else None
        person = persons[row.credential_id, row.cardholder_id]
        view = _view(row, lane, person, actor, streams.get(row.visit_id, 0), picture)
        plate, until = plates.get(row.visit_id), pictures.get(picture) if picture else None
        corrections_of = corrected.get(row.visit_id)
        views.append(
            replace(
                view, correction=corrections_of, plate=plate, picture_until=until, driven=row.lane_id in driven,
                held=row.lane_id in held and not row.passed,
            )
        )  # fmt: skip
    return views


def _account_name(db: Session, account_id: UUID) -> str | None:
    try:
        return account_of(db, account_id).name
    except NotFound:
        return None


def _view(
    row: VisitRow, lane: LaneView | None, person: PersonView, actor_name: str | None, stream_id: int,
    picture_id: UUID | None,
) -> VisitView:  # fmt: skip
    return VisitView(
        stream_id=stream_id, visit_id=row.visit_id, community_id=row.community_id, node_id=row.node_id,
        lane_id=row.lane_id, lane_name=lane.lane.name if lane else "", gate_name=lane.gate_name if lane else "",
        direction=lane.lane.direction.value if lane else None, seen_at=row.seen_at, decided_at=row.decided_at,
        outcome=row.outcome, reason=row.reason, kind=row.kind, detail=row.detail or {}, checks=tuple(row.checks or ()),
        person=person, rules_version=row.rules_version, rules_age_s=row.rules_age_s,
        decide_ms=_ms(row.decide_us), score=row.score, threshold=row.threshold,
        image_rule=row.image_rule, inputs=row.inputs or {}, liveness=row.liveness,
        party=row.party or 1, actor_name=actor_name, said=row.said, picture_id=picture_id,
        actuated_at=row.actuated_at, actuation_confirmed=row.actuation_confirmed,
        actuation_fault=row.actuation_fault, relay_ms=_ms(row.relay_us), opened_at=row.opened_at,
        closed_at=row.closed_at, passed=row.passed, passage_why=row.passage_why, passed_at=row.passed_at,
        received_at=row.received_at, skew_ms=row.skew_ms, late=row.late,
        vehicles=lane is not None and bool(lane.vehicles),
    )  # fmt: skip


def _ms(us: int | None) -> float | None:
    return None if us is None else us / 1000

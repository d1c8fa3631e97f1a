"""From events to rows. Every function may run again for the same event, in any order, and leaves the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Table, select, tuple_, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.ingest import queries as journal
from central.gates.ingest.picture_holds import hold_for_alarm
from central.gates.ingest.projections import Projections
from central.gates.ingest.queries import Recorded
from central.gates.ingest.rules import happened_at
from central.gates.visits.alarms import closed_at
from central.gates.visits.fire_locks import FIRE_SIGNAL, HOLD, changes_lock, hold_said, mark_fire
from central.gates.visits.held import HELD, LEADS, TURNS
from central.gates.visits.live import mark, publish
from central.gates.visits.rules import (
    EVENTS_MAX,
    OUTLIVES_NODE,
    REPEATED,
    REPEATS,
    REPEATS_WITHIN,
    VISIT_KINDS,
    fold,
)
from central.gates.visits.tables import AlarmRow, EbikeSeenRow, LaneStateRow, NodePresenceRow, NodeStateRow, VisitRow
from models.wire.envelope import Event
from models.wire.events import (
    Actuated,
    Alarm,
    AlarmKind,
    FaceCalibrated,
    LaneDirection,
    LaneHeld,
    NodeNews,
    Scanned,
    Sensed,
)

_COMMUNITY = "visits.community_of_node"


def _upsert_visit() -> Insert:
    """Built once: forty columns cost more to put together than to execute."""
    table = VisitRow.__table__
    assert isinstance(table, Table)
    made = insert(table)
    others = {column.name: made.excluded[column.name] for column in table.columns if not column.primary_key}
    return made.on_conflict_do_update(index_elements=["tenant_id", "visit_id"], set_=others)


_UPSERT_VISIT = _upsert_visit()


class AnotherNodesVisit(ValueError):
    """A node wrote into an access that another node had begun."""


def register(projections: Projections) -> None:
    for kind in VISIT_KINDS:
        projections.on(kind, project_visit, once_per=_access)
    projections.on("sensed", project_position, once_per=_lane)
    projections.on("sensed", project_fire_signal)
    projections.on("sensed", project_ebike)
    projections.on("scan_refused", project_scan, once_per=_lane)
    projections.on("actuation", project_hold)
    projections.on("lane_held", project_held)
    projections.on("lane_direction", project_direction)
    projections.on("alarm", project_alarm)
    projections.on("node", project_node)
    projections.on("face_calibrated", project_calibration)
    projections.after_batch(publish)


def _access(event: Event) -> tuple[UUID, UUID]:
    return event.node_id, event.correlation


def _lane(event: Event) -> tuple[UUID, UUID | None]:
    return event.node_id, event.lane_id


def project_visit(db: Session, event: Event, body: Any) -> None:
    """Fold the access anew from all of its events that are there."""
    told = journal.of_correlation(db, event.correlation, VISIT_KINDS, EVENTS_MAX)
    whose = told[0].event.node_id if told else None
    if whose != event.node_id:
        raise AnotherNodesVisit(f"access {event.correlation} belongs to node {whose}")
    facts = fold(told)
    if facts is None:
        return
    db.connection().execute(_UPSERT_VISIT, {"tenant_id": tenant_of(db), "visit_id": event.correlation} | facts)
    mark(db, "visit", event.correlation, facts["community_id"])


def project_position(db: Session, event: Event, body: Sensed) -> None:
    _lane_fact(db, event, "position", body.position.value)


def project_fire_signal(db: Session, event: Event, body: Sensed) -> None:
    if body.fire is not None:
        _lane_fact(db, event, FIRE_SIGNAL, "on" if body.fire else "off")


def project_ebike(db: Session, event: Event, body: Sensed) -> None:
    if not body.ebike or event.lane_id is None:
        return
    made = insert(EbikeSeenRow).values(
        tenant_id=tenant_of(db), event_id=event.event_id, community_id=_community_of(db, event), lane_id=event.lane_id,
        at=journal.told_at(db, event),
    )  # fmt: skip
    db.execute(made.on_conflict_do_nothing())


def project_scan(db: Session, event: Event, body: Scanned) -> None:
    _lane_fact(db, event, "scan_refused", body.why)


def project_hold(db: Session, event: Event, body: Actuated) -> None:
    said = hold_said(body)
    if said is not None:
        _lane_fact(db, event, HOLD, said)
        mark_fire(db, event.node_id, event.lane_id)


def project_held(db: Session, event: Event, body: LaneHeld) -> None:
    _lane_fact(db, event, HELD, body.model_dump_json())


def project_direction(db: Session, event: Event, body: LaneDirection) -> None:
    _lane_fact(db, event, LEADS, body.direction.value)
    _lane_fact(db, event, TURNS, body.model_dump_json())


def _lane_fact(db: Session, event: Event, fact: str, value: str) -> None:
    """The newest node's last word counts: node ids grow with enrolment, so a replaced node's late word loses."""
    if event.lane_id is None:
        return
    community_id = _community_of(db, event)
    made = insert(LaneStateRow).values(
        tenant_id=tenant_of(db), lane_id=event.lane_id, fact=fact, community_id=community_id, node_id=event.node_id,
        seq=event.seq, at=journal.told_at(db, event), value=value,
    )  # fmt: skip
    db.execute(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "lane_id", "fact"],
            set_={name: made.excluded[name] for name in ("community_id", "node_id", "seq", "at", "value")},
            where=tuple_(LaneStateRow.node_id, LaneStateRow.seq) < tuple_(made.excluded.node_id, made.excluded.seq),
        )
    )
    mark(db, "lane", event.lane_id, community_id)


def project_alarm(db: Session, event: Event, body: Alarm) -> None:
    if body.over:
        close_alarms(db, event, body)
        return
    over = next((one for one in journal.alarms_after(db, event.node_id, event.seq) if _ends(one, event, body)), None)
    _raise_alarm(db, event, body.alarm.value, body.device, body.detail, over)
    hold_for_alarm(db, _community_of(db, event), event, body, journal.told_at(db, event))
    if body.alarm is AlarmKind.TAILGATE and _is_repeated(db, event):
        _raise_alarm(db, event, REPEATED, None, None, None, uuid5(event.event_id, REPEATED))


def raise_ahead(db: Session, event: Event, body: Alarm, now: datetime) -> bool:
    """An alarm whose event is not taken yet; once it is, it makes the same one. False for one that stands or stood."""
    if db.scalar(select(AlarmRow.alarm_id).where(AlarmRow.alarm_id == event.event_id)) is not None:
        return False
    _raise_alarm(db, event, body.alarm.value, body.device, body.detail, None, received_at=now)
    return True


def _is_repeated(db: Session, event: Event) -> bool:
    """Whether whoever was followed was followed REPEATS times by now, with the same credential or as the same person.

    The alarm is made from the event's id, so that reading the journal again makes the same one.
    """
    whose = _credential(db, event.node_id, event.correlation)
    if whose is None:
        return False
    earlier = journal.alarms_since(db, _community_of(db, event), event.at - REPEATS_WITHIN, event.at)
    told = {(one.event.node_id, one.event.correlation) for one in earlier if one.body.alarm is AlarmKind.TAILGATE}
    return sum(_credential(db, *access) == whose for access in told) >= REPEATS


def _credential(db: Session, node_id: UUID, access: UUID) -> UUID | None:
    """Whose access it was: the cardholder where one is known, else the credential itself. None for an access of another
    node than the one that tells of it."""
    for one in reversed(journal.of_correlation(db, access, ("decision",), EVENTS_MAX)):
        if one.event.node_id != node_id:
            return None
        made = one.body.decision
        return made.cardholder_id or made.credential_id
    return None


def project_node(db: Session, event: Event, body: NodeNews) -> None:
    _node_fact(db, event, body.what, body.detail)
    if body.what == "events_dropped":
        words = " ".join(f"{name}={value}" for name, value in sorted(body.detail.items()))[:300]
        _raise_alarm(db, event, "events_dropped", None, words or None, None)


def project_calibration(db: Session, event: Event, body: FaceCalibrated) -> None:
    _node_fact(db, event, body.kind, body.model_dump(mode="json"))


def _node_fact(db: Session, event: Event, fact: str, value: Mapping[str, Any]) -> None:
    made = insert(NodeStateRow).values(
        tenant_id=tenant_of(db), node_id=event.node_id, fact=fact, community_id=_community_of(db, event),
        seq=event.seq, at=journal.told_at(db, event), value=value,
    )  # fmt: skip
    db.execute(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "node_id", "fact"],
            set_={name: made.excluded[name] for name in ("community_id", "seq", "at", "value")},
            where=NodeStateRow.seq < made.excluded.seq,
        )
    )


def _raise_alarm(
    db: Session, event: Event, kind: str, device: str | None, detail: str | None, over: Recorded | None,
    alarm_id: UUID | None = None, received_at: datetime | None = None,
) -> None:  # fmt: skip
    """`received_at`: of an event that is in no journal yet."""
    community_id = _community_of(db, event)
    values = {
        "community_id": community_id, "origin": "node", "kind": kind, "node_id": event.node_id, "seq": event.seq,
        "lane_id": event.lane_id, "device": device, "detail": detail,
        "raised_at": happened_at(event, received_at) if received_at else journal.told_at(db, event),
        "over_at": over.happened_at if over else None, "over_seq": over.event.seq if over else None, "revoked_by": None,
    }  # fmt: skip
    if over is None and kind not in OUTLIVES_NODE and (removed := _removed(db, event.node_id)) is not None:
        values["over_at"], values["revoked_by"] = removed
    alarm_id = alarm_id or event.event_id
    if over is None and kind == AlarmKind.FIRE:
        values["over_at"] = closed_at(db, alarm_id)
    made = insert(AlarmRow).values(tenant_id=tenant_of(db), alarm_id=alarm_id, **values)
    db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "alarm_id"], set_=values))
    mark(db, "alarm", alarm_id, community_id)
    if changes_lock(kind, device):
        mark_fire(db, event.node_id, event.lane_id)


def _removed(db: Session, node_id: UUID) -> tuple[datetime, str] | None:
    """When and by whom its node was revoked: an alarm made anew from the journal ends with it as the first one did."""
    found = db.execute(
        select(NodePresenceRow.removed_at, NodePresenceRow.removed_by).where(NodePresenceRow.node_id == node_id)
    ).one_or_none()
    return (found[0], found[1] or "") if found is not None and found[0] is not None else None


def _ends(one: Recorded, raised: Event, body: Alarm) -> bool:
    """Whether a later alarm event says that this one is over: same kind, lane and device."""
    later: Alarm = one.body
    return (
        later.over and later.alarm is body.alarm and later.device == body.device and one.event.lane_id == raised.lane_id
    )


def close_alarms(db: Session, event: Event, body: Alarm, *which: ColumnElement[bool]) -> None:
    """Close what was raised before and is not closed by an earlier word: the first "over" after an alarm ends it."""
    closed = db.execute(
        update(AlarmRow)
        .where(
            AlarmRow.origin == "node",
            AlarmRow.node_id == event.node_id,
            AlarmRow.kind == body.alarm.value,
            AlarmRow.device.is_not_distinct_from(body.device),
            AlarmRow.lane_id.is_not_distinct_from(event.lane_id),
            AlarmRow.seq < event.seq,
            AlarmRow.over_seq.is_(None) | (AlarmRow.over_seq > event.seq),
            *which,
        )
        .values(over_at=journal.told_at(db, event), over_seq=event.seq, revoked_by=None)
        .returning(AlarmRow.alarm_id, AlarmRow.community_id)
    )
    for alarm_id, community_id in closed:
        mark(db, "alarm", alarm_id, community_id)
    if changes_lock(body.alarm.value, body.device):
        mark_fire(db, event.node_id, event.lane_id)


def _community_of(db: Session, event: Event) -> UUID:
    known: dict[UUID, UUID] = db.info.setdefault(_COMMUNITY, {})
    if event.node_id not in known:
        known[event.node_id] = journal.community_of_node(db, event.node_id)
    return known[event.node_id]

"""Alarms: those of central itself, what persons take note of, and the list that a guard sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, case, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import NotFound
from central.base.kernel.session import tenant_of
from central.gates.ingest.projections import Trouble
from central.gates.visits.live import mark, publish
from central.gates.visits.permissions import ACKNOWLEDGE
from central.gates.visits.rules import APART, LONG, MOMENTARY, OUTLIVES_NODE, STAYS_UNTIL_SEEN, STAYS_WHEN_LONG
from central.gates.visits.tables import AlarmClosedRow, AlarmRow, AlarmSeenRow, NodePresenceRow
from central.gates.visits.views import AlarmView
from central.people.community.queries import LaneView
from models.values.ids import new_id
from models.wire.events import AlarmKind

OFFLINE = "node_offline"
NODE_CLAIMS = "node_claims"
NODE_TWICE = "node_twice"
TEMPLATE_CLAIMED, MANY_CLAIMED = "template_claimed", "many_claimed"
SENT_IN_VAIN = "sent_in_vain"
CHAIN_BROKEN = "chain_broken"
"""Its detail is "<number of the first event behind the break> <name of the node>"."""
BAY_FUEL_CAR, BAY_CHARGED = "bay_fuel_car", "bay_charged"
"""Of a charging bay, whose code is the detail."""
DETAIL_MAX = 300


def on_trouble(db: Session, trouble: Trouble) -> None:
    """Ingest found something wrong with a journal: raise central's alarm, or end it."""
    if trouble.over:
        end_alarm(db, trouble.node_id, trouble.kind, trouble.at)
        return
    detail = trouble.detail
    if trouble.kind == CHAIN_BROKEN:
        detail = f"{detail} {node_name(db, trouble.node_id)}"
    raise_alarm(db, trouble.node_id, trouble.community_id, trouble.kind, detail, trouble.at)


def node_name(db: Session, node_id: UUID) -> str:
    """What central's own alarms, which have no lane, call a node; empty for one that is unknown."""
    return db.scalar(select(NodePresenceRow.name).where(NodePresenceRow.node_id == node_id)) or ""


def raise_alarm(db: Session, node_id: UUID, community_id: UUID, kind: str, detail: str | None, at: datetime) -> None:
    """An alarm of central about a node. While one of its kind is open, only the detail grows, by what it lacks."""
    made = insert(AlarmRow).values(
        tenant_id=tenant_of(db), alarm_id=new_id(), community_id=community_id, origin="central", kind=kind,
        node_id=node_id, detail=detail, raised_at=at,
    )  # fmt: skip
    told_already = made.excluded.detail == any_(func.string_to_array(AlarmRow.detail, ", "))
    grown = func.concat_ws(", ", AlarmRow.detail, made.excluded.detail)
    alarm_id = db.scalar(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "node_id", "kind"],
            index_where=text("origin = 'central' AND over_at IS NULL"),  # literal: a prepared plan must know the index
            set_={"detail": case((told_already, AlarmRow.detail), else_=func.left(grown, DETAIL_MAX))},
        ).returning(AlarmRow.alarm_id)
    )
    assert alarm_id is not None
    mark(db, "alarm", alarm_id, community_id)


def raise_again(db: Session, node_id: UUID, community_id: UUID, kind: str, detail: str | None, at: datetime) -> None:
    """As `raise_alarm`, of what comes and goes: the last one goes on while nobody has seen it, and no new card is made
    for each time."""
    unseen = (
        select(AlarmRow.alarm_id)
        .outerjoin(AlarmSeenRow, AlarmSeenRow.alarm_id == AlarmRow.alarm_id)
        .where(AlarmRow.origin == "central", AlarmRow.node_id == node_id, AlarmRow.kind == kind)
        .where(AlarmSeenRow.alarm_id.is_(None))
        .order_by(AlarmRow.raised_at.desc(), AlarmRow.alarm_id.desc())
        .limit(1)
    )
    if not is_raised(db, node_id, kind):
        goes_on = update(AlarmRow).where(AlarmRow.alarm_id == unseen.scalar_subquery(), AlarmRow.over_at.is_not(None))
        db.execute(goes_on.values(over_at=None))
    raise_alarm(db, node_id, community_id, kind, detail, at)


def end_alarm(db: Session, node_id: UUID, kind: str, at: datetime) -> bool:
    """End central's open alarm of this kind about a node. False when there is none."""
    ended = db.execute(
        update(AlarmRow)
        .where(
            AlarmRow.origin == "central", AlarmRow.node_id == node_id, AlarmRow.kind == kind, AlarmRow.over_at.is_(None)
        )
        .values(over_at=at)
        .returning(AlarmRow.alarm_id, AlarmRow.community_id)
    )
    rows = list(ended)
    for alarm_id, community_id in rows:
        mark(db, "alarm", alarm_id, community_id)
    return bool(rows)


def end_with_node(db: Session, node_id: UUID, by: str, at: datetime) -> None:
    """A node was revoked by somebody of this name: what it alone could call over ends, and its silence does."""
    ended = db.execute(
        update(AlarmRow)
        .where(AlarmRow.node_id == node_id, AlarmRow.over_at.is_(None))
        .where(
            or_(
                and_(AlarmRow.origin == "central", AlarmRow.kind == OFFLINE),
                and_(AlarmRow.origin == "node", AlarmRow.kind.not_in(OUTLIVES_NODE)),
            )
        )
        .values(over_at=at, revoked_by=by)
        .returning(AlarmRow.alarm_id, AlarmRow.community_id)
    )
    for alarm_id, community_id in ended:
        mark(db, "alarm", alarm_id, community_id)


def is_raised(db: Session, node_id: UUID, kind: str) -> bool:
    """Whether central's alarm of this kind about a node is open."""
    query = select(AlarmRow.alarm_id).where(
        AlarmRow.origin == "central", AlarmRow.node_id == node_id, AlarmRow.kind == kind, AlarmRow.over_at.is_(None)
    )
    return db.scalar(query) is not None


def open_of_lanes(db: Session, nodes: Mapping[UUID, UUID]) -> dict[UUID, list[tuple[str, str | None]]]:
    """(kind, device) of what the node of each lane raised about it and has not called over, seen by somebody or not.

    `nodes`: which node drives a lane now. What another node once said of it counts no more.
    """
    query = select(AlarmRow.lane_id, AlarmRow.node_id, AlarmRow.kind, AlarmRow.device).where(
        AlarmRow.lane_id.in_(nodes.keys()), AlarmRow.over_at.is_(None)
    )
    found: dict[UUID, list[tuple[str, str | None]]] = {}
    for lane_id, node_id, kind, device in db.execute(query):
        if lane_id is not None and nodes.get(lane_id) == node_id:
            found.setdefault(lane_id, []).append((kind, device))
    return found


def acknowledge_alarm(db: Session, actor: Actor, alarm_id: UUID, now: datetime) -> None:
    """A person takes note of an alarm, and of those it stands for. The first one counts; a second time changes
    nothing."""
    alarm = db.scalar(select(AlarmRow).where(AlarmRow.alarm_id == alarm_id))
    if alarm is None:
        raise NotFound("visits.no_alarm")
    actor.demand(ACKNOWLEDGE, alarm.community_id)
    seen = db.scalar(
        insert(AlarmSeenRow)
        .values(tenant_id=tenant_of(db), alarm_id=alarm_id, at=now, account_id=actor.id, name=actor.name)
        .on_conflict_do_nothing()
        .returning(AlarmSeenRow.alarm_id)
    )
    if seen is None:
        return
    if alarm.origin == "central" and alarm.kind in MOMENTARY:
        alarm.over_at = now  # so that the next one is a new alarm
    others = _repeats(db, alarm)
    if others:
        rows = [{"alarm_id": one, "at": now, "account_id": actor.id, "name": actor.name} for one in others]
        db.execute(insert(AlarmSeenRow).on_conflict_do_nothing(), rows)
    after = {"kind": alarm.kind} | ({"times": 1 + len(others)} if others else {})
    record(db, actor, "alarm.acknowledge", "alarm", alarm_id, after=after, community_id=alarm.community_id)
    for one in (alarm_id, *others):
        mark(db, "alarm", one, alarm.community_id)
    publish(db)


def close_fire(db: Session, actor: Actor, alarm_id: UUID, why: str, now: datetime) -> None:
    """A person's word that a fire is over whose node is revoked and can say so no more. Nothing is told to the gate."""
    said = {"tenant_id": tenant_of(db), "alarm_id": alarm_id, "at": now, "account_id": actor.id, "name": actor.name}
    db.execute(insert(AlarmClosedRow).values(**said, why=why).on_conflict_do_nothing())
    db.execute(insert(AlarmSeenRow).values(**said).on_conflict_do_nothing())
    closed = update(AlarmRow).where(AlarmRow.alarm_id == alarm_id, AlarmRow.over_at.is_(None)).values(over_at=now)
    for community_id, lane_id in db.execute(closed.returning(AlarmRow.community_id, AlarmRow.lane_id)):
        mark(db, "alarm", alarm_id, community_id)
        if lane_id is not None:
            mark(db, "lane", lane_id, community_id)
    publish(db)


def closed_at(db: Session, alarm_id: UUID) -> datetime | None:
    """When a person ended it; None where nobody did."""
    return db.scalar(select(AlarmClosedRow.at).where(AlarmClosedRow.alarm_id == alarm_id))


def _repeats(db: Session, alarm: AlarmRow) -> list[UUID]:
    """The other alarms that the card of this one stands for: nobody has seen them yet."""
    if alarm.kind not in MOMENTARY:
        return []
    query = select(AlarmRow.alarm_id).outerjoin(AlarmSeenRow, AlarmSeenRow.alarm_id == AlarmRow.alarm_id)
    alike = [AlarmRow.community_id == alarm.community_id, AlarmRow.kind == alarm.kind]
    if alarm.kind in APART:
        alike.append(AlarmRow.device.is_not_distinct_from(alarm.device))
    here = _PLACE.in_([alarm.lane_id or alarm.node_id])
    return list(db.scalars(query.where(*alike, here, AlarmRow.alarm_id != alarm.alarm_id, standing())))


def lanes_on_fire(db: Session, lane_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], int]:
    """(node, lane) of each fire alarm that is not over, with the number of its event. A replaced node's last word says
    nothing of its lanes now."""
    query = select(AlarmRow.node_id, AlarmRow.lane_id, AlarmRow.seq).where(
        AlarmRow.kind == AlarmKind.FIRE.value, AlarmRow.over_at.is_(None), AlarmRow.lane_id.in_(lane_ids)
    )
    rows = db.execute(query.order_by(AlarmRow.seq))
    return {(node_id, lane_id): seq or 0 for node_id, lane_id, seq in rows if node_id and lane_id}


def standing() -> ColumnElement[bool]:
    """`rules.needs_a_person`, for the database; a test holds the two together."""
    long = and_(AlarmRow.kind.in_(STAYS_WHEN_LONG), AlarmRow.over_at - AlarmRow.raised_at >= LONG)
    return or_(
        and_(AlarmSeenRow.at.is_(None), or_(AlarmRow.over_at.is_(None), AlarmRow.kind.in_(STAYS_UNTIL_SEEN), long)),
        and_(AlarmSeenRow.at.is_not(None), AlarmRow.over_at.is_(None), AlarmRow.kind.not_in(MOMENTARY)),
    )


_PLACE = func.coalesce(AlarmRow.lane_id, AlarmRow.node_id)
_CARD = (
    AlarmRow.community_id, AlarmRow.kind, _PLACE, case((AlarmRow.kind.not_in(MOMENTARY), AlarmRow.alarm_id)),
    case((AlarmRow.kind.in_(APART), AlarmRow.device)),
)  # fmt: skip
"""What has all of these alike shares a card: what only repeats, at one lane. The rows stay apart, as the journal says
them, so that they can be made anew from it, and what comes after the card was seen begins a new one."""


def cards(
    community_ids: Collection[UUID] | None, limit: int
) -> Select[AlarmRow, AlarmSeenRow | None, int, datetime, UUID]:
    """The alarms that stand on the guard's page: the first of each card, how often, when last and which that was;
    newest first."""
    row = func.row_number().over(partition_by=_CARD, order_by=(AlarmRow.raised_at, AlarmRow.alarm_id))
    times, last_at = (what.over(partition_by=_CARD) for what in (func.count(), func.max(AlarmRow.raised_at)))
    newest_first = (AlarmRow.raised_at.desc(), AlarmRow.alarm_id.desc())
    last = func.first_value(AlarmRow.alarm_id).over(partition_by=_CARD, order_by=newest_first)
    told = (row.label("place"), times.label("times"), last_at.label("last_at"), last.label("last_id"))
    query = select(AlarmRow.alarm_id, *told)
    query = query.outerjoin(AlarmSeenRow, AlarmSeenRow.alarm_id == AlarmRow.alarm_id)
    card = query.where(in_communities(community_ids), standing()).subquery()
    shown: Any = alarms_with_seen().join(card, card.c.alarm_id == AlarmRow.alarm_id).where(card.c.place == 1)
    counts: Any = shown.add_columns(card.c.times, card.c.last_at, card.c.last_id)
    newest: Any = counts.order_by(card.c.last_at.desc(), AlarmRow.alarm_id)
    counted: Select[AlarmRow, AlarmSeenRow | None, int, datetime, UUID] = newest.limit(limit)
    return counted


def alarms_with_seen() -> Select[AlarmRow, AlarmSeenRow | None]:
    query: Any = select(AlarmRow, AlarmSeenRow)
    joined: Select[AlarmRow, AlarmSeenRow | None] = query.outerjoin(
        AlarmSeenRow, AlarmSeenRow.alarm_id == AlarmRow.alarm_id
    )
    return joined


def alarm_view(
    alarm: AlarmRow, seen: AlarmSeenRow | None, lanes: dict[UUID, LaneView], times: int = 1,
    last_at: datetime | None = None, last_id: UUID | None = None,
) -> AlarmView:  # fmt: skip
    lane = lanes.get(alarm.lane_id) if alarm.lane_id else None
    fire_at = _fire_at(alarm, lanes.values())
    return AlarmView(
        alarm_id=alarm.alarm_id, community_id=alarm.community_id, kind=alarm.kind, node_id=alarm.node_id,
        lane_id=alarm.lane_id, lane_name=lane.lane.name if lane else "", device=alarm.device, detail=alarm.detail,
        raised_at=alarm.raised_at, over_at=alarm.over_at, acknowledged_at=seen.at if seen else None,
        acknowledged_by=seen.name if seen else None, times=times, last_at=last_at or alarm.raised_at,
        last_id=last_id or alarm.alarm_id,
        over_seq=alarm.over_seq, revoked_by=alarm.revoked_by,
        fire_here=any(one.lane.lane_id == alarm.lane_id for one in fire_at),
        fire_elsewhere=tuple(full_name(one) for one in fire_at if one.lane.lane_id != alarm.lane_id),
        vehicles=lane is not None and bool(lane.vehicles),
    )  # fmt: skip


def _fire_at(alarm: AlarmRow, lanes: Iterable[LaneView]) -> list[LaneView]:
    """The lanes whose own inputs said fire; none where the node did not tell (older nodes), or central has no such."""
    codes = (alarm.detail or "").split() if alarm.kind == AlarmKind.FIRE.value else []
    return [one for one in lanes if one.lane.code in codes and one.community_id == alarm.community_id]


def full_name(lane: LaneView) -> str:
    """A lane with its gate, which its own name may hold already."""
    return lane.lane.name if lane.gate_name in lane.lane.name else f"{lane.gate_name} · {lane.lane.name}"


def in_communities(community_ids: Collection[UUID] | None) -> ColumnElement[bool]:
    return true() if community_ids is None else AlarmRow.community_id.in_(community_ids)

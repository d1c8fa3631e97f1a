"""Which kinds of credential a lane takes, and when; never the face alone (ACC-01, ACC-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.access import snapshot
from central.gates.access.permissions import EDIT_RULES
from central.gates.access.tables import LaneKindRow
from central.people.assessment.service import demand_current
from central.people.community.queries import lanes_of
from models.access.credential import Kind
from models.access.schedule import HOLIDAY, Span

OFFERED = (Kind.FACE, Kind.PASS, Kind.CARD, Kind.PIN)
"""What a person presents at a lane. A remote open and an exit button are nobody's credential: they stand for none."""


def set_kinds(
    db: Session, actor: Actor, community_id: UUID, lane_id: UUID, kinds: Mapping[Kind, Sequence[Span]]
) -> None:
    """The whole list of one lane. Empty: every kind, always. Saying the same again changes nothing.

    Conflict where faces would be taken that are not taken now, and no impact assessment counts (PRIV-10).
    """
    actor.demand(EDIT_RULES, community_id)
    if lane_id not in {view.lane.lane_id for view in lanes_of(db, community_id)}:
        raise Invalid("access.lanes_unknown", fields={"lane_id": "access.lanes_unknown"})
    if not all(kind in OFFERED for kind in kinds):
        raise Invalid("access.kind_not_offered", fields={"kinds": "access.kind_not_offered"})
    if not all(kinds.values()):
        raise Invalid("access.schedule_empty", fields={"kinds": "access.schedule_empty"})
    alone = face_alone(kinds)
    if alone is not None:
        hour = f"{alone // 60:02d}:{alone % 60:02d}"
        raise Invalid("access.face_alone", fields={"kinds": "access.face_alone"}, hour=hour)
    wanted = {kind.value: [span.model_dump(mode="json") for span in schedule] for kind, schedule in kinds.items()}
    before = _said(db, lane_id)
    if before == wanted:
        return
    if Kind.FACE in kinds or (not kinds and before and Kind.FACE.value not in before):
        demand_current(db, community_id, clock.now())
    db.execute(delete(LaneKindRow).where(LaneKindRow.lane_id == lane_id))
    for kind, spans in wanted.items():
        db.add(LaneKindRow(community_id=community_id, lane_id=lane_id, kind=kind, schedule=spans))
    db.flush()
    record(
        db, actor, "lane.kinds", "lane", lane_id, community_id=community_id, before=before, after=_said(db, lane_id)
    )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)


def face_alone(kinds: Mapping[Kind, Sequence[Span]]) -> int | None:
    """The first minute of a day at which a face would be the only way, or None. Pure.

    Only where a span begins or ends can the answer change. A span over midnight is asked for on every day together
    with every day that may come before it, holidays included.
    """
    faces = kinds.get(Kind.FACE, ())
    others = [span for kind, spans in kinds.items() if kind is not Kind.FACE for span in spans]
    edges = {0} | {edge % 1440 for span in (*faces, *others) for edge in (span.start_minute, span.end_minute)}
    for minute in sorted(edges):
        for day in range(1, HOLIDAY + 1):
            for before in range(1, HOLIDAY + 1):
                follows = HOLIDAY in (day, before) or day == before % 7 + 1
                if follows and _on(faces, day, before, minute) and not _on(others, day, before, minute):
                    return minute
    return None


def _on(spans: Sequence[Span], day: int, before: int, minute: int) -> bool:
    for span in spans:
        if span.start_minute < span.end_minute:
            if day in span.days and span.start_minute <= minute < span.end_minute:
                return True
        elif (day in span.days and minute >= span.start_minute) or (before in span.days and minute < span.end_minute):
            return True
    return False


def _said(db: Session, lane_id: UUID) -> dict[str, object]:
    query = select(LaneKindRow.kind, LaneKindRow.schedule).where(LaneKindRow.lane_id == lane_id)
    return dict(iter(db.execute(query.order_by(LaneKindRow.kind))))

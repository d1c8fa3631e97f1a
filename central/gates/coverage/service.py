"""What can be done about key points: keep the list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.coverage.permissions import EDIT_POINTS
from central.gates.coverage.queries import units_unlisted
from central.gates.coverage.rules import UNITS_OF, PointKind
from central.gates.coverage.tables import KeyPointRow
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of, lanes_of, unit_labels


def set_point(
    db: Session, actor: Actor, community_id: UUID, kind: PointKind, name: str, *, now: datetime,
    unit_id: UUID | None = None, lane_id: UUID | None = None, point_id: UUID | None = None,
) -> KeyPointRow:  # fmt: skip
    """A new point, or with `point_id` another word about one that is there. Saying the same again changes nothing."""
    community_of(db, community_id)
    actor.demand(EDIT_POINTS, community_id)
    point = find(db, KeyPointRow, point_id, "coverage.no_point", lock=True) if point_id else None
    if point is not None:
        actor.demand(EDIT_POINTS, point.community_id)
    _check(db, community_id, kind, unit_id, lane_id, point)
    wanted = {"kind": kind.value, "name": name, "unit_id": unit_id, "lane_id": lane_id}
    before = _said(point) if point is not None else None
    taken = Conflict("coverage.name_taken", name=name)
    if point is None:
        point = KeyPointRow(community_id=community_id, set_at=now, **wanted)
        add_unless_taken(db, point, taken)
    elif all(getattr(point, field) == value for field, value in wanted.items()):
        return point
    else:
        _change(db, point, wanted | {"set_at": now}, taken)
    record(db, actor, "point.set", "key_point", point.id, before=before, after=_said(point), community_id=community_id)
    return point


def list_unit_doors(db: Session, actor: Actor, community_id: UUID, *, now: datetime) -> int:
    """A point for the door of every unit that has none in the list; how many. No lane covers them until one is named.

    A name that another point has already leaves that unit to be named by hand.
    """
    community_of(db, community_id)
    actor.demand(EDIT_POINTS, community_id)
    made = 0
    for unit_id, label in units_unlisted(db, community_id).items():
        point = KeyPointRow(
            community_id=community_id, kind=PointKind.UNIT_DOOR.value, name=label, unit_id=unit_id, set_at=now
        )
        try:
            add_unless_taken(db, point, Conflict("coverage.name_taken", name=label))
        except Conflict:
            continue
        made += 1
        record(db, actor, "point.set", "key_point", point.id, after=_said(point), community_id=community_id)
    return made


def drop_point(db: Session, actor: Actor, point_id: UUID) -> None:
    """No key point any more."""
    point = find(db, KeyPointRow, point_id, "coverage.no_point", lock=True)
    actor.demand(EDIT_POINTS, point.community_id)
    before = _said(point)
    db.delete(point)
    db.flush()
    record(db, actor, "point.drop", "key_point", point_id, before=before, community_id=point.community_id)


def _check(
    db: Session, community_id: UUID, kind: PointKind, unit_id: UUID | None, lane_id: UUID | None,
    point: KeyPointRow | None,
) -> None:  # fmt: skip
    problems: dict[str, str] = {}
    if unit_id is not None and unit_id not in unit_labels(db, community_id):
        problems["unit_id"] = "coverage.unit_unknown"
    elif unit_id is not None and kind not in UNITS_OF:
        problems["unit_id"] = "coverage.unit_not_here"
    elif unit_id is None and kind is PointKind.UNIT_DOOR:
        problems["unit_id"] = "coverage.unit_needed"
    if lane_id is not None and lane_id not in {view.lane.lane_id for view in lanes_of(db, community_id)}:
        problems["lane_id"] = "access.lanes_unknown"
    if point is not None and point.community_id != community_id:
        problems["name"] = "coverage.no_point"
    if problems:
        raise Invalid(fields=problems)


def _change(db: Session, point: KeyPointRow, values: Mapping[str, Any], taken: Conflict) -> None:
    try:
        with db.begin_nested():
            for field, value in values.items():
                setattr(point, field, value)
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise taken from error
        raise


def _said(point: KeyPointRow) -> dict[str, Any]:
    return {
        "kind": point.kind, "name": point.name, "unit_id": str(point.unit_id) if point.unit_id else None,
        "lane_id": str(point.lane_id) if point.lane_id else None,
    }  # fmt: skip

"""A node's request came a second time: an alarm of central's, with how often and where the last came from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.identity.replays import Replays
from central.base.kernel.session import tenant_of
from central.gates.ingest import queries as journal
from central.gates.visits.alarms import node_name, raise_alarm
from central.gates.visits.live import mark, publish
from central.gates.visits.tables import AlarmRow

NODE_REPLAYED = "node_replayed"


def on_replay(db: Session, node_id: UUID, count: int, source: str, now: datetime) -> None:
    """One alarm while nobody has seen it, however many come. Its detail is "<count> <source> <name of the node>"."""
    name, community_id = node_name(db, node_id), journal.community_of_node(db, node_id)
    standing = db.scalar(
        select(AlarmRow)
        .where(
            AlarmRow.origin == "central", AlarmRow.node_id == node_id, AlarmRow.kind == NODE_REPLAYED,
            AlarmRow.over_at.is_(None),
        )
        .with_for_update()
    )  # fmt: skip
    if standing is None:
        raise_alarm(db, node_id, community_id, NODE_REPLAYED, f"{count} {source} {name}", now)
    else:
        before = (standing.detail or "").partition(" ")[0]
        standing.detail = f"{count + int(before)} {source} {name}"
        db.flush()
        mark(db, "alarm", standing.alarm_id, community_id)
    publish(db)


def tell_waiting(db: Session, now: datetime, *, replays: Replays) -> None:
    """The end of a burst: those behind which none came that would have told them."""
    for node_id, count, source in replays.due(tenant_of(db), now):
        on_replay(db, node_id, count, source, now)

"""What nodes say of the watch group's faces: stored here, gone from here. Any order, any number of times."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.ingest.queries import community_of_node, told_at
from central.gates.nodes.watch_group.tables import WatchReceiptRow
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import WatchChanged


def project_changed(db: Session, event: Event, body: WatchChanged) -> None:
    said = {
        "community_id": community_of_node(db, event.node_id), "what": body.what, "at": told_at(db, event),
        "seq": event.seq,
    }  # fmt: skip
    made = insert(WatchReceiptRow).values(
        id=new_id(), tenant_id=tenant_of(db), node_id=event.node_id, entry_id=body.entry_id, **said
    )
    db.execute(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "node_id", "entry_id"], set_=said, where=WatchReceiptRow.seq < event.seq
        )
    )

"""Signed snapshots: made once per version and node, kept as text, served until a newer one is due."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.access import snapshot as access
from central.gates.access.site_keys import card_key, plate_key
from central.gates.nodes.faces.left_out import told_to_maker
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.told import erasures_for, without_consent
from central.gates.nodes.keys import rules_signed, signing_key_of_site
from central.gates.nodes.own_keys import node_keys
from central.gates.nodes.rules import SNAPSHOT_LIFE, needs_renewal
from central.gates.nodes.tables import NodeRow, NodeSnapshotRow
from central.gates.nodes.watch_group.service import told_to_gates
from central.gates.parking.bookings.facts import bookings_told
from central.gates.parking.plates.listed import plates_told
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.invited import visitors_told
from central.gates.parking.stays.told import tariffs_told
from central.gates.parking.storms.storm import storms_told
from central.gates.visits.corrections import told_to
from central.gates.visits.presence import lanes_of_node
from models.wire.plates import PassingEntry, PlateEntry
from models.wire.signed import Signed, sign
from models.wire.snapshot import Snapshot

log = logging.getLogger(__name__)


def newer_than(db: Session, node: NodeRow, have: int, now: datetime) -> Signed | None:
    """The community's snapshot when it is newer than what the node has, else None. Never a lower version (SEC-10)."""
    if access.version(db, node.community_id) <= have:
        return None
    kept = _kept(db, node)
    if kept is None or kept.version < access.version(db, node.community_id) or needs_renewal(kept.issued_at, now):
        _make(db, node, now)
        kept = _kept(db, node)
    return _signed(kept) if kept is not None and kept.version > have else None


def stays_newer_than(db: Session, node: NodeRow, have: int, now: datetime) -> Signed | None:
    """News of the car park for a node that has number `have` of it; None for one of doors alone."""
    if not node.vehicles:
        return None
    told = told_stays.newer_than(db, node.community_id, node.id, have, now)
    if told is None:
        return None
    return sign(told.model_dump_json(), "stays", signing_key_of_site(db, node.community_id))


def issued_at(db: Session, node: NodeRow, version: int) -> datetime | None:
    """When the snapshot that the node says it has was issued; None when central remembers another one."""
    query = select(NodeSnapshotRow.issued_at).where(
        NodeSnapshotRow.node_id == node.id, NodeSnapshotRow.version == version
    )
    return db.scalar(query)


def _kept(db: Session, node: NodeRow) -> NodeSnapshotRow | None:
    """What was made for this node last. A row that this community's key did not sign, for this node and version, was
    written by somebody else: it goes, and the log says so."""
    query = select(NodeSnapshotRow).where(NodeSnapshotRow.node_id == node.id)
    kept = db.scalar(query.execution_options(populate_existing=True))
    if kept is None:
        return None
    rules = rules_signed(db, node.community_id, _signed(kept))
    if rules is not None and (rules.node_id, rules.version) == (node.id, kept.version):
        return kept
    log.error(
        "the rules that were kept for a node were not signed by central: they are thrown away and made anew. Somebody "
        "writes the database",
        extra={"node_id": str(node.id), "tenant_id": str(tenant_of(db))},
    )
    planted = (NodeSnapshotRow.version == kept.version, NodeSnapshotRow.signature == kept.signature)
    db.execute(delete(NodeSnapshotRow).where(NodeSnapshotRow.node_id == node.id, *planted))
    return None


def _signed(kept: NodeSnapshotRow) -> Signed:
    return Signed(payload=kept.payload, signature=kept.signature)


def _make(db: Session, node: NodeRow, now: datetime) -> None:
    """Build, sign and keep. Of two at once the higher version stays."""
    card_key(db, node.community_id)  # also where no card is given yet: an unknown one can then be told, and bound
    parts = access.parts(db, node.community_id, now, node.gate_id)
    told = erasures_for(db, node, now)
    mine = frozenset(lanes_of_node(db, node.id))
    plates = plates_told(db, node.community_id, mine, now) if node.vehicles else ()
    tariffs = tariffs_told(db, node.community_id, now) if node.vehicles else ()
    maker = maker_of(db, node.community_id)
    snapshot = Snapshot(
        tenant_id=tenant_of(db),
        site_id=node.community_id,
        node_id=node.id,
        version=parts.version,
        issued_at=now,
        expires_at=now + SNAPSHOT_LIFE,
        lanes=tuple(lane for lane in parts.lanes if lane.lane_id in mine),
        pass_keys=parts.pass_keys,
        rules=parts.rules,
        holidays=parts.holidays,
        cardholders=without_consent(parts.cardholders, told.erase),
        credentials=parts.credentials,
        revoked=parts.revoked,
        refer_when_stale=parts.refer_when_stale,
        send_pictures=parts.send_pictures,
        pictures_kept=parts.pictures_kept,
        passback=parts.passback,
        lockdowns=parts.lockdowns,
        card_key=parts.card_key,
        cards=parts.cards,
        units=parts.units,
        kinds=tuple(window for window in parts.kinds if window.lane_id in mine),
        floors=tuple(
            one.model_copy(update={"lanes": one.lanes & mine}) for one in parts.floors if one.lanes & mine
        ),  # on which floor somebody lives is told to nobody but the lift that goes there
        erase=told.erase,
        overtaken=told.overtaken,
        corrected=told_to(db, node.id, now),
        watch=told_to_gates(db, node.community_id, now),
        plate_key=plate_key(db, node.community_id).hex() if node.vehicles else "",
        plates=tuple(one for one in plates if isinstance(one, PlateEntry)),
        passing=tuple(one for one in plates if isinstance(one, PassingEntry)),
        tariffs=tariffs,
        booked=bookings_told(db, node.community_id, now) if node.vehicles else (),
        invited=visitors_told(db, node.community_id, tariffs, now),
        storms=storms_told(db, node.community_id, now) if node.vehicles else (),
        nodes=node_keys(db, node.community_id, but=node.id),
        maker=maker,
        left_out=told_to_maker(db, node.community_id, node.id, now) if maker == node.id else (),
    )
    signed = sign(snapshot.model_dump_json(), "snapshot", signing_key_of_site(db, node.community_id))
    values = {
        "version": parts.version, "payload": signed.payload, "signature": signed.signature, "issued_at": now,
        "expires_at": snapshot.expires_at,
    }  # fmt: skip
    made = insert(NodeSnapshotRow).values(tenant_id=tenant_of(db), node_id=node.id, **values)
    db.execute(
        made.on_conflict_do_update(
            index_elements=["tenant_id", "node_id"], set_=values, where=NodeSnapshotRow.version <= made.excluded.version
        )
    )


def renew(db: Session, now: datetime) -> int:
    """Issue anew, under a new version, where a node's snapshot is a day old: a version alone would not reach it.

    Returns how many communities. Timed work; a node that polls then has 48 hours left in hand, always.
    """
    query = select(NodeRow.community_id, NodeSnapshotRow.issued_at, NodeSnapshotRow.version).join(
        NodeSnapshotRow, NodeSnapshotRow.node_id == NodeRow.id
    )
    due = {
        community_id
        for community_id, issued, version in db.execute(query.where(NodeRow.revoked_at.is_(None)))
        if needs_renewal(issued, now) and version == access.version(db, community_id)
    }
    for community_id in sorted(due):
        access.changed(db, community_id)
    return len(due)

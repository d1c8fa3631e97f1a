"""Which version of the rules a node is believed to have: none that central has not made itself (SEC-10).

A node that says a higher one than central remembers lies, or central was restored from an older backup. So it is asked
for the snapshot itself, which bears this community's signature: without it, nothing follows but an alarm.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot as access
from central.gates.nodes.keys import rules_signed
from central.gates.nodes.tables import NodeRow
from central.gates.visits.alarms import NODE_CLAIMS, end_alarm, is_raised, raise_again
from central.gates.visits.live import publish
from models.wire.signed import Signed

log = logging.getLogger(__name__)

NUMBERS_LOST_MAX = 100_000
"""Commands to one node that may have been lost with a restored database."""


def claims_too_much(db: Session, node: NodeRow, have: int, now: datetime) -> bool:
    """Whether a node says that it has rules of a version that central never made, or no longer remembers.

    Its word alone is not believed: an alarm stands until the node proves it (`prove_rules`) or says something else.
    Where another machine says so with a copied key, and the node itself something else each time, it is one alarm.
    """
    known = access.version(db, node.community_id)
    if have <= known:
        if is_raised(db, node.id, NODE_CLAIMS):
            end_alarm(db, node.id, NODE_CLAIMS, now)
            publish(db)
        return False
    if not is_raised(db, node.id, NODE_CLAIMS):
        log.warning("a node claims rules that central never made", extra={"node_id": str(node.id), "have": have})
        raise_again(db, node.id, node.community_id, NODE_CLAIMS, f"{node.name}: {have} > {known}", now)
        publish(db)
    return True


def prove_rules(db: Session, node_id: UUID, signed: Signed, now: datetime) -> None:
    """A node shows the rules it has, signed by this community's own key: central was restored from an older backup.

    Its version overtakes the node's, so that the node hears of changes again; the numbers of commands leap too, for
    every node of the community has judged higher ones and would refuse what is given now as replayed. Audited. Raises
    `Invalid` for what this key has not signed, for this node.
    """
    node = db.scalars(select(NodeRow).where(NodeRow.id == node_id)).one()
    rules = rules_signed(db, node.community_id, signed)
    if rules is None or rules.node_id != node.id:
        raise Invalid("nodes.rules_not_ours")
    before = access.overtake(db, node.community_id, rules.version)
    if before is None:
        return  # another node's proof came first
    said = {"node_id": str(node.id), "have": rules.version, "before": before}
    log.warning("central was behind a node's rules and has overtaken them", extra=said)
    db.execute(
        update(NodeRow)
        .where(NodeRow.community_id == node.community_id)
        .values(last_number=NodeRow.last_number + NUMBERS_LOST_MAX)
    )
    record(
        db, system(tenant_of(db), "downlink"), "snapshot.catch_up", "community", node.community_id,
        after={"from": before, "to": access.version(db, node.community_id), "node_id": str(node.id)},
        community_id=node.community_id,
    )  # fmt: skip
    end_alarm(db, node.id, NODE_CLAIMS, now)
    publish(db)

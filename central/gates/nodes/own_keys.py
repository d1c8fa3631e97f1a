"""Whether a node's key was written by central itself, or by somebody who can write its database.

Templates are sealed to these keys, and taken from whoever signs with them: one row put in by hand read out every
template of a site and planted faces. So a key counts only with a seal that the master key made when the node was
enrolled; the master key lies outside the database. A row without one is nobody: it is not known when it calls, nothing
is addressed to it, no gate is told of it, and it is told to whoever runs central, in the log.

Nodes enrolled before there were seals get theirs once, at the first start that knows of them. That it was done is
remembered in the folder of secrets, where a writer of the database cannot unsay it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from central.base.kernel.secrets import SecretsError, seal, unseal_for
from central.base.kernel.session import tenant_ids, tenant_of, tenant_session
from central.gates.access import snapshot
from central.gates.nodes.tables import NodeRow
from models.wire.faces import NodeKey

DONE = "node-keys-sealed"
"""The file in the folder of secrets that says that nodes without a seal are no longer believed."""

log = logging.getLogger(__name__)


def seal_of(db: Session, node: NodeRow) -> bytes:
    """What `key_seal` has to be for this node, community and key, and for no other."""
    return seal(db, b"", _about(node.id, node.community_id, node.public_key))


def is_own(
    db: Session, tenant_id: UUID, node_id: UUID, community_id: UUID, public_key: bytes, sealed: bytes | None
) -> bool:
    """Whether central sealed this key. `db` need not be bound to the tenant yet."""
    try:
        if sealed is not None:
            unseal_for(db, tenant_id, sealed, _about(node_id, community_id, public_key))
            return True
    except SecretsError:
        pass  # said below, as for a row that has no seal at all
    log.error(
        "the key of a node was not written by central: nothing is addressed to it, and it is not known when it calls. "
        "Somebody writes the database, or it was restored without its master key; from a backup of before there were "
        "seals, remove the file secrets/node-keys-sealed and start again. Else revoke the node on its page",
        extra={"node_id": str(node_id), "tenant_id": str(tenant_id)},
    )
    return False


def nodes_of(db: Session, community_id: UUID) -> dict[UUID, NodeRow]:
    """The nodes of a community that count, by id, in the order of their enrolment: not revoked, their keys sealed."""
    query = select(NodeRow).where(NodeRow.community_id == community_id, NodeRow.revoked_at.is_(None))
    rows = db.scalars(query.order_by(NodeRow.enrolled_at, NodeRow.id))
    return {
        row.id: row for row in rows if is_own(db, tenant_of(db), row.id, row.community_id, row.public_key, row.key_seal)
    }


def node_keys(db: Session, community_id: UUID, but: UUID) -> tuple[NodeKey, ...]:
    """The keys of a community's nodes, without that of the one which is told."""
    return tuple(
        NodeKey(node_id=row.id, public_key=row.public_key.hex())
        for row in nodes_of(db, community_id).values()
        if row.id != but
    )


def seal_once(engine: Engine, secrets: Path) -> int:
    """Seal the keys of the nodes that were enrolled before there were seals, if that was never done here, and tell
    every gate its site's keys. Returns how many. `secrets`: the folder in which that is remembered."""
    done, sealed = secrets / DONE, 0
    if done.exists():
        return 0
    for tenant_id in tenant_ids(engine):
        with tenant_session(engine, tenant_id) as db:
            rows = db.scalars(select(NodeRow).where(NodeRow.key_seal.is_(None))).all()
            for row in rows:
                row.key_seal = seal_of(db, row)
            for community_id in sorted({row.community_id for row in rows}):
                snapshot.changed(db, community_id)
            sealed += len(rows)
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    done.touch(mode=0o600)
    return sealed


def _about(node_id: UUID, community_id: UUID, public_key: bytes) -> str:
    return f"node_key:{node_id}:{community_id}:{public_key.hex()}"

"""A node's rules as it would have got them hours ago, signed by central's own key: one JSON line.

python -m tests.scenarios.rules_of_before DATA TENANT NODE HOURS, while central is stopped: only one process may hold
the embedded PostgreSQL. Central remembers that it gave them then.
"""

import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select

from central.base.kernel import clock
from central.base.kernel.session import tenant_session
from central.bootstrap import running
from central.config import Config
from central.gates.nodes.snapshots import newer_than
from central.gates.nodes.tables import NodeRow, NodeSnapshotRow
from scripts.seed import COMPANY


def main(data: Path, tenant: UUID, node_id: UUID, hours: float) -> None:
    config = Config(data=data.resolve(), company=COMPANY, log_level="WARNING")
    with running(config) as central, tenant_session(central.parts.engine, tenant) as db:
        node = db.scalars(select(NodeRow).where(NodeRow.id == node_id)).one()
        db.execute(delete(NodeSnapshotRow).where(NodeSnapshotRow.node_id == node_id))
        made = newer_than(db, node, 0, clock.now() - timedelta(hours=hours))
        assert made is not None
        print(made.model_dump_json())


if __name__ == "__main__":
    main(Path(sys.argv[1]), UUID(sys.argv[2]), UUID(sys.argv[3]), float(sys.argv[4]))

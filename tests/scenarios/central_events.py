"""Each event of a node as central stores it, a line of JSON each: python -m tests.scenarios.central_events."""

import json
import sys
from pathlib import Path
from uuid import UUID

from central.base.kernel.session import tenant_session
from central.bootstrap import running
from central.config import Config
from central.gates.ingest import queries
from scripts.seed import COMPANY


def main(data: Path, tenant: UUID, node_id: UUID) -> None:
    config = Config(data=data.resolve(), company=COMPANY, log_level="WARNING")
    with running(config) as central, tenant_session(central.parts.engine, tenant) as db:
        after = 0
        while chunk := queries.journal_chunk(db, node_id, after, 1000):
            for event in chunk:
                told = (event.seq, str(event.event_id), str(event.correlation), event.hash.hex(), event.body)
                print(json.dumps(told))
            after = chunk[-1].seq


if __name__ == "__main__":
    main(Path(sys.argv[1]), UUID(sys.argv[2]), UUID(sys.argv[3]))

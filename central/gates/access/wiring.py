"""Put the domain into central: its routes, its vault, and an ear for what changes below it."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from central.base.kernel.outbox import News
from central.base.kernel.secrets import attach_vault, open_vault
from central.base.kernel.session import tenant_ids, tenant_session
from central.base.parts import Parts
from central.gates.access import (
    routes,
    routes_credentials,
    routes_holders,
    routes_households,
    routes_kinds,
    routes_rules,
    routes_zones,
    snapshot,
)
from central.gates.access.tables import GateSettingsRow, LockdownRow, PassKeyRow
from central.people.consent import queries as consent

KEY_FILE = "master.key"
ELSEWHERE = "MENTING_KEY_FILE"
"""Environment: another place for the master key. In the data folder, a backup of that folder opens everything in it."""


def register(parts: Parts) -> None:
    path = key_file(parts.data)
    attach_vault(parts.engine, open_vault(path, make=not path.exists() and not _anything_sealed(parts.engine)))
    parts.handlers.on(
        "access.tell_gates", {"lane.changed", "gate.added", "residency.changed", "floors.changed"}, _tell_gates
    )
    parts.whose["lockdown_id"] = _whose_lockdown
    parts.routers.extend((routes.router, routes_holders.router, routes_rules.router, routes_zones.router))
    parts.routers.extend((routes_households.router, *routes_credentials.routers, routes_kinds.router))


def key_file(data: Path) -> Path:
    """Where the master key lies: as the environment says, else in the data folder."""
    elsewhere = os.environ.get(ELSEWHERE)
    return Path(elsewhere) if elsewhere else data / "secrets" / KEY_FILE


def _anything_sealed(engine: Engine) -> bool:
    """Whether some tenant's keys are sealed already: then a missing master key is a loss, not a first start."""
    for tenant_id in tenant_ids(engine):
        with tenant_session(engine, tenant_id) as db:
            made = GateSettingsRow.sealed_card_key.is_not(None) | GateSettingsRow.sealed_plate_key.is_not(None)
            node_key = select(GateSettingsRow.id).where(made).limit(1)
            if db.scalar(select(PassKeyRow.id).limit(1)) is not None or db.scalar(node_key) is not None:
                return True
            if consent.anything_sealed(db):
                return True
    return False


def _whose_lockdown(db: Session, lockdown_id: UUID) -> UUID | None:
    return db.scalar(select(LockdownRow.community_id).where(LockdownRow.id == lockdown_id))


def _tell_gates(db: Session, news: News) -> None:
    """A lane, a floor, or the end of somebody's time at home: the gates learn it with their next snapshot."""
    snapshot.changed(db, UUID(news.payload["community_id"]), correlation_id=news.correlation_id)

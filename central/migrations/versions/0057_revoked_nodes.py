"""What was last heard of a revoked node is kept, and its alarms end with it: what nobody can call over any more would
go on for ever. Of nodes revoked before, the name of who did it is in the audit alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0057_revoked_nodes", "0056_sent_mail"


def upgrade() -> None:
    op.add_column("node_presence", sa.Column("removed_at", sa.DateTime(timezone=True)))
    op.add_column("node_presence", sa.Column("removed_by", sa.Text()))
    op.add_column("alarm", sa.Column("revoked_by", sa.Text()))
    for table in ("alarm", "node"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE alarm SET over_at = node.revoked_at, revoked_by = '' FROM node "
        "WHERE node.tenant_id = alarm.tenant_id AND node.id = alarm.node_id AND node.revoked_at IS NOT NULL "
        "AND alarm.over_at IS NULL AND alarm.origin = 'node' AND alarm.kind IN ('forced', 'held_open', "
        "'camera_stale', 'device_fault', 'stuck_released', 'clock', 'disk', 'journal', 'tamper', 'camera_covered', "
        "'camera_moved')"
    )
    for table in ("alarm", "node"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    raise NotImplementedError

"""A node that told at enrolment of no lane for vehicles is told of no car; of nodes enrolled before, what is known of
their lanes counts. The rules of every gate are made anew, so that doors lose the plates that they were told. A picture
is held for its own node's alarms alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0063_nodes_of_vehicles", "0062_meant_exits"

TABLES = ("node", "lane", "lane_node", "gate_settings", "picture_hold", "journal_event", "visit")


def upgrade() -> None:
    op.add_column("node", sa.Column("vehicles", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE node SET vehicles = true WHERE EXISTS (SELECT FROM lane_node JOIN lane "
        "ON lane.tenant_id = lane_node.tenant_id AND lane.id = lane_node.lane_id "
        "WHERE lane_node.tenant_id = node.tenant_id AND lane_node.node_id = node.id AND lane.vehicles)"
    )
    op.execute("UPDATE gate_settings SET snapshot_version = snapshot_version + 1, changed_at = now()")
    op.add_column("picture_hold", sa.Column("node_id", sa.Uuid()))
    op.execute(
        "UPDATE picture_hold SET node_id = told.node_id FROM journal_event told "
        "WHERE told.tenant_id = picture_hold.tenant_id AND told.event_id = picture_hold.alarm_id"
    )
    op.execute(  # what a person named was the picture of the visit's decision
        "UPDATE picture_hold SET node_id = its.node_id FROM visit its "
        "WHERE picture_hold.cause = 'incident' AND its.tenant_id = picture_hold.tenant_id "
        "AND its.visit_id = picture_hold.correlation"
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    raise NotImplementedError

"""Nodes: enrolment, signing keys, snapshots, commands, live pictures."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import READ_WRITE, belongs_to, lookup_function, lookup_reads, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0006_gates_nodes", "0005_gates_visits"

AT = sa.DateTime(timezone=True)
KEEP = "SELECT, INSERT, UPDATE"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "node",
        _needed("community_id", sa.Uuid()),
        _needed("gate_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("version", sa.Text()),
        _needed("public_key", sa.LargeBinary()),
        sa.Column("last_number", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        _needed("enrolled_at", AT),
        sa.Column("revoked_at", AT),
        sa.UniqueConstraint("tenant_id", "public_key", name="uq_node_tenant_id_public_key"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
        grants=KEEP,
    )
    lookup_reads("node", ["id", "tenant_id", "name", "public_key", "revoked_at"])
    lookup_function(
        "node",
        "node uuid",
        "TABLE(tenant_id uuid, name text, public_key bytea)",
        "SELECT n.tenant_id, n.name, n.public_key FROM public.node n WHERE n.id = node AND n.revoked_at IS NULL",
    )
    tenant_table(
        "node_token",
        _needed("community_id", sa.Uuid()),
        _needed("gate_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("token_sha256", sa.LargeBinary()),
        _needed("made_at", AT),
        _needed("expires_at", AT),
        sa.Column("used_at", AT),
        sa.Column("node_id", sa.Uuid()),
        sa.UniqueConstraint("token_sha256", name="uq_node_token_token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
    )
    lookup_reads("node_token", ["tenant_id", "token_sha256"])
    lookup_function(
        "node_token",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT t.tenant_id FROM public.node_token t WHERE t.token_sha256 = digest",
    )
    tenant_table(
        "site_key",
        _needed("community_id", sa.Uuid()),
        _needed("public_key", sa.LargeBinary()),
        _needed("sealed", sa.LargeBinary()),
        sa.Column("made_at", AT, nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("tenant_id", "community_id", name="uq_site_key_tenant_id_community_id"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.create_table(
        "node_snapshot",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("node_id", sa.Uuid()),
        _needed("version", sa.BigInteger()),
        _needed("payload", sa.Text()),
        _needed("signature", sa.Text()),
        _needed("issued_at", AT),
        _needed("expires_at", AT),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", name="pk_node_snapshot"),
        belongs_to("node_id", "node"),
    )
    protect("node_snapshot", grants=READ_WRITE)
    tenant_table(
        "command",
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("number", sa.BigInteger()),
        _needed("action", sa.Text()),
        _needed("correlation", sa.Uuid()),
        _needed("actor_id", sa.Uuid()),
        _needed("actor_name", sa.Text()),
        _needed("reason", sa.Text()),
        _needed("payload", sa.Text()),
        _needed("signature", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'waiting'")),
        _needed("issued_at", AT),
        _needed("expires_at", AT),
        sa.Column("sent_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("result_reason", sa.Text()),
        sa.Column("result_seq", sa.BigInteger()),
        sa.UniqueConstraint("tenant_id", "node_id", "number", name="uq_command_tenant_id_node_id_number"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
        belongs_to("lane_id", "lane"),
        grants=KEEP,
    )
    op.create_index("ix_command_tenant_id_state", "command", ["tenant_id", "state", "expires_at"])
    op.create_index("ix_command_tenant_id_lane_id", "command", ["tenant_id", "lane_id", "issued_at"])
    tenant_table(
        "open_nonce",
        _needed("nonce_sha256", sa.LargeBinary()),
        _needed("lane_id", sa.Uuid()),
        _needed("account_id", sa.Uuid()),
        _needed("made_at", AT),
        sa.Column("used_at", AT),
        sa.UniqueConstraint("tenant_id", "nonce_sha256", name="uq_open_nonce_tenant_id_nonce_sha256"),
        belongs_to("lane_id", "lane"),
    )
    op.create_table(
        "live_picture",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("lane_id", sa.Uuid()),
        _needed("sealed", sa.LargeBinary()),
        _needed("taken_at", AT),
        sa.PrimaryKeyConstraint("tenant_id", "lane_id", name="pk_live_picture"),
        belongs_to("lane_id", "lane"),
        prefixes=["UNLOGGED"],
    )
    protect("live_picture", grants=READ_WRITE)


def downgrade() -> None:
    raise NotImplementedError

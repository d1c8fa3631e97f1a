"""Views of the journal: visits, alarms, states of lanes and nodes, and the live stream."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import READ_WRITE, belongs_to, protect
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0005_gates_visits", "0004_gates_ingest"

AT = sa.DateTime(timezone=True)


def _table(name: str, keys: tuple[str, ...], *items: sa.schema.SchemaItem, grants: str = READ_WRITE) -> None:
    """A tenant's table whose key is not `id`."""
    tenant = sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL))
    op.create_table(name, tenant, *items, sa.PrimaryKeyConstraint("tenant_id", *keys, name=f"pk_{name}"))
    protect(name, grants=grants)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _table(
        "visit",
        ("visit_id",),
        _needed("visit_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        sa.Column("lane_id", sa.Uuid()),
        _needed("happened_at", AT),
        _needed("received_at", AT),
        sa.Column("skew_ms", sa.BigInteger()),
        _needed("late", sa.Boolean()),
        sa.Column("decision_id", sa.Uuid()),
        sa.Column("seen_at", AT),
        sa.Column("decided_at", AT),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("detail", JSONB()),
        sa.Column("checks", JSONB()),
        sa.Column("cardholder_id", sa.Uuid()),
        sa.Column("credential_id", sa.Uuid()),
        sa.Column("rule_id", sa.Uuid()),
        sa.Column("rules_version", sa.BigInteger()),
        sa.Column("rules_age_s", sa.BigInteger()),
        sa.Column("decide_us", sa.BigInteger()),
        sa.Column("score", sa.Double()),
        sa.Column("threshold", sa.Double()),
        sa.Column("liveness", sa.Text()),
        sa.Column("party", sa.Integer()),
        sa.Column("command_id", sa.Uuid()),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("said", sa.Text()),
        sa.Column("actuated_at", AT),
        sa.Column("actuation_confirmed", sa.Boolean()),
        sa.Column("actuation_fault", sa.Text()),
        sa.Column("relay_us", sa.BigInteger()),
        sa.Column("opened_at", AT),
        sa.Column("closed_at", AT),
        sa.Column("passed", sa.Boolean()),
        sa.Column("passage_why", sa.Text()),
        sa.Column("passed_at", AT),
        sa.Column("open_ms", sa.BigInteger()),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_visit_tenant_id_happened_at", "visit", ["tenant_id", "happened_at", "visit_id"])
    op.create_index("ix_visit_tenant_id_lane_id", "visit", ["tenant_id", "lane_id", "happened_at"])

    _table(
        "alarm",
        ("alarm_id",),
        _needed("alarm_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("origin", sa.Text()),
        _needed("kind", sa.Text()),
        _needed("node_id", sa.Uuid()),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("lane_id", sa.Uuid()),
        sa.Column("device", sa.Text()),
        sa.Column("detail", sa.Text()),
        _needed("raised_at", AT),
        sa.Column("over_at", AT),
        sa.Column("over_seq", sa.BigInteger()),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_alarm_tenant_id_raised_at", "alarm", ["tenant_id", "raised_at", "alarm_id"])
    op.create_index("ix_alarm_tenant_id_node_id", "alarm", ["tenant_id", "node_id", "kind", "seq"])
    op.create_index(
        "uq_alarm_tenant_id_central", "alarm", ["tenant_id", "node_id", "kind"], unique=True,
        postgresql_where=sa.text("origin = 'central' AND over_at IS NULL"),
    )  # fmt: skip

    _table(
        "lane_state",
        ("lane_id", "fact"),
        _needed("lane_id", sa.Uuid()),
        _needed("fact", sa.Text()),
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        _needed("seq", sa.BigInteger()),
        _needed("at", AT),
        _needed("value", sa.Text()),
        belongs_to("community_id", "community"),
    )
    _table(
        "node_state",
        ("node_id", "fact"),
        _needed("node_id", sa.Uuid()),
        _needed("fact", sa.Text()),
        _needed("community_id", sa.Uuid()),
        _needed("seq", sa.BigInteger()),
        _needed("at", AT),
        _needed("value", JSONB()),
        belongs_to("community_id", "community"),
    )
    _table(
        "alarm_seen",
        ("alarm_id",),
        _needed("alarm_id", sa.Uuid()),
        _needed("at", AT),
        sa.Column("account_id", sa.Uuid()),
        _needed("name", sa.Text()),
        grants="SELECT, INSERT",
    )
    _table(
        "node_presence",
        ("node_id",),
        _needed("node_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("since", AT),
        sa.Column("heard_at", AT),
        sa.Column("rules_version", sa.BigInteger()),
        sa.Column("rules_issued_at", AT),
        sa.Column("queue_length", sa.BigInteger()),
        sa.Column("skew_ms", sa.BigInteger()),
        sa.Column("disk_free_mb", sa.BigInteger()),
        sa.Column("software", sa.Text()),
        belongs_to("community_id", "community"),
    )
    _table(
        "lane_node",
        ("lane_id",),
        _needed("lane_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        belongs_to("lane_id", "lane"),
    )
    op.create_index("ix_lane_node_node_id", "lane_node", ["node_id"])
    _table(
        "review",
        ("id",),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _needed("name", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        sa.Column("at", AT, nullable=False, server_default=sa.func.now()),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, DELETE",
    )
    op.create_index("ix_review_at", "review", ["at"])
    op.create_index("ix_review_tenant_id_subject_id", "review", ["tenant_id", "subject_id", "id"])


def downgrade() -> None:
    raise NotImplementedError

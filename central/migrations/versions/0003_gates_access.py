"""Cardholders, credentials, passes and the keys that sign them, rules, holidays, and what gates are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision = "0003_gates_access"
down_revision = "0002_people_community"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    _settings_and_keys()
    _holders()
    _passes()
    _rules()


def _settings_and_keys() -> None:
    tenant_table(
        "gate_settings",
        _id("community_id"),
        sa.Column("snapshot_version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column("refer_when_stale", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("send_pictures", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        belongs_to("community_id", "community"),
        sa.UniqueConstraint("tenant_id", "community_id"),
    )
    tenant_table(
        "pass_key",
        _id("community_id"),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        _at("made_at"),
        _at("accepted_until", nullable=True),
        sa.CheckConstraint("number BETWEEN 0 AND 255", name="number"),
        belongs_to("community_id", "community"),
        sa.UniqueConstraint("tenant_id", "community_id", "number"),
    )
    op.create_index(
        "uq_pass_key_signing",
        "pass_key",
        ["tenant_id", "community_id"],
        unique=True,
        postgresql_where=sa.text("accepted_until IS NULL"),
    )


def _holders() -> None:
    tenant_table(
        "cardholder",
        _id("community_id"),
        _id("person_id"),
        sa.Column("groups", ARRAY(sa.Text()), nullable=False),
        _at("valid_from", nullable=True),
        _at("valid_until", nullable=True),
        _at("blocked_at", nullable=True),
        _text("blocked_reason", nullable=True),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
        sa.UniqueConstraint("tenant_id", "community_id", "person_id"),
    )
    tenant_table(
        "credential",
        _id("community_id"),
        _id("cardholder_id"),
        _text("kind"),
        _at("not_after"),
        _at("revoked_at", nullable=True),
        belongs_to("community_id", "community"),
        belongs_to("cardholder_id", "cardholder"),
    )
    op.create_index(
        "ix_credential_tenant_id_community_id_not_after", "credential", ["tenant_id", "community_id", "not_after"]
    )
    op.create_index("ix_credential_tenant_id_cardholder_id", "credential", ["tenant_id", "cardholder_id"])


def _passes() -> None:
    tenant_table(
        "gate_pass",
        _id("community_id"),
        _id("key_id"),
        sa.Column("pass_group", sa.SmallInteger(), nullable=False),
        _at("not_before"),
        _at("not_after"),
        sa.Column("gates", ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("uses", sa.SmallInteger(), nullable=False),
        sa.Column("party", sa.SmallInteger(), nullable=False),
        _at("issued_at"),
        _text("issued_by"),
        _id("credential_id", nullable=True),
        _id("house_id", nullable=True),
        _text("visitor_name", nullable=True),
        _text("visitor_phone", nullable=True),
        _id("replaces", nullable=True),
        _at("revoked_at", nullable=True),
        _text("revoked_reason", nullable=True),
        sa.CheckConstraint("not_after > not_before", name="window"),
        sa.CheckConstraint("(credential_id IS NULL) <> (house_id IS NULL)", name="holder"),
        belongs_to("community_id", "community"),
        belongs_to("key_id", "pass_key"),
        belongs_to("credential_id", "credential"),
        belongs_to("house_id", "house"),
        belongs_to("replaces", "gate_pass"),
    )
    op.create_index(
        "ix_gate_pass_tenant_id_community_id_issued_at", "gate_pass", ["tenant_id", "community_id", "issued_at"]
    )
    op.create_index(
        "ix_gate_pass_revoked",
        "gate_pass",
        ["tenant_id", "community_id", "not_after"],
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )


def _rules() -> None:
    tenant_table(
        "access_rule",
        _id("community_id"),
        _text("name"),
        _text("effect"),
        sa.Column("groups", ARRAY(sa.Text()), nullable=False),
        sa.Column("lanes", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("schedule", JSONB(), nullable=False),
        _at("valid_from", nullable=True),
        _at("valid_until", nullable=True),
        _at("added_at"),
        _at("retired_at", nullable=True),
        _id("replaces", nullable=True),
        belongs_to("community_id", "community"),
        belongs_to("replaces", "access_rule"),
    )
    op.create_index("ix_access_rule_tenant_id_community_id", "access_rule", ["tenant_id", "community_id"])
    tenant_table(
        "holiday",
        _id("community_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("name"),
        belongs_to("community_id", "community"),
        sa.UniqueConstraint("tenant_id", "community_id", "day"),
    )


def downgrade() -> None:
    raise NotImplementedError("central goes forward only")

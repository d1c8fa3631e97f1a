"""Consent to be known by face, ages, and what the gates hold and have destroyed of faces."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from central.base.kernel.migrate import APPEND, belongs_to, tenant_table

revision, down_revision = "0007_people_consent", "0006_gates_nodes"

AT = sa.DateTime(timezone=True)
KEEP = "SELECT, INSERT, UPDATE"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _consent()
    _faces()


def _consent() -> None:
    tenant_table(
        "consent_text",
        _needed("community_id", sa.Uuid()),
        _needed("purpose", sa.Text()),
        _needed("version", sa.Integer()),
        _needed("zh", sa.Text()),
        _needed("en", sa.Text()),
        _needed("published_at", AT),
        _needed("published_by", sa.Text()),
        _needed("old_until", AT),
        _needed("lasts_days", sa.Integer()),
        sa.UniqueConstraint("tenant_id", "community_id", "purpose", "version"),
        sa.CheckConstraint("lasts_days > 0", name="ck_consent_text_lasts"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    tenant_table(
        "consent",
        _needed("community_id", sa.Uuid()),
        _needed("person_id", sa.Uuid()),
        _needed("text_id", sa.Uuid()),
        _needed("purpose", sa.Text()),
        _needed("channel", sa.Text()),
        sa.Column("gates", postgresql.ARRAY(sa.Uuid())),
        sa.Column("guardian_id", sa.Uuid()),
        _needed("given_at", AT),
        _needed("expires_at", AT),
        _needed("recorded_by", sa.Text()),
        sa.Column("withdrawn_at", AT),
        sa.Column("withdrawn_channel", sa.Text()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.CheckConstraint("expires_at > given_at", name="ck_consent_window"),
        sa.CheckConstraint("guardian_id <> person_id", name="ck_consent_guardian"),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
        belongs_to("text_id", "consent_text"),
        belongs_to("guardian_id", "person"),
        grants=KEEP,
    )
    columns = ["tenant_id", "community_id", "person_id", "given_at"]
    op.create_index("ix_consent_tenant_id_community_id", "consent", columns)
    tenant_table(
        "person_age",
        _needed("person_id", sa.Uuid()),
        _needed("of_age", sa.Boolean()),
        sa.Column("sealed_birth", sa.LargeBinary()),
        _needed("noted_at", AT),
        sa.UniqueConstraint("tenant_id", "person_id"),
        sa.CheckConstraint("of_age = (sealed_birth IS NULL)", name="ck_person_age_least"),
        belongs_to("person_id", "person"),
    )


def _faces() -> None:
    tenant_table(
        "face_erasure",
        _needed("community_id", sa.Uuid()),
        _needed("cardholder_id", sa.Uuid()),
        _needed("why", sa.Text()),
        _needed("ordered_at", AT),
        sa.Column("overtaken_at", AT),
        sa.Column("settled_at", AT),
        belongs_to("community_id", "community"),
        grants=KEEP,
    )
    columns = ["tenant_id", "community_id", "cardholder_id"]
    op.create_index("ix_face_erasure_tenant_id_community_id", "face_erasure", [*columns, "ordered_at"])
    op.create_index(
        "uq_face_erasure_open", "face_erasure", columns, unique=True,
        postgresql_where=sa.text("overtaken_at IS NULL AND settled_at IS NULL"),
    )  # fmt: skip
    tenant_table(
        "face_receipt",
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        _needed("cardholder_id", sa.Uuid()),
        _needed("what", sa.Text()),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("had_template", sa.Boolean()),
        sa.Column("places", postgresql.ARRAY(sa.Text())),
        sa.Column("model", sa.Text()),
        sa.Column("photos", sa.Integer()),
        _needed("at", AT),
        _needed("received_at", AT),
        _needed("seq", sa.BigInteger()),
        _needed("correlation", sa.Uuid()),
        sa.UniqueConstraint("tenant_id", "node_id", "correlation"),
        sa.CheckConstraint("what IN ('stored', 'erased')", name="ck_face_receipt_what"),
        belongs_to("community_id", "community"),
        grants=KEEP,
    )
    op.create_index("ix_face_receipt_tenant_id_community_id", "face_receipt", [*columns, "node_id", "seq"])
    op.create_index("ix_face_receipt_tenant_id_order_id", "face_receipt", ["tenant_id", "order_id"])
    tenant_table(
        "face_count",
        _needed("counted_at", AT),
        _needed("faces", sa.Integer()),
        _needed("orphans", sa.Integer()),
        _needed("reached", sa.Integer()),
        sa.Column("file_by", sa.Date()),
        grants=APPEND,
    )
    op.create_index("ix_face_count_tenant_id_counted_at", "face_count", ["tenant_id", "counted_at"])


def downgrade() -> None:
    raise NotImplementedError

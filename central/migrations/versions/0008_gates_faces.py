"""Mail for nodes, the keys that photos are sealed to, and enrolments of faces."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import READ_WRITE, belongs_to, lookup_function, lookup_reads, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0008_gates_faces", "0007_people_consent"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "node_mail",
        _needed("node_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        _needed("payload", sa.Text()),
        _needed("made_at", AT),
        belongs_to("node_id", "node"),
    )
    op.create_index("ix_node_mail_tenant_id_node_id", "node_mail", ["tenant_id", "node_id", "kind"])
    op.create_index("ix_node_mail_tenant_id_subject_id", "node_mail", ["tenant_id", "subject_id"])
    op.create_table(
        "photo_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("node_id", sa.Uuid()),
        _needed("key_id", sa.Text()),
        _needed("point", sa.Text()),
        _needed("offered_at", AT),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", name="pk_photo_key"),
        belongs_to("node_id", "node"),
    )
    protect("photo_key", grants=READ_WRITE)
    tenant_table(
        "face_enrolment",
        _needed("community_id", sa.Uuid()),
        _needed("cardholder_id", sa.Uuid()),
        sa.Column("node_id", sa.Uuid()),
        _needed("token_sha256", sa.LargeBinary()),
        _needed("state", sa.Text()),
        sa.Column("problems", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _needed("made_at", AT),
        _needed("expires_at", AT),
        sa.Column("answered_at", AT),
        sa.UniqueConstraint("token_sha256", name="uq_face_enrolment_token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("cardholder_id", "cardholder"),
        belongs_to("node_id", "node"),
    )
    op.create_index(
        "ix_face_enrolment_tenant_id_cardholder_id", "face_enrolment", ["tenant_id", "cardholder_id", "made_at"]
    )
    lookup_reads("face_enrolment", ["tenant_id", "token_sha256"])
    lookup_function(
        "face_enrolment",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT e.tenant_id FROM public.face_enrolment e WHERE e.token_sha256 = digest",
    )


def downgrade() -> None:
    raise NotImplementedError

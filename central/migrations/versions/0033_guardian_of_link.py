"""A child's enrolment link names the guardian who is to agree behind it (PRIV-03)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0033_guardian_of_link", "0032_plate_approval"


def upgrade() -> None:
    op.add_column("face_enrolment", sa.Column("guardian_id", sa.Uuid()))
    op.create_foreign_key(
        "fk_face_enrolment_tenant_id_guardian_id", "face_enrolment", "resident",
        ["tenant_id", "guardian_id"], ["tenant_id", "id"],
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError

"""An order to destroy a face may hold at some gates alone: those that a newer consent leaves out. Those of before hold
at every gate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision, down_revision = "0055_narrowed_consents", "0054_answered_photos"


def upgrade() -> None:
    op.add_column("face_erasure", sa.Column("gates", ARRAY(sa.Uuid())))
    op.drop_index("uq_face_erasure_open", table_name="face_erasure")
    op.create_index(
        "uq_face_erasure_open", "face_erasure", ["tenant_id", "community_id", "cardholder_id"], unique=True,
        postgresql_where=sa.text("overtaken_at IS NULL AND settled_at IS NULL AND gates IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError

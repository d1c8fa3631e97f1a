"""The choice that enrolment photos stay sealed at the gate, beside the consent; how many do; templates made of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision, down_revision = "0029_kept_photos", "0028_gates_plates"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("consent", sa.Column("photos_version", sa.Integer()))
    op.add_column("consent", sa.Column("photos_kept_at", AT))
    op.add_column("consent", sa.Column("photos_ended_at", AT))
    op.create_check_constraint("photos", "consent", "(photos_version IS NULL) = (photos_kept_at IS NULL)")
    op.add_column("face_receipt", sa.Column("anew", sa.Boolean()))
    op.drop_constraint(op.f("ck_face_receipt_ck_face_receipt_what"), "face_receipt", type_="check")
    op.create_check_constraint("what", "face_receipt", "what IN ('stored', 'erased', 'photos')")
    op.add_column("face_model", sa.Column("not_anew", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    raise NotImplementedError

"""Which photos of an enrolment were sent and not answered yet: an answer to earlier ones counts for none that were sent
after a withdrawal. Of those that wait just now it is not known, and whatever answers them counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision, down_revision = "0054_answered_photos", "0053_stay_contract"


def upgrade() -> None:
    op.add_column(
        "face_enrolment", sa.Column("unanswered", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))
    )


def downgrade() -> None:
    raise NotImplementedError

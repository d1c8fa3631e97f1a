"""What opens a lane once also says which picture was shown with it (ACC-25)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0030_nonce_picture", "0029_kept_photos"


def upgrade() -> None:
    op.add_column("open_nonce", sa.Column("taken_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError

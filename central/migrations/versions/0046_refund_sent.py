"""Since when a channel has a refund and has said no end of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APP

revision, down_revision = "0046_refund_sent", "0045_exit_unseen"


def upgrade() -> None:
    op.add_column("refund", sa.Column("sent_at", sa.DateTime(timezone=True)))
    op.execute(f"GRANT UPDATE (sent_at) ON refund TO {APP}")


def downgrade() -> None:
    raise NotImplementedError

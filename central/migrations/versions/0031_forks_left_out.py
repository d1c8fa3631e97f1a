"""How many forked records of a node came while as many waited as are kept (SYNC-10)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0031_forks_left_out", "0030_nonce_picture"


def upgrade() -> None:
    op.add_column("node_cursor", sa.Column("forks_left_out", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    raise NotImplementedError

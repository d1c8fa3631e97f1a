"""Since when a node offers keys: the one that has done so longest is the site's enrolment node, and stays it. Of those
that offer some already the order of their enrolment says, as before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0051_enrolment_node", "0050_tariff_scopes"


def upgrade() -> None:
    since = sa.Column("first_offered_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    op.add_column("photo_key", since)


def downgrade() -> None:
    raise NotImplementedError

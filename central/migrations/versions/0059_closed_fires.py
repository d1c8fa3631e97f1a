"""A fire alarm whose node is revoked can be called over by nobody but a person, who says why: only ever appended to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APPEND, protect
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0059_closed_fires", "0058_bookings"


def upgrade() -> None:
    op.create_table(
        "alarm_closed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "alarm_id", name="pk_alarm_closed"),
    )
    protect("alarm_closed", grants=APPEND)


def downgrade() -> None:
    raise NotImplementedError

"""Which phones asked for an order; the plate that somebody proposes for a stay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APP

revision, down_revision = "0069_phones_of_orders", "0068_receipts"


def upgrade() -> None:
    pressed: sa.Column[list[str]] = sa.Column(
        "pressed", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
    )
    op.add_column("payment_order", pressed)
    op.execute(f"GRANT UPDATE (pressed) ON payment_order TO {APP}")
    op.add_column("stay_proposal", sa.Column("sealed_plate", sa.LargeBinary()))


def downgrade() -> None:
    raise NotImplementedError

"""What channels say of a plate's contract as its car comes in, and in which lots they are asked then: not in those that
have used contracts before, whose sign says otherwise, until a manager says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0053_stay_contract", "0052_template_pieces"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    tenant_table(
        "stay_contract",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("plate_digest", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("came_at", AT, nullable=False),
        sa.Column("ask_at", AT),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (plate_digest, contract, channel, ask_at)",
    )
    op.add_column("contract_lot", sa.Column("at_entry", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute("GRANT UPDATE (at_entry) ON contract_lot TO menting_app")
    op.create_index(
        "ix_stay_contract_tenant_id_ask_at", "stay_contract", ["tenant_id", "ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError

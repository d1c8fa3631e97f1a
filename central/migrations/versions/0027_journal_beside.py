"""Records of a copied node that a person takes stand in the journal beside those that hold their numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0027_journal_beside", "0026_gates_tariffs"


def upgrade() -> None:
    op.add_column("journal_event", sa.Column("beside", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
    op.drop_constraint("pk_journal_event", "journal_event", type_="primary")
    op.create_primary_key("pk_journal_event", "journal_event", ["tenant_id", "node_id", "seq", "beside"])


def downgrade() -> None:
    raise NotImplementedError

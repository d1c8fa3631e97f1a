"""Which sealed pieces were sent within the hour: a node is not sent the same again and again, whatever it says.

And the seal of what photos are sealed to. A key of before has none and counts no more; its node tells the next one
within the hour.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0056_sent_mail", "0055_narrowed_consents"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("photo_key", sa.Column("key_seal", sa.LargeBinary()))
    tenant_table(
        "sent_mail",
        _needed("node_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        _needed("sent_at", sa.DateTime(timezone=True)),
        belongs_to("node_id", "node"),
        grants="SELECT, INSERT, DELETE",
    )
    op.create_index("ix_sent_mail_tenant_id_kind", "sent_mail", ["tenant_id", "kind", "sent_at"])


def downgrade() -> None:
    raise NotImplementedError

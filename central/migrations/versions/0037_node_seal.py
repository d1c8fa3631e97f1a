"""A node's key counts only with the seal that central's master key made when the node was enrolled (SEC-18)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import LOOKUP, lookup_function

revision, down_revision = "0037_node_seal", "0036_stay_news"


def upgrade() -> None:
    op.add_column("node", sa.Column("key_seal", sa.LargeBinary()))
    op.execute(f"GRANT SELECT (community_id, key_seal) ON node TO {LOOKUP}")
    op.execute("DROP FUNCTION lookup.node(uuid)")
    lookup_function(
        "node",
        "node uuid",
        "TABLE(tenant_id uuid, community_id uuid, name text, public_key bytea, key_seal bytea)",
        "SELECT n.tenant_id, n.community_id, n.name, n.public_key, n.key_seal FROM public.node n "
        "WHERE n.id = node AND n.revoked_at IS NULL",
    )


def downgrade() -> None:
    raise NotImplementedError

"""Each sealed template that the enrolment node made for another node, and what became of it; who named that node; and
what a node claims to hold that the enrolment node never made.

What nodes said before is believed as it stands: a piece without a digest is noted for each, and the mail that waits
gets one of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0052_template_pieces", "0051_enrolment_node"

TOUCHED = ("template_piece", "face_receipt", "node", "node_mail")
STATES = "'waiting', 'taken', 'refused', 'lost', 'replaced', 'over'"


def upgrade() -> None:
    op.add_column("photo_key", sa.Column("named_at", sa.DateTime(timezone=True)))
    tenant_table(
        "template_piece",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("cardholder_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid()),
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint(
            "tenant_id", "node_id", "cardholder_id", "piece",
            name="uq_template_piece_tenant_id_node_id_cardholder_id_piece",
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )  # fmt: skip
    op.create_index(
        "ix_template_piece_tenant_id_community_id", "template_piece",
        ["tenant_id", "community_id", "cardholder_id", "node_id", "made_at"],
    )  # fmt: skip
    op.drop_constraint(op.f("ck_face_receipt_what"), "face_receipt", type_="check")
    op.create_check_constraint("what", "face_receipt", "what IN ('stored', 'claimed', 'erased', 'photos')")
    for table in TOUCHED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # rows of every company, by their owner
    op.execute(
        "INSERT INTO template_piece (id, tenant_id, community_id, node_id, cardholder_id, piece, state, made_at) "
        "SELECT gen_random_uuid(), tenant_id, community_id, node_id, cardholder_id, '', 'taken', min(received_at) "
        "FROM face_receipt WHERE what = 'stored' AND EXISTS (SELECT FROM node WHERE node.id = face_receipt.node_id) "
        "GROUP BY tenant_id, community_id, node_id, cardholder_id"
    )
    op.execute(
        "INSERT INTO template_piece (id, tenant_id, community_id, node_id, cardholder_id, piece, state, made_at) "
        "SELECT gen_random_uuid(), m.tenant_id, n.community_id, m.node_id, m.subject_id, "
        "encode(sha256(decode(m.payload::jsonb ->> 'sealed', 'base64')), 'hex'), 'waiting', m.made_at "
        "FROM node_mail m JOIN node n ON n.id = m.node_id WHERE m.kind = 'face_template' "
        "ON CONFLICT DO NOTHING"
    )
    for table in TOUCHED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    raise NotImplementedError

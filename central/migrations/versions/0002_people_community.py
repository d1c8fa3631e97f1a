"""Communities, the tree of buildings, units and houses, people and their homes, gates and lanes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision = "0002_people_community"
down_revision = "0001_base"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def upgrade() -> None:
    tenant_table(
        "community",
        _text("name"),
        _text("kind"),
        sa.Column("added_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("tenant_id", "name"),
    )
    tenant_table(
        "building",
        _id("community_id"),
        _text("label"),
        belongs_to("community_id", "community"),
        sa.UniqueConstraint("tenant_id", "community_id", "label"),
    )
    tenant_table(
        "unit",
        _id("building_id"),
        _text("label"),
        belongs_to("building_id", "building"),
        sa.UniqueConstraint("tenant_id", "building_id", "label"),
    )
    tenant_table(
        "house",
        _id("community_id"),
        _id("unit_id"),
        _text("number"),
        _text("label"),
        belongs_to("community_id", "community"),
        belongs_to("unit_id", "unit"),
        sa.UniqueConstraint("tenant_id", "unit_id", "number"),
        sa.UniqueConstraint("tenant_id", "community_id", "label"),
    )
    _people()
    _gates()


def _people() -> None:
    tenant_table(
        "person",
        _text("name"),
        _text("phone", nullable=True),
        sa.Column("added_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )
    tenant_table(
        "resident",
        _id("community_id"),
        _id("house_id"),
        _id("person_id"),
        _text("tie"),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
        belongs_to("person_id", "person"),
        sa.UniqueConstraint("tenant_id", "house_id", "person_id", "starts_at"),
    )
    op.create_index("ix_resident_tenant_id_community_id", "resident", ["tenant_id", "community_id"])
    op.create_index("ix_resident_tenant_id_person_id", "resident", ["tenant_id", "person_id"])


def _gates() -> None:
    tenant_table(
        "gate",
        _id("community_id"),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        _text("name"),
        sa.CheckConstraint("number BETWEEN 0 AND 63", name="number"),
        belongs_to("community_id", "community"),
        sa.UniqueConstraint("tenant_id", "community_id", "number"),
        sa.UniqueConstraint("tenant_id", "community_id", "name"),
    )
    tenant_table(
        "lane",
        _id("community_id"),
        _id("gate_id"),
        _text("code"),
        _text("name"),
        _text("direction"),
        sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
        sa.UniqueConstraint("tenant_id", "community_id", "code"),
    )


def downgrade() -> None:
    raise NotImplementedError("central goes forward only")

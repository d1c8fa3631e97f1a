"""Several tariffs in one community, each with versions of its own; a stay remembers what its lane told of the car at
its entry, by which its tariff was chosen (P01)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0050_tariff_scopes", "0049_plate_bays"

NUMBERED = "uq_tariff_version_tenant_id_community_id_version"


def upgrade() -> None:
    op.drop_constraint(NUMBERED, "tariff_version", type_="unique")
    op.create_unique_constraint(
        "uq_tariff_version_tenant_id_tariff_id_version", "tariff_version", ["tenant_id", "tariff_id", "version"]
    )
    for table in ("stay", "stay_fact"):
        op.add_column(table, sa.Column("colour", sa.Text()))
        op.add_column(table, sa.Column("entered_as", sa.Text()))


def downgrade() -> None:
    raise NotImplementedError

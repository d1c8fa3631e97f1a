"""Tests of what the liveness proof of a lane lets through: signed, never changed (ACC-10)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import append_only, belongs_to, tenant_table

revision, down_revision = "0025_attack_tests", "0024_face_models"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "attack_test",
        _needed("community_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("liveness", sa.Text()),
        _needed("model", sa.Text()),
        _needed("tested_by", sa.Text()),
        _needed("tested_on", sa.Date()),
        _needed("signed_by", sa.Text()),
        _needed("recorded_by", sa.Text()),
        _needed("signed_at", sa.DateTime(timezone=True)),
        _needed("note", sa.Text()),
        _needed("counts", JSONB()),
        _needed("digest", sa.Text()),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
        grants="SELECT, INSERT",
    )
    op.create_index("ix_attack_test_lane", "attack_test", ["tenant_id", "lane_id", "signed_at"])
    append_only("attack_test")


def downgrade() -> None:
    raise NotImplementedError

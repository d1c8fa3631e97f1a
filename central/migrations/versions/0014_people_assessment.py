"""Impact assessments: signed, never changed, deleted only when their years are over (PRIV-10)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0014_people_assessment", "0013_gates_pictures"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "impact_assessment",
        _needed("community_id", sa.Uuid()),
        _needed("version", sa.Integer()),
        _needed("signed_by", sa.Text()),
        _needed("recorded_by", sa.Text()),
        _needed("signed_at", AT),
        _needed("review_by", AT),
        _needed("kept_until", AT),
        _needed("answers", JSONB()),
        _needed("facts", JSONB()),
        _needed("digest", sa.Text()),
        sa.UniqueConstraint(
            "tenant_id", "community_id", "version", name="uq_impact_assessment_tenant_id_community_id_version"
        ),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, DELETE",
    )
    # by trigger for everyone, the owner of the schema included
    op.execute(
        "CREATE TRIGGER signed_as_it_is BEFORE UPDATE ON impact_assessment "
        "FOR EACH ROW EXECUTE FUNCTION menting_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER kept_for_years BEFORE DELETE ON impact_assessment "
        "FOR EACH ROW WHEN (OLD.kept_until > now()) EXECUTE FUNCTION menting_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON impact_assessment "
        "FOR EACH STATEMENT EXECUTE FUNCTION menting_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError

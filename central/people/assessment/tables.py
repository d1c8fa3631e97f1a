"""What is stored of impact assessments. A signed one is never changed, and deleted only when its years are over: the
database refuses both by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class ImpactAssessmentRow(TenantRow, Base):
    """`facts`: what the live configuration said when it was signed. `digest`: SHA-256 over all that was signed."""

    __tablename__ = "impact_assessment"

    community_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    signed_by: Mapped[str]
    recorded_by: Mapped[str]
    signed_at: Mapped[datetime]
    review_by: Mapped[datetime]
    kept_until: Mapped[datetime]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "version"),
        belongs_to("community_id", "community"),
    )

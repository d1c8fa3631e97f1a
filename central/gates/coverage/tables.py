"""What is stored of coverage: the list that a manager keeps. Whether a point is covered is asked anew each time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from central.base.kernel.tables import Base, TenantRow, belongs_to


class KeyPointRow(TenantRow, Base):
    """A place that people must pass. `lane_id` NULL: no lane covers it, which the report says."""

    __tablename__ = "key_point"

    community_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    unit_id: Mapped[UUID | None]
    lane_id: Mapped[UUID | None]
    set_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "name"),
        belongs_to("community_id", "community"),
        belongs_to("unit_id", "unit"),
        belongs_to("lane_id", "lane"),
    )

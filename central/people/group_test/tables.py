"""What somebody said of themselves for the test: sealed, opened only to be counted, deleted when it is taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class GroupTestRow(TenantRow, Base):
    __tablename__ = "group_test"

    community_id: Mapped[UUID]
    person_id: Mapped[UUID]
    text_version: Mapped[int] = mapped_column(Integer)
    sealed_said: Mapped[bytes] = mapped_column(LargeBinary)
    agreed_at: Mapped[datetime]
    recorded_by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "person_id"),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
    )

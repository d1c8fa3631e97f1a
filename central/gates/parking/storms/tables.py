"""What is stored of storms. Neither is ever deleted; of a storm only its hour and its end are changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class StormRow(TenantRow, Base):
    """`zones`: the codes of the levels and zones it is for, none of the whole car park. `opens`, `closes`: lanes,
    as they were chosen when it began. `version`: of the gates' rules that told of it first, or of its last change. One
    runs in a community at a time; one whose hour has come is ended when the next begins."""

    __tablename__ = "storm"

    community_id: Mapped[UUID]
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    opens: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    closes: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    reason: Mapped[str]
    began_at: Mapped[datetime]
    began_by: Mapped[str]
    until: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("until > began_at", name="lasts"),
        Index(
            "uq_storm_tenant_id_running", "tenant_id", "community_id", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        belongs_to("community_id", "community"),
    )  # fmt: skip


class StormToldRow(TenantRow, Base):
    """The owner of this stay's car was told of this storm: by whom, when. Only ever appended to."""

    __tablename__ = "storm_told"

    storm_id: Mapped[UUID]
    community_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    at: Mapped[datetime]
    by_name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "storm_id", "stay_id"),
        belongs_to("storm_id", "storm"),
        belongs_to("community_id", "community"),
    )

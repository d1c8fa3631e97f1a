"""Entries of the watch group, what each gate says of them, and how many there may be. No picture, no template."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to
from models.wire.snapshot import WATCH_GROUP_MAX


class WatchEntryRow(TenantRow, Base):
    """Somebody who is looked out for. `number`, in its community, is all that gates and guards are told of whom.
    `unanswered`: the photos that were sent and not answered yet (`WatchJob.sent`), oldest first."""

    __tablename__ = "watch_entry"

    community_id: Mapped[UUID]
    number: Mapped[int]
    label: Mapped[str]
    ground: Mapped[str]
    document: Mapped[str]
    asked_by: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    unanswered: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    node_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "number"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )


class WatchReceiptRow(TenantRow, Base):
    """A node's last word about an entry's face: stored, or erased."""

    __tablename__ = "watch_receipt"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    what: Mapped[str]
    at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "entry_id"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )


class WatchSettingsRow(TenantRow, Base):
    """How many faces a community's watch group may hold, and the number of its last entry."""

    __tablename__ = "watch_settings"

    community_id: Mapped[UUID]
    faces_max: Mapped[int] = mapped_column(server_default=text(str(WATCH_GROUP_MAX)))
    last_number: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )

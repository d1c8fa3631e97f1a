"""The enrolments under way. No picture and no template is in here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from central.base.kernel.tables import Base, TenantRow, belongs_to


class FaceEnrolmentRow(TenantRow, Base):
    """One invitation to enrol, and what became of it. Of the link only the SHA-256 is kept. `channel`: where it is
    opened, which is how the consent given behind it counts. `guardian_id`: the resident who is to speak for a child,
    named by whoever made the link. `unanswered`: the photos that were sent and not answered yet (`EnrolmentJob.sent`),
    oldest first, also those that wait no more."""

    __tablename__ = "face_enrolment"

    community_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    guardian_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    channel: Mapped[str] = mapped_column(server_default=text("'phone'"))
    unanswered: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        CheckConstraint("channel IN ('phone', 'desk')", name="channel"),
        Index("ix_face_enrolment_tenant_id_cardholder_id", "tenant_id", "cardholder_id", "made_at"),
        belongs_to("community_id", "community"),
        belongs_to("cardholder_id", "cardholder"),
        belongs_to("guardian_id", "resident"),
        belongs_to("node_id", "node"),
    )

"""What is stored of consent. A text stands as it was published; a consent gets nothing added but its
withdrawal, and beside it the choice that photos stay, which is made and taken back by itself.

`person_age` is personal data: a day of birth is kept sealed, and only while somebody is not of age.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class ConsentTextRow(TenantRow, Base):
    """A version of what is consented to, in both languages. Consents under it last `lasts_days`."""

    __tablename__ = "consent_text"

    community_id: Mapped[UUID]
    purpose: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    zh: Mapped[str]
    en: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]
    old_until: Mapped[datetime]
    lasts_days: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "purpose", "version"),
        CheckConstraint("lasts_days > 0", name="lasts"),
        belongs_to("community_id", "community"),
    )


class ConsentRow(TenantRow, Base):
    """`gates` NULL: at every gate of the community. `guardian_id` is the person who spoke for a child.

    `photos_version`: of the words under which it was chosen, apart, that photos stay sealed at the gate; NULL: never.
    """

    __tablename__ = "consent"

    community_id: Mapped[UUID]
    person_id: Mapped[UUID]
    text_id: Mapped[UUID]
    purpose: Mapped[str]
    channel: Mapped[str]
    gates: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    guardian_id: Mapped[UUID | None]
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_channel: Mapped[str | None]
    withdrawn_by: Mapped[str | None]
    photos_version: Mapped[int | None] = mapped_column(Integer)
    photos_kept_at: Mapped[datetime | None]
    photos_ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_consent_tenant_id_community_id", "tenant_id", "community_id", "person_id", "given_at"),
        CheckConstraint("expires_at > given_at", name="window"),
        CheckConstraint("guardian_id <> person_id", name="guardian"),
        CheckConstraint("(photos_version IS NULL) = (photos_kept_at IS NULL)", name="photos"),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
        belongs_to("text_id", "consent_text"),
        belongs_to("guardian_id", "person"),
    )


class PersonAgeRow(TenantRow, Base):
    """`sealed_birth` holds the ISO date; NULL once somebody is of age, and then that is all there is."""

    __tablename__ = "person_age"

    person_id: Mapped[UUID]
    of_age: Mapped[bool]
    sealed_birth: Mapped[bytes | None] = mapped_column(LargeBinary)
    noted_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "person_id"),
        CheckConstraint("of_age = (sealed_birth IS NULL)", name="least"),
        belongs_to("person_id", "person"),
    )

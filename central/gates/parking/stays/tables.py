"""What is stored of stays: the facts they are made of, and the stays, their changes and the oddities that these amount
to. Personal data: a plate lies sealed, and is found again by a digest under the site's key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class _Tenant:
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL), sort_order=-1)


class StayFactRow(_Tenant, Base):
    """A fact of `models/parking/stays.py`: out of the journal, or said by a person (`by_name`, with `reason`).

    `fact_id`: the event, or the deed. `subject_id`: the stay or the exit that it is about, `other_id` the exit that a
    person joined to it. What the journal said is made anew from it; what a person said stays, and so does what was
    charged and paid (`fen`). `until_at`: up to when a person charged a stay whose exit nobody saw. `colour`,
    `entered_as`: what the lane told of a car that came in (P01). `from_zone`, `to_zone`: of a move by an inner lane.
    """

    __tablename__ = "stay_fact"

    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    other_id: Mapped[UUID | None]
    at: Mapped[datetime]
    passed: Mapped[bool | None]
    fen: Mapped[int | None] = mapped_column(BigInteger)
    lane_id: Mapped[UUID | None]
    tariff_id: Mapped[UUID | None]
    plate_digest: Mapped[bytes | None]
    sealed_plate: Mapped[bytes | None]
    leave_extra: Mapped[int | None]
    until_at: Mapped[datetime | None]
    colour: Mapped[str | None]
    entered_as: Mapped[str | None]
    from_zone: Mapped[str | None]
    to_zone: Mapped[str | None]
    by_name: Mapped[str | None]
    reason: Mapped[str | None]

    __table_args__ = (
        Index("ix_stay_fact_tenant_id_subject_id", "tenant_id", "subject_id"),
        Index("ix_stay_fact_tenant_id_plate_digest", "tenant_id", "community_id", "plate_digest", "at"),
        belongs_to("community_id", "community"),
    )


class StayRow(_Tenant, Base):
    """One stay, as the fold has it. `tariff_id`: the version that was in force at the entry. `began_at`, `last_at`: its
    first and last change. `entry_lane_id`, `exit_lane_id`: where it was let through. `leave_extra`: minutes by which
    the lane gave it longer to leave after a payment (PARK-13). `again_id`, `again_at`: the stay that its plate began
    while this one was open, and when. `vehicle_class`, `colour`, `entered_as` (a group): what the lane told of the car
    as it came in, by which the tariff was chosen (P01). `zone`: where an inner lane led it last; empty where none
    did."""

    __tablename__ = "stay"

    stay_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    state: Mapped[str]
    vehicle_class: Mapped[str]
    plate_digest: Mapped[bytes | None]
    sealed_plate: Mapped[bytes | None]
    entered_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    exit_id: Mapped[UUID | None]
    entry_lane_id: Mapped[UUID | None]
    exit_lane_id: Mapped[UUID | None]
    leave_extra: Mapped[int | None]
    colour: Mapped[str | None]
    entered_as: Mapped[str | None]
    tariff_id: Mapped[UUID | None]
    merged_into: Mapped[UUID | None]
    again_id: Mapped[UUID | None]
    again_at: Mapped[datetime | None]
    zone: Mapped[str | None]
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_stay_tenant_id_state", "tenant_id", "community_id", "state", "began_at"),
        Index("ix_stay_tenant_id_last_at", "tenant_id", "community_id", "last_at", "stay_id"),
        Index("ix_stay_tenant_id_plate_digest", "tenant_id", "community_id", "plate_digest"),
        Index("ix_stay_tenant_id_exit_id", "tenant_id", "exit_id"),
        belongs_to("community_id", "community"),
    )


class StayChangeRow(_Tenant, Base):
    """One line of a stay's history (PARK-01). `what`: the fact it came from. A plate of before lies in the note.
    `from_zone`, `to_zone`: of a move by an inner lane."""

    __tablename__ = "stay_change"

    stay_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    state: Mapped[str]
    at: Mapped[datetime]
    cause: Mapped[str]
    what: Mapped[UUID]
    sealed_note: Mapped[bytes | None]
    from_zone: Mapped[str | None]
    to_zone: Mapped[str | None]

    __table_args__ = (belongs_to("community_id", "community"),)


class StayKeptRow(TenantRow, Base):
    """A person said that what was paid for a stay which counts for nothing is kept. Only added to."""

    __tablename__ = "stay_kept"

    community_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    fen: Mapped[int] = mapped_column(BigInteger)
    kept_at: Mapped[datetime]
    kept_by: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("fen > 0", name="keeps_something"),
        Index("ix_stay_kept_tenant_id_stay_id", "tenant_id", "stay_id"),
        belongs_to("community_id", "community"),
    )


class StayUsedRow(_Tenant, Base):
    """What a stay that has ended used, as the next of its plate is priced by it (stay_used.py). `used`: for each cap
    window [the microsecond since 1970 at which it began, fen, divided by]. `free`: one of its day's free stays."""

    __tablename__ = "stay_used"

    stay_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    plate_digest: Mapped[bytes]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    free: Mapped[bool]
    used: Mapped[list[list[int]]] = mapped_column(JSONB)

    __table_args__ = (
        Index("ix_stay_used_tenant_id_plate_digest", "tenant_id", "community_id", "plate_digest", "left_at"),
        belongs_to("community_id", "community"),
    )


class StayProposalRow(TenantRow, Base):
    """Who may not strike off what a stay owes said what should become of it: void, or charged until `until_at`, or
    until then since the lone exit `exit_id` was its end, or priced by another plate. Only added to."""

    __tablename__ = "stay_proposal"

    community_id: Mapped[UUID]
    stay_id: Mapped[UUID]
    until_at: Mapped[datetime | None]
    exit_id: Mapped[UUID | None]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    reason: Mapped[str]
    sealed_plate: Mapped[bytes | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_stay_proposal_tenant_id_stay_id", "tenant_id", "stay_id"),
        belongs_to("community_id", "community"),
    )


class ExitCashRow(TenantRow, Base):
    """Cash of a car that nobody saw come in, taken as its arm was asked to open (dues/cash_at_exit.py). `exit_id`: the
    number of that opening, and of its exit if there was one. `plate`: masked, "" where none was read. Only added to."""

    __tablename__ = "exit_cash"

    community_id: Mapped[UUID]
    exit_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    plate: Mapped[str]
    taken_at: Mapped[datetime]
    taken_by: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "exit_id"),
        Index("ix_exit_cash_tenant_id_taken_at", "tenant_id", "community_id", "taken_at"),
        belongs_to("community_id", "community"),
    )


class StayNewsRow(_Tenant, Base):
    """Under which number of its lot a stay last changed for the gates (stay_news.py). The stay need not be there."""

    __tablename__ = "stay_news"

    stay_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_stay_news_tenant_id_number", "tenant_id", "community_id", "number"),
        belongs_to("community_id", "community"),
    )


class StayOddRow(_Tenant, Base):
    """A fact that did not fit, for a person to look at."""

    __tablename__ = "stay_odd"

    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    what: Mapped[str]
    at: Mapped[datetime]
    subject_id: Mapped[UUID]
    lane_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_stay_odd_tenant_id_at", "tenant_id", "community_id", "at"),
        belongs_to("community_id", "community"),
    )

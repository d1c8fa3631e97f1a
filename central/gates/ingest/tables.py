"""The journals of all nodes, as they came; how far each node has come; what could not be taken as it was."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, SmallInteger, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class JournalEventRow(Base):
    """One line of a node's journal. Only ever added. `position` is the order of arrival, in which views are rebuilt.

    `body` is UTF-8 text, kept as bytes: it was hashed as the exact text the node wrote, whatever that was. `beside`: 0
    in the chain; else the how-manieth that a person took for a number which the chain had given to another.
    """

    __tablename__ = "journal_event"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    beside: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("0"))
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    community_id: Mapped[UUID]
    event_id: Mapped[UUID]
    v: Mapped[int]
    kind: Mapped[str | None]
    lane_id: Mapped[UUID | None]
    correlation: Mapped[UUID]
    at: Mapped[datetime]
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "event_id"),
        Index("ix_journal_event_tenant_id_correlation", "tenant_id", "correlation"),
        Index("ix_journal_event_tenant_id_position", "tenant_id", "position"),
        Index(
            "ix_journal_event_tenant_id_alarms", "tenant_id", "node_id", "seq", postgresql_where=text("kind = 'alarm'")
        ),
        belongs_to("community_id", "community"),
    )


class NodeCursorRow(Base):
    """How far a node has come. Made when the node enrols; locked while one of its batches is taken in.

    `acked`: the last sequence number central has dealt with. `head`: the hash that the next event must continue.
    `broken_since`: from here on the chain is not proved, until an operator accepts the break.
    """

    __tablename__ = "node_cursor"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    acked: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    head: Mapped[bytes] = mapped_column(LargeBinary)
    broken_since: Mapped[int | None] = mapped_column(BigInteger)
    heard_at: Mapped[datetime | None]
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (belongs_to("community_id", "community"),)


class ParkedEventRow(TenantRow, Base):
    """An event that central keeps but could not take as it was. `state`: open, released or rejected.

    `raw` is the whole event as JSON: of a forked journal it is the only copy, since the place in the journal is taken.
    """

    __tablename__ = "parked_event"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    event_id: Mapped[UUID]
    kind: Mapped[str | None]
    at: Mapped[datetime]
    reason: Mapped[str]
    detail: Mapped[str | None]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    in_journal: Mapped[bool]
    tries: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    received_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    resolution: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "seq", "hash"),
        Index("ix_parked_event_tenant_id_state", "tenant_id", "state", "received_at"),
        belongs_to("community_id", "community"),
    )


class JournalGapRow(TenantRow, Base):
    """A stretch of a node's journal that central never got and the node no longer has. Both ends included."""

    __tablename__ = "journal_gap"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    first_seq: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    noticed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "first_seq"),
        belongs_to("community_id", "community"),
    )


class EventPictureRow(Base):
    """The one picture of a decision, encrypted. Deleted at `keep_until` unless a hold reaches it (PRIV-08).

    `keep_until` is made anew from `shows`, `outcome` and `made_at` when the community changes its times; but not once
    it was to be destroyed with a person's face data (`erased_at`): then a hold alone keeps it, and it goes at its end.
    """

    __tablename__ = "event_picture"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    keep_until: Mapped[datetime] = mapped_column(index=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shows: Mapped[str]
    outcome: Mapped[str]
    made_at: Mapped[datetime]
    correlation: Mapped[UUID]
    lane_id: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]

    __table_args__ = (belongs_to("community_id", "community"),)


class PictureErasureRow(TenantRow, Base):
    """With one order to erase somebody's face data: how many event pictures that name them, made until `before`, were
    destroyed here, and `at` what time. `node_ids`: of whose lanes alone; NULL: of every one. What such a node sends
    late is not kept any more."""

    __tablename__ = "picture_erasure"

    community_id: Mapped[UUID]
    order_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    node_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    before: Mapped[datetime]
    at: Mapped[datetime]
    pictures: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "order_id"),
        Index("ix_picture_erasure_tenant_id_cardholder_id", "tenant_id", "cardholder_id"),
        belongs_to("community_id", "community"),
    )


class PictureHoldRow(TenantRow, Base):
    """Why pictures outlive their time: an alarm, or an incident that a person named. Ended by release or at `until`.

    Of the pictures of `node_id` it reaches that of `correlation`, and with `lane_id` those of that lane within a minute
    before `at`, and none of another lane. Empty `node_id`: of before, when no picture was left that it could reach.
    `alarm_id`: the alarm's own event, so that reading the journal again makes no second hold.
    """

    __tablename__ = "picture_hold"

    community_id: Mapped[UUID]
    cause: Mapped[str]
    alarm_id: Mapped[UUID | None]
    node_id: Mapped[UUID | None]
    correlation: Mapped[UUID]
    lane_id: Mapped[UUID | None]
    at: Mapped[datetime]
    reason: Mapped[str]
    held_by: Mapped[str]
    held_at: Mapped[datetime]
    until: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    release_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "alarm_id"),
        Index("ix_picture_hold_tenant_id_community_id", "tenant_id", "community_id", "until"),
        belongs_to("community_id", "community"),
    )


class PictureSweepRow(Base):
    """How many pictures the sweep deleted on a day, counted here and told to the audit once the day is over."""

    __tablename__ = "picture_sweep"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    community_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    passed: Mapped[int] = mapped_column(server_default=text("0"))
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    told_at: Mapped[datetime | None]

    __table_args__ = (belongs_to("community_id", "community"),)

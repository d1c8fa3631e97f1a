"""Nodes, their tokens, the keys that central signs with, and what waits to go down."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class NodeRow(TenantRow, Base):
    """A node at a gate. Its private key never leaves it. `key_seal`: that central wrote this key (own_keys.py).
    `last_number` is that of its last command. `vehicles`: it told at enrolment that a lane of it is for vehicles; what
    it says later makes it none: only such a node is told of cars."""

    __tablename__ = "node"

    community_id: Mapped[UUID]
    gate_id: Mapped[UUID]
    name: Mapped[str]
    version: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_number: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    vehicles: Mapped[bool] = mapped_column(server_default=text("false"))
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "public_key"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
    )


class NodeTokenRow(TenantRow, Base):
    """A one-time token to enrol a node at a gate. Only its SHA-256 is kept."""

    __tablename__ = "node_token"

    community_id: Mapped[UUID]
    gate_id: Mapped[UUID]
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    node_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("gate_id", "gate"),
    )


class SiteKeyRow(TenantRow, Base):
    """What a community's snapshots and commands are signed with. `sealed` is the private key."""

    __tablename__ = "site_key"

    community_id: Mapped[UUID]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


class NodeSnapshotRow(Base):
    """The signed snapshot a node was given last, as text: made once per version."""

    __tablename__ = "node_snapshot"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[str]
    signature: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (belongs_to("node_id", "node"),)


class CommandRow(TenantRow, Base):
    """A command to a node, signed when it was given. `number` grows per node without repeating."""

    __tablename__ = "command"

    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str]
    correlation: Mapped[UUID]
    actor_id: Mapped[UUID]
    actor_name: Mapped[str]
    subject_id: Mapped[UUID | None]
    reason: Mapped[str]
    payload: Mapped[str]
    signature: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result_reason: Mapped[str | None]
    result_seq: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "number"),
        Index("ix_command_tenant_id_state", "tenant_id", "state", "expires_at"),
        Index("ix_command_tenant_id_lane_id", "tenant_id", "lane_id", "issued_at"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
        belongs_to("lane_id", "lane"),
    )


class NodeMailRow(TenantRow, Base):
    """A sealed piece that waits for a node: a photo to make a template of, or a template for its gallery."""

    __tablename__ = "node_mail"

    node_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[str]
    made_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_node_mail_tenant_id_node_id", "tenant_id", "node_id", "kind"),
        Index("ix_node_mail_tenant_id_subject_id", "tenant_id", "subject_id"),
        belongs_to("node_id", "node"),
    )


class SentMailRow(TenantRow, Base):
    """That a piece was put into a node's box, for the hour in which it counts (mail.py)."""

    __tablename__ = "sent_mail"

    node_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    sent_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_sent_mail_tenant_id_kind", "tenant_id", "kind", "sent_at"),
        belongs_to("node_id", "node"),
    )


class MissedMailRow(TenantRow, Base):
    """A node that did not get what was meant for it, because it could not open it or had no key yet to seal it to. What
    was lost is made again by a node that has it."""

    __tablename__ = "missed_mail"

    node_id: Mapped[UUID]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    missed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "node_id", "kind", "subject_id"),
        Index("ix_missed_mail_tenant_id_subject_id", "tenant_id", "subject_id"),
        belongs_to("node_id", "node"),
    )


class OpenNonceRow(TenantRow, Base):
    """What a guard's page is given to open one lane once. Only its SHA-256 is kept. `taken_at`: of the picture that was
    shown with it, None where there was none yet."""

    __tablename__ = "open_nonce"

    nonce_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    lane_id: Mapped[UUID]
    account_id: Mapped[UUID]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "nonce_sha256"),
        belongs_to("lane_id", "lane"),
    )


class LivePictureRow(Base):
    """The newest live picture of a lane, sealed, less than a minute old. Unlogged: in no backup and no replica."""

    __tablename__ = "live_picture"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    lane_id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    taken_at: Mapped[datetime]

    __table_args__ = (belongs_to("lane_id", "lane"), {"prefixes": ["UNLOGGED"]})

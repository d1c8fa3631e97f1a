"""What is stored of access. Passes keep their claims only: the token is signed again when it is shown (Ed25519 is
deterministic), so that reading the table opens no gate. `gate_pass` holds a visitor's name, phone and plate: personal
data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text, Uuid

from central.base.kernel.tables import Base, TenantRow, belongs_to


class GateSettingsRow(TenantRow, Base):
    """What all gates of a community are told, and the number that grows with each change of it."""

    __tablename__ = "gate_settings"

    community_id: Mapped[UUID]
    snapshot_version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    refer_when_stale: Mapped[bool] = mapped_column(server_default=text("false"))
    send_pictures: Mapped[bool] = mapped_column(server_default=text("false"))
    picture_passed_s: Mapped[int] = mapped_column(SmallInteger, server_default=text("60"))
    picture_refused_days: Mapped[int] = mapped_column(SmallInteger, server_default=text("7"))
    sealed_card_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_plate_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


class PassKeyRow(TenantRow, Base):
    """A key that signs passes. The one with `accepted_until` NULL signs; one more may still be accepted."""

    __tablename__ = "pass_key"

    community_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_private_key: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    accepted_until: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "number"),
        Index(
            "uq_pass_key_signing",
            "tenant_id",
            "community_id",
            unique=True,
            postgresql_where=text("accepted_until IS NULL"),
        ),
        CheckConstraint("number BETWEEN 0 AND 255", name="number"),
        belongs_to("community_id", "community"),
    )


class CardholderRow(TenantRow, Base):
    """A person as the gates of one community know them: this id and these groups, no name."""

    __tablename__ = "cardholder"

    community_id: Mapped[UUID]
    person_id: Mapped[UUID]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "person_id"),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
    )


class CredentialRow(TenantRow, Base):
    """Something a cardholder presents. For a pass it has the pass's own id."""

    __tablename__ = "credential"

    community_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    kind: Mapped[str]
    not_after: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_credential_tenant_id_community_id_not_after", "tenant_id", "community_id", "not_after"),
        Index("ix_credential_tenant_id_cardholder_id", "tenant_id", "cardholder_id"),
        belongs_to("community_id", "community"),
        belongs_to("cardholder_id", "cardholder"),
    )


class GatePassRow(TenantRow, Base):
    """The claims of a pass. A visitor's has the inviting house and a name; a cardholder's has its credential. The plate
    of a visitor's car is no claim: it says whose stay has a visitor's free minutes (pass_plates.py)."""

    __tablename__ = "gate_pass"

    community_id: Mapped[UUID]
    key_id: Mapped[UUID]
    pass_group: Mapped[int] = mapped_column(SmallInteger)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    gates: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger()))
    uses: Mapped[int] = mapped_column(SmallInteger)
    party: Mapped[int] = mapped_column(SmallInteger)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    credential_id: Mapped[UUID | None]
    house_id: Mapped[UUID | None]
    visitor_name: Mapped[str | None]
    visitor_phone: Mapped[str | None]
    sealed_plate: Mapped[bytes | None] = mapped_column(LargeBinary)
    plate_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    replaces: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_gate_pass_tenant_id_community_id_issued_at", "tenant_id", "community_id", "issued_at"),
        Index(
            "ix_gate_pass_revoked",
            "tenant_id",
            "community_id",
            "not_after",
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
        Index(
            "ix_gate_pass_plate_digest",
            "tenant_id",
            "community_id",
            "plate_digest",
            postgresql_where=text("plate_digest IS NOT NULL"),
        ),
        CheckConstraint("not_after > not_before", name="window"),
        CheckConstraint("(sealed_plate IS NULL) = (plate_digest IS NULL)", name="plate"),
        CheckConstraint("(credential_id IS NULL) <> (house_id IS NULL)", name="holder"),
        belongs_to("community_id", "community"),
        belongs_to("key_id", "pass_key"),
        belongs_to("credential_id", "credential"),
        belongs_to("house_id", "house"),
        belongs_to("replaces", "gate_pass"),
    )


class PassLinkRow(TenantRow, Base):
    """A link that shows a visitor's pass. Of its token only the SHA-256 is kept. `ended_at`: another took its place."""

    __tablename__ = "pass_link"

    community_id: Mapped[UUID]
    pass_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("token_sha256"),
        Index("ix_pass_link_tenant_id_pass_id", "tenant_id", "pass_id", "made_at"),
        belongs_to("community_id", "community"),
        belongs_to("pass_id", "gate_pass"),
    )


class AccessRuleRow(TenantRow, Base):
    """Groups × lanes × schedule × validity -> effect. Never edited: a decision names the rule that it used, and must
    find it as it was. A change retires the rule and adds another that `replaces` it."""

    __tablename__ = "access_rule"

    community_id: Mapped[UUID]
    name: Mapped[str]
    effect: Mapped[str]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    lanes: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    schedule: Mapped[list[dict[str, Any]]] = mapped_column(JSONB())
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    replaces: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_access_rule_tenant_id_community_id", "tenant_id", "community_id"),
        belongs_to("community_id", "community"),
        belongs_to("replaces", "access_rule"),
    )


class HolidayRow(TenantRow, Base):
    """A day on which schedules follow the line for holidays instead of the weekday."""

    __tablename__ = "holiday"

    community_id: Mapped[UUID]
    day: Mapped[date]
    name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "day"),
        belongs_to("community_id", "community"),
    )


class PassbackZoneRow(TenantRow, Base):
    """A zone; its lanes are `PassbackLaneRow`s. Without one there is no anti-passback: a dropped zone is deleted."""

    __tablename__ = "passback_zone"

    community_id: Mapped[UUID]
    name: Mapped[str]
    mode: Mapped[str]
    minutes: Mapped[int] = mapped_column(SmallInteger)
    set_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_passback_zone_tenant_id_community_id", "tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


class PassbackLaneRow(TenantRow, Base):
    """A lane around a zone, once: the database too refuses a lane that another zone has, whoever asks at once."""

    __tablename__ = "passback_lane"

    zone_id: Mapped[UUID]
    lane_id: Mapped[UUID]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "lane_id"),
        Index("ix_passback_lane_tenant_id_zone_id", "tenant_id", "zone_id"),
        belongs_to("zone_id", "passback_zone"),
        belongs_to("lane_id", "lane"),
    )


class LockdownRow(TenantRow, Base):
    """A lockdown from its request to its end; never deleted. The database too knows that two persons start one.

    `admits`: the group that still passes. Names are kept as they were then, for the page and the books.
    """

    __tablename__ = "lockdown"

    community_id: Mapped[UUID]
    lanes: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    admits: Mapped[str]
    until: Mapped[datetime]
    reason: Mapped[str]
    requested_by: Mapped[UUID]
    requested_name: Mapped[str]
    requested_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_name: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_name: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_lockdown_tenant_id_community_id_until", "tenant_id", "community_id", "until"),
        CheckConstraint("approved_by <> requested_by", name="two_persons"),
        belongs_to("community_id", "community"),
    )


class HouseholdBlockRow(TenantRow, Base):
    """A household kept from coming in, from `blocked_at` until its hour or its end; never deleted. Names are kept as
    they were then."""

    __tablename__ = "household_block"

    community_id: Mapped[UUID]
    house_id: Mapped[UUID]
    until: Mapped[datetime]
    reason: Mapped[str]
    blocked_at: Mapped[datetime]
    blocked_by: Mapped[UUID | None]
    blocked_name: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_name: Mapped[str | None]
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index("ix_household_block_tenant_id_community_id_until", "tenant_id", "community_id", "until"),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
    )


class CardRow(TenantRow, Base):
    """A card as its site knows it: a keyed digest, never the number. Its id is the credential's. Cards given back stay,
    with the reason, because events name them. `told_version`: the rules with which the gates hear of its last change.
    """

    __tablename__ = "card"

    community_id: Mapped[UUID]
    credential_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    digest: Mapped[str]
    weak: Mapped[bool]
    label: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    valid_until: Mapped[datetime | None]
    told_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    given_at: Mapped[datetime]
    given_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        Index(
            "uq_card_given",
            "tenant_id",
            "community_id",
            "digest",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_card_tenant_id_cardholder_id", "tenant_id", "cardholder_id"),
        belongs_to("community_id", "community"),
        belongs_to("credential_id", "credential"),
        belongs_to("cardholder_id", "cardholder"),
    )


class UnitCodeRow(TenantRow, Base):
    """The number that a house keys before its PINs, and the salt of their hashes."""

    __tablename__ = "unit_code"

    community_id: Mapped[UUID]
    house_id: Mapped[UUID]
    code: Mapped[str]
    salt: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "code"),
        UniqueConstraint("tenant_id", "house_id"),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
    )


class PinRow(TenantRow, Base):
    """One person's PIN behind one unit, hashed. A dropped one is deleted: only its credential stays, revoked."""

    __tablename__ = "pin"

    community_id: Mapped[UUID]
    credential_id: Mapped[UUID]
    cardholder_id: Mapped[UUID]
    unit_code_id: Mapped[UUID]
    hash: Mapped[str]
    given_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    told_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "unit_code_id", "cardholder_id"),
        belongs_to("community_id", "community"),
        belongs_to("credential_id", "credential"),
        belongs_to("cardholder_id", "cardholder"),
        belongs_to("unit_code_id", "unit_code"),
    )


class LaneKindRow(TenantRow, Base):
    """A kind of credential that a lane takes, and when. A lane without any takes every kind."""

    __tablename__ = "lane_kind"

    community_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    kind: Mapped[str]
    schedule: Mapped[list[dict[str, Any]]] = mapped_column(JSONB())

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "lane_id", "kind"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )

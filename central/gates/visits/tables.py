"""Views of the journal: visits, alarms, the last facts of lanes and nodes. All but the last five can be rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Double, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, belongs_to


class _Tenant:
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL), sort_order=-1)


class VisitRow(_Tenant, Base):
    """One access: the fold of its events (`rules.fold`). `visit_id` is their correlation id."""

    __tablename__ = "visit"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    lane_id: Mapped[UUID | None]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)
    late: Mapped[bool]
    decision_id: Mapped[UUID | None]
    seen_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    kind: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    checks: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    cardholder_id: Mapped[UUID | None]
    credential_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rules_version: Mapped[int | None] = mapped_column(BigInteger)
    rules_age_s: Mapped[int | None] = mapped_column(BigInteger)
    decide_us: Mapped[int | None] = mapped_column(BigInteger)
    score: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float | None] = mapped_column(Double)
    image_rule: Mapped[str | None]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    liveness: Mapped[str | None]
    sealed_plate: Mapped[bytes | None]
    party: Mapped[int | None]
    command_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    said: Mapped[str | None]
    actuated_at: Mapped[datetime | None]
    actuation_confirmed: Mapped[bool | None]
    actuation_fault: Mapped[str | None]
    relay_us: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    passed: Mapped[bool | None]
    passage_why: Mapped[str | None]
    passed_at: Mapped[datetime | None]
    open_ms: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_visit_tenant_id_happened_at", "tenant_id", "happened_at", "visit_id"),
        Index("ix_visit_tenant_id_lane_id", "tenant_id", "lane_id", "happened_at"),
        belongs_to("community_id", "community"),
    )


class AlarmRow(_Tenant, Base):
    """An alarm of a node (`alarm_id` is the event that raised it) or of central itself (`origin`). `revoked_by`: it
    ended with its node, which this person revoked; "" where the name was not kept."""

    __tablename__ = "alarm"

    alarm_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    origin: Mapped[str]
    kind: Mapped[str]
    node_id: Mapped[UUID]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    lane_id: Mapped[UUID | None]
    device: Mapped[str | None]
    detail: Mapped[str | None]
    raised_at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    over_seq: Mapped[int | None] = mapped_column(BigInteger)
    revoked_by: Mapped[str | None]

    __table_args__ = (
        Index("ix_alarm_tenant_id_raised_at", "tenant_id", "raised_at", "alarm_id"),
        Index("ix_alarm_tenant_id_node_id", "tenant_id", "node_id", "kind", "seq"),
        Index(
            "uq_alarm_tenant_id_central", "tenant_id", "node_id", "kind", unique=True,
            postgresql_where=text("origin = 'central' AND over_at IS NULL"),
        ),
        belongs_to("community_id", "community"),
    )  # fmt: skip


class LaneStateRow(_Tenant, Base):
    """The last fact of its kind about a lane: position, scan_refused. The newest node's last word counts."""

    __tablename__ = "lane_state"

    lane_id: Mapped[UUID] = mapped_column(primary_key=True)
    fact: Mapped[str] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    value: Mapped[str]

    __table_args__ = (belongs_to("community_id", "community"),)


class EbikeSeenRow(_Tenant, Base):
    """An electric bicycle that a lane's detector told of (LANE-27)."""

    __tablename__ = "ebike_seen"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_ebike_seen_tenant_id_community_id", "tenant_id", "community_id", "at"),
        belongs_to("community_id", "community"),
    )


class NodeStateRow(_Tenant, Base):
    """The last fact of its kind that a node told about itself: started, stopped, snapshot_applied …"""

    __tablename__ = "node_state"

    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    fact: Mapped[str] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    value: Mapped[dict[str, Any]]

    __table_args__ = (belongs_to("community_id", "community"),)


class AlarmSeenRow(_Tenant, Base):
    """A person took note of an alarm. Kept apart from the alarm, which is rebuilt from the journal."""

    __tablename__ = "alarm_seen"

    alarm_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    name: Mapped[str]


class AlarmClosedRow(_Tenant, Base):
    """A person ended a fire whose node is revoked, and why. Kept apart as what was seen is; only ever appended to."""

    __tablename__ = "alarm_closed"

    alarm_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    name: Mapped[str]
    why: Mapped[str]


class VisitCorrectionRow(_Tenant, Base):
    """A person said that a face was somebody else's. Kept apart from the visit, which is rebuilt from the journal and
    stays as it was; only ever appended to. `cardholder_id`, `outcome`, `score` and `threshold` are the old values."""

    __tablename__ = "visit_correction"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    node_id: Mapped[UUID]
    lane_id: Mapped[UUID]
    happened_at: Mapped[datetime]
    at: Mapped[datetime]
    by_whom: Mapped[str]
    account_id: Mapped[UUID | None]
    name: Mapped[str]
    reason: Mapped[str]
    cardholder_id: Mapped[UUID]
    outcome: Mapped[str]
    kind: Mapped[str]
    score: Mapped[float] = mapped_column(Double)
    threshold: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (
        Index("ix_visit_correction_tenant_id_lane_id", "tenant_id", "lane_id", "happened_at"),
        Index("ix_visit_correction_tenant_id_node_id", "tenant_id", "node_id", "at"),
        belongs_to("community_id", "community"),
    )


class NodePresenceRow(_Tenant, Base):
    """What a node said with its last poll: not a fact of the journal, but whether it is there at all. Of one that was
    revoked (`removed_at`, `removed_by`) it stays as it was last heard."""

    __tablename__ = "node_presence"

    node_id: Mapped[UUID] = mapped_column(primary_key=True)
    community_id: Mapped[UUID]
    name: Mapped[str]
    since: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    rules_version: Mapped[int | None] = mapped_column(BigInteger)
    rules_issued_at: Mapped[datetime | None]
    queue_length: Mapped[int | None] = mapped_column(BigInteger)
    skew_ms: Mapped[int | None] = mapped_column(BigInteger)
    disk_free_mb: Mapped[int | None] = mapped_column(BigInteger)
    software: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]

    __table_args__ = (belongs_to("community_id", "community"),)


class LaneNodeRow(_Tenant, Base):
    """Which node drives a lane; once that is revoked, and until another takes the lane over, which drove it last."""

    __tablename__ = "lane_node"

    lane_id: Mapped[UUID] = mapped_column(primary_key=True)
    node_id: Mapped[UUID] = mapped_column(index=True)

    __table_args__ = (belongs_to("lane_id", "lane"),)


class ReviewRow(_Tenant, Base):
    """The live stream: a visit, an alarm or a lane is new or has changed. Ids are committed in order."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    subject_id: Mapped[UUID]
    community_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)

    __table_args__ = (
        Index("ix_review_tenant_id_subject_id", "tenant_id", "subject_id", "id"),
        belongs_to("community_id", "community"),
    )

"""What is said over HTTP about journals and parked events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.gates.ingest.picture_holds import DAYS_MAX, REASON_MAX
from central.gates.ingest.reading import plainly
from central.gates.ingest.settle import Unsettled
from central.gates.ingest.tables import ParkedEventRow, PictureHoldRow
from models.values.text import Printable


class ParkedOut(BaseModel):
    """An event that waits for a person. `event` is what the node sent, whole."""

    parked_id: UUID
    community_id: UUID
    node_id: UUID
    seq: int
    event_id: UUID
    kind: str | None = Field(examples=["decision"])
    at: datetime
    reason: str = Field(examples=["unknown_lane"])
    detail: str | None
    state: str = Field(description="open, released or rejected")
    can_retry: bool = Field(description="false for what found its place in the journal taken")
    tries: int
    received_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    event: Any

    @staticmethod
    def of(row: ParkedEventRow) -> ParkedOut:
        return ParkedOut(
            parked_id=row.id, community_id=row.community_id, node_id=row.node_id, seq=row.seq, event_id=row.event_id,
            kind=row.kind, at=row.at, reason=row.reason, detail=row.detail, state=row.state, can_retry=row.in_journal,
            tries=row.tries, received_at=row.received_at, resolved_at=row.resolved_at, resolved_by=row.resolved_by,
            resolution=row.resolution, event=plainly(row.raw),
        )  # fmt: skip


class ResolveIn(BaseModel):
    reason: Printable = Field(min_length=1, max_length=200, examples=["通道已建好"])


class BreakAccepted(BaseModel):
    released: int
    still_parked: int


class StrandOut(BaseModel):
    """Records that hang together by their links: of one machine."""

    strand_id: UUID
    first_seq: int
    last_seq: int
    records: int
    alarms: int = Field(examples=[1])
    from_at: datetime
    until_at: datetime = Field(description="when its last record happened")
    behind: bool = Field(description="whoever wrote it would next use numbers that are taken")


class UnsettledOut(BaseModel):
    node_id: UUID
    whole: bool = Field(description="nothing to settle")
    broken_since: int | None
    forked: bool = Field(description="two records came for one number, or a new one for one given up as lost")
    strands: list[StrandOut]

    @staticmethod
    def of(found: Unsettled) -> UnsettledOut:
        return UnsettledOut(
            node_id=found.node_id, whole=found.whole, broken_since=found.broken_since, forked=found.forked,
            strands=[
                StrandOut(
                    strand_id=one.strand_id, first_seq=one.first_seq, last_seq=one.last_seq, records=len(one.records),
                    alarms=one.alarms, from_at=one.from_at, until_at=one.until_at, behind=found.behind(one),
                )
                for one in found.strands
            ],
        )  # fmt: skip


class SettleIn(ResolveIn):
    take: list[UUID] = Field(default_factory=list, max_length=1000, description="strands that happened")
    discard: list[UUID] = Field(default_factory=list, max_length=1000, description="strands that count for nothing")
    discard_others: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        examples=[0],
        description="how many more were seen, all of which count for nothing",
    )


class SettledOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    taken: int = Field(examples=[12])
    still_parked: int
    discarded: int = Field(examples=[3])


class LostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    first_seq: int
    last_seq: int
    noticed_at: datetime


class ProofOut(BaseModel):
    """The proof of one node's journal: every link computed anew."""

    model_config = ConfigDict(from_attributes=True)

    node_id: UUID
    community_id: UUID
    upto_seq: int = Field(description="central has dealt with everything up to here")
    stored: int
    whole: bool = Field(description="nothing missing, nothing broken")
    missing: list[tuple[int, int]] = Field(description="stretches without events, both ends included")
    breaks: list[int] = Field(description="where the chain does not hold")
    broken_since: int | None = Field(description="events from here on are parked until somebody accepts the break")
    given_up: list[LostOut] = Field(description="stretches that the node said it had lost")
    parked_open: int


class ProofsOut(BaseModel):
    items: list[ProofOut]


class HoldIn(BaseModel):
    reason: Printable = Field(max_length=REASON_MAX)
    days: int = Field(default=30, ge=1, le=DAYS_MAX, examples=[30])


class HoldReleaseIn(BaseModel):
    reason: Printable = Field(max_length=REASON_MAX)


class PictureHoldOut(BaseModel):
    """Why a picture outlives its time. `cause`: "alarm", with its kind as `reason`, "incident", named by a person, or
    "stay": "owing", "denied" or "lone_exit" is why a car's exit may have to be looked at.

    `visit_id`: the access it began with; an alarm reaches the pictures of its lane within the minute before `at` too.
    """

    hold_id: UUID
    community_id: UUID
    cause: str = Field(examples=["incident"])
    visit_id: UUID
    lane_id: UUID | None
    at: datetime
    reason: str
    held_by: str = Field(examples=["李经理"], description="empty for an alarm and for a stay")
    held_at: datetime
    until: datetime
    released_at: datetime | None
    released_by: str | None = Field(examples=["李经理"])
    release_reason: str | None = Field(examples=["派出所已取证"])

    @staticmethod
    def of(row: PictureHoldRow) -> PictureHoldOut:
        return PictureHoldOut(
            hold_id=row.id, community_id=row.community_id, cause=row.cause, visit_id=row.correlation,
            lane_id=row.lane_id, at=row.at, reason=row.reason, held_by=row.held_by, held_at=row.held_at,
            until=row.until, released_at=row.released_at, released_by=row.released_by,
            release_reason=row.release_reason,
        )  # fmt: skip


class PictureHoldsOut(BaseModel):
    items: list[PictureHoldOut]


class PicturesKeptOut(BaseModel):
    """Pictures of one community at central. `held` of them outlive their time."""

    model_config = ConfigDict(from_attributes=True)

    total: int = Field(examples=[12])
    held: int = Field(examples=[1])
    oldest_at: datetime | None
    swept_today: int = Field(examples=[310])
    swept_week: int = Field(examples=[2140])

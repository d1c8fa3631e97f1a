"""What is said over HTTP about nodes, tokens and commands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.site.topology import Direction
from models.values.text import Printable
from models.wire.commands import HOLD_MINUTES_MAX


class NodeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    node_id: UUID
    community_id: UUID
    gate_id: UUID
    name: str = Field(examples=["东门"])
    version: str = Field(examples=["0.1.0"])
    enrolled_at: datetime
    revoked_at: datetime | None
    online: bool = Field(description="heard within 45 seconds")
    heard_at: datetime | None
    rules_version: int | None = Field(description="version of the snapshot the node says it has")
    rules_issued_at: datetime | None
    queue_length: int | None = Field(description="events the node still has to send")
    skew_ms: int | None = Field(description="the node's clock minus central's")
    disk_free_mb: int | None
    lane_ids: tuple[UUID, ...]
    vehicles: bool = Field(
        examples=[True], description="enrolled with a lane for vehicles; else it is told of no car until enrolled anew"
    )


class NodesOut(BaseModel):
    items: list[NodeOut]


class TokenIn(BaseModel):
    community_id: UUID
    gate_id: UUID
    name: Printable = Field(min_length=1, max_length=60, examples=["东门"])


class TokenOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    token_id: UUID
    community_id: UUID
    gate_id: UUID
    name: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    node_id: UUID | None


class NewTokenOut(TokenOut):
    token: str = Field(description="told once; shown as a QR code to the installer")


class TokensOut(BaseModel):
    items: list[TokenOut]


class ReasonIn(BaseModel):
    reason: Printable = Field(min_length=1, max_length=200, examples=["设备报废"])


class CommandOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    command_id: UUID
    lane_id: UUID
    node_id: UUID
    number: int
    action: str = Field(examples=["open"])
    correlation: UUID
    actor_name: str
    reason: str
    state: str = Field(description="waiting, sent, done, refused or expired", examples=["done"])
    issued_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    result_reason: str | None


class LookOut(BaseModel):
    command_id: UUID


class NonceOut(BaseModel):
    nonce: str
    expires_at: datetime


class EndFireOut(BaseModel):
    command_id: UUID = Field(description="asked of /api/v1/commands/{id}: done, or refused with the reason fire")


class ResetPassbackIn(BaseModel):
    subject_id: UUID = Field(description="the cardholder; the pass or credential where there is no cardholder")
    reason: Printable = Field(min_length=1, max_length=200, examples=["本人当面核实，上次出门未读到"])


class ResetPassbackOut(BaseModel):
    command_id: UUID = Field(description="asked of /api/v1/commands/{id}: done, or refused with a reason")


class HoldIn(ReasonIn):
    minutes: int = Field(ge=1, le=HOLD_MINUTES_MAX, description="from now on", examples=[30])


class TurnIn(ReasonIn):
    direction: Direction = Field(description="how the lane is to lead", examples=["out"])


class HoldOut(BaseModel):
    command_id: UUID = Field(
        description="asked of /api/v1/commands/{id}: done, or refused with fire, fault, lockdown, storm_closes, "
        "not_held, storm, not_empty or not_tidal"
    )


class CalibrateOut(BaseModel):
    command_id: UUID = Field(
        description="asked of /api/v1/commands/{id}: done, or refused with too_few, no_faces, unreadable or busy"
    )


class OpenIn(BaseModel):
    reason: Printable = Field(min_length=1, max_length=200, examples=["快递员，已电话核实"])
    nonce: Printable = Field(min_length=16, max_length=64)
    looked_at: AwareDatetime = Field(description="the `taken-at` header of the live picture that was seen")


class OpenOut(BaseModel):
    correlation: UUID = Field(description="the visit will be found under this id")

"""What is said over HTTP about visits and alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.base.kernel.moments import Moment
from central.gates.access.schemas import CardName
from central.gates.visits.rules import Lock
from central.people.community.schemas import In
from models.values.text import Printable


class PersonOut(BaseModel):
    """Masked. Full names are asked of /api/v1/people, with a reason."""

    model_config = ConfigDict(from_attributes=True)

    kind: str = Field(description="resident, visitor or unknown", examples=["resident"])
    label: str = Field(examples=["张*"])
    house: str | None = Field(examples=["5-2-1102"])
    cardholder_id: UUID | None


class CorrectionOut(BaseModel):
    """A person said that the face of this visit was somebody else's. The visit keeps what stood before."""

    model_config = ConfigDict(from_attributes=True)

    visit_id: UUID
    happened_at: datetime
    at: datetime
    by_whom: str = Field(description="guard or resident", examples=["guard"])
    name: str = Field(description="the guard's; of a resident none is kept", examples=["王师傅"])
    reason: str = Field(examples=["门口看到的不是他"])
    accepted: bool = Field(description="whether it had been let through: a false accept")
    score: float
    threshold: float | None


class CorrectionIn(BaseModel):
    reason: Printable = Field(max_length=400, examples=["门口看到的不是他"])


class VisitOut(BaseModel):
    """One access. A step that did not arrive, or never happened, is null."""

    model_config = ConfigDict(from_attributes=True)

    visit_id: UUID
    community_id: UUID
    node_id: UUID
    lane_id: UUID | None
    lane_name: str = Field(examples=["东门入口"])
    gate_name: str = Field(examples=["东门"])
    direction: str | None = Field(examples=["in"])
    seen_at: datetime | None
    decided_at: datetime | None
    outcome: str | None = Field(examples=["grant"])
    reason: str | None = Field(examples=["ok"])
    kind: str | None = Field(examples=["pass"])
    detail: dict[str, str]
    checks: list[dict[str, Any]]
    person: PersonOut
    rules_version: int | None
    rules_age_s: int | None
    decide_ms: float | None
    score: float | None
    threshold: float | None
    image_rule: str | None
    inputs: dict[str, str] = Field(examples=[{"direction": "in", "pass": "read", "uses": "1", "uses_before": "0"}])
    liveness: str | None
    party: int
    actor_name: str | None
    said: str | None
    picture_id: UUID | None
    actuated_at: datetime | None
    actuation_confirmed: bool | None
    actuation_fault: str | None
    relay_ms: float | None
    opened_at: datetime | None
    closed_at: datetime | None
    passed: bool | None = Field(description="null while nothing has come (`passed_at` is null too), or nobody knows")
    passage_why: str | None
    plate: str | None = Field(description="of a vehicle, as it is painted", examples=["川A·12345"])
    passed_at: datetime | None = Field(description="when the grant ended, whether somebody went through or not")
    received_at: datetime
    skew_ms: int | None
    late: bool
    correction: CorrectionOut | None = Field(description="somebody said that it was not this person")


class AlarmOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    alarm_id: UUID
    community_id: UUID
    kind: str = Field(examples=["forced"])
    node_id: UUID | None
    lane_id: UUID | None
    lane_name: str
    device: str | None
    detail: str | None
    raised_at: datetime
    over_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    times: int = Field(description="how often, where an open alarm stands for several that only repeat")
    last_at: datetime
    node_revoked: bool = Field(
        description="a fire that goes on and whose node is revoked: a person ends it, see /alarms/{alarm_id}/close-fire"
    )
    closed_by: str | None = Field(description="who ended such a fire", examples=["李经理"])
    closed_why: str | None = Field(examples=["已到现场，主机已复位"])


class LaneNowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    lane_id: UUID
    community_id: UUID
    code: str = Field(examples=["east-in"])
    name: str
    gate_name: str
    direction: str
    node_id: UUID | None
    node_online: bool
    revoked: bool = Field(
        description="its last node is revoked and no other drives it: what is said here was said last"
    )
    last_heard_at: datetime | None
    position: str = Field(description="open, closed or unknown: what the contact says")
    rules_version: int | None
    rules_age_s: int | None
    queue_length: int | None
    skew_ms: int | None
    last_visit: VisitOut | None
    fire_held: bool = Field(description="to stand open for fire until a person ends it: see /lanes/{lane_id}/end-fire")
    fire_lock: Lock | None = Field(
        description="of a lane held for fire: free (its lock was read back as released), unsure (told to, and nothing "
        "confirms it), stuck (it did not release: somebody has to go there)"
    )
    fire_signal: bool | None = Field(
        description="whether a fire input of its node is active still, and the hold cannot be ended; null: not known"
    )
    alarms: list[AlarmOut]


class LanesOut(BaseModel):
    items: list[LaneNowOut]


class OpenAlarmsOut(BaseModel):
    items: list[AlarmOut]


class FaceCauseOut(BaseModel):
    """Why faces were not let through, and how often."""

    model_config = ConfigDict(from_attributes=True)

    outcome: str = Field(examples=["deny"])
    reason: str = Field(examples=["low_score"])
    quality: str | None = Field(examples=["too_dark"])
    liveness: str | None = Field(examples=["not_measured"])
    count: int


class SeenOut(BaseModel):
    """How well faces were seen: medians over the `count` of which the node told."""

    model_config = ConfigDict(from_attributes=True)

    count: int = Field(examples=[41])
    side_px: float = Field(description="side of the face in the picture; 60 is the least", examples=[142])
    sharpness: float = Field(description="fine detail over all detail; 0.0045 is the least", examples=[0.0231])
    brightness: float = Field(description="0 to 255; 28 to 215 is fit", examples=[118])
    yaw: float = Field(description="nose off the middle, in eye distances; 0.45 is the most", examples=[0.12])


class HowSeenOut(BaseModel):
    """Empty where no node told: nodes of before do not."""

    model_config = ConfigDict(from_attributes=True)

    granted: SeenOut | None
    others: SeenOut | None = Field(description="refused and referred")


class FaceBarOut(BaseModel):
    """Scores from `low` (included) to 0.05 above it."""

    model_config = ConfigDict(from_attributes=True)

    low: float
    granted: int
    others: int = Field(description="refused and referred")


class LaneFacesOut(BaseModel):
    """How faces did at one lane; every figure is a count, so that each share can be read with its sample size."""

    model_config = ConfigDict(from_attributes=True)

    lane_id: UUID
    community_id: UUID
    lane_name: str = Field(examples=["东门入口"])
    gate_name: str
    direction: str
    node_id: UUID | None
    total: int
    outcomes: dict[str, int] = Field(examples=[{"grant": 41, "deny": 3, "refer": 2}])
    causes: list[FaceCauseOut]
    scored: int
    bars: list[FaceBarOut]
    thresholds: tuple[float, float] | None = Field(description="the least and the most that were in use")
    seen: HowSeenOut = Field(description="with which quality faces were compared, let through beside the others")
    reported: list[CorrectionOut] = Field(description="faces that, by a person's word, were somebody else's")
    suspected: dict[str, int] = Field(
        description="attacks suspected in operation, by what they looked like", examples=[{"spoof_flat": 2}]
    )
    false_accepts: int = Field(description="of them those that had been let through", examples=[1])


class FaceFiguresOut(BaseModel):
    items: list[LaneFacesOut]
    calibrations: dict[UUID, dict[str, Any]] = Field(
        description="by node: what its thresholds stand on, as it told; a node that is not here was never calibrated"
    )


class ReadCardOut(BaseModel):
    """A card that nobody knows, by the visit at which a lane refused it. Its number is not known here either."""

    model_config = ConfigDict(from_attributes=True)

    visit_id: UUID
    lane_id: UUID | None
    lane: str = Field(examples=["东门人行进"])
    gate: str = Field(examples=["东门"])
    read_at: datetime


class GiveReadIn(In):
    cardholder_id: UUID
    name: CardName = ""
    valid_until: Moment | None = None

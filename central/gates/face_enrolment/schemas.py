"""What is said over HTTP about enrolments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, FailFast, Field

from central.gates.visits.schemas import CorrectionOut
from models.wire.faces import PHOTOS_MAX, PHOTOS_MIN, EnrolmentKey, SealedPhoto


class InvitationIn(BaseModel):
    """`guardian_id`: for a child under 14, the resident of the same house who shall agree behind the link."""

    model_config = ConfigDict(extra="forbid")

    guardian_id: UUID | None = None


class InvitationOut(BaseModel):
    enrolment_id: UUID
    token: str = Field(description="told once; the end of the link /enrol/…")
    expires_at: datetime


class EnrolmentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    enrolment_id: UUID
    cardholder_id: UUID = Field(description="whose face it is: sealed into each photo beside the enrolment")
    state: str = Field(examples=["invited"])
    problems: tuple[dict[str, Any], ...] = Field(
        description="what is wrong, and with which photo (from 1, null: with no one of them). With the state late: "
        "maker_changed, when another enrolment node was named meanwhile; nothing, when no node fetched them in time",
        examples=[[{"problem": "too_dark", "photo": 1}]],
    )
    may_send: bool
    agrees: bool = Field(description="whether the consent is in force, without which no photo is taken")
    key: EnrolmentKey | None = Field(description="photos are sealed to this key; none while no node can take them")
    maker_away: bool = Field(description="photos wait, and the node that opens them is not reached just now")
    records_wait: bool = Field(
        description="that node takes no photos of this person until somebody has decided about its records"
    )


class WatchPhotosOut(BaseModel):
    """Where the photos of an entry of the watch group stand. They are sealed to `key`, bound to `enrolment_id`."""

    enrolment_id: UUID
    state: str = Field(examples=["without_photo"])
    problems: tuple[dict[str, Any], ...]
    key: EnrolmentKey | None
    maker_away: bool = Field(description="photos wait, and the node that opens them is not reached just now")


class OwnVisitOut(BaseModel):
    """A visit for which the person's own face was compared."""

    model_config = ConfigDict(from_attributes=True)

    visit_id: UUID
    seen_at: datetime | None
    gate_name: str
    lane_name: str
    outcome: str | None = Field(examples=["grant"])
    correction: CorrectionOut | None


class OwnVisitsOut(BaseModel):
    items: list[OwnVisitOut]


class PhotosIn(BaseModel):
    """Three photos that were asked for, straight ahead and to either side; the node says which is not so. `guided`
    changes nothing: whoever sends one photo without it is told that three are needed.

    The first photo that is none ends the reading: a finding for each of a million took 19 s.
    """

    guided: bool = False
    photos: Annotated[tuple[SealedPhoto, ...], FailFast()] = Field(min_length=PHOTOS_MIN, max_length=PHOTOS_MAX)

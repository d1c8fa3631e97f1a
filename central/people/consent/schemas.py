"""What is said over HTTP about consent. No answer holds a name or a day of birth."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from central.people.consent.rules import LASTS_DAYS_MAX, TEXT_MAX, AgeBand, AskedAnew, Channel, Standing, readable
from models.values.time import Instant


def _readable(text: str) -> str:
    tidied = readable(text)
    if not tidied:
        raise ValueError("must not be blank")
    return tidied


Prose = Annotated[str, Field(min_length=1, max_length=TEXT_MAX), AfterValidator(_readable)]


class In(BaseModel):
    """What is sent to us: a field we do not know is an error, not silence. Nothing is collected by accident."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Said(BaseModel):
    """One thing in plain words, in both languages."""

    zh_CN: str
    en: str


class TextIn(In):
    community_id: UUID
    zh: Prose = Field(examples=["我同意小区门口使用我的人脸识别通行……"])
    en: Prose = Field(examples=["I agree that the gates of this community know me by my face …"])
    old_until: Instant = Field(description="From this instant on, consents under earlier versions count no longer.")
    lasts_days: int = Field(default=730, ge=1, le=LASTS_DAYS_MAX, description="How long a consent under it lasts.")


class TextOut(Out):
    text_id: UUID
    community_id: UUID
    purpose: str
    version: int
    zh: str
    en: str
    published_at: datetime
    published_by: str
    old_until: datetime
    lasts_days: int


class BirthIn(In):
    born_on: date


class AgeOut(BaseModel):
    """What is kept of it is told in words; the day of birth is in no answer."""

    age: AgeBand
    said: Said


class ConsentIn(In):
    """`gates` left out: at every gate. Where they are named, every other gate destroys what it has of this face, and
    photos are taken only where the enrolment node's gate is among them. `guardian_id`: the resident of the same house
    who consents for a child.

    `keep_photos`: chosen besides, in words of its own, that the photos stay sealed at the gate.
    """

    text_id: UUID
    channel: Channel
    gates: list[UUID] | None = Field(default=None, min_length=1, max_length=64)
    guardian_id: UUID | None = None
    keep_photos: bool = False


class WithdrawIn(In):
    channel: Channel


class PhotosChoiceIn(In):
    """`keep` false takes the choice back; the consent stands."""

    keep: bool
    channel: Channel


class ConsentOut(Out):
    consent_id: UUID
    text_version: int
    channel: Channel
    by_guardian: bool
    gates: list[UUID] | None
    given_at: datetime
    expires_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_channel: Channel | None
    photos_version: int | None = Field(examples=[1], description="of the words under which photos stay; null: never")
    photos_kept_at: datetime | None
    photos_ended_at: datetime | None


class StandingOut(BaseModel):
    """Where somebody stands. `until`: when it ends by itself; `said` says it, and what to do next."""

    standing: Standing
    age: AgeBand
    said: Said
    until: datetime | None
    last: ConsentOut | None
    anew: AskedAnew | None = Field(
        examples=["guardian_gone"], description="why they are asked anew; null: they are not"
    )


class ConsentsOut(BaseModel):
    now: StandingOut
    all: list[ConsentOut]

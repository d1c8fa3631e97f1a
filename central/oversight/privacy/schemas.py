"""What is said over HTTP about the data map, the processing log and impact assessments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.people.assessment.rules import NAME_MAX
from central.people.assessment.tables import ImpactAssessmentRow
from models.values.text import Lines, Printable


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class StayOut(Out):
    rule: str = Field(examples=["pictures"])
    figures: dict[str, int | str] = Field(examples=[{"seconds": 60, "days": 7}])


class EntryOut(Out):
    """`rows` null: it lies at the gates alone. `sealed`: columns that are ciphertext at rest."""

    key: str = Field(examples=["picture"])
    tables: list[str] = Field(examples=[["event_picture"]])
    sealed: list[str] = Field(examples=[["event_picture.sealed"]])
    unlogged: bool = Field(description="in no backup and no replica")
    rows: int | None = Field(examples=[12])
    right: str = Field(examples=["visit.read"])
    roles: list[str] = Field(examples=[["guard", "manager", "administrator"]])
    stay: StayOut


class DataMapOut(BaseModel):
    items: list[EntryOut]


class LineOut(Out):
    deed: str = Field(examples=["consent"])
    what: str = Field(examples=["consent.give"])
    at: datetime
    actor: str = Field(examples=["王师傅"])
    reason: str | None
    outcome: str | None = Field(description="how an enrolment came out", examples=["duplicate"])
    count: int = Field(description="looks at pictures by one person within ten minutes are one line", examples=[1])
    since: datetime | None = Field(description="the first of several looks")


class LogOut(Out):
    since: datetime
    counts: dict[str, int] = Field(examples=[{"consent": 12, "erasure": 1}])
    not_enrolled: int = Field(description="of the enrolments, attempts that made no template", examples=[2])
    last: list[LineOut]


class SignIn(BaseModel):
    """`answers`: one for each question; the facts are taken from the configuration as it is now."""

    community_id: UUID
    signed_by: Printable = Field(max_length=NAME_MAX, examples=["李经理"])
    answers: dict[Printable, Lines] = Field(max_length=20, examples=[{"purpose": "只用于住户本人进出，不作他用。"}])


class DeleteIn(BaseModel):
    reason: Printable = Field(max_length=400)


class AssessmentOut(BaseModel):
    """A signed version. `digest`: SHA-256 over version, name, time, answers and facts."""

    assessment_id: UUID
    community_id: UUID
    version: int
    signed_by: str = Field(examples=["李经理"])
    recorded_by: str
    signed_at: datetime
    review_by: datetime
    kept_until: datetime
    digest: str = Field(examples=["9f" * 32])
    answers: dict[str, str] = Field(examples=[{"purpose": "只用于住户本人进出，不作他用。"}])
    facts: dict[str, Any] = Field(examples=[{"community": "翠湖花园"}])

    @staticmethod
    def of(row: ImpactAssessmentRow) -> AssessmentOut:
        return AssessmentOut(
            assessment_id=row.id, community_id=row.community_id, version=row.version, signed_by=row.signed_by,
            recorded_by=row.recorded_by, signed_at=row.signed_at, review_by=row.review_by,
            kept_until=row.kept_until, digest=row.digest, answers=row.answers, facts=row.facts,
        )  # fmt: skip


class AssessmentsOut(BaseModel):
    """`current`: the version that counts now, null where none does."""

    current: int | None = Field(examples=[1])
    items: list[AssessmentOut]

"""What is said over HTTP about the test of error rates by group."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.oversight.privacy.group_rates import REASON_MAX, Report
from central.oversight.privacy.group_rules import Rate, Verdict
from central.oversight.privacy.tables import GroupFindingRow
from central.people.group_test.rules import Dimension
from models.values.text import Printable


class GroupTestIn(BaseModel):
    """What the person says of themselves; each may be left out. Never what somebody else thinks they see."""

    age: Printable | None = Field(default=None, examples=["30_44"], description="18_29, 30_44, 45_59 or 60_up")
    sex: Printable | None = Field(default=None, examples=["female"], description="female, male or other")
    skin: Printable | None = Field(default=None, examples=["medium"], description="light, medium or dark")


class TakesPartOut(BaseModel):
    """Whether the person is counted. What they said is never shown again."""

    since: datetime | None


class RateOut(BaseModel):
    """`low` and `high`: 95 % interval (Wilson) of `rate`."""

    model_config = ConfigDict(from_attributes=True)

    people: int = Field(examples=[24])
    trials: int = Field(examples=[812])
    failures: int = Field(examples=[9])
    rate: float | None = Field(examples=[0.011])
    low: float | None = Field(examples=[0.006])
    high: float | None = Field(examples=[0.021])


class GroupOut(BaseModel):
    """`figures` null: too few people or attempts to say anything, or to say it without pointing at somebody."""

    dimension: Dimension
    group: str = Field(examples=["60_up"])
    verdict: Verdict
    figures: RateOut | None


class FindingOut(BaseModel):
    """A group that failed more than twice as often as the mean. `closed_at` null: somebody has to look into it."""

    finding_id: UUID
    dimension: str = Field(examples=["age"])
    group: str = Field(examples=["60_up"])
    facts: dict[str, Any] = Field(examples=[{"trials": 240, "failures": 31}])
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None = Field(examples=["李经理"])
    close_reason: str | None = Field(examples=["摄像头逆光，已调整"])

    @staticmethod
    def of(row: GroupFindingRow) -> FindingOut:
        return FindingOut(
            finding_id=row.id, dimension=row.dimension, group=row.group_key, facts=row.facts, opened_at=row.opened_at,
            closed_at=row.closed_at, closed_by=row.closed_by, close_reason=row.close_reason,
        )  # fmt: skip


class GroupRatesOut(BaseModel):
    """`agreed`: how many people agreed to be counted; `mean` null while they are too few to show."""

    agreed: int = Field(examples=[64])
    mean: RateOut | None
    groups: list[GroupOut]
    findings: list[FindingOut]

    @staticmethod
    def of(report: Report, findings: list[GroupFindingRow]) -> GroupRatesOut:
        return GroupRatesOut(
            agreed=report.agreed, mean=_shown(report.mean, shown=report.large_enough),
            groups=[
                GroupOut(dimension=one.dimension, group=one.key, verdict=one.verdict,
                         figures=_shown(one.rate, shown=one.verdict is not Verdict.TOO_SMALL))
                for one in report.groups
            ],
            findings=[FindingOut.of(row) for row in findings],
        )  # fmt: skip


class CloseIn(BaseModel):
    reason: Printable = Field(max_length=REASON_MAX)


def _shown(rate: Rate, *, shown: bool) -> RateOut | None:
    return RateOut.model_validate(rate) if shown else None

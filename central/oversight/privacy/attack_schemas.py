"""What is said over HTTP about tests of the liveness proof."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from central.oversight.privacy.attack_rules import LIVING, NOTE_MAX, TRIALS_MAX, AttackKind, Bounded, Count, Told
from central.oversight.privacy.attack_tests import Rates, rates_of
from central.oversight.privacy.tables import AttackTestRow
from models.values.text import Lines, Printable

_TRIMMED = StringConstraints(strip_whitespace=True, max_length=NOTE_MAX)
Words = Annotated[Printable, _TRIMMED]


class CountIn(BaseModel):
    """`wrong`: attacks that passed as living; of the living, those who did not."""

    trials: int = Field(ge=0, le=TRIALS_MAX, examples=[50])
    wrong: int = Field(ge=0, le=TRIALS_MAX, examples=[2])


class AttackTestIn(BaseModel):
    """A test made on purpose at one lane. A kind that is left out was not tried."""

    liveness: Words = Field(
        examples=["challenge-1"], description="what was tested: as a decision's `proved_by` names it"
    )
    model: Words = Field(default="", examples=["0ba9fbfa01b5270c"], description="of the faces: hexadecimal, 8 to 64")
    tested_by: Words = Field(examples=["王师傅"])
    tested_on: date
    signed_by: Words = Field(examples=["李经理"])
    note: Annotated[Lines, _TRIMMED] = Field(examples=["20 张 A4 彩色激光打印，距镜头 0.5 至 1 米，白天，按提示转动"])
    attacks: dict[AttackKind, CountIn] = Field(examples=[{"print": {"trials": 50, "wrong": 2}}])
    living: CountIn = Field(default=CountIn(trials=0, wrong=0))

    def told(self) -> Told:
        counts = {kind.value: Count(one.trials, one.wrong) for kind, one in self.attacks.items()}
        return Told(
            liveness=self.liveness, model=self.model.lower(), tested_by=self.tested_by, tested_on=self.tested_on,
            signed_by=self.signed_by, note=self.note,
            counts=counts | {LIVING: Count(self.living.trials, self.living.wrong)},
        )  # fmt: skip


class BoundedOut(BaseModel):
    """`low` and `high`: 95 % interval (Clopper and Pearson) of `rate`; null where nothing was tried."""

    model_config = ConfigDict(from_attributes=True)

    trials: int = Field(examples=[50])
    wrong: int = Field(examples=[2])
    rate: float | None = Field(examples=[0.04])
    low: float | None = Field(examples=[0.0049])
    high: float | None = Field(examples=[0.1371])

    @staticmethod
    def of(one: Bounded) -> BoundedOut:
        return BoundedOut.model_validate(one)


class AttackTestOut(BaseModel):
    """One signed test. `attacks`: every kind there is (APCER); `living`: living people who were refused (BPCER)."""

    test_id: UUID
    lane_id: UUID
    liveness: str = Field(examples=["challenge-1"])
    model: str = Field(examples=["0ba9fbfa01b5270c"])
    tested_by: str = Field(examples=["王师傅"])
    tested_on: date
    signed_by: str = Field(examples=["李经理"])
    signed_at: datetime
    note: str = Field(examples=["20 张 A4 彩色激光打印"])
    digest: str = Field(description="SHA-256 over what was signed", examples=["3b6a27bc" * 8])
    attacks: dict[AttackKind, BoundedOut] = Field(examples=[{}])
    living: BoundedOut

    @staticmethod
    def of(row: AttackTestRow) -> AttackTestOut:
        rates: Rates = rates_of(row.counts)
        return AttackTestOut(
            test_id=row.id, lane_id=row.lane_id, liveness=row.liveness, model=row.model, tested_by=row.tested_by,
            tested_on=row.tested_on, signed_by=row.signed_by, signed_at=row.signed_at, note=row.note,
            digest=row.digest, attacks={kind: BoundedOut.of(one) for kind, one in rates.attacks.items()},
            living=BoundedOut.of(rates.living),
        )  # fmt: skip


class AttackTestsOut(BaseModel):
    """Newest first: the first is the one that counts."""

    items: list[AttackTestOut]

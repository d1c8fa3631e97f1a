"""What is said over HTTP about stays that nobody saw the end or the beginning of."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from central.gates.parking.dues.till import LONE_MOST
from central.people.community.schemas import In, Why
from models.values.text import Printable
from models.values.time import Instant


class ChargeIn(In):
    """`until`: when it is taken to have left, between its two entries."""

    until: Instant
    reason: Why = Field(examples=["录像里当天跟车出去"])


class LetOffIn(In):
    reason: Why = Field(examples=["出口地感当天停用"])


class MoneyIn(In):
    """`fen`: as it was told; another sum by now is refused."""

    fen: int = Field(gt=0, strict=True, examples=[700])
    reason: Why = Field(examples=["车主没进来过"])


class LoneCashIn(In):
    """`paid_fen`: what it had paid by then, so that nothing is taken twice. `reason`: may be left out where the tariff
    names this very sum. `lane_id`: into whose till; null is the desk's."""

    amount_fen: int = Field(gt=0, le=LONE_MOST, strict=True, examples=[1000])
    paid_fen: int = Field(default=0, ge=0, strict=True, examples=[0])
    reason: Printable = Field(default="", max_length=200, examples=["司机说停了三小时"])
    lane_id: UUID | None = None

"""What a stay costs, line by line: the lines add up to the fee, to the fen (PARK-02)."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

Exact = int | Fraction
"""Fen before the one rounding at the end."""


class Rule(StrEnum):
    """Why a line is there."""

    COVERED = "covered"
    SHARED_BAY = "shared_bay"
    BAY_TAKEN = "bay_taken"
    MINUTES_COUPON = "minutes_coupon"
    FIRST_MINUTES = "first_minutes"
    DRIVE_THROUGH = "drive_through"
    FREE_MINUTES = "free_minutes"
    VISITOR_MINUTES = "visitor_minutes"
    FREE_PERIOD = "free_period"
    EVENT = "event"
    FIRST_BLOCK = "first_block"
    BLOCKS = "blocks"
    BEYOND = "beyond"
    STAGE = "stage"
    STAGE_CAP = "stage_cap"
    BAND = "band"
    BAND_FREE = "band_free"
    BAND_CAP = "band_cap"
    PER_USE = "per_use"
    PER_MINUTE = "per_minute"
    CAP = "cap"
    CLASS_PERCENT = "class_percent"
    PERCENT_COUPON = "percent_coupon"
    MONEY_COUPON = "money_coupon"
    COUPON_REST = "coupon_rest"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    ROUNDING = "rounding"
    OCCUPATION = "occupation"
    OCCUPATION_CAP = "occupation_cap"


class Line(NamedTuple):
    """start, end: minutes after the entry. times `unit` is `amount`, but of what is cut, shared or given back.

    note: whose event, which class, whose coupon; which bay and hours of another's; what is wrong on which bay.
    """

    rule: Rule
    start: int
    end: int
    times: int
    unit: Exact
    amount: Exact
    note: str = ""


class Bill(NamedTuple):
    """fee: fen. used: what each cap window was charged, by the microsecond since 1970 at which it began.
    free: nothing was charged since the free minutes held; it uses one of the day's free stays. coupons: those that took
    something off."""

    tariff_id: UUID
    version: int
    minutes: int
    lines: tuple[Line, ...]
    fee: int
    used: Mapping[int, Exact]
    free: bool
    coupons: frozenset[UUID] = frozenset()

    @property
    def of_stay(self) -> int:
        """Fen of the fee that the caps and the highest charge of a stay are about: all but what stands beside them,
        the hours on another's bay and what charging bays cost."""
        beside = (Rule.SHARED_BAY, Rule.OCCUPATION, Rule.OCCUPATION_CAP)
        return self.fee - sum(int(line.amount) for line in self.lines if line.rule in beside)

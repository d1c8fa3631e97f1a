"""The tariff of a car park, as a value: what `pricing.price` reads. Parameters P01 to P36.

Minutes are whole minutes, money is integer fen, percent are whole percent. A published tariff is never changed: the
next one has a higher version and its own start. All versions of a tariff have its scope (P01): another scope is another
tariff, and several can be in force at once.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.access.schedule import HOLIDAY
from models.parking.charging_bay import SPELLS_MAX, BaySpell, Occupation
from models.parking.scope import Scope
from models.values.frozen import IN_ORDER, WireValue
from models.values.time import Instant, site_time

DAY_MIN = 1440
Minutes = Annotated[int, Field(ge=0, le=30 * DAY_MIN)]
Price = Annotated[int, Field(ge=0, le=10_000_00, description="fen")]
Percent = Annotated[int, Field(ge=0, le=100)]


class Block(WireValue):
    """So much for every so many minutes begun."""

    minutes: int = Field(ge=1, le=DAY_MIN)
    fen: Price


# ── P05: the models, each with its own parameters ───────────────────────────────────────────────────────────────────


class Granted(StrEnum):
    """How often the first block's price is taken (P16)."""

    WINDOW = "window"
    STAY = "stay"
    DAY = "day"


class Beyond(WireValue):
    """Another block for what comes after so many minutes (P11)."""

    after: int = Field(ge=1, le=30 * DAY_MIN)
    block: Block


class Blocks(WireValue):
    """A first block, then further ones (P10, P11)."""

    kind: Literal["blocks"] = "blocks"
    first: Block | None = None
    first_granted: Granted = Granted.WINDOW
    next: Block
    beyond: Beyond | None = None


class PerUse(WireValue):
    """One price for each stay, or for each 24 h or calendar day of it that was begun."""

    kind: Literal["per_use"] = "per_use"
    fen: Price
    once: Literal["stay", "24h", "day"] = "stay"


class PerMinute(WireValue):
    kind: Literal["per_minute"] = "per_minute"
    fen: Price


class Stage(WireValue):
    """Up to minute `until`, counted from the start of charging and anew each 24 h; the last stage has no end (P12)."""

    until: int | None = Field(default=None, ge=1, le=DAY_MIN)
    block: Block
    cap: Price | None = None


class Staged(WireValue):
    kind: Literal["staged"] = "staged"
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=12)

    @model_validator(mode="after")
    def _in_order(self) -> "Staged":
        ends = [stage.until for stage in self.stages]
        if ends[-1] is not None or None in ends[:-1]:
            raise ValueError("every stage but the last says until which minute it goes, and the last has no end")
        known = [end for end in ends if end is not None]
        if sorted(set(known)) != known:
            raise ValueError("each stage ends later than the one before it")
        return self


class Band(WireValue):
    """A part of the day, over midnight where `end` is not after `start`. Its cap counts each time anew (P13)."""

    start: int = Field(ge=0, lt=DAY_MIN)
    end: int = Field(ge=0, le=DAY_MIN)
    block: Block
    cap: Price | None = None
    free: Minutes = 0

    @property
    def length(self) -> int:
        return (self.end - self.start - 1) % DAY_MIN + 1


class Bands(WireValue):
    kind: Literal["bands"] = "bands"
    bands: tuple[Band, ...] = Field(min_length=1, max_length=24)

    @model_validator(mode="after")
    def _tile_the_day(self) -> "Bands":
        ordered = sorted(self.bands, key=lambda band: band.start)
        for band, after in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
            if band.end % DAY_MIN != after.start or (len(ordered) > 1 and band.length == DAY_MIN):
                raise ValueError("the bands must fill the day without a gap and without overlapping")
        if sum(band.length for band in ordered) != DAY_MIN:
            raise ValueError("the bands must fill the day once")
        return self


class NoCharge(WireValue):
    kind: Literal["free"] = "free"


Rates = Annotated[Blocks | PerUse | PerMinute | Staged | Bands | NoCharge, Field(discriminator="kind")]


class DayRates(WireValue):
    """Other rates on some days: Monday = 1 … Sunday = 7, public holiday = 8 (P03)."""

    days: Annotated[frozenset[Annotated[int, Field(ge=1, le=HOLIDAY)]], IN_ORDER] = Field(min_length=1)
    rates: Rates


class Calendar(WireValue):
    """Public holidays, and the weekend days that are worked in exchange: those count as a Monday."""

    holidays: Annotated[frozenset[date], IN_ORDER] = frozenset()
    workdays: Annotated[frozenset[date], IN_ORDER] = frozenset()

    def kind_of(self, day: date) -> int:
        if day in self.workdays:
            return 1
        return HOLIDAY if day in self.holidays else day.isoweekday()


# ── P06 to P09: free minutes ────────────────────────────────────────────────────────────────────────────────────────


class FreeMode(StrEnum):
    """THRESHOLD: a stay of at most so long is free, a longer one is charged from its entry. DEDUCTED: never charged."""

    THRESHOLD = "threshold"
    DEDUCTED = "deducted"


class FreeMinutes(WireValue):
    minutes: int = Field(default=15, ge=0, le=DAY_MIN)
    mode: FreeMode = FreeMode.THRESHOLD
    uses_a_day: int | None = Field(default=None, ge=1, le=100, description="of a plate, on the day of entry; P08")
    gap: Minutes = Field(default=0, description="at least so long after the last free stay; P08")


class Payer(StrEnum):
    """Who pays what a visitor's stay costs beyond the free minutes (P34)."""

    VISITOR = "visitor"
    HOST = "host"


# ── P14 to P19: blocks at their ends, and caps ──────────────────────────────────────────────────────────────────────


class PartUsed(StrEnum):
    WHOLE = "whole"
    HALF = "half"
    PRO_RATA = "pro_rata"


class Boundary(StrEnum):
    """A block that runs into the next band, day or window (P15)."""

    SPLIT = "split"
    START = "start"
    DEARER = "dearer"


class CapWindow(StrEnum):
    ROLLING = "24h"
    DAY = "day"
    STAY = "stay"


class Cap(WireValue):
    """At most so much in each window. `shared`: over all stays of a plate in it, in the order of their exits (P19);
    what a stay has used of it is counted before its coupons or after them (P18)."""

    fen: Price
    shared: bool = False
    after_coupons: bool = False


# ── P27 to P36: discounts, limits, what comes after the price ───────────────────────────────────────────────────────


class ClassDiscount(WireValue):
    vehicle_class: str = Field(min_length=1, max_length=30)
    percent_off: Percent = 0
    free_first: Minutes = 0


class Stacking(StrEnum):
    ONE_OF_EACH = "one_of_each"
    BEST = "best"
    UNLIMITED = "unlimited"


class Rounding(WireValue):
    """The final fee alone, once (P32)."""

    to: Literal[1, 10, 50, 100] = 1
    down: bool = False


class Late(StrEnum):
    """Paid, but left after the minutes to leave were over (P25)."""

    CONTINUOUS = "continuous"
    RESTART = "restart"


class PermitEnd(StrEnum):
    """A permit that ends during the stay (P21)."""

    FROM_EXPIRY = "from_expiry"
    FROM_ENTRY = "from_entry"
    FREE_UNTIL_EXIT = "free_until_exit"


class SecondCar(StrEnum):
    """Another car of the same bay (P22)."""

    UNTIL_FREE = "until_free"
    WHOLE_STAY = "whole_stay"
    REFUSE = "refuse"


class NoEntry(StrEnum):
    """What a guard asks of a car that nobody saw come in (P26). LOOKUP: its entry is looked for among those inside, on
    the page of stays, and nothing is asked before."""

    GUARD = "guard"
    FIRST_BLOCK = "first_block"
    LOOKUP = "lookup"
    FLAT = "flat"


class EventWindow(WireValue):
    """A time with its own price (P35): `fen` once for a stay that touches it, or nothing at all where it is 0."""

    start: Instant
    end: Instant
    fen: Price = 0
    reason: str = Field(min_length=1, max_length=60)

    @model_validator(mode="after")
    def _not_empty(self) -> "EventWindow":
        if self.start >= self.end:
            raise ValueError("an event ends after its start")
        return self


class Split(WireValue):
    """What the money is for (P36): tax within the price, and the owners' share of what remains."""

    tax_percent: Percent = 0
    owners_percent: Percent = 0


class Tariff(WireValue):
    tariff_id: UUID
    version: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=60)
    starts_at: Instant
    scope: Scope = Field(default=Scope(), description="for whom; P01")
    ends: bool = Field(default=False, description="from this start on the tariff is in force for nobody; P01")
    rates: Rates
    other_days: tuple[DayRates, ...] = Field(default=(), max_length=8)
    day_start: int = Field(default=0, ge=0, lt=DAY_MIN, description="minute of the day at which a day begins; P03")
    round_up: bool = Field(default=False, description="a begun minute counts; else seconds are dropped; P04")
    free: FreeMinutes = FreeMinutes()
    visitor_free: FreeMinutes | None = Field(default=None, description="for invited plates; P34")
    visitor_payer: Payer = Field(default=Payer.VISITOR, description="of what goes over a visitor's free minutes; P34")
    drive_through: int = Field(default=0, ge=0, le=DAY_MIN, description="out by another lane so soon is free; P09")
    part_used: PartUsed = PartUsed.WHOLE
    boundary: Boundary = Boundary.SPLIT
    cap: Cap | None = None
    cap_window: CapWindow = CapWindow.ROLLING
    classes: tuple[ClassDiscount, ...] = Field(default=(), max_length=20)
    minimum: Price = 0
    maximum: Price | None = None
    coupon_reaches_free: bool = Field(default=True, description="P30")
    stacking: Stacking = Stacking.ONE_OF_EACH
    rounding: Rounding = Rounding()
    leave_minutes: int = Field(default=15, ge=0, le=60, description="P24")
    late: Late = Late.CONTINUOUS
    permit_grace_days: int = Field(default=3, ge=0, le=30, description="P20")
    permit_end: PermitEnd = PermitEnd.FROM_EXPIRY
    second_car: SecondCar = SecondCar.UNTIL_FREE
    owe_limit: Price = 50_00
    owe_days: int = Field(default=30, ge=1, le=3650, description="an older debt asks staff, however small; P33")
    no_entry: NoEntry | None = Field(default=None, description="P26; None: flat where no_entry_fen says how much")
    no_entry_fen: Price | None = Field(
        default=None, description="what a guard asks of a car that nobody saw come in; None: the guard decides; P26"
    )
    events: tuple[EventWindow, ...] = Field(default=(), max_length=50)
    occupation: Occupation | None = Field(
        default=None, description="of a charging bay that a car keeps from others, beside the stay's fee; PARK-23"
    )
    split: Split = Split()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Tariff":
        named = [day for other in self.other_days for day in other.days]
        if len(named) != len(set(named)):
            raise ValueError("a day can have one other table of rates only")
        classes = [each.vehicle_class for each in self.classes]
        if len(classes) != len(set(classes)):
            raise ValueError("a vehicle class can have one discount only")
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("the highest charge of a stay is below the lowest")
        if self.cap is not None and self.cap.shared and self.cap_window is CapWindow.STAY:
            raise ValueError("a cap that several stays share needs a window of a day or of 24 h")
        ordered = sorted(self.events, key=lambda event: event.start)
        if any(a.end > b.start for a, b in pairwise(ordered)):
            raise ValueError("two events overlap")
        if self.no_entry is NoEntry.FLAT and self.no_entry_fen is None:
            raise ValueError("a flat sum for a car that nobody saw come in needs the sum")
        if self.occupation is not None and any(
            fen is not None and fen % self.rounding.to for fen in (self.occupation.fen, self.occupation.cap)
        ):
            raise ValueError("what a charging bay costs is in whole units of the rounding")
        return self

    @property
    def without_entry(self) -> NoEntry:
        if self.no_entry is not None:
            return self.no_entry
        return NoEntry.GUARD if self.no_entry_fen is None else NoEntry.FLAT

    def rates_on(self, day: date, calendar: Calendar) -> Rates:
        kind = calendar.kind_of(day)
        return next((other.rates for other in self.other_days if kind in other.days), self.rates)


class Coupon(WireValue):
    """What a shop or the company gives (P30, P31). Exactly one of minutes, percent and fen is above 0."""

    coupon_id: UUID
    issuer: str = Field(default="", max_length=60)
    minutes: Minutes = 0
    percent_off: Percent = 0
    fen: Price = 0

    @model_validator(mode="after")
    def _one_kind(self) -> "Coupon":
        if sum(value > 0 for value in (self.minutes, self.percent_off, self.fen)) != 1:
            raise ValueError("a coupon gives minutes, percent or money, and one of them only")
        return self


class SharedHours(WireValue):
    """Hours that the car has booked on another's bay (PARK-10): each begun `block` of them costs what its owner and the
    lot agreed on, and not what the tariff says. Its caps, coupons and percents touch that sum nowhere."""

    booking_id: UUID
    bay: str = Field(min_length=1, max_length=20)
    since: Instant
    until: Instant
    block: Block

    @property
    def said(self) -> str:
        """As a line of the bill says it, by the site's clock: A-07 08:00–18:00."""
        return f"{self.bay} {site_time(self.since):%H:%M}–{site_time(self.until):%H:%M}"


class Stay(WireValue):
    """From the loop that was passed in to the one that was passed out, and what is known of the car.

    cover: when something else than this tariff paid for it (permit, bay); then there are no free minutes. shared: hours
    on another's bay; before and after them it is a temporary car, without free minutes, as one whose permit has ended.
    bay_taken: when its permit would have, had no other car of its bay come first; the bill says so (PARK-09).
    invited: it came in as a visitor's (models/parking/invited.py).
    """

    entry: Instant
    exit: Instant
    vehicle_class: str = "small"
    invited: bool = False
    another_lane: bool = Field(default=False, description="went out by another lane than it came in")
    cover: tuple[tuple[Instant, Instant], ...] = ()
    shared: tuple[SharedHours, ...] = ()
    bay_taken: tuple[tuple[Instant, Instant], ...] = ()
    temporary: bool = Field(default=False, description="a permit's car that is charged: no free minutes; P21, P22")
    occupied: tuple[BaySpell, ...] = Field(default=(), max_length=SPELLS_MAX, description="charging bays; PARK-23")

    @model_validator(mode="after")
    def _forwards(self) -> "Stay":
        if self.exit < self.entry:
            raise ValueError("a stay cannot end before it began; correct one of the two instants")
        return self


def minutes_of(entry: datetime, leave: datetime, round_up: bool = False) -> int:
    """Whole minutes; seconds are dropped, or a begun minute counts (P04)."""
    return -((entry - leave) // timedelta(minutes=1)) if round_up else (leave - entry) // timedelta(minutes=1)

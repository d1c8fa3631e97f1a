"""The stays of a car park on their way to its gates: what a lane must know to ask a leaving car for its money.

They go down apart from the snapshot. A lot of 3,000 cars is 0.76 MB, and something of it changes with every car and
every payment; the snapshot changes by a person's word and carries everybody's faces, cards and PINs. So a node is told
the whole once, and then what has changed, 0.4 kB for a car: each telling is signed as the snapshot is, and numbered.

    after = 0        the whole: what is not in it is not there
    after = number   what became of these stays since the telling of that number; nothing else has changed

How many places are free goes along with each, whole (`lot`).
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from models.parking.bays import OnBay
from models.parking.charging_bay import SPELLS_MAX, BaySpell
from models.parking.coupons import HeldCoupon
from models.parking.cover import Permit
from models.values.frozen import IN_ORDER, WireValue
from models.values.plate import PlateText
from models.values.time import Instant
from models.wire.snapshot import SnapshotRefusal

NUMBER_MAX = (1 << 62) - 1


class PaidAt(WireValue):
    """Money that came in for a stay. A refund is below 0."""

    at: Instant
    fen: int


class WindowUsed(WireValue):
    """What a stay was charged in the cap window that began at this microsecond since 1970: `fen` / `of`."""

    since_us: int
    fen: int
    of: int = Field(default=1, ge=1)


class EndedStay(WireValue):
    """A stay that has ended, as later ones of its plate are priced by it (P08, P19). `free`: it used one of the day's
    free stays."""

    stay_id: UUID
    plate: PlateText
    entered_at: Instant
    left_at: Instant
    free: bool
    used: tuple[WindowUsed, ...] = ()


class ToldStay(WireValue):
    """A car that is inside. `tariff_version`: in force when it came in; None: nothing was charged then. `tariff_id`: of
    which tariff (P01); None where it was told by a central that had only one.

    `permits`: those that counted at some time of the stay and that the lists of plates may no longer name.
    `coupons`: of its plate, in this lot; an older node leaves them aside and asks for more, which central then lists.
    `accepted`: what a channel has taken on to charge by the plate's contract, and has not said the end of: the car may
    leave on it (PARK-11). Should it fail it is told no more, and the fee stands. An older node asks for it.
    `bay_before`: when cars stood on its bay that had come before it and have left since (PARK-09); of those that are
    inside the node knows itself.
    `earlier`: stays of its plate that ended before it and that it is priced by (models/parking/earlier.py); none where
    no tariff asks. An older node leaves them aside and asks for more.
    `occupied`: charging bays that it keeps or kept from others, as far as their sensors said (PARK-23). An older node
    leaves them aside and asks for less, which central then lists.
    `invited`: it came in as a visitor's (models/parking/invited.py). An older node leaves it aside and asks for more.
    """

    stay_id: UUID
    plate: PlateText
    entered_at: Instant
    entry_lane_id: UUID | None = None
    vehicle_class: str = Field(default="small", max_length=30)
    tariff_version: int | None = None
    tariff_id: UUID | None = None
    payments: tuple[PaidAt, ...] = ()
    permits: tuple[Permit, ...] = ()
    coupons: tuple[HeldCoupon, ...] = ()
    accepted: tuple[PaidAt, ...] = ()
    bay_before: tuple[OnBay, ...] = ()
    earlier: tuple[EndedStay, ...] = ()
    invited: bool = False
    occupied: tuple[BaySpell, ...] = Field(default=(), max_length=SPELLS_MAX)


class Owed(WireValue):
    """A stay that has ended and was not paid for: it follows the plate (PARK-15). `since`: when it left."""

    stay_id: UUID
    plate: PlateText
    fen: int = Field(gt=0)
    since: Instant | None = None


ZONES_TOLD_MAX = 60


class ZoneTold(WireValue):
    """`free`: places for anybody; None where nobody counts there, or nothing that counts is heard."""

    name: str = Field(min_length=1, max_length=20)
    free: int | None = Field(default=None, ge=0)


class LotTold(WireValue):
    """How many places are free for who has none of their own (models/parking/occupancy.py), and with how many left the
    lot is full already. `own`: how many more cars with a permit come in before they take one of these.

    `booked`: the bookings for which a place was taken off `free` already; the node adds and takes off what has changed
    of them since, by its own clock. `short`: for how many of them there was no place left to take off."""

    free: int = Field(ge=0)
    full_at: int = Field(default=0, ge=0)
    own: int = Field(default=0, ge=0)
    zones: tuple[ZoneTold, ...] = Field(default=(), max_length=ZONES_TOLD_MAX)
    booked: Annotated[frozenset[UUID], IN_ORDER] = Field(default=frozenset())
    short: int = Field(default=0, ge=0)


class StaysTold(WireValue):
    """`heard_seq`: what this node's journal said up to there is part of it; what it said later, the node adds itself.

    A stay is named in one place only. `owed` says all that is owed on each plate that is named here; `gone`: that stay
    is no longer inside, and nothing is owed for it. `denied`: debts on these plates that somebody says are not theirs
    and that nobody has looked at yet (PARK-15): asked of nobody, and not paid either. Their stays stand in `gone`, too,
    where they changed: an older node leaves `denied` aside and must not go on asking.
    `ended`: stays that ended within the last day, by which the next one of their plate is priced; in `gone`, too.
    """

    v: Literal[1] = 1
    node_id: UUID
    after: int = Field(ge=0, le=NUMBER_MAX)
    number: int = Field(ge=1, le=NUMBER_MAX)
    heard_seq: int = Field(ge=0)
    stays: tuple[ToldStay, ...] = ()
    owed: tuple[Owed, ...] = ()
    denied: tuple[Owed, ...] = ()
    ended: tuple[EndedStay, ...] = ()
    gone: Annotated[frozenset[UUID], IN_ORDER] = frozenset()
    lot: LotTold | None = Field(default=None, description="the whole of it, each time; None: nobody counts places")


def judge_stays(told: StaysTold, node_id: UUID, have: int) -> SnapshotRefusal | None:
    """Why a correctly signed telling must not be taken, or None when it may: one that was recorded and is played again
    would bring back a payment's debt, or a car that has left."""
    if told.node_id != node_id:
        return SnapshotRefusal.WRONG_NODE
    if told.number < have or told.after not in (0, have):
        return SnapshotRefusal.OLDER
    return None

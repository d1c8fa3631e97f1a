"""Earlier stays of a plate, as far as a later one is priced by them: free stays of a day (P08) and a cap that several
share (P19). Pure, and the same at the lane and at central.

Stays of one lot count, whichever tariff they were charged by, in the order of their exits. No window and no day that
began more than a day before a stay touches it, and no gap between free stays is longer: who left before that is out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from models.parking.payments import Due, used_of
from models.parking.pricing import Earlier
from models.parking.tariff import DAY_MIN, Tariff
from models.wire.stays import EndedStay, WindowUsed

LOOKED_BACK = timedelta(minutes=DAY_MIN)


def asks_earlier(tariff: Tariff) -> bool:
    """Whether an earlier stay can change what one costs by this tariff."""
    shared = tariff.cap is not None and tariff.cap.shared
    free = (tariff.free, *([tariff.visitor_free] if tariff.visitor_free is not None else []))
    return shared or any(one.uses_a_day is not None or one.gap > 0 for one in free)


def ended_of(stay_id: UUID, plate: str, entered: datetime, left: datetime, due: Due) -> EndedStay:
    """A stay that has ended, as later ones of its plate are priced by it. due: as it left."""
    used = tuple(
        WindowUsed(since_us=since, fen=amount.numerator, of=amount.denominator)
        for since, amount in sorted(used_of(due.bills).items())
    )
    free = all(bill.free for bill in due.bills)
    return EndedStay(stay_id=stay_id, plate=plate, entered_at=entered, left_at=left, free=free, used=used)


def before(ended: Iterable[EndedStay], entered: datetime) -> tuple[EndedStay, ...]:
    """Those that a stay which began then is priced by, in the order of their exits."""
    mine = (one for one in ended if one.entered_at < entered and entered - LOOKED_BACK <= one.left_at <= entered)
    return tuple(sorted(mine, key=lambda one: (one.left_at, one.stay_id)))


def earlier_of(ended: Iterable[EndedStay], entered: datetime) -> tuple[Earlier, ...]:
    return tuple(
        Earlier(
            one.entered_at, one.left_at, one.free, {each.since_us: Fraction(each.fen, each.of) for each in one.used}
        )
        for one in before(ended, entered)
    )

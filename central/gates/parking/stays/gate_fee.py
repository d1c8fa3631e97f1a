"""What the lane asked for as a car left, beside what central reckons for that same instant by the same version.

Nobody is charged the difference in silence: where there is one, both bills are shown, line by line (PARK-05). It comes
of facts that one of the two did not have, as a payment or a permit that the gate had not been told of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from central.gates.ingest import queries as journal
from central.gates.ingest.queries import Recorded
from central.gates.parking.stays.bill import Prices, permits_of
from central.gates.parking.stays.facts import WAITED_MAX, was_for_nobody
from central.gates.parking.stays.paid import settling
from central.gates.parking.stays.reads import StayView
from models.access.credential import Kind
from models.parking.account import due_of
from models.parking.bill import Line
from models.parking.bill_text import read_bill
from models.parking.congestion import told_minutes
from models.wire.stays import PaidAt, ToldStay

DECISIONS_MAX = 20


@dataclass(frozen=True, slots=True)
class GateFee:
    """`fee`: of the whole stay, as the gate had it; `central_fee`: as central has it for the same instant; fen.
    `tariff`, `version`: by which the gate reckoned, the name of one that is not known here is "". `other_tariff`:
    central has another for the car, as one that the gate had not been told of when it came in."""

    at: datetime
    tariff: str
    version: int
    fee: int
    lines: tuple[Line, ...]
    central_fee: int
    central_lines: tuple[Line, ...]
    other_tariff: bool = False

    @property
    def differs(self) -> bool:
        return self.fee != self.central_fee


def gate_fee(db: Session, prices: Prices, stay: StayView) -> GateFee | None:
    """None where the lane asked for nothing: no exit, no tariff, or a node that does not price yet."""
    told = _told_at_exit(db, stay)
    version = prices.versions.get(stay.tariff_id) if stay.tariff_id is not None else None
    if told is None or version is None or stay.entered_at is None or stay.plate is None:
        return None
    made = told.body.decision
    fee, (by, _, number) = made.detail.get("fee_fen", ""), made.detail.get("tariff", "").rpartition(" ")
    if not fee.isdecimal() or not number.isdecimal():
        return None
    paid = tuple(PaidAt(at=one.at, fen=one.fen) for one in settling(db, [stay.stay_id]).get(stay.stay_id, ()))
    known = ToldStay(
        stay_id=stay.stay_id, plate=stay.plate.text, entered_at=stay.entered_at, entry_lane_id=stay.entry_lane_id,
        vehicle_class=stay.vehicle_class, tariff_version=version.version, tariff_id=version.tariff_id,
        payments=tuple(one for one in paid if one.at <= made.at),
        coupons=tuple(prices.coupons.get(stay.stay_id, ())), earlier=tuple(prices.ended.get(stay.stay_id, ())),
        invited=stay.stay_id in prices.visitors, occupied=tuple(prices.occupied.get(stay.stay_id, ())),
    )  # fmt: skip
    extra = told_minutes(made.detail.get("leave_extra_min", ""))
    permits, taken = permits_of(prices, stay), prices.taken(stay)
    shared = prices.hours.get(stay.stay_id, ())
    due = due_of(known, version.tariff, prices.calendar, permits, made.lane_id, made.at, extra, taken, shared)
    lines = tuple(line for bill in due.bills for line in bill.lines)
    mine = {(str(one.tariff_id), str(one.version)): one for one in prices.versions.values()}.get((by, number))
    told_lines, name = read_bill(made.detail.get("bill", "")), mine.tariff.name if mine is not None else ""
    other = mine is None or mine.version_id != version.version_id
    return GateFee(made.at, name, int(number), int(fee), told_lines, due.total, lines, other)


def _told_at_exit(db: Session, stay: StayView) -> Recorded | None:
    """The decision by its plate: of the passing itself, or the refusal after which a guard opened."""
    if stay.exit_id is None:
        return None
    found = journal.of_correlation(db, stay.exit_id, ("decision",), DECISIONS_MAX)
    if not found:
        return None
    made = found[-1].body.decision
    if made.kind is Kind.REMOTE:
        if was_for_nobody(found[-1].body):
            return None
        return journal.decision_beside(db, found[-1].event, later=False, within=WAITED_MAX)
    return found[-1] if made.kind is Kind.PLATE else None

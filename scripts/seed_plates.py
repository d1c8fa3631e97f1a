"""Sample plates on the lists of the demo community. Each has the form of a plate, and no car carries it.

permit, second     permits of one home, whose two cars share a bay
visitor            a permit
ambulance          on the list of special vehicles
lapsed             a permit that ended yesterday: a gate lets it in for its days of grace
blocked            a guard is asked
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.plates.listed import PlateView, add_plate, approve_plate, end_plate, plates_of
from central.gates.parking.rules import BY_TWO, Kept
from models.values.plate import normalised

DAY = timedelta(days=1)


class Sample(NamedTuple):
    """`lasts`: from now on; None: until somebody ends it. `bay`: of a permit's car, for one car."""

    list: Kept
    plate: str
    note: str
    lasts: timedelta | None
    bay: str = ""


PLATES = {
    "permit": Sample(Kept.PERMIT, "川ASAMP1", "5-2-1102（示例）", 365 * DAY, "B1-023"),
    "second": Sample(Kept.PERMIT, "川A2NDCR", "5-2-1102 的第二辆车（示例）", 365 * DAY, "B1-023"),
    "visitor": Sample(Kept.PERMIT, "川AGUEST", "5-2-1102 的访客（示例）", 7 * DAY),
    "ambulance": Sample(Kept.SPECIAL, "川AAMB01", "救护车（示例）", 365 * DAY),
    "lapsed": Sample(Kept.PERMIT, "川ALAST1", "3-1-502，月卡昨天到期（示例）", -DAY),
    "blocked": Sample(Kept.BLOCK, "川ABLK01", "多次占用消防通道（示例）", None),
}


def seed_plates(db: Session, actor: Actor, site: UUID, now: datetime) -> dict[str, str]:
    """Plate by name. What time has worn out is ended and listed anew."""
    there = [view for view in plates_of(db, actor, site, now) if view.ended_at is None]
    for sample in PLATES.values():
        mine = [view for view in there if normalised(view.plate) == sample.plate]
        if any(_serves(view, sample, now) for view in mine):
            continue
        for view in mine:
            end_plate(db, actor, view.entry_id, "示例：到期后重新登记", now)
        listed_at = now if sample.lasts is None or sample.lasts > timedelta() else now + 2 * sample.lasts
        entry_id = add_plate(
            db, actor, site, kind=sample.list, plate=sample.plate, note=sample.note, since=listed_at,
            until=None if sample.lasts is None else now + sample.lasts, bay=sample.bay, now=listed_at,
        )  # fmt: skip
        if sample.list in BY_TWO:
            approve_plate(db, replace(actor, name="示例的第二人 second sample person"), entry_id, listed_at)
    return {name: sample.plate for name, sample in PLATES.items()}


def _serves(view: PlateView, sample: Sample, now: datetime) -> bool:
    """Whether this entry is still what the sample is for; one that has lapsed must have some of its grace left."""
    if view.kind is not sample.list or view.state == "waiting" or view.bay != sample.bay:
        return False
    if view.until is None or sample.lasts is None:
        return view.until is None and sample.lasts is None
    return view.until > now if sample.lasts > timedelta() else view.until > now - 2 * DAY

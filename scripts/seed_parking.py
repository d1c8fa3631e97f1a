"""What the demo's car park charges, and the cars that stood there before anybody looked.

The tariff is agreed on by two sample persons. A car that came hours ago cannot be played within minutes: its stay is
put where central folds stays, as if a gate had told of it. It is in no journal, so making the stays anew forgets it.

overstay    came three hours ago, and has to pay
blocked     came before anything was charged: whoever is inside may leave
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind, system
from central.gates.parking.driver.signs import make_sign, signs_of
from central.gates.parking.permissions import APPROVE_TARIFFS, DRAFT_TARIFFS
from central.gates.parking.rules import in_force
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import fold, row_of, touched
from central.gates.parking.stays.news import inside_with, lock_lot
from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.queries import row_for, rows_of
from models.parking.scope import Entering
from models.parking.stays import Detected, DroveIn
from models.parking.tariff import Block, Blocks, Cap, Tariff
from models.values.ids import new_id
from models.values.plate import Plate

OVERSTAY = "川ASTAY3"
HOURS = timedelta(hours=3)
FIRST, NEXT, MOST = 5_00, 2_00, 20_00


def seed_parking(db: Session, actor: Actor, site: UUID, car_in: UUID, blocked: str, now: datetime) -> None:
    if not in_force(rows_of(db, site), now):
        _agree(db, actor, site, now)
    current = row_for(db, site, now, Entering(lane_id=car_in))
    assert current is not None
    lock_lot(db, site)
    _stands_there(db, site, car_in, OVERSTAY, now - HOURS, str(current.id))
    _stands_there(db, site, car_in, blocked, now - HOURS, "")


def seed_signs(db: Session, actor: Actor, site: UUID, car_out: UUID, now: datetime) -> dict[str, str]:
    """The signs that hang in the lot and at its way out; their addresses at central."""
    for lane_id in (None, car_out):
        if lane_id not in _hung(db, actor, site):
            make_sign(db, actor, site, lane_id, now)
    hung = _hung(db, actor, site)
    return {"lot": f"/park/{hung[None]}", "lane": f"/park/{hung[car_out]}"}


def _hung(db: Session, actor: Actor, site: UUID) -> dict[UUID | None, str]:
    return {one.lane.lane.lane_id if one.lane is not None else None: one.token for one in signs_of(db, actor, site)}


def _agree(db: Session, actor: Actor, site: UUID, now: datetime) -> None:
    hour = timedelta(hours=1) // timedelta(minutes=1)
    rates = Blocks(first=Block(minutes=hour, fen=FIRST), next=Block(minutes=hour, fen=NEXT))
    tariff = Tariff(
        tariff_id=new_id(), version=1, name="示例收费标准", starts_at=now, rates=rates, cap=Cap(fen=MOST)
    )  # fmt: skip
    drafts, approves = (_person(actor, name) for name in ("示例 李经理", "示例 王主任"))
    draft = service.draft_tariff(db, drafts, site, tariff, now=now)
    service.approve_tariff(db, approves, draft.id, now=now)


def _person(actor: Actor, name: str) -> Actor:
    """Two persons are two accounts; these two are nobody's."""
    return replace(system(actor.tenant_id, name, (DRAFT_TARIFFS, APPROVE_TARIFFS)), kind=ActorKind.ACCOUNT, id=new_id())


def _stands_there(db: Session, site: UUID, lane: UUID, plate: str, since: datetime, tariff: str) -> None:
    if inside_with(db, site, plate):
        return
    stay_id = new_id()
    facts = (
        Detected(new_id(), stay_id, site, Plate(text=plate), since, tariff),
        DroveIn(new_id(), stay_id, True, since),
    )
    rows = [row_of(db, site, FromLane(fact, lane)) for fact in facts]
    db.add_all(rows)
    fold(db, site, [touched(row) for row in rows])

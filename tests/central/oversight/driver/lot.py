"""A car park with signs, a tariff and a channel that takes no money, for the pages of its drivers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.gates.access.site_keys import plate_key
from central.gates.parking.driver import signs
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import fold, row_of, touched
from central.gates.parking.tariffs import service
from central.money.payments.channels import attach_channels
from central.money.payments.sample import Sample
from models.access.decision import Outcome
from models.parking.stays import Detected, DroveIn, DroveOut
from models.values.ids import new_id
from models.values.plate import Plate
from models.wire.events import Passage
from tests.browser.gate import Seeded
from tests.central.gates.parking.cars import asked, decided
from tests.models.parking.tariffs import T1

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
MINE, OTHER = "川A12345", "川B8K3H5"
OUT = 1
"""The lane of the seeded gate that leads out."""


class DriversLot:
    """T1: 30 minutes free, then 5.00 for the first hour and 2.00 for each further one; 15 minutes to leave."""

    def __init__(self, site: Seeded, dispatcher: Any, *, channel: bool = True) -> None:
        self.site, self.dispatcher, self.sample = site, dispatcher, Sample()
        self.keeper = system(site.tenant_id, "test", ("sign.keep", "stay.read", "stay.correct", "tariff.draft",
                                                      "tariff.approve"))  # fmt: skip
        since = clock.now() - 40 * DAY
        with site.gate.session() as db:
            one, other = (Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), name, self.keeper.grants)
                          for name in ("李经理", "王主任"))  # fmt: skip
            tariff = T1.model_copy(update={"starts_at": since})
            self.version = service.draft_tariff(db, one, site.community_id, tariff, now=since - DAY).id
            service.approve_tariff(db, other, self.version, now=since - DAY)
            self.key = plate_key(db, site.community_id)
            self.of_lot = self._sign(db, None)
            self.of_lane = self._sign(db, site.gate.reply.lanes[OUT].lane_id)
        self.channel(channel)

    def _sign(self, db: Any, lane_id: UUID | None) -> str:
        made = signs.make_sign(db, self.keeper, self.site.community_id, lane_id, clock.now())
        return f"/park/{signs.sign_of(db, self.keeper, made).token}"

    def channel(self, there: bool) -> None:
        attach_channels(self.site.gate.engine, lambda _: {"test": self.sample} if there else {})

    def tell(self, *facts: Any, lane: int = 0) -> None:
        lane_id = self.site.gate.reply.lanes[lane].lane_id
        with self.site.gate.session() as db:
            rows = [row_of(db, self.site.community_id, FromLane(one, lane_id)) for one in facts]
            db.add_all(rows)
            fold(db, self.site.community_id, [touched(row) for row in rows])

    def enter(self, plate: str = MINE, ago: timedelta = 2 * HOUR) -> UUID:
        stay_id, at, place = new_id(), clock.now() - ago, self.site.community_id
        self.tell(Detected(new_id(), stay_id, place, Plate(text=plate), at, str(self.version)),
                  DroveIn(new_id(), stay_id, True, at))  # fmt: skip
        return stay_id

    def leave(self, plate: str = MINE, ago: timedelta = timedelta()) -> None:
        at = clock.now() - ago
        self.tell(DroveOut(new_id(), new_id(), self.site.community_id, Plate(text=plate), at), lane=OUT)
        self.dispatcher.drain()

    def waits(self, plate: str = MINE, *, entered: datetime | None = None, lane: int = OUT) -> UUID:
        """At the exit, asked to pay; the exit's correlation."""
        correlation, now, gate = new_id(), clock.now(), self.site.gate
        lane_id = gate.reply.lanes[lane].lane_id
        told = decided(self.key, lane_id, now, correlation, direction="out", outcome=Outcome.REFER)
        if plate:
            since = entered or now - 2 * HOUR
            told = asked(self.key, lane_id, now, correlation, plate, since, outcome=Outcome.REFER)
        gate.write(told, correlation, lane=lane, at=now)
        gate.tell()
        return correlation

    def is_let_out(self, plate: str = MINE, *, drives: bool = True) -> None:
        correlation, now, gate = new_id(), clock.now(), self.site.gate
        lane_id = gate.reply.lanes[OUT].lane_id
        told = asked(self.key, lane_id, now, correlation, plate, now - 2 * HOUR, outcome=Outcome.GRANT)
        gate.write(told, correlation, lane=OUT, at=now)
        if drives:
            gate.write(Passage(passed=True, why="loops"), correlation, lane=OUT, at=now)
        gate.tell()
        self.dispatcher.drain()

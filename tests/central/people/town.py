"""A whole community of one tenant, made through the services: one of everything that has a route."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.base.kernel.session import tenant_session
from central.gates.access import queries as access_queries
from central.gates.access import service as access
from central.people.community import service as community
from central.people.community.rules import Tie
from models.access.credential import Window
from models.access.policy import Effect
from models.site.topology import Direction

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Town:
    """Ids of one of everything. `now` is the instant at which it was made."""

    engine: Engine
    tenant_id: UUID
    actor: Actor
    now: datetime
    community: UUID
    building: UUID
    unit: UUID
    house: UUID
    resident: UUID
    person: UUID
    gate: UUID
    lane: UUID
    cardholder: UUID
    visitor_pass: UUID
    resident_pass: UUID
    rule: UUID
    holiday: UUID
    old_key: UUID
    stranger: UUID
    """A resident's person id who is no cardholder yet."""

    def session(self) -> AbstractContextManager[Session]:
        return tenant_session(self.engine, self.tenant_id)

    def window(self, hours: int = 4) -> Window:
        return Window(start=self.now, end=self.now + hours * HOUR)


def build_town(engine: Engine, tenant_id: UUID, name: str) -> Town:
    actor, now = system(tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now()
    with tenant_session(engine, tenant_id) as db:
        site = community.add_community(db, actor, name).id
        building = community.add_building(db, actor, site, "5").id
        unit = community.add_unit(db, actor, building, "2").id
        house = community.add_house(db, actor, unit, "1102").id
        gate = community.add_gate(db, actor, site, "东门", 1).id
        lane = community.add_lane(db, actor, gate, "east-in", "东门进", Direction.IN).id
        first = community.add_resident(db, actor, house, "张示例", "190-0000-0001", Tie.OWNER, starts_at=SINCE)
        second = community.add_resident(db, actor, house, "李示例", None, Tie.FAMILY, starts_at=SINCE)
        holder = access.add_cardholder(db, actor, site, first.person_id).id
        rule = access.add_rule(db, actor, site, "访客", Effect.ALLOW, ["visitor"], now=now).id
        holiday = access.add_holiday(db, actor, site, date(2027, 1, 1), "元旦").id
        window = Window(start=now, end=now + 4 * HOUR)
        own = access.issue_resident_pass(db, actor, holder, window=window, now=now).pass_id
        guest = access.issue_visitor_pass(db, actor, house, "王示例", "19000000002", None, window, now=now).pass_id
        access.rotate_key(db, actor, site, now=now)
        old_key = next(key.key_id for key in access_queries.keys_of(db, site) if key.accepted_until is not None)
        return Town(
            engine, tenant_id, actor, now, site, building, unit, house, first.id, first.person_id, gate, lane, holder,
            guest, own, rule, holiday, old_key, second.person_id,
        )  # fmt: skip

"""A community with two nodes and people who may consent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.access import service as access
from central.gates.nodes import snapshots
from central.gates.nodes.tables import NodeRow
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from models.wire.snapshot import Snapshot
from tests.central.gates.conftest import FieldNode, Site
from tests.central.people.assessed import assess

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Someone:
    resident: UUID
    person: UUID
    holder: UUID


@dataclass
class Quarter:
    """A site in which people live. `deliver` brings what was announced to its handlers."""

    site: Site
    parts: Any
    actor: Actor
    text: UUID
    house: UUID
    now: datetime

    def session(self) -> Any:
        return self.site.session()

    def deliver(self) -> None:
        self.parts.dispatcher.drain()

    def settle_in(self, name: str = "张示例", *, consents: bool = True) -> Someone:
        with self.session() as db:
            row = community.add_resident(
                db, self.actor, self.house, name, None, Tie.OWNER, starts_at=self.now - 100 * DAY
            )
            holder = access.add_cardholder(db, self.actor, self.site.community_id, row.person_id).id
            consent.note_age(db, self.actor, row.id, date(1980, 5, 1), now=self.now)
            made = Someone(row.id, row.person_id, holder)
        if consents:
            self.agree(made)
        return made

    def agree(self, who: Someone, now: datetime | None = None) -> None:
        with self.session() as db:
            consent.give_consent(db, self.actor, who.resident, self.text, Channel.DESK, now=now or self.now)
        self.deliver()

    def withdraw(self, who: Someone, now: datetime | None = None) -> None:
        with self.session() as db:
            consent.withdraw_consent(db, self.actor, who.resident, Channel.PHONE, now=now or self.now)
        self.deliver()

    def told(self, node: FieldNode, now: datetime | None = None) -> Snapshot:
        """What this node is told at this moment."""
        with self.session() as db:
            signed = snapshots.newer_than(db, db.get(NodeRow, node.id), 0, now or self.now)
        assert signed is not None
        return Snapshot.model_validate_json(signed.payload)

    def compared(self, node: FieldNode, now: datetime | None = None) -> set[UUID]:
        """The cardholders whom this node may compare."""
        told = self.told(node, now)
        return {one.cardholder_id for one in told.cardholders if one.may_be_compared(now or self.now)}

    def ordered(self, node: FieldNode, now: datetime | None = None) -> dict[UUID, UUID]:
        """Cardholder -> order of whom this node must erase first."""
        return {one.cardholder_id: one.order_id for one in self.told(node, now).erase}


@pytest.fixture
def quarter(site: Site, wired: Any) -> Quarter:
    actor, now = system(site.tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now()
    with site.session() as db:
        building = community.add_building(db, actor, site.community_id, "5").id
        unit = community.add_unit(db, actor, building, "2").id
        house = community.add_house(db, actor, unit, "1102").id
        text = consent.publish_text(
            db, actor, site.community_id, "同意", "I agree", old_until=now, lasts_days=730, now=now
        ).id
        assess(db, site.community_id, now)
    return Quarter(site, wired, actor, text, house, now)


@pytest.fixture
def other_node(site: Site) -> FieldNode:
    return site.enrol("west-in")


Say = Callable[..., None]


@pytest.fixture
def say(site: Site) -> Say:
    """say(node, body): the node writes it down and central gets it."""

    def said(node: FieldNode, body: Any, **more: Any) -> None:
        event = node.write(body, **more)
        site.send(node, node.batch(event.seq))

    return said

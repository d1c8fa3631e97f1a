"""Somebody with a link and a face at a gate, the desk's page about them, and what the gate says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from central.base.kernel import clock
from central.base.kernel.actor import Actor, system
from central.base.kernel.permissions import ADMINISTRATOR, MANAGER, of_preset
from central.gates.access.queries import people_behind
from central.gates.face_enrolment.service import invite
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes.faces.earlier import note_models
from central.gates.nodes.faces.tables import FaceErasureRow
from central.people.community.queries import residents_of
from central.people.consent import service as consent
from central.people.consent.queries import text_views
from central.people.consent.rules import Channel
from models.wire.events import TemplateErased, TemplateStored
from models.wire.faces import TemplateModels
from tests.browser.gate import Seeded, seed

HTML = {"accept": "text/html"}


@dataclass
class Phone:
    """Somebody who agreed to version 1, with a gate that has their template, and a link of theirs."""

    site: Seeded
    parts: Any
    actor: Actor
    client: Any
    resident: UUID
    person: UUID
    holder: UUID
    link: str

    def page(self, more: str = "", language: str = "zh-CN") -> str:
        return self.client.get(self.link + more, headers=HTML | {"accept-language": language}).text

    def press(self, what: str, **data: object) -> str:
        """The page that the browser is led to."""
        return self.client.post(f"{self.link}/{what}", data=data, headers=HTML, follow_redirects=True).text

    def publish(self, old_for: timedelta, days: int = 365) -> UUID:
        with self.site.gate.session() as db:
            now = clock.now()
            row = consent.publish_text(
                db, self.actor, self.site.community_id, "新版全文", "New terms", old_until=now + old_for,
                lasts_days=days, now=now,
            )  # fmt: skip
            return row.id

    def says(self, body: Any) -> None:
        self.site.gate.write(body)
        self.site.gate.tell()

    def link_is(self, **values: object) -> None:
        with self.site.gate.session() as db:
            db.execute(update(FaceEnrolmentRow).values(**values))


def phone_at(parts: Any, database: Any, two_tenants: Any, login_as: Any) -> Phone:
    site, now = seed(database.engine, two_tenants.a), clock.now()
    actor = system(site.tenant_id, "test", of_preset(ADMINISTRATOR))
    with site.gate.session() as db:
        person = people_behind(db, site.community_id)[site.cardholders[0]]
        home = next(one for one in residents_of(db, site.community_id) if one.person_id == person)
        consent.note_age(db, actor, home.resident_id, date(1980, 5, 1), now=now)
        text = text_views(db, site.community_id)[0]
        consent.give_consent(db, actor, home.resident_id, text.text_id, Channel.DESK, now=now)
        node = Actor(actor.tenant_id, site.gate.actor.kind, site.gate.reply.node_id, "node")
        note_models(db, node, TemplateModels(model="m", earlier=()), now)
        token, _ = invite(db, actor, site.cardholders[0], now)
    client = login_as(MANAGER, community=site.community_id)
    made = Phone(site, parts, actor, client, home.resident_id, person, site.cardholders[0], f"/enrol/{token}")
    made.says(TemplateStored(cardholder_id=made.holder, model="m", photos=3))
    return made


def desk_of(phone, language="zh-CN"):
    return phone.client.get(f"/people/homes/{phone.resident}/face", headers=HTML | {"accept-language": language}).text


def withdraw_at_the_desk(phone):
    """The page that is shown after the press."""
    done = phone.client.post(
        f"/people/homes/{phone.resident}/face/withdraw", data={"asked": "person_desk"}, headers=HTML,
        follow_redirects=True,
    )  # fmt: skip
    return done.text


def confirm(phone):
    """The gate destroys what it was told to."""
    with phone.site.gate.session() as db:
        order = db.scalars(select(FaceErasureRow.id).order_by(FaceErasureRow.ordered_at.desc())).first()
    phone.says(TemplateErased(cardholder_id=phone.holder, order_id=order, had_template=True, places=("template",)))


def agree_again(phone):
    with phone.site.gate.session() as db:
        text = text_views(db, phone.site.community_id)[0].text_id
        consent.give_consent(db, phone.actor, phone.resident, text, Channel.DESK, now=clock.now())

"""How the pages around an enrolment look: who is to be asked again, the links, a person's faces, a child's consent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.access import service as access
from central.gates.face_enrolment.service import invite
from central.gates.nodes.faces.earlier import note_models
from central.people.community import queries
from central.people.community.rules import Tie
from central.people.community.service import add_resident
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from models.values.ids import new_id
from models.wire.events import PhotosKept, TemplateStored
from models.wire.faces import NotMadeAnew, PhotoProblem, TemplateModels
from tests.browser.test_pages import look_at

TERMS = (
    "门口的设备提取您的人脸特征，只用于在本小区各门口认出您本人。照片用后即毁，特征只存于门口的设备。\n您可以随时撤回。"
)


@dataclass(frozen=True)
class Household:
    resident: UUID
    child_link: str


@pytest.fixture
def household(site) -> Household:
    """Somebody whom an earlier model knew, whose kept photos will not do, and a child of the same home with a link."""
    keeper, now, place = system(site.tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now(), site.community_id
    with site.gate.session() as db:
        home = queries.residents_of(db, place)[0]
        shown = consent.publish_text(db, keeper, place, TERMS, TERMS, old_until=now, lasts_days=730, now=now)
        consent.note_age(db, keeper, home.resident_id, date(1980, 5, 1), now=now)
        consent.give_consent(db, keeper, home.resident_id, shown.id, Channel.DESK, now=now, keep_photos=True)
        child = add_resident(db, keeper, home.house_id, "张小例", None, Tie.FAMILY, starts_at=now - timedelta(days=9))
        holder = access.add_cardholder(db, keeper, place, child.person_id).id
        consent.note_age(db, keeper, child.id, now.date() - timedelta(days=9 * 365), now=now)
        node = replace(keeper, id=site.gate.reply.node_id)
        why = NotMadeAnew(cardholder_id=site.cardholders[0], problems=(PhotoProblem(problem="too_dark", photo=1),))
        note_models(db, node, TemplateModels(model="new", earlier=site.cardholders, not_anew=(why,)), now)
        token, _ = invite(db, keeper, holder, now)
    site.gate.write(TemplateStored(cardholder_id=site.cardholders[0], model="old", photos=3))
    site.gate.write(PhotosKept(cardholder_id=site.cardholders[0], photos=3))
    site.gate.write(TemplateStored(cardholder_id=new_id(), model="new", photos=3, anew=True))
    site.gate.tell()
    return Household(home.resident_id, f"/enrol/{token}")


@pytest.mark.req("ADMIN-14", "PRIV-03")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (360, "en", "light"), (1440, "zh_CN", "light"), (1440, "en", "dark")],
)
def test_pages_around_an_enrolment(sit_down, household, width, language, theme):
    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto("/face-figures")
    page.locator("a[href='/faces/earlier']").click()
    look_at(page, "faces-earlier", width, language, theme)
    page.locator("form[action='/faces/earlier/ask'] button").click()
    expect(page.locator(".face-slips li")).to_have_count(1)
    look_at(page, "faces-asked", width, language, theme)
    page.goto(f"/people/homes/{household.resident}/face")
    look_at(page, "face-of-earlier", width, language, theme)
    page.goto(household.child_link)
    assert not page.locator("input[name=keep_photos]").is_checked()
    look_at(page, "enrol-child", width, language, theme)
    page.goto(f"/people/homes/{household.resident}/face")
    page.locator("form[action$='/face/photos'] button").click()
    page.locator("section:has(form[action$='/face/photos']) summary").click()
    look_at(page, "face-photos-ended", width, language, theme)
    page.locator("form[action$='/here'] button").click()
    expect(page.locator("[data-enrol]")).to_be_visible()
    page.locator("form[action$='/keep-photos'] summary").click()
    look_at(page, "enrol-at-desk", width, language, theme)
    page.locator("form[action$='/finish'] button").click()
    expect(page.locator("#password")).to_be_visible()

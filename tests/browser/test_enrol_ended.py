"""The link and the desk's page while a gate's records wait for a decision, and once the person lives there no more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.face_enrolment.service import invite
from central.gates.nodes.faces.orders import order_erasure
from central.gates.nodes.faces.rules import Why
from central.gates.nodes.faces.tables import FaceErasureRow
from central.people.community.queries import residents_of
from central.people.community.service import end_residency
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from models.wire.events import NodeNews, TemplateErased, TemplateStored
from tests.browser.test_pages import look_at

TERMS = "门口的设备提取您的人脸特征，只用于在本小区各门口认出您本人。"


@pytest.mark.req("PRIV-01", "PRIV-05", "ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (360, "en", "light"), (1440, "zh_CN", "light"), (1440, "en", "dark")],
)
def test_the_pages_of_a_face_whose_gate_waits_for_a_decision_and_of_who_moved_out(
    sit_down, site, width, language, theme
):
    gate, holder, place = site.gate, site.cardholders[0], site.community_id
    keeper, now = system(site.tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now()
    for body in (TemplateStored(cardholder_id=holder, model="m", photos=3), NodeNews(what="started", detail={})):
        gate.write(body)
    gate.tell()
    with gate.session() as db:
        home = residents_of(db, place)[0]
        text = consent.publish_text(db, keeper, place, TERMS, TERMS, old_until=now, lasts_days=730, now=now)
        consent.note_age(db, keeper, home.resident_id, date(1980, 5, 1), now=now)
        order_erasure(db, place, [holder], Why.WITHDRAWN, now - timedelta(minutes=2))
        order = db.scalar(select(FaceErasureRow.id).where(FaceErasureRow.cardholder_id == holder))
        consent.give_consent(db, keeper, home.resident_id, text.id, Channel.DESK, now=now)
        token, _ = invite(db, keeper, holder, now)
    del gate.journal[-1:]  # an old disk is put back
    gate.sent -= 1
    gate.write(TemplateErased(cardholder_id=holder, order_id=order, had_template=True, places=("template",)))
    gate.tell()

    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto(f"/people/homes/{home.resident_id}/face")
    expect(page.locator("#face-now a[href$='/records']")).to_be_visible()
    look_at(page, "face-records-wait", width, language, theme)
    page.goto(f"/enrol/{token}")
    expect(page.locator("[data-records-wait]")).to_be_visible()
    look_at(page, "enrol-records-wait", width, language, theme)
    with gate.session() as db:
        end_residency(db, keeper, home.resident_id, clock.now(), "搬走")
    page.goto(f"/enrol/{token}")
    expect(page.locator("[data-moved-out]")).to_be_visible()
    look_at(page, "enrol-moved-out", width, language, theme)

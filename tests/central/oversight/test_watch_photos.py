"""The photos of an entry of the watch group, as its page tells of them: on their way, held up, given up; never a trail
of its own questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.permissions import ADMINISTRATOR
from central.gates.face_enrolment.maker import give_up_photos
from central.gates.face_enrolment.rules import PHOTOS, WATCH_PHOTOS
from central.gates.nodes import mail
from central.gates.nodes.watch_group import service
from central.gates.nodes.watch_group.rules import Ground
from central.gates.nodes.watch_group.tables import WatchEntryRow
from models.wire.events import WatchChanged
from tests.browser.gate import Seeded, seed
from tests.central.oversight.phone import Phone
from tests.central.oversight.test_enrolment_node import goes_silent, offers, second_node
from tests.central.oversight.test_node_deeds import HTML, send

pytestmark = pytest.mark.req("ACC-30", "PRIV-07", "SYNC-18")


@pytest.fixture
def site(parts, database, two_tenants) -> Seeded:
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def keeper(login_as) -> TestClient:
    return login_as(ADMINISTRATOR)


def entry_of(site: Seeded, *, waits: bool = False) -> UUID:
    """An entry; `waits`: with photos in the enrolment node's box."""
    now = clock.now()
    with site.gate.session() as db:
        made = service.add_entry(
            db, system(site.tenant_id, "test", {"watch_group.keep"}), site.community_id, label="甲",
            ground=Ground.POLICE, document="协查 1 号", asked_by="派出所", expires_at=now + timedelta(days=9), now=now,
        )  # fmt: skip
        if waits:
            row = db.get_one(WatchEntryRow, made)
            row.state, row.node_id = "waiting", site.gate.reply.node_id
            mail.send(db, site.gate.reply.node_id, WATCH_PHOTOS, made, "sealed", now)
    return made


def readings(site: Seeded) -> int:
    with site.gate.session() as db:
        return db.execute(text("SELECT count(*) FROM audit WHERE what = 'watch_group.read'")).scalar_one()


def test_the_page_says_that_photos_wait_for_an_enrolment_node_that_is_lost(site: Seeded, keeper: TestClient) -> None:
    offers(site.gate)
    site.gate.poll()
    entry = entry_of(site, waits=True)
    page = keeper.get(f"/watch-group/{entry}", headers=HTML).text
    assert "联系不上" not in page.replace("现在联系不上", "") and 'data-state="waiting"' in page
    assert keeper.get(f"/api/v1/watch-group/{entry}/photos").json()["maker_away"] is False
    goes_silent(site.gate)
    page = keeper.get(f"/watch-group/{entry}", headers=HTML).text
    assert "做人脸特征的 东门岗 自" in page and "起联系不上：发出后一小时内恢复就自动完成" in page
    assert 'data-maker-away="yes"' in page and "请本人再发" not in page
    assert keeper.get(f"/api/v1/watch-group/{entry}/photos").json()["maker_away"] is True
    other = entry_of(site)
    page = keeper.get(f"/watch-group/{other}", headers=HTML).text
    assert "做人脸特征的 东门岗 自" in page and "起联系不上：照片可以发送" in page, "told before anything is sent"


def test_photos_that_waited_for_a_revoked_enrolment_node_are_asked_for_again_at_once(
    phone: Phone, login_as: Callable[..., TestClient]
) -> None:
    site, manager = phone.site, phone.client
    first, second = site.gate, second_node(site, "北门岗")
    for gate in (first, second):
        offers(gate)
    entry = entry_of(site, waits=True)
    phone.link_is(state="waiting", node_id=first.reply.node_id)
    with first.session() as db:
        link = db.execute(text("SELECT id FROM face_enrolment")).scalar_one()
        mail.send(db, first.reply.node_id, PHOTOS, link, "sealed", clock.now())
    first.write(WatchChanged(entry_id=entry, what="stored"), lane=None)
    first.tell()
    assert send(manager, f"/nodes/{first.reply.node_id}/revoke", reason="被盗").status_code == 303
    phone.parts.dispatcher.drain()
    keeper = login_as(ADMINISTRATOR)
    page = keeper.get(f"/watch-group/{entry}", headers=HTML).text
    assert "登记设备刚换了，照片没有打开，已删除" in page and "data-enrol-send" in page
    assert "东门岗：已停用，它的磁盘上还有特征，请由人员销毁磁盘" in page and "起有特征" not in page
    told = keeper.get(f"/api/v1/watch-group/{entry}").json()["nodes"]
    assert [one["revoked"] for one in told] == [True]
    assert "登记设备刚换了，照片没有打开，已删除" in phone.page() and 'data-state="waiting"' not in phone.page()
    with first.session() as db:
        assert mail.subjects_of(db, PHOTOS, first.reply.node_id) == []
        assert mail.subjects_of(db, WATCH_PHOTOS, first.reply.node_id) == []


def test_a_node_that_goes_and_is_not_the_enrolment_node_gives_up_nobodys_photos(phone: Phone) -> None:
    first, second = phone.site.gate, second_node(phone.site, "北门岗")
    for gate in (first, second):
        offers(gate)
    entry = entry_of(phone.site, waits=True)
    with first.session() as db:
        give_up_photos(db, phone.site.community_id, second.reply.node_id)
        assert mail.subjects_of(db, WATCH_PHOTOS, first.reply.node_id) == [entry]
        assert db.get_one(WatchEntryRow, entry).state == "waiting"


def test_a_page_that_asks_on_writes_one_reading_for_its_opening_and_none_for_its_questions(
    site: Seeded, keeper: TestClient
) -> None:
    offers(site.gate)
    entry = entry_of(site)
    for _ in range(3):
        assert keeper.get(f"/api/v1/watch-group/{entry}/photos").status_code == 200
    assert readings(site) == 0
    keeper.get(f"/watch-group/{entry}", headers=HTML)
    assert readings(site) == 1
    keeper.get(f"/api/v1/watch-group/{entry}")
    assert readings(site) == 2, "whoever reads the entry itself is written down as before"


def test_what_is_wrong_with_a_photo_from_a_file_is_said_of_the_file_and_of_nobody_before_a_camera(site, keeper):
    entry = entry_of(site)
    with site.gate.session() as db:
        db.get_one(WatchEntryRow, entry).problems = [{"problem": "too_blurred", "photo": 1}]
    page = keeper.get(f"/watch-group/{entry}", headers=HTML).text
    assert "照片有点糊，请换一张清楚的。" in page and "请拿稳" not in page and "请靠近些" not in page

"""The text that residents consent to, from the privacy page: looked over, published, and missed where it is not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.errors import Conflict
from central.base.kernel.permissions import GUARD, MANAGER
from central.gates.face_enrolment.service import invite
from central.oversight.console.forms import local
from central.people.consent import service as consent
from central.people.consent.queries import text_views
from tests.central.people.assessed import assess, publish

HTML = {"accept": "text/html"}
CHECK, PUBLISH = "/privacy/consent-texts/check", "/privacy/consent-texts"
pytestmark = pytest.mark.req("PRIV-02")


@pytest.fixture
def here(town):
    return {"community": str(town.community)}


def send(client, address, *fields):
    return client.post(address, data={name: said for each in fields for name, said in each.items()}, headers=HTML)


def texts(town):
    with town.session() as db:
        return [(view.version, view.zh, view.en, view.lasts_days) for view in text_views(db, town.community)]


def hidden(page: str, name: str) -> str:
    draft = page[page.index('id="draft"') :]
    return re.search(rf'(?:<textarea name="{name}" hidden>|name="{name}" value=")([^<"]*)', draft)[1]


def test_a_first_text_is_written_looked_over_and_published_and_nothing_of_it_is_ours(town, here, login_as):
    manager = login_as(MANAGER, community=town.community)
    page = manager.get("/privacy", params=here, headers=HTML).text
    assert "还没有发布同意书" in page and "都不是法律意见" in page and "通行码、门卡或密码照样开" in page
    boxes = re.findall(r'<textarea[^>]*id="text-(?:zh|en)"[^>]*>([^<]*)</textarea>', page)
    assert boxes == ["", ""], "the law text is theirs to write"
    words = {"zh": "  第一段\r\n\r\n第二段<b>\x07 ", "en": "One\n\nTwo", "lasts_days": "365"}
    shown = send(manager, CHECK, here, words)
    assert shown.status_code == 200 and texts(town) == [] and "这将是第 1 版，还没有发布" in shown.text
    assert "第二段&lt;b&gt;" in shown.text and "每次同意管 365 天" in shown.text
    looked_over = {name: hidden(shown.text, name) for name in ("version", "zh", "en", "lasts_days", "old_until")}
    looked_over["zh"] = looked_over["zh"].replace("&lt;", "<").replace("&gt;", ">")
    done = send(manager, PUBLISH, here, looked_over)
    assert done.status_code == 303 and done.headers["location"].endswith("#texts")
    assert texts(town) == [(1, "第一段\n\n第二段<b>", "One\n\nTwo", 365)]
    assert "现行第 1 版" in manager.get("/privacy", params=here, headers=HTML).text
    twice = send(manager, PUBLISH, here, looked_over)
    assert twice.status_code == 409 and "刚刚有人发布了新版本" in twice.text and len(texts(town)) == 1


def test_a_further_version_begins_with_the_last_and_says_until_when_earlier_consents_count(town, here, login_as):
    with town.session() as db:
        publish(db, town.community, town.now)
    manager = login_as(MANAGER, community=town.community)
    page = manager.get("/privacy", params=here, headers=HTML).text
    assert re.findall(r'<textarea[^>]*id="text-(?:zh|en)"[^>]*>([^<]*)</textarea>', page) == ["同意", "I agree"]
    words = {"zh": "新的同意书", "en": "The new terms", "lasts_days": "730"}
    assert "请填写日期和时间" in send(manager, CHECK, here, words).text
    past = send(manager, CHECK, here, words | {"old_until": local(town.now - timedelta(days=1))})
    assert past.status_code == 422 and "过渡日期不能早于现在" in past.text
    later = words | {"old_until": local(clock.now() + timedelta(days=30))}
    shown = send(manager, CHECK, here, later)
    assert "这将是第 2 版" in shown.text and "旧版本的同意到" in shown.text
    send(manager, PUBLISH, here, later | {"version": "2"})
    with town.session() as db:
        newest = text_views(db, town.community)[0]
    assert (newest.version, local(newest.old_until)) == (2, later["old_until"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"en": " \x07\n "}, "同意书不能空着"),
        ({"zh": "字" * 20_001}, "每种语言最多 20000 个字"),
        ({"lasts_days": "0"}, "请填 1 到 1830 之间的天数"),
        ({"lasts_days": "long"}, "整数"),
    ],
)
def test_what_cannot_be_published_comes_back_as_it_was_typed(town, here, login_as, wrong, said):
    manager = login_as(MANAGER, community=town.community)
    words = {"zh": "同意书全文", "en": "The terms", "lasts_days": "730"} | wrong
    for address, more in ((CHECK, {}), (PUBLISH, {"version": "1"})):
        refused = send(manager, address, here, words, more)
        assert refused.status_code == 422 and said in refused.text and 'id="draft"' not in refused.text
        assert words["zh"] in refused.text
    assert texts(town) == []


@pytest.mark.req("PRIV-01")
def test_without_a_text_nobody_is_invited_and_the_desk_says_why_instead_of_giving_a_link(town, login_as):
    with town.session() as db:
        assess(db, town.community)
        consent.note_age(db, town.actor, town.resident, (town.now - timedelta(days=9999)).date(), now=town.now)
    with town.session() as db, pytest.raises(Conflict, match=r"consent\.text_missing"):
        invite(db, town.actor, town.cardholder, clock.now())
    guard, manager = (login_as(role, community=town.community) for role in (GUARD, MANAGER))
    desk = f"/people/homes/{town.resident}/face"
    page = guard.get(desk, headers=HTML).text
    assert "还没有发布人脸同意书" in page and "/face/invite" not in page and "/face/here" not in page
    assert "#texts" not in page and "#texts" in manager.get(desk, headers=HTML).text
    for deed in ("invite", "here"):
        pressed = guard.post(f"{desk}/{deed}", headers=HTML)
        assert pressed.status_code == 409 and "还没有发布人脸同意书" in pressed.text and "/enrol/" not in pressed.text
    assert guard.get(desk, headers=HTML).status_code == 200, "and is still signed in"
    refused = guard.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation")
    assert refused.status_code == 409 and "同意书" in refused.json()["detail"]
    with town.session() as db:
        publish(db, town.community)
    page = guard.get(desk, headers=HTML).text
    assert "还没有发布人脸同意书" not in page and "没有人脸登记机" in page, "the next step is a node"


def test_the_first_steps_name_the_text_where_faces_are_used_and_nowhere_else(town, here, login_as):
    manager = login_as(MANAGER, community=town.community)

    def step() -> str | None:
        page = manager.get("/setup", params=here, headers=HTML).text
        return next((one for one in page.split("<li class=")[1:] if "发布人脸同意书" in one), None)

    assert step() is None, "passes and cards alone ask for no text"
    with town.session() as db:
        assess(db, town.community)
    assert f"/privacy?community={town.community}#texts" in step() and "step--done" not in step()
    with town.session() as db:
        publish(db, town.community)
    assert "step--done" in step() and "第 1 版" in step()

"""The visitor's link: it opens one pass without log-in, dies with it, and tells a stranger nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select, text

from central.base.identity.by_link import WRONG_LINKS_MAX
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Gone
from central.base.kernel.link_token import digest_of
from central.base.kernel.session import open_session, tenant_session
from central.base.web.hosts import Hosts
from central.gates.access import picture, service
from central.gates.access.tables import PassLinkRow
from models.access.passes import claimed_pass
from tests.browser.gate import seed
from tests.central.people.town import build_town

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a, rules=True)


@pytest.fixture
def guard(login_as, site):
    return login_as("guard", community=site.community_id)


def make(guard, site):
    """A link, as the page shows it once: its path."""
    answer = guard.post(f"/visitors/{site.pass_id}/link", headers=HTML)
    assert answer.status_code == 200, answer.text
    (link,) = re.findall(r'id="link-text">(?:https?://[^/]+)(/pass/[\w-]+)<', answer.text)
    return link


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize(
    ("public", "asked", "link", "code"),
    [
        ("https://central.example.cn", "http://127.0.0.1", "https://central.example.cn", True),
        ("https://central.example.cn", "http://192.168.1.9", "https://central.example.cn", True),
        ("", "http://192.168.1.9", "http://192.168.1.9", True),
        ("", "http://127.0.0.1", "http://127.0.0.1", False),
    ],
)
def test_a_link_leads_where_central_is_known_to_be_asked_by_others(
    guard, app, site, public, asked, link, code, monkeypatch
):
    """Whoever issues it may sit at an address inside the house that no visitor's phone can open."""
    monkeypatch.setattr(app.state, "hosts", Hosts(frozenset({"127.0.0.1", "192.168.1.9"}), public=public))
    address = f"/visitors/{site.pass_id}/link"
    told = guard.post(f"{asked}{address}", headers=HTML | {"origin": asked}).text
    assert f'id="link-text">{link}/pass/' in told
    assert ('src="data:image/svg+xml' in told, "data-no-phone" in told) == (code, not code)


def later(monkeypatch, **more):
    at = clock.now() + timedelta(**more)
    monkeypatch.setattr(clock, "now", lambda: at)


@pytest.mark.req("VIS-05", "VIS-08", "SEC-02")
def test_a_link_shows_the_visitor_code_gates_and_hours_and_dies_with_the_pass(guard, client, site, db):
    link = make(guard, site)
    token = link.rsplit("/", 1)[1]
    assert len(token) == 32  # 192 bits
    (row,) = db.scalars(select(PassLinkRow))
    assert row.token_sha256 == digest_of(token) and token not in str(vars(row))
    assert db.scalars(select(AuditRow).where(AuditRow.what == "pass.link")).one().subject_id == str(site.pass_id)
    page = client.get(link, headers=HTML)
    assert page.status_code == 200
    for words in ("周*", "东门", "北京时间", "5-2-202", "可进 2 次", "共 3 人", "值班人员"):
        assert words in page.text, words
    assert "南门" not in page.text, "a gate without a lane opens for nobody"
    assert "各自计数" not in page.text, "one gate that opens counts alone"
    assert "周来访" not in page.text and "19000000009" not in page.text
    told = {name: page.headers[name] for name in ("referrer-policy", "cache-control", "x-robots-tag")}
    assert told == {"referrer-policy": "no-referrer", "cache-control": "no-store",
                    "x-robots-tag": "noindex, nofollow, noarchive"}  # fmt: skip
    kept = client.get(f"{link}/picture.png")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(kept.content)))
    assert claimed_pass(read.text).pass_id == site.pass_id
    assert (kept.headers["content-type"], kept.headers["cache-control"]) == ("image/png", "no-store")
    english = client.get(f"{link}?language=en", headers=HTML).text
    assert "Entries it is good for: 2." in english and 'lang="en"' in english
    assert "it is good for: 2." in client.get(link, headers=HTML | {"accept-language": "en-GB"}).text
    guard.post(f"/visitors/{site.pass_id}/revoke", data={"reason": "住户取消了"}, headers=HTML)
    over = client.get(link, headers=HTML)
    assert over.status_code == 410 and "已于" in over.text and "撤销" in over.text
    assert "data:image" not in over.text and "住户取消了" not in over.text
    assert client.get(f"{link}/picture.png").status_code == 410
    assert "/link" not in guard.get(f"/visitors/{site.pass_id}", headers=HTML).text


@pytest.mark.req("VIS-05")
def test_a_pass_that_has_ended_is_told_and_not_shown(guard, client, site, monkeypatch):
    link = make(guard, site)
    later(monkeypatch, hours=5)
    over = client.get(link, headers=HTML)
    assert over.status_code == 410 and "结束" in over.text and "data:image" not in over.text


@pytest.mark.req("SEC-05")
def test_who_tries_links_is_told_nothing_and_shuts_out_nobody_who_has_one(guard, client, site, database):
    old = make(guard, site)
    link = make(guard, site)  # a new one ends the one before it
    wrong = ["/pass/" + "x" * 32, old, link[:-1], link + "A", "/pass/%F0%9F%94%91", "/pass/" + "y" * 5000]
    told = {unescape(client.get(one, headers=HTML).text.replace(one, "")) for one in wrong}
    assert all(client.get(one, headers=HTML).status_code == 410 for one in wrong)
    assert len({re.sub(r"/pass/[^\"/?]*", "", one) for one in told}) == 1, "an unknown link and an old one look alike"
    for _ in range(WRONG_LINKS_MAX):
        assert client.get(old, headers=HTML).status_code == 410, "one that was replaced is no wrong one"
    assert client.get("/pass/guess", headers=HTML).status_code == 410
    for _ in range(WRONG_LINKS_MAX):
        refused = client.get("/pass/guess", headers=HTML)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert "链接" in refused.text
    assert client.get(link, headers=HTML).status_code == 200
    assert client.get(old, headers=HTML).status_code == 410


@pytest.mark.req("SEC-08")
def test_one_link_that_is_asked_again_and_again_takes_no_time_from_the_others(guard, client, site, app, monkeypatch):
    link, drawn = make(guard, site), []
    draw = picture._png
    monkeypatch.setattr(picture, "_png", lambda token: drawn.append(token) or draw(token))
    picture.picture.cache_clear()
    first = client.get(f"{link}/picture.png")
    assert client.get(link, headers=HTML).status_code == 200
    assert client.get(f"{link}/picture.png").content == first.content
    assert len(drawn) == 1, "for the page and every picture"
    places = app.state.parts.link_tries.one_of_few
    with places(link.rsplit("/", 1)[1]), places(link.rsplit("/", 1)[1]):
        for path in (link, f"{link}/picture.png"):
            busy = client.get(path, headers=HTML)
            assert (busy.status_code, busy.headers["retry-after"]) == (429, "1") and "稍等几秒" in busy.text
        assert client.get(link[:-1] + ("x" if link[-1] != "x" else "y"), headers=HTML).status_code == 410, (
            "another link has places of its own"
        )
    assert client.get(link, headers=HTML).status_code == 200


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("revoked", [True, False])
def test_a_day_after_its_pass_a_link_says_nothing_of_the_house(guard, client, site, monkeypatch, revoked):
    link = make(guard, site)
    if revoked:
        guard.post(f"/visitors/{site.pass_id}/revoke", data={"reason": "住户取消了"}, headers=HTML)
    later(monkeypatch, hours=23)
    assert "5-2-202" in client.get(link, headers=HTML).text
    later(monkeypatch, hours=1 if revoked else 4, minutes=1)  # a pass ends with a whole second, after it was made
    over = client.get(link, headers=HTML)
    assert over.status_code == 410 and "向邀请您的人" in over.text
    for words in ("周*", "5-2-202", "撤销", "结束", "tel:"):
        assert words not in over.text
    assert client.get(f"{link}/picture.png").status_code == 410


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_a_link_of_one_company_opens_in_no_other(guard, site, database, two_tenants):
    token = make(guard, site).rsplit("/", 1)[1]
    with tenant_session(database.engine, two_tenants.b) as db:
        assert db.scalars(select(PassLinkRow)).all() == []
        assert db.execute(text("SELECT * FROM lookup.pass_link(:d)"), {"d": digest_of(token)}).all() == [
            (site.tenant_id,)
        ]
    with open_session(database.engine) as db:
        assert db.scalars(select(PassLinkRow)).all() == []
        assert service.linked_pass(db, token, clock.now()).view.pass_id == site.pass_id


def test_a_name_made_of_markup_is_shown_as_letters(client, site, database, two_tenants, parts):
    town = build_town(database.engine, two_tenants.a, "<i>门庭</i>\r\nset-cookie: a=b")
    with town.session() as db:
        made = service.issue_visitor_pass(
            db, town.actor, town.house, "<script>alert(1)</script>", None, None, town.window(), now=town.now
        )
        token = service.make_link(db, town.actor, made.pass_id, now=town.now)
        with pytest.raises(Conflict):
            service.make_link(db, town.actor, town.resident_pass, now=town.now)
        with pytest.raises(Gone):
            service.make_link(db, town.actor, made.pass_id, now=town.now + timedelta(days=1))
    page = client.get(f"/pass/{token}", headers=HTML)
    assert page.status_code == 200 and "<script>alert" not in page.text and "<i>" not in page.text
    assert "set-cookie" not in page.headers and "&lt;i&gt;" in page.text
    assert "<script" not in client.get("/pass/%3Cscript%3Ealert(1)", headers=HTML).text
    assert client.get(f"/pass/{token}?language=%0d%0aset-cookie:x", headers=HTML).status_code in (200, 422)


def test_a_visitor_is_told_whom_to_ring(guard, client, site, login_as):
    manager = login_as("manager", community=site.community_id)
    form = {"community": str(site.community_id)}
    wrong = manager.post("/setup/phone", data=form | {"phone": "call me"}, headers=HTML)
    assert wrong.status_code == 422 and 'id="phone-phone-wrong"' in wrong.text and 'value="call me"' in wrong.text
    for _ in range(2):
        assert manager.post("/setup/phone", data=form | {"phone": "021-5550 1234"}, headers=HTML).status_code == 303
    assert 'href="tel:02155501234"' in client.get(make(guard, site), headers=HTML).text


def test_a_pass_without_a_way_in_says_so_to_the_visitor(guard, client, site, db):
    link = make(guard, site)
    rule = db.execute(text("SELECT id FROM access_rule WHERE community_id = :c"), {"c": site.community_id}).scalar_one()
    with site.gate.session() as other:
        service.retire_rule(other, system(site.tenant_id, "test", ("rule.edit",)), rule, now=clock.now())
    page = client.get(link, headers=HTML).text
    assert "现在没有门能用这张码" in page and "值班人员" in page
    for promise in ("走到上面写的门", "一样开门", "保存图片", "先看时间和门对不对"):
        assert promise not in page, promise

"""Who sees which page, what a page never shows, and that a page costs few questions to the database."""

from __future__ import annotations

import re

import pytest

from central.base.kernel import clock
from models.values.ids import new_id
from tests.browser.gate import seed

PAGES = {"/": "visit.read", "/visitors": "pass.read", "/people": "person.read", "/nodes": "node.read",
         "/parked": "parked.resolve", "/setup": "house.edit", "/audit": "audit.read"}  # fmt: skip
FOR_GUARDS = {"/", "/visitors", "/people", "/nodes"}
HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("address", PAGES)
def test_a_guard_sees_a_guard_s_pages_and_links_to_no_others(login_as, site, address):
    guard = login_as("guard", community=site.community_id)
    answer = guard.get(address, headers=HTML)
    assert answer.status_code == (200 if address in FOR_GUARDS else 403)
    if answer.status_code == 200:
        links = set(re.findall(r'<a href="(/[a-z]*)"', answer.text)) & PAGES.keys()
        assert links == FOR_GUARDS


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("address", PAGES)
def test_nobody_signed_in_is_led_to_the_log_in_and_back(client, site, address):
    answer = client.get(address, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={address.replace('/', '%2F')}")


@pytest.mark.req("SEC-04")
def test_another_tenant_and_another_community_find_nothing(login_as, site, two_tenants):
    visit, lane = new_id(), site.gate.reply.lanes[0].lane_id
    site.gate.pass_through(visit)
    site.gate.tell()
    strangers = [login_as("manager", tenant=two_tenants.b), login_as("manager", community=_other_place(site))]
    for stranger in strangers:
        for address in (
            f"/visit/{visit}",
            f"/visitors/{site.pass_id}",
            f"/lanes/{lane}/open",
            f"/lanes/{lane}/live",
            f"/lanes/{lane}/end-fire",
        ):
            assert stranger.get(address, headers=HTML).status_code in (403, 404), address
        assert f"visit-{visit}" not in stranger.get("/", headers=HTML).text
        answer = stranger.get("/desk/cards", params={"card": [f"visit:{visit}", f"lane:{lane}"]}, headers=HTML)
        assert "<article" not in answer.text
        assert stranger.post(f"/lanes/{lane}/open", data={"reason": "x"}, headers=HTML).status_code in (403, 404, 409)
        assert stranger.post(f"/lanes/{lane}/end-fire", data={"reason": "x"}, headers=HTML).status_code in (403, 404)


def _other_place(site):
    return seed(site.gate.engine, site.tenant_id).community_id


@pytest.mark.req("PRIV-14")
@pytest.mark.parametrize("address", ["/", "/visitors", "/people", "/audit"])
def test_lists_never_hold_a_whole_name_or_phone(login_as, site, address):
    text = login_as("administrator").get(address, headers=HTML).text
    for secret in ("张示例", "欧阳演示", "周来访", "19000000001", "19000000009"):
        assert secret not in text


@pytest.mark.req("PRIV-14")
def test_a_guard_finds_a_resident_by_name_or_phone_and_still_sees_masks(login_as, site):
    guard = login_as("guard", community=site.community_id)

    def searched(somebody, who):
        answer = somebody.post("/people", data={"community": str(site.community_id), "who": who}, headers=HTML)
        assert answer.status_code == 303
        return answer

    def found(who):
        answer = searched(guard, who)
        assert len(answer.headers["location"]) < 100 and "who" not in answer.headers["location"]
        answer = guard.get(answer.headers["location"], headers=HTML)
        assert answer.status_code == 200
        return re.findall(r'<th scope="row">(.)\*</th>', answer.text)

    for who in ("张", "张示例", "0001", "００01", "19000000001", "190 0000 0001"):
        assert "张" in found(who) and "欧" not in found(who), who
    assert set(found("欧")) == set(found("欧阳")) == {"欧"}, "a compound surname in full"
    assert set(found("5-2")) >= {"张"}
    for who in ("张示", "示例", "000", "001", "1900000000", "欧阳演", "%", "张%"):
        assert found(who) == [], "nothing between what a mask shows and the whole name"
    nobody = guard.get(searched(guard, "无").headers["location"], headers=HTML).text
    assert "登记住户" not in nobody and "请找经理登记" in nobody, "no button is named that is not there"
    assert "停用某人或暂停一整户，请找经理" in nobody
    address = searched(guard, "张示例").headers["location"]
    other = login_as("guard", community=site.community_id)
    assert "张示例" in guard.get(address, headers=HTML).text
    assert "张示例" not in other.get(address, headers=HTML).text, "what one session searched for, no other is told"


@pytest.mark.req("VIS-05")
def test_the_code_of_a_pass_is_for_who_may_issue_and_never_in_an_address(login_as, site):
    answer = login_as("manager", community=site.community_id).get(f"/visitors/{site.pass_id}", headers=HTML)
    assert answer.status_code == 200 and "<svg" in answer.text
    assert "MT1:" not in answer.text and "no-store" in answer.headers["cache-control"]


def test_cards_are_drawn_for_what_exists_and_nothing_else(login_as, site):
    guard = login_as("guard", community=site.community_id)
    visit = new_id()
    site.gate.pass_through(visit)
    site.gate.tell()
    lane = site.gate.reply.lanes[0].lane_id
    asked = [f"visit:{visit}", f"visit:{new_id()}", f"lane:{lane}", f"alarm:{new_id()}", "door:1"]
    text = guard.get("/desk/cards", params={"card": asked, "show": "all"}, headers=HTML).text
    assert re.findall(r'<article class="[^"]*" id="([^"]+)"', text) == [f"visit-{visit}", f"lane-{lane}"]
    text = guard.get("/desk/cards", params={"card": asked[:1], "show": "refused"}, headers=HTML).text
    assert "<article" not in text and f'data-gone="visit-{visit}"' in text
    assert guard.get("/desk/cards", params={"card": "visit:nonsense"}, headers=HTML).status_code == 404


@pytest.mark.req("ADMIN-14")
def test_a_hundred_visits_cost_the_desk_no_more_questions_than_ten(login_as, site, statements):
    guard = login_as("guard", community=site.community_id)

    def cost() -> int:
        del statements[:]
        assert guard.get("/", headers=HTML).status_code == 200
        return len(statements)

    def visits(count: int) -> None:
        for _ in range(count):
            site.gate.pass_through(new_id(), at=clock.now())
        site.gate.tell()

    visits(10)
    few = cost()
    visits(30)
    assert cost() <= few + 2


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_no_inline_script_or_style(login_as, site, address):
    """The content policy would refuse them; the page must not need them."""
    text = login_as("administrator").get(address, headers=HTML).text
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", text) == []

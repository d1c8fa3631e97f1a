"""Zones and lockdowns over the pages: who may, two persons, what a second press does, and the banner at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.session import tenant_session
from central.gates.access import snapshot
from central.gates.access.queries_zones import lockdowns_of, zones_of
from central.gates.nodes.queries import commands_of_lane
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.values.time import SITE_TZ
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


@pytest.fixture
def guard(login_as, site):
    return login_as("guard", community=site.community_id)


def lanes(site):
    return [str(lane.lane_id) for lane in site.gate.reply.lanes]


def asked(site, **other):
    until = (clock.now() + timedelta(hours=2)).astimezone(SITE_TZ).strftime("%Y-%m-%dT%H:%M")
    form = {"community": str(site.community_id), "lanes": lanes(site), "admits": "staff", "until": until,
            "reason": "可疑人员"}  # fmt: skip
    return form | other


def send(client, address, fields):
    return client.post(address, data=fields, headers=HTML)


def kept(database, site, read):
    with tenant_session(database.engine, site.tenant_id) as db:
        return read(db)


def standing(database, site):
    return kept(database, site, lambda db: lockdowns_of(db, site.community_id, clock.now()))


@pytest.mark.req("ACC-24", "SEC-07")
def test_one_asks_another_approves_and_the_desk_says_so_all_the_while(guard, manager, site, database, parts):
    assert "lockdowns__one" not in guard.get("/", headers=HTML).text
    for _ in range(2):  # a browser without scripts sends a form as often as its button is pressed
        assert send(guard, "/lockdown", asked(site)).status_code == 303
    (one,) = standing(database, site)
    desk = guard.get("/", headers=HTML).text
    banner = desk[desk.index('id="lockdowns"') : desk.index('<main id="main"')]
    assert "lockdowns__one--waiting" in banner and "出门照常" in banner
    assert "东门人行进" in banner and "东门人行出" not in banner, "who is let out is not said to be locked in"
    assert 'id="asked-' not in desk and 'id="asked-' in manager.get("/", headers=HTML).text, "it needs who may approve"
    own = guard.get("/lockdown", params={"community": str(site.community_id)}, headers=HTML).text
    assert "请联系经理" in own and "另一位经理" not in own, "a guard is no manager"
    assert ">撤回<" in own and "不批准" not in own
    here = {"community": str(site.community_id)}
    assert send(guard, f"/lockdown/{one.lockdown_id}/approve", here).status_code == 403
    assert "批准，现在开始" in manager.get("/lockdown", params=here, headers=HTML).text
    assert send(manager, f"/lockdown/{one.lockdown_id}/approve", here).status_code == 303
    again = send(manager, f"/lockdown/{one.lockdown_id}/approve", here)
    assert again.status_code == 409 and "已经批准" in again.text
    desk = guard.get("/", headers=HTML).text
    assert "lockdowns__one--running" in desk and "只放行员工" in desk
    cards = guard.get("/desk/cards", params={"card": f"lane:{lanes(site)[0]}"}, headers=HTML).text
    assert "lockdowns__one--running" in cards, "a desk that is open draws it with its lanes"
    gone = send(manager, f"/lockdown/{one.lockdown_id}/end", here | {"reason": ""})
    assert gone.status_code == 422 and "请写明原因" in gone.text
    assert send(manager, f"/lockdown/{one.lockdown_id}/end", here | {"reason": "警方已到"}).status_code == 303
    assert "lockdowns__one" not in guard.get("/", headers=HTML).text
    assert "警方已到" in manager.get("/lockdown", params=here, headers=HTML).text


@pytest.mark.req("SEC-07", "ACC-24")
def test_who_asked_is_told_that_it_needs_another_person(manager, site, database):
    send(manager, "/lockdown", asked(site))
    (one,) = standing(database, site)
    here = {"community": str(site.community_id)}
    shown = manager.get("/lockdown", params=here, headers=HTML).text
    assert "要由另一个人批准" in shown and "批准，现在开始" not in shown
    refused = send(manager, f"/lockdown/{one.lockdown_id}/approve", here)
    assert refused.status_code == 403 and "申请的人不能自己批准" in refused.text
    assert standing(database, site)[0].state == "waiting"


def test_a_colleague_s_request_is_not_taken_back_by_a_guard_but_by_who_could_approve(
    guard, manager, login_as, site, database
):
    send(guard, "/lockdown", asked(site))
    (one,) = standing(database, site)
    here = {"community": str(site.community_id), "reason": "误报"}
    refused = send(login_as("guard", community=site.community_id), f"/lockdown/{one.lockdown_id}/withdraw", here)
    assert refused.status_code == 403 and standing(database, site)[0].state == "waiting"
    shown = manager.get("/lockdown", params=here, headers=HTML).text
    assert "撤回或不批准" in shown
    assert send(manager, f"/lockdown/{one.lockdown_id}/withdraw", here).status_code == 303
    late = send(guard, f"/lockdown/{one.lockdown_id}/withdraw", here)
    assert late.status_code == 409 and "已经结束或撤回" in late.text


def test_a_request_that_cannot_be_taken_comes_back_as_it_was(guard, site, database):
    long = (clock.now() + timedelta(hours=30)).astimezone(SITE_TZ).strftime("%Y-%m-%dT%H:%M")
    answer = send(guard, "/lockdown", asked(site, until=long, reason="演练甲"))
    assert answer.status_code == 422 and "最长 24 小时" in answer.text and "演练甲" in answer.text
    assert standing(database, site) == []


@pytest.mark.req("ACC-17")
def test_a_zone_is_set_changed_and_dropped_and_the_page_warns_of_exit_buttons(manager, site, database):
    here = {"community": str(site.community_id)}
    assert "不要选“严格”" in manager.get("/setup/zones", params=here, headers=HTML).text
    form = here | {"name": "地库", "mode": "hard", "lanes": lanes(site)}
    alone = send(manager, "/setup/zones", form | {"lanes": lanes(site)[:1]})
    assert alone.status_code == 422 and "每人只能进一次" in alone.text
    assert send(manager, "/setup/zones", form).status_code == 303
    assert send(manager, "/setup/zones", form).status_code == 422, "its lanes are taken"
    ((zone,), told) = kept(
        database, site,
        lambda db: (zones_of(db, site.community_id), snapshot.parts(db, site.community_id, clock.now()).passback),
    )  # fmt: skip
    assert [one.zone_id for one in told] == [zone.zone_id]
    assert 'value="地库"' in manager.get("/setup/zones", params=here | {"change": str(zone.zone_id)}, headers=HTML).text
    changed = form | {"zone": str(zone.zone_id), "mode": "timed", "minutes": "15"}
    assert send(manager, "/setup/zones", changed).status_code == 303
    assert "15 分钟内拦下" in manager.get("/setup/zones", params=here, headers=HTML).text
    for _ in range(2):
        assert send(manager, f"/setup/zones/{zone.zone_id}/drop", here).status_code == 303
    assert kept(database, site, lambda db: zones_of(db, site.community_id)) == []


@pytest.mark.req("ACC-17")
def test_from_a_refused_card_the_node_is_told_to_forget(guard, site, database):
    visit = new_id()
    site.gate.decide(Outcome.DENY, Reason.PASSBACK, correlation=visit, cardholder_id=site.cardholders[0])
    site.gate.tell()
    assert f"/visit/{visit}/reset-passback" in guard.get("/", headers=HTML).text
    assert "当面核实" in guard.get(f"/visit/{visit}/reset-passback", headers=HTML).text
    assert send(guard, f"/visit/{visit}/reset-passback", {"reason": "  "}).status_code == 422
    answer = send(guard, f"/visit/{visit}/reset-passback", {"reason": "当面核实是本人"})
    assert answer.status_code == 200 and "passback-resets" in answer.text
    given = kept(database, site, lambda db: commands_of_lane(db, site.gate.reply.lanes[0].lane_id, clock.now()))
    assert [(one.action, one.reason) for one in given] == [("reset_passback", "当面核实是本人")]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_nobody_else_sees_or_does_any_of_it(login_as, guard, manager, site, database, two_tenants):
    send(guard, "/lockdown", asked(site))
    (one,) = standing(database, site)
    visit = new_id()
    site.gate.decide(Outcome.DENY, Reason.PASSBACK, correlation=visit, cardholder_id=site.cardholders[0])
    site.gate.tell()
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    stranger = login_as("administrator", tenant=two_tenants.b)
    here = {"community": str(site.community_id), "reason": "x"}
    for client in (elsewhere, stranger):
        assert "lockdowns__one" not in client.get("/", headers=HTML).text
        for address in ("/lockdown", "/setup/zones"):
            assert client.get(address, params=here, headers=HTML).status_code in (403, 404)
        for deed in ("approve", "withdraw", "end"):
            assert send(client, f"/lockdown/{one.lockdown_id}/{deed}", here).status_code in (403, 404)
        assert send(client, "/lockdown", asked(site)).status_code in (403, 404)
        assert client.get(f"/visit/{visit}/reset-passback", headers=HTML).status_code == 404
        assert send(client, f"/visit/{visit}/reset-passback", {"reason": "x"}).status_code == 404
    assert guard.get("/setup/zones", headers=HTML).status_code == 403
    assert [found.state for found in standing(database, site)] == ["waiting"]

"""At issuing and on the pass's page: where and when the pass opens, or why not and what to change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.access import queries, service
from central.people.community.queries import residents_of
from models.access.credential import Kind
from models.access.policy import Effect
from models.access.schedule import ALWAYS, Span
from models.values.time import SITE_TZ
from tests.browser.gate import seed

HTML = {"accept": "text/html"}
RIGHTS = ("rule.edit", "pass.issue")
NIGHT = (Span(days=frozenset(range(1, 9)), start_minute=60, end_minute=120),)


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a, rules=True)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


def change(site, deed, *arguments, **more):
    with site.gate.session() as db:
        actor = system(site.tenant_id, "test", RIGHTS)
        return deed(db, actor, *arguments, **more)


def without_rules(site):
    with site.gate.session() as db:
        for rule in queries.rules_of(db, site.community_id):
            service.retire_rule(db, system(site.tenant_id, "test", RIGHTS), rule.rule_id, now=clock.now())


def invite(client, site, **more):
    here = clock.now().astimezone(SITE_TZ)
    form = {
        "community": str(site.community_id), "house": "5-2-1102", "name": "赵访客", "uses": "2", "party": "1",
        "start": here.strftime("%Y-%m-%dT%H:%M"), "end": (here + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"),
        "gates": ["1"],
    }  # fmt: skip
    return client.post("/visitors", data=form | more, headers=HTML)


def passes(site):
    with site.gate.session() as db:
        return queries.passes_of(db, frozenset({site.community_id}), clock.now())


@pytest.mark.req("VIS-05", "ACC-05", "ADMIN-14")
def test_a_pass_that_opens_nowhere_is_asked_about_before_it_is_issued(manager, site):
    without_rules(site)
    asked = invite(manager, site)
    assert asked.status_code == 409 and len(passes(site)) == 1
    for words in ("哪个门都进不去", "东门", "没有一条通行规则让访客走这里", "请加一条让访客走这里的规则", "仍要发出"):
        assert words in asked.text, words
    assert 'value="赵访客"' in asked.text and f"/setup/rules?community={site.community_id}" in asked.text
    issued = invite(manager, site, anyway="yes")
    assert issued.status_code == 303 and len(passes(site)) == 2
    page = manager.get(issued.headers["location"], headers=HTML).text
    assert 'data-opens="refused"' in page and "哪个门都进不去" in page
    kept = manager.post(f"{issued.headers['location']}/change", headers=HTML, data={
        "start": "2026-11-29T08:00", "end": (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "uses": "1", "party": "1", "gates": ["1"], "reason": "改期"})  # fmt: skip
    assert kept.status_code == 409 and "仍要发出" in kept.text
    assert [one.revoked_at for one in passes(site)] == [None, None]


@pytest.mark.req("ACC-05")
def test_a_guard_is_told_that_a_manager_can_change_it(login_as, site):
    without_rules(site)
    asked = invite(login_as("guard", community=site.community_id), site)
    assert "请经理修改" in asked.text and "/setup/rules" not in asked.text


@pytest.mark.req("ACC-01", "ACC-03", "ACC-05")
def test_each_reason_says_what_to_change(manager, site, login_as):
    address = f"/visitors/{site.pass_id}"
    lanes = [lane.lane_id for lane in site.gate.reply.lanes]
    page = manager.get(address, headers=HTML).text
    assert "有效时间内都能开" in page and "这个门还没有通道" in page  # the east gate, the south gate
    assert f"/setup/gates?community={site.community_id}" in page
    change(site, service.set_kinds, site.community_id, lanes[0], {Kind.CARD: ALWAYS})
    page = manager.get(address, headers=HTML).text
    assert "这里不认通行码" in page and "东门人行出" in page and "/setup/kinds" in page
    change(site, service.add_rule, site.community_id, "夜间", Effect.DENY, ["visitor"], now=clock.now())
    assert "规则“夜间”不让访客走这里" in manager.get(address, headers=HTML).text
    without_rules(site)
    night = {"lanes": [lanes[1]], "now": clock.now(), "schedule": NIGHT}
    change(site, service.add_rule, site.community_id, "凌晨", Effect.ALLOW, ["visitor"], **night)
    page = manager.get(address, headers={"accept": "text/html", "accept-language": "en"}).text
    assert "Does not open" in page or "Opens " in page
    assert "only at certain hours" in page


@pytest.mark.req("ACC-05")
def test_a_residents_own_pass_is_asked_about_as_well(manager, site, db):
    without_rules(site)
    home = next(one for one in residents_of(db, site.community_id) if one.house == "5-2-101")
    day = clock.now().astimezone(SITE_TZ).date()
    form = {"starts": day.isoformat(), "ends_at": (day + timedelta(days=30)).isoformat()}
    address = f"/people/homes/{home.resident_id}/pass"
    asked = manager.post(address, data=form, headers=HTML)
    assert asked.status_code == 409 and "没有一条通行规则让此人走这里" in asked.text
    assert manager.post(address, data=form | {"anyway": "yes"}, headers=HTML).status_code == 303

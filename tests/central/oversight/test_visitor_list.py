"""The list of visitors' passes: whose they are, the next page, and finding one again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.access import queries, service
from central.people.community.queries import houses_of, residents_of
from models.access.credential import Window
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a, rules=True)


@pytest.fixture
def guard(login_as, site):
    return login_as("guard", community=site.community_id)


def invited(site, name, house, phone=None, ago=timedelta(0)):
    now = clock.now()
    with site.gate.session() as db:
        at = next(one.house_id for one in houses_of(db, site.community_id, house) if one.label == house)
        window = Window(start=now, end=now + timedelta(hours=3))
        who = system(site.tenant_id, "test", ("pass.issue",))
        return service.issue_visitor_pass(db, who, at, name, phone, (1,), window, 1, 1, now=now - ago).pass_id


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/visitors/([0-9a-f-]{36})"', page)


def search(client, site, who):
    sent = client.post("/visitors/find", data={"community": str(site.community_id), "who": who}, headers=HTML)
    assert sent.status_code == 303 and who not in sent.headers["location"]
    return client.get(sent.headers["location"], headers=HTML).text


@pytest.mark.req("VIS-05")
def test_a_visitor_is_found_by_house_name_or_the_end_of_a_phone_and_by_nothing_between(guard, site):
    wang = str(invited(site, "王来访", "5-2-101", "19900001234"))
    zhao = str(invited(site, "赵小来", "5-2-1102"))
    for said in ("王来访", "1234", "5-2-101"):
        assert listed(search(guard, site, said)) == [wang], said
    assert zhao in listed(search(guard, site, "赵")) and wang not in listed(search(guard, site, "赵"))
    for said in ("王来", "来访", "234", "0-2"):
        page = search(guard, site, said)
        assert listed(page) == [] and "没有找到访客" in page, said


@pytest.mark.req("VIS-05")
def test_residents_own_passes_stand_apart(guard, site):
    visitor, now = str(invited(site, "王来访", "5-2-101")), clock.now()
    with site.gate.session() as db:
        home = next(one for one in residents_of(db, site.community_id) if one.house == "5-2-101")
        holder = queries.holder_id_of(db, site.community_id, home.person_id)
        window = Window(start=now, end=now + timedelta(days=300))
        who = system(site.tenant_id, "test", ("pass.issue_resident",))
        own = str(service.issue_resident_pass(db, who, holder, window=window, now=now).pass_id)
    visitors = listed(guard.get("/visitors", headers=HTML).text)
    residents = listed(guard.get("/visitors?whose=residents", headers=HTML).text)
    assert visitor in visitors and own not in visitors
    assert residents == [own]


@pytest.mark.req("INT-01")
def test_the_list_goes_on_where_the_page_ends(guard, site):
    made = [str(invited(site, f"访{n:02}", "5-2-101", ago=timedelta(minutes=n + 1))) for n in range(52)]
    first = guard.get("/visitors", headers=HTML).text
    onward = re.search(r'href="(/visitors\?[^"]*after=[^"]+)"', first).group(1).replace("&amp;", "&")
    rest = guard.get(onward, headers=HTML).text
    assert len(listed(first)) == 50
    assert [one for one in listed(first) + listed(rest) if one in made] == made
    assert "after=" not in rest.split('id="list-title"')[1]

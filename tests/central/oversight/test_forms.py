"""What a form may say, and that a form sent twice does its deed once, with scripts and without."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import FormData

from central.base.kernel import clock
from central.base.kernel.errors import Invalid
from central.base.kernel.session import tenant_session
from central.gates.access import queries
from central.oversight.console.forms import Filled, all_of, instant_of, kept, lines_of, local, text_of
from central.people.community import queries as people
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.mark.req("GEN-02")
@pytest.mark.parametrize("text", ["2026-11-23T08:00", "2026-11-23 08:00", " 2026-11-23T08:00:00 "])
def test_a_moment_is_the_sites(text):
    assert instant_of(text, "start") == datetime(2026, 11, 23, tzinfo=UTC)
    assert local(instant_of(text, "start")) == "2026-11-23T08:00"


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-11-23", "2026-11-23T08:00+01:00", "0001-01-01T00:00", "2026-13-01T00:00"]
)
def test_what_is_no_moment_is_refused_at_its_field(text):
    with pytest.raises(Invalid) as refused:
        instant_of(text, "start")
    assert refused.value.fields == {"start": "form.time_needed"}


@pytest.mark.req("SEC-09")
def test_no_form_brings_in_what_moves_a_cursor():
    sent = FormData([("reason", " a\x1b[2J\x00b\nc "), ("group", "x\x9by"), ("note", "one\r\n\ttwo\x07 ")])
    assert text_of(sent, "reason") == "a[2Jbc" and all_of(sent, "group") == ["xy"]
    assert lines_of(sent, "note", 20) == "one\r\n\ttwo" and kept("deed", sent).text("note") == "one\r\n\ttwo"


def test_the_first_wrong_field_has_the_cursor():
    form = Filled("x", {"a": "1", "b": ["2", "3"]}, {"b": "no", "a": "no"})
    assert (form.first("b"), form.first("a")) == (True, False)
    assert (form.text("a"), form.text("b"), form.chosen("a"), form.chosen("b")) == ("1", "", ["1"], ["2", "3"])


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.mark.req("VIS-05")
def test_a_visitor_s_pass_sent_twice_from_one_form_is_one_and_from_two_forms_two(login_as, site, db):
    guard = login_as("guard", community=site.community_id)

    def fill() -> dict[str, object]:
        text = guard.get("/visitors", headers=HTML).text
        hidden = {
            name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', text)[1] for name in ("after", "start", "end")
        }
        return hidden | {"community": str(site.community_id), "house": "5-2-102", "name": "郑访客", "uses": "1",
                         "party": "1", "gates": ["1", "2"], "anyway": "yes"}  # fmt: skip

    def send(fields) -> str:
        return guard.post("/visitors", data=fields, headers=HTML).headers["location"]

    form = fill()
    with ThreadPoolExecutor(4) as pool:  # four presses at once, and one later
        places = {*pool.map(lambda _: send(form), range(4)), send(form)}
    assert len(places) == 1
    assert send(fill()) not in places
    assert send(form | {"name": "冯访客"}) not in places
    assert len(queries.passes_of(db, frozenset({site.community_id}), clock.now())) == 4


@pytest.mark.req("ACC-06")
def test_a_pass_for_a_blocked_household_is_refused_at_its_field_and_nothing_typed_is_lost(login_as, site, database):
    manager, guard = (login_as(role, community=site.community_id) for role in ("manager", "guard"))
    with tenant_session(database.engine, site.tenant_id) as db:
        (house,) = [
            one.house_id for one in people.houses_of(db, site.community_id, "5-2-102") if one.label == "5-2-102"
        ]
    until = (clock.now() + timedelta(days=1)).isoformat()
    block = {"house_id": str(house), "until": until, "reason": "演练"}
    assert manager.post("/api/v1/household-blocks", json=block).status_code == 201
    fields = {"community": str(site.community_id), "house": "5-2-102", "name": "郑访客", "uses": "1", "party": "1",
              "start": local(clock.now()), "end": local(clock.now() + timedelta(hours=2))}  # fmt: skip
    answer = guard.post("/visitors", data=fields, headers=HTML)
    assert answer.status_code == 422
    assert "这一户正在暂停进入" in answer.text and "郑访客" in answer.text


def test_a_rule_sent_several_times_at_once_is_one(login_as, site, db):
    manager = login_as("manager", community=site.community_id)
    fields = {"community": str(site.community_id), "name": "住户", "effect": "allow", "groups": "resident"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: manager.post("/setup/rules", data=fields, headers=HTML).status_code, range(4))
        )
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(queries.rules_of(db, site.community_id)) == 1


@pytest.mark.req("ADMIN-14")
def test_what_opens_in_a_dialog_is_a_page_without_scripts(login_as, site, db):
    manager = login_as("manager", community=site.community_id)
    site.gate.write('{"kind": "telepathy"}')
    site.gate.tell()
    person = people.residents_of(db, site.community_id)[0].person_id
    address = f"/people/{person}/unmask"
    assert f'method="get" action="{address}"' in manager.get("/people", headers=HTML).text
    asked = manager.get(address, headers=HTML).text
    assert "<html" in asked and f'method="post" action="{address}"' in asked
    told = manager.post(address, data={"reason": "联系家人"}, headers=HTML).text
    assert "<html" in told and "张示例" in told
    (decide,) = re.findall(r'method="get" action="(/parked/[0-9a-f-]+)"', manager.get("/parked", headers=HTML).text)
    assert "<html" in manager.get(decide, headers=HTML).text
    assert "<html" in manager.post(decide, data={"deed": "retry", "reason": "试"}, headers=HTML).text
    rejected = manager.post(decide, data={"deed": "reject", "reason": "没有这种设备"}, headers=HTML)
    assert (rejected.status_code, rejected.headers["location"]) == (303, "/parked")
    assert "<html" not in manager.get(address, headers=HTML | {"hx-request": "true"}).text

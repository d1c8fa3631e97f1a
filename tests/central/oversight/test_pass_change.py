"""A pass is changed over the page: a new code takes the old one's place, once; and what a lane card says of a scan."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.gates.access import queries
from central.gates.access.rules import PassState
from models.values.ids import new_id
from models.values.time import SITE_TZ
from models.wire.events import Scanned
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a, rules=True)


@pytest.fixture
def guard(login_as, site):
    return login_as("guard", community=site.community_id)


def form(**more):
    here = clock.now().astimezone(SITE_TZ)
    return {
        "start": here.strftime("%Y-%m-%dT%H:%M"), "end": (here + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"),
        "uses": "5", "party": "2", "gates": ["1"], "reason": "改到晚上",
    } | more  # fmt: skip


def test_a_visitors_phone_is_one_and_gates_without_a_lane_are_not_offered_first(guard, site, db):
    """A gate is ticked by itself only where somebody could go through it."""
    page = guard.get("/visitors", headers=HTML).text
    ticked = re.findall(r'name="gates" value="(\d+)"( checked)?>', page)
    assert ticked == [("1", " checked"), ("2", "")]
    typed = form(community=str(site.community_id), house="5-2-101", name="钱访客", phone="abc")
    refused = guard.post("/visitors", data=typed, headers=HTML)
    assert refused.status_code == 422 and "5 到 15 位数字" in refused.text
    assert guard.post("/visitors", data=typed | {"phone": "190 0000 0002"}, headers=HTML).status_code == 303


@pytest.mark.req("VIS-08")
def test_a_changed_pass_is_a_new_one_and_the_old_one_ends_however_often_it_is_pressed(guard, site, db):
    address = f"/visitors/{site.pass_id}/change"
    assert f'href="{address}"' in guard.get(f"/visitors/{site.pass_id}", headers=HTML).text
    shown = guard.get(address, headers=HTML).text
    assert len(re.findall(r'name="gates" value="\d" checked', shown)) == 2 and 'value="3"' in shown
    fields = form()
    places = {guard.post(address, data=fields, headers=HTML).headers["location"] for _ in range(2)}
    assert len(places) == 1
    new = queries.pass_view(db, places.pop().rsplit("/", 1)[1], clock.now())
    assert (new.replaces, new.uses, new.party, new.gates) == (site.pass_id, 5, 2, (1,))
    assert queries.pass_view(db, site.pass_id, clock.now()).state is PassState.REVOKED
    assert len(queries.passes_of(db, frozenset({site.community_id}), clock.now())) == 2
    assert "不能再改" in guard.get(address, headers=HTML).text


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"start": "tonight"}, "start"),
        ({"end": "2020-01-01T08:00"}, "window"),
        ({"uses": "many"}, "uses"),
        ({"uses": "٣٣٣٣٣٣٣"}, "uses"),
        ({"party": "99"}, "party"),
        ({"gates": []}, "gates"),
        ({"gates": ["63"]}, "gates"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_change_that_cannot_be_taken_leaves_the_old_pass_as_it_was(guard, site, db, change, beside):
    answer = guard.post(f"/visitors/{site.pass_id}/change", data=form(**change), headers=HTML)
    assert answer.status_code == 422 and f'id="change-{beside}-wrong"' in answer.text
    assert change.get("reason", 'value="改到晚上"') in answer.text
    assert queries.pass_view(db, site.pass_id, clock.now()).state is PassState.OPEN


@pytest.mark.req("SEC-04")
def test_only_who_keeps_this_community_changes_its_passes(login_as, site, two_tenants, database):
    elsewhere = login_as("guard", community=seed(database.engine, site.tenant_id).community_id)
    for client in (elsewhere, login_as("administrator", tenant=two_tenants.b)):
        address = f"/visitors/{site.pass_id}/change"
        assert client.get(address, headers=HTML).status_code in (403, 404)
        assert client.post(address, data=form(), headers=HTML).status_code in (403, 404)


def test_a_second_press_of_revoke_finds_it_done(guard, site):
    for _ in range(2):
        answer = guard.post(f"/visitors/{site.pass_id}/revoke", data={"reason": "改期"}, headers=HTML)
        assert answer.headers["location"] == f"/visitors/{site.pass_id}"


@pytest.mark.parametrize(
    ("why", "words"), [("unfinished", "只扫到一半"), ("not_ascii", "不是通行码用的字符"), ("new", "不是通行码")]
)
def test_a_lane_says_that_what_was_held_to_its_scanner_was_no_pass(guard, site, why, words):
    site.gate.write(Scanned(why=why, length=12))
    site.gate.tell()
    card = guard.get("/desk/cards", params={"card": f"lane:{site.gate.reply.lanes[0].lane_id}"}, headers=HTML).text
    assert f"<span>{words}</span>" in card and "data-age" in card.split(words)[1][:200]
    other = guard.get("/desk/cards", params={"card": f"lane:{site.gate.reply.lanes[1].lane_id}"}, headers=HTML).text
    assert "扫码" not in other


def test_a_scan_is_not_told_once_somebody_has_passed_or_an_hour_is_over(guard, site):
    lane = {"card": f"lane:{site.gate.reply.lanes[0].lane_id}"}
    site.gate.write(Scanned(why="unfinished", length=12), at=clock.now() - timedelta(minutes=61))
    site.gate.tell()
    assert "只扫到一半" not in guard.get("/desk/cards", params=lane, headers=HTML).text
    site.gate.write(Scanned(why="unfinished", length=12))
    site.gate.tell()
    assert "只扫到一半" in guard.get("/desk/cards", params=lane, headers=HTML).text
    site.gate.pass_through(new_id(), at=clock.now() + timedelta(seconds=1))
    site.gate.tell()
    assert "只扫到一半" not in guard.get("/desk/cards", params=lane, headers=HTML).text

"""A hit of the watch group as the guard and the keeper meet it: the picture of that moment, or why there is none."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.nodes.watch_group import service
from central.gates.nodes.watch_group.rules import Ground
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind
from tests.browser.gate import portrait, seed

pytestmark = pytest.mark.req("ACC-30", "GUARD-02")

HTML = {"accept": "text/html"}
CARDS = re.compile(r'<article class="(?:alarm|visit visit--alarm).*?</article>', re.DOTALL)


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def hit(site, at, number: str = "1", lane: int = 0, visit=None):
    """`visit`: for which that very face was compared; None where a face alone was looked at."""
    body = Alarm(alarm=AlarmKind.WATCH_GROUP, device=number, detail="police 0.931")
    return site.gate.write(body, visit, lane, at)


def looked_at(site, at, *, lane: int = 0, picture: bool = True):
    """Somebody whom the gate did not let through, with a picture of their face or none; the visit."""
    visit = new_id()
    site.gate.decide(
        Outcome.DENY, Reason.UNKNOWN, correlation=visit, at=at, lane=lane, picture=portrait(20) if picture else None
    )
    return visit


def test_a_hit_leads_to_the_picture_of_the_access_it_was_seen_in_and_to_no_nearer_one(login_as, site):
    guard, now = login_as("guard", community=site.community_id), clock.now() - timedelta(minutes=5)
    looked_at(site, now - timedelta(seconds=40))
    looked_at(site, now - timedelta(seconds=1), lane=1)
    meant = looked_at(site, now - timedelta(seconds=3))
    looked_at(site, now - timedelta(seconds=1))  # somebody else, nearer to it in a busy lane
    hit(site, now, visit=meant)
    site.gate.tell()
    for address, cards in (("/", 1), ("/?show=alarms", 2)):
        found = [one for one in CARDS.findall(guard.get(address, headers=HTML).text) if "像关注名单里的人" in one]
        assert len(found) == cards
        for card in found:
            assert re.findall(r'href="(/visit/[^"]*)">看当时的画面', card) == [f"/visit/{meant}"]
            assert "没有当时的画面" not in card


def test_where_there_is_no_picture_of_a_hit_the_alarm_says_why_and_whom_and_where_it_is_about(login_as, site):
    guard, now = login_as("guard", community=site.community_id), clock.now() - timedelta(minutes=5)
    looked_at(site, now - timedelta(seconds=1))  # somebody passed just then: that may have been anybody
    hit(site, now, "7")
    site.gate.tell()
    for address, cards in (("/", 1), ("/?show=alarms", 2)):
        found = [one for one in CARDS.findall(guard.get(address, headers=HTML).text) if "像关注名单里的人" in one]
        assert len(found) == cards
        for card in found:
            assert "看当时的画面" not in card and "现在没有当时的画面" in card
            assert "7 号" in card and site.gate.reply.lanes[0].name in card


def test_a_card_that_stands_for_several_alarms_leads_to_the_picture_of_the_last(login_as, site):
    guard, now = login_as("guard", community=site.community_id), clock.now() - timedelta(hours=4)
    visits = [looked_at(site, now + timedelta(hours=hour)) for hour in range(3)]
    for hour, visit in enumerate(visits):
        at = now + timedelta(hours=hour)
        site.gate.write(Alarm(alarm=AlarmKind.WRONG_ATTEMPTS, device="0198", detail="5 in 10 min"), visit, at=at)
    site.gate.tell()
    (card,) = [one for one in CARDS.findall(guard.get("/", headers=HTML).text) if "连续没有通过" in one]
    assert "同样的告警 3 次" in card
    assert re.findall(r'href="(/visit/[^"]*)">([^<]*)', card) == [(f"/visit/{visits[-1]}", "看最近一次的画面")]
    listed = [one for one in CARDS.findall(guard.get("/?show=alarms", headers=HTML).text) if "visit--alarm" in one]
    assert [re.findall(r'href="/visit/([^"]*)"', one) for one in listed] == [[str(one)] for one in reversed(visits)]


def test_the_page_of_an_entry_lists_its_own_last_hits_with_the_way_to_their_visits(login_as, site):
    keeper, now = login_as("administrator"), clock.now() - timedelta(minutes=5)
    with site.gate.session() as db:
        entry = service.add_entry(
            db, system(site.tenant_id, "test", {"watch_group.keep"}), site.community_id, label="甲",
            ground=Ground.POLICE, document="协查 1 号", asked_by="派出所", expires_at=now + timedelta(days=9), now=now,
        )  # fmt: skip
    address = f"/watch-group/{entry}"
    assert "还没有通道看到像这个人的脸" in keeper.get(address, headers=HTML).text
    seen = looked_at(site, now)
    hit(site, now, "1", visit=seen)
    looked_at(site, now + timedelta(minutes=2), lane=1)
    hit(site, now + timedelta(minutes=2), "1", lane=1)
    hit(site, now + timedelta(minutes=3), "2")
    site.gate.tell()
    rows = re.findall(r"<li data-hit>.*?</li>", keeper.get(address, headers=HTML).text, re.DOTALL)
    lanes = [lane.name for lane in site.gate.reply.lanes]
    assert [lanes[1] in rows[0], lanes[0] in rows[1], len(rows)] == [True, True, 2]
    assert [re.findall(r'href="/visit/([^"]*)"', row) for row in rows] == [[], [str(seen)]]

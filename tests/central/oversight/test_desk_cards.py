"""The cards of the desk: what repeats is one, and where there are several communities each card says whose it is."""

from __future__ import annotations

import re

import pytest

from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import Actuated, Alarm, AlarmKind, Passage, Position, Sensed
from tests.browser.gate import portrait, seed

HTML = {"accept": "text/html"}
PLACE = re.compile(r"data-place>([^<]*)<")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


def test_wrong_tries_that_go_on_are_one_card_that_one_press_takes_away(login_as, site):
    guard = login_as("guard", community=site.community_id)
    told = [site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, detail="5") for _ in range(8)]
    site.gate.tell()
    desk = guard.get("/", headers=HTML).text
    assert desk.count("data-acknowledge") == 1 and re.search(r"data-times>同样的告警 8 次，最近 \d\d:\d\d", desk)
    (card,) = re.findall(r'id="(alarm-wrong_attempts-[^"]*?)" data-alarm', desk)
    named = {"card": [f"alarm:{one.event_id}" for one in told]}
    again = guard.get("/desk/cards", params=named, headers=HTML).text
    assert again.count("<article") == 1 and f'id="{card}"' in again
    seen = guard.post(f"/alarms/{told[0].event_id}/acknowledge", headers=HTML)
    assert seen.status_code == 200 and seen.text.startswith('<p id="taken"') and "知道了" in seen.text
    after = guard.get("/desk/cards", params=named, headers=HTML).text
    assert "<article" not in after and after.count(f'data-gone="{card}"') == 1
    assert guard.get("/?show=alarms", headers=HTML).text.count("data-told") == 8


def test_an_alarm_offers_the_picture_of_its_access_while_there_is_one_and_speaks_of_none_else(login_as, site):
    guard = login_as("guard", community=site.community_id)
    seen, unseen = new_id(), new_id()
    site.gate.decide(Outcome.DENY, Reason.UNKNOWN, correlation=seen, picture=portrait(20))
    site.gate.write(Alarm(alarm=AlarmKind.WRONG_ATTEMPTS, device="0198", detail="5 in 10 min"), seen)
    site.gate.write(Alarm(alarm=AlarmKind.TAILGATE), unseen, lane=1)
    site.gate.alarm(AlarmKind.HELD_OPEN)
    site.gate.tell()
    link = f'href="/visit/{seen}"'
    for address in ("/", "/?show=alarms"):
        page = guard.get(address, headers=HTML).text
        cards = re.findall(r'<article class="(?:alarm|visit visit--alarm).*?</article>', page, re.DOTALL)
        assert [link in card for card in cards if "连续没有通过" in card] == [True] * (1 + address.count("alarms"))
        assert not any("看当时的画面" in card for card in cards if "连续没有通过" not in card)
        assert "请看画面" not in page
    visit = guard.get(f"/visit/{seen}", headers=HTML).text
    assert visit.count("/picture.jpg") == 1 and re.search(r"<dd>有，\d+月\d+日.* 删除</dd>", visit)


@pytest.mark.req("ACC-23", "GUARD-02")
@pytest.mark.parametrize(
    ("fault", "why", "opened", "chip"),
    [
        ("NotConfirmed: output 1 reads off", "not_released", False, "没开锁"),
        (None, "not_released", False, "没开锁"),  # the disk or the board: nothing was sent to it
        ("Unreachable: no answer", None, False, "锁没有应答"),
        ("Unreachable: no answer", None, True, None),  # only the answer was lost
        (None, None, False, None),
    ],
)
def test_who_was_let_through_by_a_lock_that_did_not_move_is_not_green(login_as, site, fault, why, opened, chip):
    guard, who = login_as("guard", community=site.community_id), new_id()
    site.gate.decide(Outcome.GRANT, correlation=who)
    if fault is not None or why is None:
        site.gate.write(Actuated(action="release", confirmed=fault is None, fault=fault, latency_us=90_000), who)
    if opened:
        site.gate.write(Sensed(position=Position.OPEN), who)
    if why:
        site.gate.write(Passage(passed=False, why=why), who)
    site.gate.tell()
    page = guard.get("/", headers=HTML).text
    (visit,) = re.findall(r'<article class="visit .*?</article>', page, re.DOTALL)
    lane = next(one for one in re.findall(r'<article class="lane.*?</article>', page, re.DOTALL) if "最近" in one)
    assert ('class="visit visit--grant"' in visit) is (chip is None)
    for card in (visit, lane):
        assert re.findall(r"data-unopened>([^<]*)<", card) == ([chip] if chip else [])
        assert ("sign--granted sign--pill" in card) is (chip is None)
    assert ("请去门口开门" in visit) is (chip is not None)


@pytest.mark.req("ADMIN-02")
def test_cards_and_deeds_name_their_community_as_soon_as_there_are_two(login_as, site, database):
    alone = login_as("manager", community=site.community_id)
    alarm = site.gate.alarm(AlarmKind.CAMERA_STALE)
    site.gate.tell()
    lane = site.gate.reply.lanes[0].lane_id
    fragment = {"card": [f"alarm:{alarm.event_id}", f"lane:{lane}"]}
    seed(database.engine, site.tenant_id)
    for address, fields in (("/", {}), ("/desk/cards", fragment), ("/?show=alarms", {}), ("/audit", {})):
        assert PLACE.findall(alone.get(address, params=fields, headers=HTML).text) == [], address
    everywhere = login_as("administrator")
    two = set(PLACE.findall(everywhere.get("/", headers=HTML).text))
    assert len(two) == 2 and all(name.startswith("翠湖花园") for name in two)
    assert len(PLACE.findall(everywhere.get("/desk/cards", params=fragment, headers=HTML).text)) == 2
    assert len(PLACE.findall(everywhere.get("/?show=alarms", headers=HTML).text)) == 4 + 1 + 1
    assert set(PLACE.findall(everywhere.get("/audit", headers=HTML).text)) == two
    known = everywhere.post(f"/alarms/{alarm.event_id}/acknowledge", headers=HTML).text
    assert PLACE.findall(known) != []

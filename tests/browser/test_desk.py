"""The guard at the desk: events arrive by themselves, none is lost, alarms are taken note of, all by keyboard too."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from central.base.identity.tables import SessionRow
from central.base.kernel import clock
from central.base.kernel.session import tenant_session
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import AlarmKind
from tests.browser.desk import at_the_desk, takes_note
from tests.browser.scenes import busy, checks


def refuse(site, count: int = 1, reason: Reason = Reason.UNKNOWN) -> list[str]:
    """So many refusals, told; the ids of their cards, oldest first."""
    ids = [new_id() for _ in range(count)]
    for one in ids:
        site.gate.decide(Outcome.DENY, reason, correlation=one, checks=checks("gate", "format", failed=reason))
    site.gate.tell()
    return [f"visit-{one}" for one in ids]


def shown(page: Page) -> list[str]:
    return page.eval_on_selector_all("#stream > article", "all => all.map(one => one.id)")


@pytest.mark.req("GUARD-02", "GEN-01")
def test_an_event_arrives_without_a_reload_and_its_card_is_redrawn_in_place(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    correlation = new_id()
    site.gate.decide(Outcome.GRANT, correlation=correlation, credential_id=site.pass_id)
    site.gate.tell()
    card = page.locator(f"#visit-{correlation}")
    expect(card).to_contain_text("准予通行")
    expect(card).to_contain_text("5-2-202 的访客")
    expect(card.locator(".fact--missing")).to_have_count(3)
    card.locator("summary").click()
    site.gate.pass_through(correlation)
    site.gate.tell()
    expect(card.locator(".fact--done")).to_have_count(5)
    expect(card.locator("details")).to_have_attribute("open", "")
    expect(page.locator("#stream > article")).to_have_count(1)
    expect(page.locator("[id^=lane-]").first).to_contain_text("准予通行")


@pytest.mark.req("GUARD-02")
def test_what_happens_while_the_line_is_cut_is_there_when_it_is_back(sit_down, site, wire):
    """Twenty-five events, each once, newest first; meanwhile the page says that it may be old."""
    person = sit_down("guard", base=wire.url)
    person.expected = ("ERR_", "Failed to load resource")
    page = at_the_desk(person.page)
    before = refuse(site, 3)
    expect(page.locator("#stream > article")).to_have_count(3)
    wire.cut()
    expect(page.locator(".truth")).to_have_attribute("data-truth", "cut")
    expect(page.locator(".truth__state")).to_contain_text("正在重连")
    missed = refuse(site, 25)
    wire.mend()
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    expect(page.locator("#stream > article")).to_have_count(28)
    assert shown(page) == [*reversed(missed), *reversed(before)]


@pytest.mark.req("GUARD-02")
def test_events_that_are_announced_and_cannot_be_fetched_make_the_page_old_though_the_stream_lives(sit_down, site):
    person = sit_down("guard")
    person.expected = ("ERR_", "Failed to load resource")
    page = at_the_desk(person.page)
    expect(page.locator("#calm")).to_contain_text("没有告警，也没有人在等")
    page.route("**/desk/cards*", lambda route: route.abort())
    (event,) = refuse(site, 1)
    expect(page.locator(".truth")).to_have_attribute("data-truth", "cut")
    expect(page.locator("#calm")).to_contain_text("现在不知道有没有新的告警")
    expect(page.locator("#calm [data-known]")).to_be_hidden()
    page.unroute("**/desk/cards*")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    assert shown(page) == [event]
    expect(page.locator("#calm [data-unknown]")).to_be_hidden()


@pytest.mark.req("ACC-25", "GUARD-02")
def test_what_is_typed_before_the_dialog_stands_is_no_deed(sit_down, site):
    """Who presses O types the reason at once, and pinyin has an A in it: no alarm is taken note of by that."""
    page = at_the_desk(sit_down("guard").page)
    alarm = site.gate.alarm(AlarmKind.CAMERA_STALE)
    site.gate.tell()
    expect(page.locator("[data-acknowledge]")).to_be_visible()
    held = []
    page.route("**/lanes/*/open", lambda route: held.append(route))
    expect(page.locator("#lanes [data-open-lane]").first).to_be_enabled()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    page.keyboard.press("o")
    page.keyboard.type("kuaidiyuan4")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"#alarm-{alarm.event_id} [data-acknowledge]")).to_be_visible()
    assert len(held) == 1 and page.url.endswith("/")
    takes_note(page)
    expect(page.locator(f"#alarm-{alarm.event_id} [data-acknowledge]")).to_have_count(0)


@pytest.mark.req("GUARD-02")
def test_opening_a_lane_while_the_line_is_cut_says_that_there_is_no_link_until_it_is_back(sit_down, site, wire):
    person = sit_down("guard", base=wire.url)
    person.expected = ("ERR_", "Failed to load resource", "htmx:")
    page = at_the_desk(person.page)
    alarm = site.gate.alarm(AlarmKind.CAMERA_STALE)
    site.gate.tell()
    expect(page.locator("[data-acknowledge]")).to_be_visible()
    wire.cut()
    expect(page.locator(".truth")).to_have_attribute("data-truth", "cut")
    page.keyboard.press("o")
    expect(page.locator("#problem")).to_contain_text("连不上中心")
    expect(page.locator("#problem")).to_contain_text("到现场处理")
    wire.mend()
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    expect(page.locator("#problem")).to_be_empty()
    wire.cut()
    expect(page.locator(".truth")).to_have_attribute("data-truth", "cut")
    takes_note(page)
    expect(page.locator("#problem")).to_contain_text("没有送出")
    wire.mend()
    expect(page.locator("#problem")).to_contain_text("连接已恢复")  # not done, and not to be forgotten
    expect(page.locator(f"#alarm-{alarm.event_id} [data-acknowledge]")).to_be_visible()


def test_under_a_fire_the_key_takes_note_in_the_order_of_danger(sit_down, site):
    """The camera has waited longest and comes last; what somebody took note of makes room for the next."""
    page = at_the_desk(sit_down("guard").page)
    kinds = (AlarmKind.CAMERA_STALE, AlarmKind.HELD_OPEN, AlarmKind.FORCED, AlarmKind.DURESS, AlarmKind.FIRE)
    for kind in kinds:
        site.gate.alarm(kind)
    site.gate.tell()
    titles = page.locator("#alarms > article h3")
    expect(titles).to_have_text(["有人受胁迫开门", "消防信号", "门被强行打开", "门久开未关", "画面停住了"])
    page.keyboard.press("a")
    page.keyboard.press("a")  # pressed twice in haste: nobody has read the next one yet
    expect(titles).to_have_text(["消防信号", "门被强行打开", "门久开未关", "画面停住了"])
    takes_note(page)
    expect(titles).to_have_text(["门被强行打开", "门久开未关", "画面停住了", "消防信号"])
    expect(page.locator("#alarms > article").first.locator("kbd")).to_be_visible()


def test_a_forced_door_that_closed_again_still_says_what_to_do(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    forced = site.gate.alarm(AlarmKind.FORCED, lane=1)
    site.gate.tell()
    card = page.locator(f"#alarm-{forced.event_id}")
    expect(card.locator(".said__now")).to_contain_text("请马上到现场查看")
    site.gate.alarm(AlarmKind.FORCED, lane=1, over=True)
    site.gate.tell()
    expect(card.locator("[data-over]")).to_contain_text("已自行恢复")
    expect(card.locator(".said__now")).to_contain_text("仍请到现场看看")
    expect(card.locator("h3 .sign--refused")).to_be_visible()  # nobody knows of it yet
    card.locator("[data-acknowledge]").focus()
    page.keyboard.press("o")  # at the lane of the alarm, not at the first of the list
    expect(page.locator("#dialog h2")).to_contain_text("东门人行出")
    page.keyboard.press("Escape")
    card.locator("[data-acknowledge]").click()
    expect(card).to_have_count(0)


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("width", [360, 1440])
def test_a_count_of_two_figures_is_round_and_a_fault_is_said_in_chinese(sit_down, site, width):
    for number in range(12):
        told = f"Unreachable: camera {number} did not answer"
        site.gate.alarm(AlarmKind.DEVICE_FAULT, device=f"camera {number}", detail=told)
    site.gate.tell()
    page = at_the_desk(sit_down("guard", width=width).page)
    if width == 360:
        page.locator("[data-tab-button=needs]").click()
    badge = page.locator(".count:visible").first
    expect(badge).to_have_text("12")
    box = badge.bounding_box()
    assert box is not None and box["width"] >= box["height"]
    assert badge.evaluate("one => one.scrollHeight <= one.clientHeight && one.scrollWidth <= one.clientWidth")
    card = page.locator("#alarms > article").first
    expect(card).to_contain_text("没有回答：可能断电")
    expect(card.locator("code")).to_be_hidden()
    card.locator(".raw > summary").click()
    expect(card.locator("code")).to_contain_text("Unreachable: camera 0")


@pytest.mark.req("GUARD-02")
def test_cards_that_could_not_be_fetched_are_asked_for_again(sit_down, site):
    person = sit_down("guard")
    person.expected = ("Failed to load resource", "ERR_FAILED")
    page, turned_away = at_the_desk(person.page), []

    def refuse_twice(route):
        turned_away.append(route.request.url)
        route.abort() if len(turned_away) <= 2 else route.continue_()

    page.route("**/desk/cards*", refuse_twice)
    ids = refuse(site, 2)
    expect(page.locator(f"#{ids[1]}")).to_be_visible()
    expect(page.locator("#stream > article")).to_have_count(2)
    assert len(turned_away) >= 3


@pytest.mark.req("GUARD-02")
def test_a_filter_shows_its_own_and_lets_new_ones_of_it_in(sit_down, site):
    page = at_the_desk(sit_down("guard").page, "/?show=refused")
    refused = refuse(site)
    site.gate.decide(Outcome.GRANT)
    site.gate.tell()
    again = refuse(site)
    expect(page.locator(f"#{again[0]}")).to_be_visible()
    assert shown(page) == [*again, *refused]


def test_older_events_follow_on_request_without_a_gap(sit_down, site):
    now = clock.now()
    ids = [new_id() for _ in range(95)]
    for number, one in enumerate(ids):
        site.gate.decide(Outcome.GRANT, correlation=one, at=now - timedelta(seconds=200 - number))
    site.gate.tell()
    page = at_the_desk(sit_down("guard").page)
    expect(page.locator("#stream > article")).to_have_count(40)
    for count in (80, 95):
        page.locator("#stream .older button").click()
        expect(page.locator("#stream > article")).to_have_count(count)
    expect(page.locator("#stream .older")).to_have_count(0)
    assert shown(page) == [f"visit-{one}" for one in reversed(ids)]


@pytest.mark.req("ADMIN-14")
def test_the_whole_desk_by_keyboard(sit_down, site):
    busy(site)
    page = at_the_desk(sit_down("guard").page)
    cards = shown(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#{cards[1]}")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(f"#{cards[0]}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{cards[0]} details")).to_have_attribute("open", "")
    expect(page.locator(f"#{cards[0]} .asked__line")).to_have_count(8)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#alarms > article").first).to_contain_text("门久开未关")  # it goes on
    takes_note(page)
    expect(page.locator("#alarms > article").first).to_contain_text("画面停住了")  # as this does
    takes_note(page)
    expect(page.locator("#alarms > article").first).to_contain_text("门被强行打开")  # the door fell shut again
    takes_note(page)
    expect(page.locator("#alarms")).not_to_contain_text("门被强行打开")
    expect(page.locator("[data-alarm-count]").first).to_have_text("2")
    page.keyboard.press("2")
    expect(page).to_have_url(f"{page.url.split('?')[0]}?show=refused")
    expect(page.locator("#stream > article:focus")).to_have_count(1)  # another filter keeps the place of J and K
    page.keyboard.press("o")
    expect(page.locator("#dialog")).to_be_visible()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)  # until then keys are inert
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/people$"))
    expect(page.locator("[name=who]")).to_be_focused()
    page.keyboard.type("张")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="张*")).to_have_count(1)
    assert re.search(r"/people\?found=[\w-]+&community=[0-9a-f-]+$", page.url), "no name in an address"
    page.get_by_role("link", name="登记住户").or_(page.locator("header a").first).first.click()
    page.go_back()
    expect(page.get_by_role("row").filter(has_text="张*")).to_have_count(1)


def test_an_alarm_comes_and_goes_by_itself_and_one_taken_note_of_stays_while_it_lasts(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    expect(page.locator("#calm")).to_be_visible()
    site.gate.alarm(AlarmKind.CAMERA_STALE, device="camera-1")
    site.gate.tell()
    alarm = page.locator("#alarms > article")
    expect(alarm).to_contain_text("画面停住了")
    alarm.locator("[data-acknowledge]").click()
    expect(alarm).to_contain_text("陈值班")
    expect(alarm.locator("[data-acknowledge]")).to_have_count(0)
    site.gate.alarm(AlarmKind.CAMERA_STALE, device="camera-1", over=True)
    site.gate.tell()
    expect(alarm).to_have_count(0)
    expect(page.locator("#calm")).to_be_visible()


@pytest.mark.req("GUARD-02", "ADMIN-14")
def test_who_takes_note_by_key_goes_on_at_the_next_alarm_and_reads_who_took_the_last(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    first, second = (site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, lane=lane, device="0198") for lane in (0, 1))
    lasting = site.gate.alarm(AlarmKind.CAMERA_STALE, device="camera-1")
    site.gate.tell()
    cards, focused = page.locator("#alarms > article"), page.locator(":focus")
    expect(cards).to_have_count(3)
    expect(cards.first).to_have_attribute("data-alarm", str(first.event_id))
    cards.first.locator("[data-acknowledge]").focus()
    takes_note(page)
    expect(page.locator("#taken")).to_have_text(
        re.compile(r"连续没有通过 · 东门人行进 · 陈值班 于 \d\d:\d\d:\d\d 知道了")
    )
    expect(cards).to_have_count(2)
    expect(focused).to_have_attribute("data-alarm", str(second.event_id))
    takes_note(page)
    expect(focused).to_have_attribute("data-alarm", str(lasting.event_id))
    takes_note(page)
    expect(page.locator("#taken")).to_contain_text("画面停住了")
    expect(focused).to_have_attribute("data-alarm", str(lasting.event_id))  # the last one, which is not over
    expect(cards).to_have_count(1)
    site.gate.alarm(AlarmKind.CAMERA_STALE, device="camera-1", over=True)
    again = site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, device="0198")
    site.gate.tell()
    expect(cards).to_have_attribute("data-alarm", str(again.event_id))
    cards.locator("[data-acknowledge]").click()
    expect(cards).to_have_count(0)
    expect(focused).to_have_attribute("data-part", "needs")  # nothing is left: the list


def test_who_reads_card_by_card_stays_there_when_an_alarm_is_taken_note_of(sit_down, site):
    (visit,) = refuse(site, 1)
    page = at_the_desk(sit_down("guard").page)
    site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, device="0198")
    site.gate.tell()
    expect(page.locator("#alarms > article")).to_have_count(1)
    page.keyboard.press("j")
    takes_note(page)
    expect(page.locator("#alarms > article")).to_have_count(0)
    expect(page.locator(":focus")).to_have_id(visit)


def test_the_list_of_alarms_is_live_too(sit_down, site):
    page = at_the_desk(sit_down("guard").page, "/?show=alarms")
    first = site.gate.alarm(AlarmKind.FORCED)
    site.gate.tell()
    expect(page.locator("#stream > article")).to_have_count(1)
    second = site.gate.alarm(AlarmKind.WRONG_ATTEMPTS, device="0198", detail="5 in 10 min")
    site.gate.tell()
    expect(page.locator("#stream > article")).to_have_count(2)
    expect(page.locator("#stream > article").first).to_contain_text("连续没有通过")
    page.locator("#alarms [data-acknowledge]").first.click()
    expect(page.locator("#stream")).to_contain_text("陈值班")
    assert first.at < second.at


@pytest.mark.req("GUARD-02")
def test_a_burst_arrives_whole(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    ids = [one for _ in range(6) for one in refuse(site, 20)]
    expect(page.locator("#stream > article")).to_have_count(120)
    assert shown(page) == [*reversed(ids)]


@pytest.mark.req("SYNC-05")
def test_a_node_that_falls_silent_is_said_to_be_silent(sit_down, site, monkeypatch):
    page = at_the_desk(sit_down("guard").page)
    lane = page.locator("#lanes > article").first
    site.gate.poll()
    page.evaluate("document.dispatchEvent(new Event('menting:lanes'))")
    expect(lane).to_contain_text("在线")
    cut = clock.now() + timedelta(seconds=13)
    monkeypatch.setattr(clock, "now", lambda: cut)
    page.evaluate("document.dispatchEvent(new Event('menting:lanes'))")
    expect(lane.locator("header")).to_contain_text("联系不上")
    expect(lane.locator("[data-alone]")).to_contain_text("派人到门口")
    site.gate.poll()
    expect(lane.locator("header")).to_contain_text("在线")  # by itself: the desk is told
    expect(lane.locator("[data-alone]")).to_have_count(0)
    later = cut + timedelta(minutes=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    page.evaluate("document.dispatchEvent(new Event('menting:lanes'))")
    expect(lane).to_contain_text("失联")
    expect(lane).to_have_class("lane lane--offline")


def test_a_session_that_ends_is_said_and_nothing_stays_green(sit_down, site, served):
    person = sit_down("guard")
    person.expected = ("401",)
    page = at_the_desk(person.page)
    person.context.clear_cookies(name="menting_session")
    refuse(site)
    expect(page.locator(".truth")).to_have_attribute("data-truth", "ended")
    expect(page.locator(".truth__state a")).to_have_attribute("href", "/login")


def test_a_demo_site_says_so_on_every_page(sit_down, served):
    mark = served.data / "DEMO"
    mark.touch()
    try:
        page = sit_down("guard").page
        for address in ("/", "/visitors"):
            page.goto(address)
            expect(page.locator(".notice")).to_contain_text("演示站点")
    finally:
        mark.unlink()
    page.goto("/")
    expect(page.locator(".notice")).to_have_count(0)


@pytest.mark.req("SEC-05")
def test_a_desk_left_alone_is_idle_though_its_page_goes_on_asking(sit_down, site, served, monkeypatch):
    person = sit_down("guard")
    page = at_the_desk(person.page)

    def seen_at():
        with tenant_session(served.running.parts.engine, served.tenant_id) as db:
            return db.scalars(select(SessionRow.seen_at).where(SessionRow.account_id == person.account_id)).one()

    later, before = clock.now() + timedelta(minutes=10), seen_at()
    monkeypatch.setattr(clock, "now", lambda: later)
    with page.expect_response("**/desk/cards*") as by_itself:
        page.evaluate("document.dispatchEvent(new Event('menting:lanes'))")
    assert (by_itself.value.status, seen_at()) == (200, before)
    page.keyboard.press("j")
    with page.expect_response("**/desk/cards*") as with_a_person:
        page.evaluate("document.dispatchEvent(new Event('menting:lanes'))")
    assert (with_a_person.value.status, seen_at()) == (200, later)


def test_a_reader_who_has_scrolled_down_keeps_the_line_they_were_reading(sit_down, site):
    refuse(site, 30)
    page = at_the_desk(sit_down("guard").page)
    column = page.locator("[data-part=stream]")
    column.evaluate("column => { column.scrollTop = 1200; }")
    card = page.locator("#stream > article").nth(8)
    identity = card.get_attribute("id")
    before = card.bounding_box()
    new = refuse(site, 3)
    expect(page.locator("#stream > article")).to_have_count(33)
    expect(page.locator(f"#{new[0]}")).to_be_attached()
    after = page.locator(f"#{identity}").bounding_box()
    assert abs(after["y"] - before["y"]) < 8

"""A driver without an account: what a sign and a ticket show, what they do not, and how a payment comes about."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central.base.identity.by_link import WRONG_LINKS_MAX
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.i18n import words_in
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.driver.tables import StayDisputeRow
from central.gates.parking.driver.tickets import LOOK, PAID
from central.gates.parking.dues import disputes, pay_stay
from central.gates.parking.lot.settings import LotSettings, set_lot
from central.gates.parking.stays.reads import stay_of
from central.gates.parking.tariffs.words import board_said, prices_said
from central.money.payments.rules import ORDER_LIFE
from central.money.payments.tables import PaymentOrderRow, PaymentRow
from central.oversight.console.driver.limits import BY_PLATE, BY_SOURCE, CALLS, PRESSES
from models.parking.stays import State
from models.values.time import site_time
from tests.browser.gate import seed
from tests.central.oversight.driver.lot import DAY, HOUR, MINE, MINUTE, OTHER, DriversLot
from tests.models.parking.tariffs import T1

HTML = {"accept": "text/html"}


def later(monkeypatch, **more):
    at = clock.now() + timedelta(**more)
    monkeypatch.setattr(clock, "now", lambda: at)


def look_for(client, lot, plate=MINE, sign=None):
    return client.post(sign or lot.of_lot, data={"plate": plate}, headers=HTML, follow_redirects=False)


def ticket_for(client, lot, plate=MINE):
    answer = look_for(client, lot, plate)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def press(client, ticket, fen, channel="test", **more):
    data = {"channel": channel, "amount_fen": str(fen)}
    return client.post(f"{ticket}/pay", data=data, headers=HTML | more, follow_redirects=False)


def ordered(client, ticket, fen):
    """The address of the order's page."""
    answer = press(client, ticket, fen)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("?go=1")


def way_of(page):
    (way,) = re.findall(r'href="(/pay/test/[^"]+)" data-way', page.text)
    return way


def says(page):
    found = re.findall(r'data-says="(\w+)"', page.text)
    return found[0] if found else None


def said_mine(client, lot):
    """Who looks at the lane presses that the car is theirs."""
    mark = re.search(r'data-mark="([^"]+)"', client.get(lot.of_lane, headers=HTML).text)[1]
    return client.post(f"{lot.of_lane}/car", data={"seen": mark}, headers=HTML, follow_redirects=False)


def step(page):
    (found,) = re.findall(r'data-step="(\w+)"', page.text)
    return found


@pytest.mark.req("PARK-02", "PARK-12", "PARK-13")
def test_a_driver_types_the_plate_sees_the_fee_line_by_line_pays_and_may_leave(client, lot):
    stay = lot.enter()
    ticket = ticket_for(client, lot, "川a·12345")
    page = client.get(ticket, headers=HTML)
    assert says(page) == "due" and 'data-asked="700"' in page.text
    for words in ("川A·12345", "¥5.00", "¥2.00", "¥7.00", "测试收款 ¥7.00", "15 分钟离场", "明细"):
        assert words in page.text, words
    order = ordered(client, ticket, 700)
    waiting = client.get(order, headers=HTML)
    assert step(waiting) == "waiting" and "不要再付一次" in waiting.text and "测试收款" in waiting.text
    channel = client.get(way_of(waiting), headers=HTML)
    assert f'href="{re.search(r"/stay/[^?]+", order)[0][:20]}' in channel.text, "the way back"
    client.post(way_of(waiting), headers=HTML)
    paid = client.get(order, headers=HTML)
    assert step(paid) == "paid" and says(paid) == "may_leave" and "已付 ¥7.00" in paid.text
    by = re.search(r'class="by">.*?<strong class="number">(\d\d:\d\d)', paid.text, re.S)[1]
    with lot.site.gate.session() as db:
        at = db.scalars(select(PaymentRow.paid_at)).one()
        assert stay_of(db, lot.keeper, stay).state in (State.PAID, State.ENTERED)
    assert by == site_time(at + 15 * MINUTE).strftime("%H:%M")
    assert says(client.get(ticket, headers=HTML)) == "may_leave", "the page from before says so too"
    receipt = client.get(f"{order}/receipt", headers=HTML)
    assert 'data-receipt="700"' in receipt.text and "¥7.00" in receipt.text and "不是发票" in receipt.text


@pytest.mark.req("PARK-13", "PARK-E16")
def test_who_does_not_leave_in_time_is_asked_for_the_rest_and_told_why(client, lot, monkeypatch):
    lot.enter()
    order = ordered(client, ticket_for(client, lot), 700)
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    lot.dispatcher.drain()
    later(monkeypatch, minutes=14)
    assert says(client.get(order, headers=HTML)) == "may_leave"
    later(monkeypatch, minutes=6)
    page = client.get(order, headers=HTML)
    assert says(page) == "due" and 'data-asked="200"' in page.text and "没有离场" in page.text
    assert "-¥7.00" in page.text, "what was paid is taken off in sight"
    again = ordered(client, order, 200)
    client.post(way_of(client.get(again, headers=HTML)), headers=HTML)
    assert says(client.get(again, headers=HTML)) == "may_leave"


@pytest.mark.req("PARK-12")
def test_two_presses_and_two_phones_make_one_order(client, lot, database):
    lot.enter()
    ticket = ticket_for(client, lot)
    with ThreadPoolExecutor(4) as phones:
        answers = list(phones.map(lambda _: press(client, ticket, 700), range(4)))
    assert {one.status_code for one in answers} == {303}
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(PaymentOrderRow)) == 1
    other = client.get(ticket_for(client, lot), headers=HTML)
    assert "还没到账" in other.text and "不要再付" in other.text, "the second tab is told of the first"


@pytest.mark.req("PARK-12")
def test_a_fee_that_grew_while_the_page_was_read_is_shown_before_it_is_asked(client, lot, monkeypatch):
    lot.enter(ago=2 * HOUR - 5 * MINUTE)
    ticket = ticket_for(client, lot)
    assert 'data-asked="700"' in client.get(ticket, headers=HTML).text
    later(monkeypatch, minutes=10)
    grown = press(client, ticket, 700)
    assert grown.status_code == 409 and "费用变了" in grown.text and 'data-asked="900"' in grown.text
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(PaymentOrderRow)) == 0
    assert press(client, ticket, 900).status_code == 303


@pytest.mark.req("PARK-12")
def test_what_was_not_heard_of_says_do_not_pay_twice_and_a_late_word_counts(client, lot, monkeypatch):
    lot.enter()
    order = ordered(client, ticket_for(client, lot), 700)
    page = client.get(order, headers=HTML)
    mark = re.search(r'data-mark="([^"]+)"', page.text)[1]
    assert client.get(f"{order}/now?seen={mark}").status_code == 204, "nothing new, nothing sent"
    way = way_of(page)
    later(monkeypatch, seconds=ORDER_LIFE.total_seconds() + 1)
    late = client.get(f"{order}/now?seen={mark}")
    assert late.status_code == 200 and 'data-step="late"' in late.text and "不要再付" in late.text
    client.post(way, headers=HTML)
    assert step(client.get(order, headers=HTML)) == "paid"


@pytest.mark.req("PARK-15", "PARK-E31")
def test_old_debts_are_asked_with_the_stay_and_what_is_denied_is_frozen_once_the_driver_is_sure(client, lot):
    debt = lot.enter(ago=DAY + 5 * HOUR)
    lot.leave(ago=DAY)
    lot.enter()
    ticket = ticket_for(client, lot)
    page = client.get(ticket, headers=HTML)
    assert 'data-asked="2000"' in page.text and f'data-debt="{debt}"' in page.text and "不是我的车" in page.text
    asked = client.post(f"{ticket}/not-mine", data={"debt": str(debt)}, headers=HTML)
    assert f'data-sure="{debt}"' in asked.text and "¥13.00" in asked.text and "下次出场还要付" in asked.text
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(StayDisputeRow)) == 0, "a thumb that slipped denies nothing"
    sure = {"debt": str(debt), "sure": "yes"}
    answer = client.post(f"{ticket}/not-mine", data=sure, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    page = client.get(ticket, headers=HTML)
    assert 'data-asked="700"' in page.text and f'data-frozen="{debt}"' in page.text and "物业会核对" in page.text
    client.post(f"{ticket}/not-mine", data=sure, headers=HTML)
    with lot.site.gate.session() as db:
        assert db.scalar(select(func.count()).select_from(StayDisputeRow)) == 1, "twice is once"
        deed = db.scalars(select(AuditRow).where(AuditRow.what == "arrears.dispute")).one()
        assert deed.after == {"plate": "川A****5"} and deed.actor_name == "driver.page"
        disputes.it_stands(db, lot.keeper, debt, "照片上是这辆车", clock.now())
    page = client.get(ticket, headers=HTML)
    assert 'data-asked="2000"' in page.text and "物业核对过" in page.text
    refused = client.post(f"{ticket}/not-mine", data={"debt": str(debt)}, headers=HTML)
    assert refused.status_code == 409 and "不能再冻结" in refused.text
    stranger = client.post(f"{ticket}/not-mine", data={"debt": str(lot.enter(OTHER))}, headers=HTML)
    assert stranger.status_code == 404, "of no debt of this plate"


@pytest.mark.req("PARK-25", "PARK-15")
def test_the_fee_of_a_booked_place_is_named_and_asked_with_the_stay_and_no_press_denies_it(client, lot):
    site, now = lot.site, clock.now()
    by = system(site.tenant_id, "t", ["lot.keep", "booking.keep"])
    with site.gate.session() as db:
        set_lot(db, by, site.community_id, LotSettings(places=9))
        booking = bookings.book(
            db, by, site.community_id, plate=MINE, since=now - 2 * HOUR, until=now - HOUR, fee_fen=10_00,
            now=now - 2 * HOUR,
        )  # fmt: skip
        bookings.sweep(db, now)
    lot.enter()
    ticket = ticket_for(client, lot)
    page = client.get(ticket, headers=HTML)
    assert 'data-asked="1700"' in page.text and f'data-debt="{booking}"' in page.text and "车位预约费" in page.text
    assert "不是我的车" not in page.text and "请联系物业" in page.text
    sure = {"debt": str(booking), "sure": "yes"}
    assert client.post(f"{ticket}/not-mine", data=sure, headers=HTML).status_code == 409
    client.post(way_of(client.get(ordered(client, ticket, 1700), headers=HTML)))
    lot.dispatcher.drain()
    with site.gate.session() as db:
        (view,) = bookings.bookings_of(db, system(site.tenant_id, "t", ["stay.read"]), site.community_id, now)
        assert (view.fee_fen, view.owed_fen) == (10_00, 0)


@pytest.mark.req("PARK-12", "SEC-05")
def test_a_stranger_learns_nothing_of_a_car_that_owes_nothing(client, lot):
    """Not here, within the free time, paid, or in another lot: the same words."""
    lot.enter("川A11111", ago=10 * MINUTE)
    lot.enter("川A33333")
    client.post(way_of(client.get(ordered(client, ticket_for(client, lot, "川A33333"), 700), headers=HTML)))
    lot.dispatcher.drain()
    pages = [look_for(client, lot, plate) for plate in ("川A00000", "川A11111", "川A33333")]
    texts = {re.sub(r"川A·?\d{5}", "PLATE", one.text) for one in pages}
    texts = {re.sub(r'nonce-[^"]+|"trace": *"\w+"', "", one) for one in texts}
    assert {one.status_code for one in pages} == {200} and len(texts) == 1


@pytest.mark.req("SEC-05")
def test_another_lots_sign_finds_no_car_of_this_one(client, lot, parts, database, two_tenants):
    lot.enter()
    elsewhere = DriversLot(seed(database.engine, two_tenants.a), parts.dispatcher)
    stranger = DriversLot(seed(database.engine, two_tenants.b), parts.dispatcher)
    for one in (elsewhere, stranger):
        answer = look_for(client, lot, MINE, one.of_lot)
        assert answer.status_code == 200 and "data-nothing" in answer.text
        assert "told--granted" not in answer.text and "逐个核对" in answer.text and "没有查到" in answer.text
    assert look_for(client, lot).status_code == 303


@pytest.mark.req("SEC-05")
def test_looks_are_counted_by_plate_and_by_source_whatever_they_find(client, lot):
    lot.enter()
    answers = [look_for(client, lot).status_code for _ in range(BY_PLATE + 1)]
    assert answers == [303] * BY_PLATE + [429]
    assert look_for(client, lot, OTHER).status_code == 200, "another plate is another matter"
    codes = [look_for(client, lot, f"川C{n:05}").status_code for n in range(BY_SOURCE)]
    assert codes[-1] == 429 and codes[0] == 200


@pytest.mark.req("SEC-05")
def test_a_channel_is_asked_for_one_stay_only_so_often(client, lot):
    lot.enter()
    ticket = ticket_for(client, lot)
    assert [press(client, ticket, 700).status_code for _ in range(PRESSES + 1)] == [303] * PRESSES + [429]
    lot.enter(OTHER)
    assert press(client, ticket_for(client, lot, OTHER), 700).status_code == 303, "another car is another matter"


@pytest.mark.req("SEC-05")
def test_addresses_that_never_were_look_like_those_that_are_over_and_tries_are_counted(client, lot, monkeypatch):
    lot.enter()
    ticket = ticket_for(client, lot)
    later(monkeypatch, seconds=LOOK.total_seconds() + 1)
    over, never = client.get(ticket, headers=HTML), client.get("/stay/" + "A" * 115, headers=HTML)
    assert (over.status_code, never.status_code) == (410, 410)
    assert re.findall(r"<strong>(.*?)</strong>", over.text) == re.findall(r"<strong>(.*?)</strong>", never.text)
    broken = ticket[:-8] + ("AAAAAAAA" if not ticket.endswith("AAAAAAAA") else "BBBBBBBB")
    assert client.get(broken, headers=HTML).status_code == 410
    for _ in range(WRONG_LINKS_MAX):
        last = client.get("/park/nobody", headers=HTML)
    assert last.status_code == 429
    assert client.get(lot.of_lot, headers=HTML).status_code == 200, "a right one is never kept waiting"


@pytest.mark.req("PARK-12")
def test_a_replaced_sign_leads_nowhere(client, lot, login_as, site):
    manager = login_as("manager", community=site.community_id)
    shown = manager.get(f"/parking/signs?community={site.community_id}", headers=HTML).text
    assert lot.of_lot in shown and lot.of_lane in shown
    manager.post("/parking/signs", data={"community": str(site.community_id), "lane": ""}, headers=HTML)
    assert client.get(lot.of_lot, headers=HTML).status_code == 410
    assert client.get(lot.of_lane, headers=HTML).status_code == 200
    (fresh,) = set(re.findall(r"/park/[\w-]+", manager.get("/parking/signs", headers=HTML).text)) - {lot.of_lane}
    assert client.get(fresh, headers=HTML).status_code == 200


@pytest.mark.req("PARK-12")
@pytest.mark.parametrize(
    ("typed", "said"),
    [("川A123", "没输完"), ("川A1234567", "最多 8 位"), ("川AI2345", "没有字母 I 和 O"), ("川A123456", "请检查"),
     ("A123456", "省份")],
)  # fmt: skip
def test_a_plate_that_is_none_is_told_in_words_beside_what_was_typed(client, lot, typed, said):
    page = look_for(client, lot, typed)
    assert page.status_code == 422 and said in page.text and f'value="{typed}"' in page.text
    assert 'aria-invalid="true"' in page.text


@pytest.mark.req("PARK-12")
def test_the_lane_shows_the_car_that_stands_there_masked_and_says_when_it_has_gone(client, lot):
    empty = client.get(lot.of_lane, headers=HTML)
    assert "没有等着缴费的车" in empty.text
    lot.enter()
    lot.waits()
    page = client.get(lot.of_lane, headers=HTML)
    assert "川A****5" in page.text and "¥" not in page.text and "12345" not in page.text and "/stay/" not in page.text
    mark = re.search(r'data-mark="([^"]+)"', page.text)[1]
    assert client.get(f"{lot.of_lane}/now?seen={mark}").status_code == 204
    other = client.post(f"{lot.of_lane}/car", data={"seen": "another"}, headers=HTML, follow_redirects=False)
    assert other.headers["location"] == lot.of_lane, "another car stands there by now: it is shown first"
    ticket = said_mine(client, lot).headers["location"]
    stay = client.get(ticket, headers=HTML)
    assert says(stay) == "due" and "川A****5" in stay.text and "12345" not in stay.text
    assert client.get(lot.of_lot, headers=HTML).text.count("data-standing") == 0
    order = ordered(client, ticket, 700)
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    assert 'data-of-car="nothing"' in said_mine(client, lot).text
    lot.is_let_out(drives=False)
    assert "已放行" in client.get(f"{lot.of_lane}/now?seen=x").text
    lot.is_let_out()
    assert "没有等着缴费的车" in client.get(f"{lot.of_lane}/now?seen=x").text
    assert says(client.get(order, headers=HTML)) == "left"


@pytest.mark.req("PARK-12")
def test_a_car_without_a_plate_or_an_entry_is_sent_to_the_guard(client, lot):
    lot.waits("")
    assert "没认出车牌" in client.get(lot.of_lane, headers=HTML).text
    lot.waits(OTHER)
    page = said_mine(client, lot).text
    assert "没有入场记录" in page and "/stay/" not in page


@pytest.mark.req("LANE-14")
def test_who_has_no_plate_is_told_what_to_do(client, lot):
    page = look_for(client, lot, "无牌")
    assert (
        page.status_code == 422 and "按呼叫按钮" in page.text and "7 位" not in page.text.split('role="alert"')[1][:200]
    )


@pytest.mark.req("PARK-22")
def test_a_link_to_ones_own_car_that_is_over_says_so_under_its_own_title_and_one_step_only(client, lot):
    page = client.get("/mycar/bad", headers=HTML).text
    assert "我的车停在哪里" in page and "请重新扫现场的二维码" not in page


@pytest.mark.req("PARK-12")
def test_cash_for_a_stay_and_an_old_debt_is_split_and_the_list_says_what_is_asked(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    lot.enter(ago=DAY + 5 * HOUR)
    lot.leave(ago=DAY)
    stay = lot.enter()
    listed = guard.get(f"/parking?community={site.community_id}", headers=HTML).text
    row = listed[listed.index(f'data-stay="{stay}"') :]
    row = row[: row.index("</tr>")]
    assert 'data-asked="2000"' in row and "含以前欠的 ¥13.00" in row
    data = {"amount_fen": "2000", "till": ""}
    assert guard.post(f"/parking/stays/{stay}/cash", data=data, headers=HTML).status_code in (200, 303)
    page = guard.get(f"/parking/stays/{stay}", headers=HTML).text
    assert "data-split" in page and "本次 ¥7.00，以前欠的 ¥13.00" in page


@pytest.mark.req("PARK-12")
def test_without_a_channel_the_driver_is_sent_to_the_guard(client, lot):
    lot.enter()
    lot.channel(False)
    page = client.get(ticket_for(client, lot), headers=HTML)
    assert "交现金" in page.text and "<form" not in page.text.split('id="lines-title"')[0]
    refused = press(client, ticket_for(client, lot), 700)
    assert refused.status_code == 409 and "换一种" not in refused.text and "岗亭" in refused.text


@pytest.mark.req("PARK-12")
def test_in_wechats_own_browser_the_way_out_of_it_is_told(client, lot):
    lot.enter()
    agent = {"user-agent": "Mozilla/5.0 MicroMessenger/8.0"}
    assert "在浏览器打开" in client.get(ticket_for(client, lot), headers=HTML | agent).text
    assert "在浏览器打开" not in client.get(ticket_for(client, lot), headers=HTML).text


@pytest.mark.req("PARK-26")
def test_the_fee_board_is_made_from_the_version_that_prices(client, lot, login_as, site):
    public = client.get(f"{lot.of_lot}/fees", headers=HTML)
    assert 'data-version="1"' in public.text
    for language in ("zh_CN", "en"):
        text = client.get(f"{lot.of_lot}/fees?language={language}", headers=HTML).text
        t = words_in(language)
        for said in (*prices_said(t, T1), *board_said(t, T1)):
            assert said in text, said
    assert "12315" in public.text
    manager = login_as("manager", community=site.community_id)
    manager.post("/setup/phone", data={"community": str(site.community_id), "phone": "02155501234"}, headers=HTML)
    printed = manager.get(f"/parking/fee-board?community={site.community_id}", headers=HTML).text
    assert "02155501234" in printed and 'data-version="1"' in printed


@pytest.mark.req("PARK-12")
def test_a_sign_is_printed_with_its_code_only_where_a_phone_can_reach_it(login_as, lot, site):
    manager = login_as("manager", community=site.community_id)
    listed = manager.get("/parking/signs", headers=HTML).text
    for address in set(re.findall(r"/parking/signs/[\w-]+", listed)):
        here = manager.get(address, headers=HTML).text
        assert "扫码缴停车费" in here and "Scan to pay" in here and "<img" not in here and "只有本机" in here


@pytest.mark.req("SEC-02")
def test_a_page_of_a_driver_is_kept_and_indexed_nowhere_and_tells_its_address_to_nobody(client, lot):
    lot.enter()
    ticket = ticket_for(client, lot)
    for address in (lot.of_lot, lot.of_lane, f"{lot.of_lot}/fees", ticket, f"{ticket}/now"):
        headers = client.get(address, headers=HTML).headers
        told = {name: headers[name] for name in ("referrer-policy", "cache-control", "x-robots-tag")}
        assert told == {"referrer-policy": "strict-origin", "cache-control": "no-store",
                        "x-robots-tag": "noindex, nofollow, noarchive"}, address  # fmt: skip
    english = client.get(f"{ticket}?language=en", headers=HTML)
    assert "To pay now" in english.text and "menting_lang=en" in english.headers["set-cookie"]


@pytest.mark.req("PARK-12", "PARK-27")
def test_who_paid_keeps_the_receipt_and_no_window_on_the_car(client, lot, monkeypatch):
    lot.enter()
    order = ordered(client, ticket_for(client, lot), 700)
    assert client.get(f"{order}/receipt", follow_redirects=False).status_code == 303, "nothing is paid yet"
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    later(monkeypatch, hours=3)
    page = client.get(order, headers=HTML)
    assert step(page) == "paid" and says(page) is None, "an hour later it tells no more of the car"
    assert 'data-receipt="700"' in client.get(f"{order}/receipt", headers=HTML).text
    later(monkeypatch, seconds=PAID.total_seconds())
    assert client.get(order, headers=HTML).status_code == 410


@pytest.mark.req("PARK-15")
def test_a_guard_freezes_in_one_press_and_lets_it_stand_with_a_reason(login_as, lot, site):
    debt = lot.enter(ago=5 * HOUR)
    lot.leave()
    guard = login_as("guard", community=site.community_id)
    guard.post(f"/parking/stays/{debt}/freeze", headers=HTML)
    assert 'data-frozen="yes"' in guard.get(f"/parking/stays/{debt}", headers=HTML).text
    assert "已冻结" in guard.get(f"/parking/money?community={site.community_id}", headers=HTML).text
    with site.gate.session() as db:
        assert pay_stay.debts_by(db, [MINE])[MINE][0].frozen
    assert guard.post(f"/parking/stays/{debt}/stands", data={"reason": ""}, headers=HTML).status_code == 422
    guard.post(f"/parking/stays/{debt}/stands", data={"reason": "照片"}, headers=HTML)
    assert 'data-frozen="no"' in guard.get(f"/parking/stays/{debt}", headers=HTML).text


@pytest.mark.req("PARK-12")
def test_the_guards_page_of_a_car_leads_a_drivers_phone_to_its_fee(login_as, client, lot, site):
    stay = lot.enter()
    guard = login_as("guard", community=site.community_id)
    page = guard.get(f"/parking/stays/{stay}", headers=HTML).text
    ticket = re.search(r"/stay/[\w-]{60,}", page)[0]
    assert says(client.get(ticket, headers=HTML)) == "due"


@pytest.mark.req("LANE-26", "SEC-05")
def test_who_stands_at_the_exit_calls_somebody_and_sees_that_they_look(client, login_as, lot, site):
    assert 'data-call="none"' in client.get(lot.of_lane, headers=HTML).text
    lot.waits()
    seen = re.search(r'data-mark="([^"]+)"', client.get(lot.of_lane, headers=HTML).text)[1]
    assert client.post(f"{lot.of_lane}/call", headers=HTML, follow_redirects=False).status_code == 303
    page = client.get(f"{lot.of_lane}/now", params={"seen": seen}, headers=HTML)
    assert page.status_code == 200 and 'data-call="waiting"' in page.text and "已通知值班人员" in page.text
    guard, lane_id = login_as("guard", community=site.community_id), site.gate.reply.lanes[1].lane_id
    assert "司机手机" in guard.get("/booth", headers=HTML).text
    guard.post(f"/booth/{lane_id}/take", headers=HTML)
    assert 'data-call="taken"' in client.get(lot.of_lane, headers=HTML).text
    for _ in range(CALLS - 1):
        client.post(f"{lot.of_lane}/call", headers=HTML)
    refused = client.post(f"{lot.of_lane}/call", headers=HTML)
    assert refused.status_code == 429 and "叫得太频繁" in refused.text
    nowhere = client.post(f"{lot.of_lot}/call", headers=HTML, follow_redirects=False)
    assert nowhere.headers["location"] == lot.of_lot, "of a whole lot nobody knows where its driver stands"

"""A guard sees who is inside and what it costs, finds a plate, and puts a misread one right with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, system
from central.base.kernel.session import tenant_session
from central.gates.access.site_keys import plate_key
from central.gates.parking.dues import pay_stay
from central.gates.parking.stays import reads as stays
from central.gates.parking.tariffs import service
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.channels import attach_channels
from central.money.payments.queries import payments_for
from central.money.payments.rules import Verdict
from central.money.payments.sample import Sample
from central.money.payments.send_refunds import send_refunds
from models.values.ids import new_id
from models.wire.events import Passage
from tests.browser.test_pages import look_at
from tests.central.gates.parking.cars import FieldLane, asked, drive, wait_and_be_let_in
from tests.models.parking.tariffs import T1

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
SAID = {"zh_CN": "场内 3 辆", "en": "3 inside"}


def charge(site, now):
    """A tariff that has been in force for long: approved by a second person before it began."""
    since = now - 40 * DAY
    keeper = system(site.tenant_id, "test", ("tariff.draft", "tariff.approve"))
    one, other = (
        Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), name, keeper.grants) for name in ("李经理", "王主任")
    )
    tariff = T1.model_copy(update={"starts_at": since})
    with site.gate.session() as db:
        drafted = service.draft_tariff(db, one, site.community_id, tariff, now=since - DAY)
        service.approve_tariff(db, other, drafted.id, now=since - DAY)


def day_of_cars(site):
    """Of the stay that was misread, and of its exit."""
    now, gate = clock.now(), site.gate
    charge(site, now)
    with gate.session() as db:
        key = plate_key(db, site.community_id)
    lane = FieldLane(gate, gate.reply.lanes[0])
    drive(lane, key, "川F31717", now - 9 * DAY)
    drive(lane, key, "川AD12345", now - 7 * HOUR)
    misread = drive(lane, key, "川A12346", now - 5 * HOUR)
    _, opened = wait_and_be_let_in(lane, key, "川B8K3H5", now - 4 * HOUR)
    drive(lane, key, "川B8K3H5", now - 3 * HOUR, direction="out")
    lane.write(Passage(passed=True, why="loops"), new_id(), now - 2 * HOUR)
    drive(lane, key, "川G55555", now - 2 * HOUR, why="")
    lone = drive(lane, key, "川A12345", now - HOUR, direction="out")
    differs, way_out = drive(lane, key, "川H24680", now - 8 * HOUR), new_id()
    lane.write(
        asked(key, lane.lane.lane_id, now - HOUR, way_out, "川H24680", now - 8 * HOUR, 15_00), way_out, now - HOUR
    )
    lane.write(Passage(passed=True, why="loops"), way_out, now - HOUR)
    gate.tell()
    return misread, lone, opened, differs


@pytest.mark.req("PARK-01", "PARK-05", "PARK-24", "LANE-24", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_sees_the_car_park_and_joins_a_misread_stay_to_its_exit(sit_down, site, width, language, theme):
    visitor = sit_down("guard", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/parking?community={site.community_id}")
    look_at(page, "parking-empty", width, language, theme)
    misread, lone, opened, differs = day_of_cars(site)
    page.goto(f"/parking?community={site.community_id}")
    expect(page.locator("[data-inside]")).to_have_text(SAID[language])
    expect(page.locator(f"[data-stay='{misread}']")).to_contain_text("¥13.00")
    look_at(page, "parking", width, language, theme)
    page.fill("#find-plate", "8K3")
    page.locator("form[action='/parking'] button").click()
    expect(page.locator("#find-plate")).to_have_value("8K3")
    look_at(page, "parking-not-a-plate", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    page.fill("#find-plate", "川b8k3h5")
    page.locator("form[action='/parking'] button").click()
    expect(page.locator(f"[data-stay='{opened}']")).to_contain_text("川B·8K3H5")
    page.goto(f"/parking?community={site.community_id}&tab=left")
    look_at(page, "parking-left", width, language, theme)
    page.goto(f"/parking?community={site.community_id}&tab=look")
    expect(page.locator("[data-odd='nobody_opened']")).to_have_count(1)
    look_at(page, "parking-look", width, language, theme)
    page.locator(f"[data-stay='{lone}'] a").first.click()
    expect(page.locator("[data-change='left']")).to_have_count(1)
    page.locator("[data-deed=join] summary").click()
    page.locator(f"input[name=stay][value='{misread}']").check()
    page.locator("[data-deed=join] input[name=reason]").fill("入场读错一位")
    page.locator("[data-deed=join] button[type=submit]").click()
    expect(page.locator("[data-change='merged']")).to_contain_text("入场读错一位")
    page.goto(f"/parking/stays/{misread}")
    expect(page.locator("[data-fee]")).to_have_attribute("data-fee", "1100")  # four hours
    page.locator("[data-deed=plate] summary").click()
    page.fill("#plate-plate", "A12345")
    page.locator("[data-deed=plate] input[name=reason]").fill("对照照片")
    page.locator("[data-deed=plate] button[type=submit]").click()
    expect(page.locator("#plate-plate-wrong")).to_be_visible()
    expect(page.locator("#plate-reason")).to_have_value("对照照片")
    visitor.said.clear()
    look_at(page, "stay-refused", width, language, theme)
    page.fill("#plate-plate", "川A12345")
    page.locator("[data-deed=plate] button[type=submit]").click()
    expect(page.locator("h1")).to_contain_text("川A·12345")
    look_at(page, "stay", width, language, theme)
    page.goto(f"/parking/stays/{differs}")
    expect(page.locator("[data-differs=yes]")).to_contain_text("¥15.00")
    look_at(page, "stay-gate-fee", width, language, theme)


def expect_second(engine, site, stay):
    """The payment that goes back."""
    with tenant_session(engine, site.tenant_id) as db:
        (second,) = [one.payment_id for one in payments_for(db, stay) if one.verdict is Verdict.SECOND]
    return second


def by_bank(engine, site, like):
    """Money that no channel can give back: a person does."""
    subject, bank = new_id(), Account(site.community_id, AccountKind.CLEARING, "bank")
    entries = (Entry(bank, 700, subject), Entry(bank._replace(kind=AccountKind.REFUNDS, ref=""), -700, subject))
    with tenant_session(engine, site.tenant_id) as db:
        by = system(site.tenant_id, "test")
        post(db, by, Posting(f"by_bank:{like}", Code.PAID_TOO_MUCH, clock.now(), entries))


PLATE, OWING = "川AD12345", "川B8K3H5"


@pytest.mark.req("PARK-12", "PARK-15", "PARK-17", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_takes_cash_and_a_manager_sees_what_is_owed_and_goes_back(
    sit_down, served, site, width, language, theme
):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page, engine = visitor.page, served.running.parts.engine
    page.goto(f"/parking/money?community={site.community_id}")
    look_at(page, "money-empty", width, language, theme)
    day_of_cars(site)
    served.running.parts.dispatcher.drain()
    with tenant_session(engine, site.tenant_id) as db:
        keeper = system(site.tenant_id, "test", ("stay.read",))
        inside, owing = (stays.find_plate(db, keeper, site.community_id, one)[0].stay_id for one in (PLATE, OWING))
        attach_channels(engine, lambda _: {"test": Sample()})
        order = pay_stay.ask_to_pay(
            db, owing, "test", base="", back="/", payer_address="127.0.0.1", now=clock.now()
        )  # fmt: skip
    page.goto(order.way)
    look_at(page, "test-pay", width, language, theme)
    for _ in range(2):
        page.locator("form[action^='/pay/test'] button").click()
        expect(page.locator("[data-order=paid]")).to_be_visible()
    look_at(page, "test-pay-paid", width, language, theme)
    page.goto(f"/parking/stays/{inside}")
    page.locator("[data-deed=free] summary").click()
    page.locator("[data-deed=cash] summary").click()
    look_at(page, "stay-cash", width, language, theme)
    page.locator("input[name=till]").first.check()
    page.locator("[data-deed=cash] button[type=submit]").click()
    expect(page.locator("[data-money=leave]")).to_contain_text("15")
    look_at(page, "stay-paid", width, language, theme)
    second = expect_second(engine, site, owing)
    page.goto(f"/parking/money?community={site.community_id}")
    expect(page.locator("[data-refund]")).to_have_count(1)
    look_at(page, "money-on-its-way", width, language, theme)
    with tenant_session(engine, site.tenant_id) as db:
        for minutes in range(0, 12, 2):
            send_refunds(db, clock.now() + timedelta(minutes=minutes))
    by_bank(engine, site, second)
    page.goto(f"/parking/money?community={site.community_id}")
    expect(page.locator("[data-given]")).to_have_count(1)
    expect(page.locator("[data-refund]")).to_have_count(1)
    page.locator("[data-refund] summary").click()
    look_at(page, "money", width, language, theme)
    page.locator("[data-refund] input[name=note]").fill("R1")
    page.locator("[data-refund] button[type=submit]").click()
    expect(page.locator("[data-refund]")).to_have_count(0)
    page.goto(f"/parking/shift?community={site.community_id}")
    look_at(page, "shift", width, language, theme)
    page.fill("#shift-counted", "16.00")
    page.fill("#shift-note", "R2")
    page.locator("form[action='/parking/shift'] button").click()
    expect(page.locator("[data-waiting]")).to_be_visible()
    look_at(page, "shift-waiting", width, language, theme)

"""Every page in both languages and themes, at the desk and on a phone: nothing missing, nothing cut, all readable."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from central.base.identity.tables import AccountRow
from central.base.kernel.session import tenant_session
from models.access.decision import Outcome, Reason
from models.wire.events import AlarmKind
from tests.browser.scenes import busy, copied

SHOTS = os.environ.get("MENTING_SCREENSHOTS")
EACH_PAIR = [(360, "zh_CN", "light"), (360, "en", "dark"), (1440, "zh_CN", "dark"), (1440, "en", "light")]
"""Every two of width, language and theme meet; all three in every way where somebody looks at the pictures."""
FAMILIES = (
    "console|desk|visit|lane|alarm|reason|fact|nav|keys|open|passes?|people|nodes|parked|audit|step|outcome|kind|person"
    "|truth|problem|identity|app|when|check|deed|tie|unit|age|device|field|group|endfire|position|image|setup|steps|form|privacy|groups|accounts|role"
    "|records|cards|points|coverage|access|tariffs|parking|driver|signs|payments|bookings|offers"
)
KEY = re.compile(rf"\b(?:{FAMILIES})\.[a-z_]+(?:\.[a-z_]+)*\b")
DRAWN = """() => Promise.all([...document.images].map((one) => {
    one.loading = "eager";
    return one.decode().catch(() => null);
}))"""
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


def look_at(page: Page, name: str, width: int, language: str, theme: str) -> None:
    """The promises every page keeps; and its picture, when somebody wants to see it."""
    page.wait_for_load_state("load")
    page.evaluate(DRAWN)
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=f"{SHOTS}/{name}-{width}-{language[:2]}-{theme}.png", full_page=not name.startswith("desk")
        )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways at {width}"
    text = page.evaluate("document.body.innerText")
    assert KEY.findall(text) == [], f"{name}: words are missing in {language}"
    assert page.evaluate("document.documentElement.lang") == language.replace("_", "-")
    assert page.evaluate(CONTRAST) == [], f"{name}: contrast below AA in {theme}"


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [
        *(itertools.product([360, 1440], ["zh_CN", "en"], ["light", "dark"]) if SHOTS else EACH_PAIR),
        (1366, "zh_CN", "light"),  # the desk's usual screen, 1366 x 768: what differs from the wide one is the room
    ],
)
def test_every_page_in_its_languages_themes_and_widths(sit_down, site, served, width, language, theme):
    person = sit_down(
        "manager", language=language, theme=theme, width=width, height={360: 800, 1366: 768, 1440: 900}[width]
    )
    person.expected = ("401", "404", "422")
    page = person.page

    def look(name):
        look_at(page, name, width, language, theme)

    for name, address in (("empty-desk", "/"), ("empty-parked", "/parked")):
        page.goto(address)
        look(name)
    visits = busy(site, person.account_id)
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    expect(page.locator("#stream > article")).to_have_count(len(visits))
    look("desk")
    page.locator("#stream > article summary").nth(1).click()
    look("desk-explained")
    if width == 360:
        for tab in ("lanes", "needs"):
            page.locator(f"[data-tab-button={tab}]").click()
            look(f"desk-{tab}")
    else:
        page.keyboard.press("?")
        look("desk-keys")
        page.keyboard.press("Escape")
    with site.gate.on_duty():
        page.goto("/")
        if width == 360:
            page.locator("[data-tab-button=lanes]").click()
        page.locator("[data-open-lane]").first.click()
        expect(page.locator("#look img")).to_be_visible()
        page.fill("#open-reason", "x")
        expect(page.locator("[data-open-button]")).to_be_enabled()
        look("desk-open")
    site.gate.alarm(AlarmKind.FIRE)
    site.gate.tell()
    page.goto("/")
    if width == 360:
        page.locator("[data-tab-button=lanes]").click()
    expect(page.locator(".lane__fire")).to_be_visible()
    look("desk-fire")
    page.locator("#lanes [data-end-fire]").click()
    expect(page.locator("#end-fire-reason")).to_be_visible()
    look("desk-end-fire")
    for name, address in (
        ("desk-refused", "/?show=refused"),
        ("desk-alarms", "/?show=alarms"),
        ("visit", f"/visit/{visits[1]}"),
        ("visitors", "/visitors"),
        ("pass", f"/visitors/{site.pass_id}"),
        ("people", "/people"),
        ("people-none", "/people?house=99"),
        ("nodes", "/nodes"),
        ("parked", "/parked"),
        ("audit", "/audit"),
        ("setup", "/setup"),
        ("setup-houses", "/setup/houses"),
        ("setup-gates", "/setup/gates"),
        ("setup-rules", "/setup/rules"),
        ("error", "/visit/00000000-0000-7000-8000-000000000000"),
        ("change-password", "/change-password"),
    ):
        page.goto(address)
        look(name)
    for name, asked in (("setup-floors", "unit="), ("setup-lift", "lane=")):
        page.goto("/setup/floors")
        page.locator(f"main a[href*='{asked}']").first.click()
        look(name)
    page.goto("/nodes")
    page.fill("#name", "南门岗")
    page.locator("form[action='/nodes'] button[type=submit]").click()
    expect(page.locator("#token-line")).to_be_visible()
    look("nodes-token")
    copied(site)
    records = f"/nodes/{site.gate.reply.node_id}/records"
    for name, address in (("node-records", records), ("nodes-unsettled", "/nodes"), ("desk-copied", "/")):
        page.goto(address)
        if name == "desk-copied":
            if width == 360:
                page.locator("[data-tab-button=needs]").click()
            page.locator(".alarm:has([href$='/records'])").last.scroll_into_view_if_needed()
        look(name)
    page.goto("/people")
    page.locator("[hx-get$='/unmask']").first.click()
    expect(page.locator("#dialog[open]")).to_be_visible()
    look("people-unmask")
    person.context.clear_cookies(name="menting_session")
    page.goto("/login")
    look("login")
    page.fill("#login", f"nobody-{width}-{language}-{theme}")
    page.fill("#password", "wrong-password")
    page.locator("form[action='/login'] button").click()
    expect(page.locator("#said")).to_be_visible()
    look("login-refused")


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_pages_stand_in_one_line_at_the_desk_and_open_by_keyboard(sit_down, site, language):
    page = sit_down("manager", language=language).page
    page.goto("/people")
    bar = page.locator(".top > nav")
    assert page.evaluate("document.querySelector('.top').offsetHeight") <= 56
    assert page.evaluate("document.querySelector('.top__end').getBoundingClientRect().right <= innerWidth")
    expect(bar.locator("[aria-current]:visible")).to_have_count(1)  # the group of the page that is open
    people = bar.locator("summary[aria-current]")
    people.focus()
    page.keyboard.press("Enter")
    expect(bar.locator("a[aria-current=page]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar.locator("a[aria-current=page]")).to_be_hidden()
    expect(people).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(bar.locator("details[open] a").first).to_be_focused()
    page.locator(".skip").focus()
    expect(bar.locator("details[open]")).to_have_count(0)


def test_the_menu_of_a_phone_is_a_short_list_in_groups(sit_down, site):
    page = sit_down("manager", width=360, height=740).page
    page.goto("/people")
    page.get_by_text("菜单", exact=True).click()
    sheet = page.locator(".menu--nav .menu__sheet")
    expect(sheet.locator(".ways__name")).to_have_text(["值班", "人员与通行", "门口", "统计", "管理"])
    assert sheet.evaluate("one => one.scrollHeight <= one.clientHeight")
    box = sheet.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] + box["height"] <= 740
    heights = sheet.locator("a").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    expect(sheet.locator("[aria-current=page]")).to_have_text("住户")


@pytest.mark.parametrize("name", ["欧阳·买买提明·吐尔逊江·阿不都热合曼", "Muhammad Abdul Rahman bin Abdullah"])
def test_a_long_name_of_an_account_leaves_a_phones_page_its_width(sit_down, site, served, name):
    """A page that is too wide pushed the desk's tabs off the glass while an alarm stood."""
    person = sit_down("guard", width=360, height=740)
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        db.execute(update(AccountRow).where(AccountRow.id == person.account_id).values(name=name))
    for path in ("/", "/visitors"):
        person.page.goto(path)
        expect(person.page.locator(".menu__who")).to_have_text(name)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= 360
    person.page.goto("/")
    assert person.page.evaluate("document.querySelector('.desk__tabs').getBoundingClientRect().bottom") <= 740


ALONE = """() => [...document.querySelectorAll("main a, main summary")].filter((one) => {
    const around = one.closest("p, dd, td, th, li, div, nav, section");
    const inSentence = around.textContent.trim().length > one.textContent.trim().length + 12 && around.matches("p");
    return one.checkVisibility() && !inSentence;
}).map((one) => [one.textContent.trim().slice(0, 24), one.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 43.9)"""
"""What can be touched, stands alone and is lower than a finger. In a sentence a link may be as low as its line."""


def test_what_stands_alone_on_a_phones_list_is_as_large_as_a_finger(sit_down, site):
    visits = busy(site)
    page = sit_down("manager", width=360).page
    small = {}
    for address in (
        "/", "/?show=alarms", f"/visit/{visits[1]}", "/visitors", f"/visitors/{site.pass_id}", "/people", "/lockdown",
        "/nodes", "/parked", "/face-figures", "/privacy", "/audit", "/setup", "/setup/houses",
        "/setup/gates", "/cards", "/points", "/setup/kinds", "/setup/rules", "/setup/zones",
    ):  # fmt: skip
        page.goto(address)
        if found := page.evaluate(ALONE):
            small[address] = found
    page.goto("/people")
    home = page.locator("main a[href^='/people/homes/']").first.get_attribute("href")
    for address in (home, f"{home}/cards", f"{home}/face"):
        page.goto(address)
        if found := page.evaluate(ALONE):
            small[address] = found
    assert small == {}


def test_the_tabs_of_the_set_up_are_whole_on_a_phone(sit_down, site):
    page = sit_down("manager", width=360).page
    page.goto("/setup")
    boxes = page.locator(".tabs a").evaluate_all(
        "all => all.map(one => [one.scrollWidth - one.clientWidth, one.offsetWidth])"
    )
    assert len(boxes) == 7 and len({width for _, width in boxes}) <= 2 and all(over <= 0 for over, _ in boxes)


def test_what_is_touched_on_a_phone_is_as_large_as_a_finger(sit_down, site):
    """A link inside a sentence is not among them: what stands alone is."""
    site.gate.decide(Outcome.DENY, Reason.EXPIRED)
    site.gate.tell()
    page = sit_down("manager", width=360).page
    for address, chosen in (
        ("/", ".fold > summary, .filter a"),
        ("/visitors", ".table--cards th > a"),
        ("/setup", ".step strong a, .table--cards th > a"),
    ):
        page.goto(address)
        heights = page.locator(chosen).evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        assert heights and min(heights) >= 44, (address, heights)

"""Every page in both languages and themes, at the desk and on a phone: nothing missing, nothing cut, all readable."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.access.decision import Outcome, Reason
from models.wire.events import AlarmKind
from tests.browser.scenes import busy

SHOTS = os.environ.get("MENTING_SCREENSHOTS")
EACH_PAIR = [(360, "zh_CN", "light"), (360, "en", "dark"), (1440, "zh_CN", "dark"), (1440, "en", "light")]
"""Every two of width, language and theme meet; all three in every way where somebody looks at the pictures."""
FAMILIES = (
    "console|desk|visit|lane|alarm|reason|fact|nav|keys|open|passes?|people|nodes|parked|audit|step|outcome|kind|person"
    "|truth|problem|identity|app|when|check|deed|tie|unit|age|device|field|group|endfire|position|image|setup|steps|form|privacy|groups|accounts|role"
    "|cards|points|coverage|access|tariffs|parking"
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
    page.goto("/nodes")
    page.fill("#name", "南门岗")
    page.locator("form[action='/nodes'] button[type=submit]").click()
    expect(page.locator("#token-line")).to_be_visible()
    look("nodes-token")
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

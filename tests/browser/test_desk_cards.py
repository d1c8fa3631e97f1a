"""What a card at the desk offers, for how long, and what it says of a face and of its picture."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from tests.browser.desk import at_the_desk
from tests.browser.gate import portrait
from tests.browser.scenes import checks


@pytest.mark.req("GUARD-02", "ADMIN-14")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_referred_card_gives_its_advice_as_long_as_its_button_and_then_says_what_came_of_it(sit_down, site, language):
    over = {
        "zh_CN": ("十分钟内没有处理", "之后这里放行过", "之后这里又有新的通行"),
        "en": ("Nobody dealt with it", "Somebody was let through here", "Something newer happened"),
    }[language]
    ids = [new_id() for _ in range(3)]
    site.gate.decide(Outcome.REFER, Reason.STALE_RULES, correlation=ids[0], at=clock.now() - timedelta(minutes=11))
    site.gate.tell()
    page = at_the_desk(sit_down("guard", language=language).page)
    cards = [page.locator(f"#visit-{one}") for one in ids]

    def says(card, words: str | None) -> None:
        """`words` None: what to do, with its button; else those in their place."""
        expect(card.locator(".said__now")).to_be_visible(visible=words is None)
        expect(card.locator("[data-open-here]")).to_be_visible(visible=words is None)
        expect(card.locator("[data-over]")).to_contain_text(words or "")
        expect(card.locator("[data-over]")).to_be_visible(visible=words is not None)

    says(cards[0], over[0])
    for number, outcome in ((1, Outcome.REFER), (2, Outcome.REFER)):
        site.gate.decide(outcome, Reason.STALE_RULES, correlation=ids[number])
        site.gate.tell()
        says(cards[number], None)
        says(cards[number - 1], over[2])
    site.gate.decide(Outcome.GRANT, kind=Kind.REMOTE)
    site.gate.tell()
    says(cards[2], over[1])
    page.goto(f"/visit/{ids[0]}")
    expect(page.locator(".said__now")).to_be_hidden()
    expect(page.locator(".said__over")).to_contain_text(over[0])


@pytest.mark.req("GUARD-02", "ACC-25")
def test_who_was_refused_for_their_face_is_opened_for_from_their_card_and_from_their_page(sit_down, site):
    """What says to open from afar stands beside the button that does it; of a forged code neither is said."""
    site.gate.poll()
    before, seen = new_id(), new_id()
    site.gate.decide(Outcome.DENY, Reason.FORGED, correlation=before)
    site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, correlation=seen, lane=1)
    site.gate.tell()
    page = at_the_desk(sit_down("guard").page)
    expect(page.locator(f"#visit-{before} [data-open-here]")).to_have_count(0)
    card = page.locator(f"#visit-{seen}")
    expect(card.locator(".said__now")).to_contain_text("远程开门")
    expect(page.locator("#waiting > button")).to_have_count(0)  # nobody was put before a person
    card.locator("[data-open-here]").click()
    expect(page.locator("#dialog h2")).to_contain_text("东门人行出")
    page.goto(f"/visit/{before}")
    expect(page.locator("[data-open-at-desk]")).to_have_count(0)
    page.goto(f"/visit/{seen}")
    page.locator("[data-open-at-desk]").click()
    lane = page.locator(f"#lane-{site.gate.reply.lanes[1].lane_id}")
    expect(lane.locator("[data-open-lane]")).to_be_focused()


@pytest.mark.req("GUARD-02", "ACC-25")
def test_the_key_that_opens_goes_to_who_has_waited_longest_and_to_the_first_lane_where_nobody_waits(sit_down, site):
    page = at_the_desk(sit_down("guard").page)
    expect(page.locator("#lanes [data-open-lane]").first).to_be_enabled()
    page.keyboard.press("o")
    expect(page.locator("#dialog h2")).to_contain_text("东门人行进")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    for lane, ago in ((1, 60), (0, 20)):
        site.gate.decide(Outcome.REFER, Reason.STALE_RULES, lane=lane, at=clock.now() - timedelta(seconds=ago))
    site.gate.tell()
    expect(page.locator("#waiting > button")).to_have_count(2)
    page.keyboard.press("o")
    expect(page.locator("#dialog h2")).to_contain_text("东门人行出")


@pytest.mark.req("PRIV-08", "GUARD-02")
def test_a_picture_whose_time_ends_while_the_page_stands_is_not_asked_for_and_a_missing_one_leaves_its_word(
    sit_down, site
):
    ids = [new_id(), new_id()]
    for one in ids:
        site.gate.decide(Outcome.DENY, Reason.UNKNOWN, correlation=one, picture=portrait(20))
    site.gate.tell()
    person = sit_down("guard")
    person.expected = ("404",)
    page = person.page
    page.route(f"**/visits/{ids[1]}/picture.jpg", lambda route: route.fulfill(status=404))
    at_the_desk(page)
    expect(page.locator(f"#visit-{ids[1]} .visit__picture")).to_have_text("图片不在")
    picture = page.locator(f"#visit-{ids[0]} .visit__picture")
    expect(picture.locator("img")).to_be_visible()
    picture.locator("img").evaluate("one => { one.dataset.until = '2020-01-01T00:00:00+00:00'; }")
    expect(picture).to_have_text("图片已到期")
    expect(page.locator(".visit__picture img")).to_have_count(0)


@pytest.mark.req("PRIV-08", "GUARD-02")
def test_a_picture_that_was_found_missing_before_the_script_came_leaves_its_word_too(sit_down, site):
    site.gate.decide(Outcome.DENY, Reason.UNKNOWN, correlation=new_id(), picture=portrait(20))
    site.gate.tell()
    person, held = sit_down("guard"), []
    person.expected = ("404",)
    page = person.page
    page.route("**/picture.jpg", lambda route: route.fulfill(status=404))
    page.route(re.compile(r"/static/desk\.js"), lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    missing = "(one => one !== null && one.complete && !one.naturalWidth)(document.querySelector('#stream img'))"
    while not page.evaluate(missing):
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)  # its error was told by now, and nobody heard it
    held[0].continue_()
    expect(page.locator("#stream .visit__picture")).to_have_text("图片不在")


@pytest.mark.req("GEN-01", "PRIV-18")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_explanation_of_a_face_that_was_not_shown_to_be_alive_says_so_in_one_way(sit_down, site, language):
    visit = new_id()
    site.gate.decide(
        Outcome.REFER, Reason.FACE_ALONE, kind=Kind.FACE, correlation=visit, score=0.71, threshold=0.5,
        detail={"unproven": "yes"}, checks=checks("gate", "face", failed=Reason.FACE_ALONE),
    )  # fmt: skip
    site.gate.tell()
    page = sit_down("guard", language=language).page
    page.goto(f"/visit/{visit}")
    here = page.locator("main")
    expect(here).to_contain_text({"zh_CN": "没能确认是真人", "en": "not shown to be alive"}[language])
    expect(here).not_to_contain_text({"zh_CN": "未做活体检测", "en": "not measured"}[language])

"""Who keeps the watch group makes an entry and ends it; a guard sees a hit as an alarm and is told what to do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from models.wire.events import AlarmKind
from tests.browser.test_pages import look_at

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]


@pytest.mark.req("ACC-30", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_an_entry_is_made_with_its_ground_and_ended_with_a_reason(sit_down, site, width, language, theme):
    page = sit_down("administrator", width=width, language=language, theme=theme).page
    page.goto(f"/watch-group?community={site.community_id}")
    look_at(page, "watch-group-empty", width, language, theme)
    expect(page.locator("input[name=ground]:checked")).to_have_count(0)
    page.locator("input[name=ground][value=police]").check()
    page.fill("input[name=document]", "派出所接报单 2026-1107")
    page.fill("input[name=asked_by]", "监护人李示例")
    page.fill("input[name=label]", "走失老人，3 栋")
    page.locator("form[action='/watch-group'] button[type=submit]").click()
    expect(page.locator("[data-enrol-file]")).to_be_visible()
    page.locator("details:has(form[action$='/correct']) > summary").click()
    page.locator("input[name=ground][value=missing]").check()
    page.locator("form[action$='/correct'] input[name=reason]").fill("依据选错了")
    look_at(page, "watch-entry", width, language, theme)
    page.locator("form[action$='/correct'] button").click()
    page.goto(f"/watch-group?community={site.community_id}")
    expect(page.locator("[data-entry]")).to_have_count(1)
    look_at(page, "watch-group", width, language, theme)
    page.locator("[data-entry] a").click()
    page.locator("form[action$='/end'] input[name=reason]").fill("人已找到")
    page.locator("form button[type=submit]", has=page.locator("xpath=self::*[contains(@class,'btn-refuse')]")).click()
    expect(page.locator("[data-enrol-file]")).to_have_count(0)
    look_at(page, "watch-entry-ended", width, language, theme)


def test_a_photo_chosen_before_the_script_has_come_is_offered_for_sending_once_it_has(sit_down, site, tmp_path):
    page = sit_down("administrator").page
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.tile(np.uint8([60, 60, 180, 180]), (60, 20)))
    page.goto(f"/watch-group?community={site.community_id}")
    page.locator("input[name=ground][value=missing]").check()
    for name in ("document", "asked_by", "label"):
        page.fill(f"input[name={name}]", "协查示例")
    held = []
    page.route("**/enrol.js*", lambda route: held.append(route), times=1)
    with page.expect_request("**/enrol.js*"):
        page.locator("form[action='/watch-group'] button[type=submit]").click(no_wait_after=True)
    page.locator("[data-enrol-file]").set_input_files(photo)
    held[0].continue_()
    expect(page.locator("[data-enrol-send]")).to_be_visible()


@pytest.mark.req("ACC-30", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_hit_is_an_alarm_with_what_to_do_and_says_that_the_door_goes_on(sit_down, site, width, language, theme):
    site.gate.alarm(AlarmKind.WATCH_GROUP, device="7", detail="missing 0.612")
    site.gate.tell()
    guard = sit_down("guard", width=width, language=language, theme=theme).page
    guard.goto("/")
    if width == 360:
        guard.locator("[data-tab-button=needs]").click()
    card = guard.locator("article.alarm")
    expect(card).to_contain_text("0.612")
    expect(card).to_contain_text({"zh_CN": "不要只凭这条提醒拦人", "en": "stop nobody on this word alone"}[language])
    look_at(guard, "desk-watch-hit", width, language, theme)
    card.locator("[data-acknowledge]").click()
    expect(guard.locator("article.alarm")).to_have_count(0)

"""What a card says of a fire, and of an alarm that is over: only what is known, and who ended it."""

from __future__ import annotations

import pytest

from central.base.kernel.i18n import words_in
from central.gates.visits.rules import Lock
from central.oversight.console.phrases import alarm_said
from tests.central.oversight.test_phrases import NOW, alarm, languages, sound


@pytest.mark.req("ACC-22", "ACC-04")
@languages
def test_a_fire_card_says_at_which_lane_the_signal_came_and_claims_no_input_where_that_is_not_known(language):
    t, one = words_in(language), alarm("fire", detail="east-in west-in")
    assert alarm_said(t, one).why == t("alarm.fire.why") and "联动输入" not in alarm_said(t, one).why
    one.fire_elsewhere = ("东门人行进", "西门人行进")
    assert alarm_said(t, one).why == t("alarm.fire.along", lanes=t("alarm.fire.and").join(one.fire_elsewhere))
    one.fire_here = True
    assert alarm_said(t, one).why == t("alarm.fire.here") and alarm_said(t, one).raw is None


@pytest.mark.req("ACC-22", "ACC-23")
@languages
def test_a_fire_card_says_that_a_lock_released_only_where_it_was_read_back(language):
    """`claims`: what only a lock that was seen to follow may be called."""
    t, claims, one = words_in(language), {"zh_CN": "已松开", "en": "is released"}[language], alarm("fire")
    said = {}
    for lock, over_at, freed_at in (
        (None, None, None), (Lock.FREE, None, None), (Lock.FREE, None, NOW), (Lock.UNSURE, None, None),
        (Lock.STUCK, None, None), (Lock.STUCK, NOW, None),
    ):  # fmt: skip
        one.lock, one.over_at, one.freed_at = lock, over_at, freed_at
        words = said[lock, over_at, freed_at] = alarm_said(t, one)
        assert sound(words) and (claims in words.why) is (lock is Lock.FREE and freed_at is None)
    assert len({words.why for words in said.values()}) == len(said)
    stuck, late = said[Lock.STUCK, None, None], said[Lock.FREE, None, NOW]
    assert stuck.what == t("alarm.fire.stuck.what") and stuck.now == t("alarm.fire.stuck.now")
    assert "08:41:07" in late.why and late.what == t("alarm.fire.what")
    assert said[Lock.STUCK, NOW, None].now == t("alarm.fire.never.now")


@pytest.mark.req("ACC-22")
def test_a_person_is_named_only_where_a_person_ended_it():
    t = words_in("zh_CN")
    assert alarm_said(t, alarm("fire", over_at=NOW), "王强").over == "王强 于 08:41:07 结束"
    assert alarm_said(t, alarm("fire", over_at=NOW)).over == "08:41:07 已自行恢复"
    assert alarm_said(t, alarm("duress", over_at=NOW)).over is None  # it happened: there is nothing to be over


@pytest.mark.req("SYNC-18")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_an_alarm_that_ended_with_its_node_speaks_of_no_recovery(language: str) -> None:
    t, ended = words_in(language), alarm("node_offline", over_at=NOW)
    ended.revoked_by = "王强"
    said = alarm_said(t, ended)
    assert said.over is not None and "王强" in said.over and said.now == t("alarm.revoked.now")
    ended.revoked_by = ""
    assert alarm_said(t, ended).over == t("alarm.over_revoked", at=t.clock(NOW))


@pytest.mark.req("LANE-28")
@languages
def test_a_pumps_alarm_does_not_advise_to_begin_the_storm_mode_that_runs_already(language: str) -> None:
    t, one = words_in(language), alarm("water", device="water")
    begin = {"zh_CN": "开启防汛模式", "en": "begin storm mode"}[language]
    assert begin in alarm_said(t, one).now
    one.in_storm = True
    assert begin not in alarm_said(t, one).now and sound(alarm_said(t, one))
    one.over_at = NOW
    assert alarm_said(t, one).now == t("alarm.water.after")


@pytest.mark.req("LANE-27")
@languages
def test_an_ebike_at_a_barrier_is_told_without_lifts_and_floors(language: str) -> None:
    t, one = words_in(language), alarm("ebike")
    of_lifts = {"zh_CN": "电梯", "en": "lift"}[language]
    assert of_lifts in alarm_said(t, one).why
    one.vehicles = True
    for over_at in (None, NOW):
        one.over_at = over_at
        said = alarm_said(t, one)
        assert sound(said) and not any(of_lifts in text for text in (said.what, said.why, said.now))

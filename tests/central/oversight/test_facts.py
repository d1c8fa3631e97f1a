"""The five facts of an access: recorded, refused, or not received. Nothing is guessed (GEN-01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.i18n import words_in
from central.oversight.console.facts import Mark, five_facts, means, took, unconfirmed
from models.wire.events import UNSEEN

AT = datetime(2026, 11, 23, 0, 41, 7, tzinfo=UTC)
T = words_in("zh_CN")
KEYS = ["recognised", "decided", "actuated", "sensed", "passed"]


def visit(**known: Any) -> Any:
    """A visit of which nothing is known but what is given."""
    nothing = dict.fromkeys(
        (
            "seen_at",
            "decided_at",
            "outcome",
            "kind",
            "decide_ms",
            "actuated_at",
            "actuation_confirmed",
            "actuation_fault",
            "relay_ms",
            "opened_at",
            "closed_at",
            "passed",
            "passage_why",
            "passed_at",
        )
    )
    return SimpleNamespace(**nothing | {"checks": (), "detail": {}, "vehicles": False} | known)


def marks(**known: Any) -> list[Mark]:
    return [fact.mark for fact in five_facts(T, visit(**known))]


GRANTED = {"seen_at": AT, "decided_at": AT, "outcome": "grant", "kind": "pass", "decide_ms": 3.42}


@pytest.mark.req("LANE-15")
def test_a_barrier_is_told_without_a_lock_and_a_door():
    of_a_door = [fact.name for fact in five_facts(T, visit(**GRANTED))]
    raised = {"kind": "plate", "actuated_at": AT, "actuation_confirmed": True, "opened_at": AT}
    of_a_car = five_facts(T, visit(**GRANTED | raised, relay_ms=41.8, passed=True, passed_at=AT))
    assert of_a_door == ["识别", "决定", "开锁", "门", "通过"]
    assert [fact.name for fact in of_a_car] == ["识别", "决定", "道闸", "杆", "通过"]
    assert [fact.word for fact in of_a_car[2:]] == ["已抬杆", "已升起", "已通过"]


@pytest.mark.req("LANE-15", "ACC-25")
def test_a_guards_opening_at_a_barrier_tells_of_the_arm_before_the_car_has_driven():
    by_guard = GRANTED | {"kind": "remote", "actuated_at": AT, "actuation_confirmed": True, "vehicles": True}
    told = five_facts(T, visit(**by_guard))
    assert [fact.name for fact in told[2:]] == ["道闸", "杆", "通过"] and told[2].word == "已抬杆"
    assert five_facts(T, visit(**by_guard, passage_why="fire"))[4].note == T("passage.fire.car")


@pytest.mark.req("GEN-01")
def test_after_a_grant_each_step_is_missing_until_it_is_received():
    assert marks(**GRANTED) == [Mark.DONE, Mark.DONE, Mark.MISSING, Mark.MISSING, Mark.MISSING]
    released = GRANTED | {"actuated_at": AT, "actuation_confirmed": True, "relay_ms": 41.8}
    assert marks(**released)[2:] == [Mark.DONE, Mark.MISSING, Mark.MISSING]
    assert marks(**released, opened_at=AT, passed=True, passed_at=AT)[2:] == [Mark.DONE] * 3


@pytest.mark.req("GEN-01")
def test_the_door_may_open_though_no_lock_was_heard_of():
    """What is missing in the middle stays missing; what came after does not fill it in."""
    assert marks(**GRANTED, opened_at=AT, passed=True, passed_at=AT)[2:] == [Mark.MISSING, Mark.DONE, Mark.DONE]


@pytest.mark.req("GEN-01")
@pytest.mark.parametrize(("outcome", "mark"), [("deny", Mark.REFUSED), ("refer", Mark.ASKED)])
def test_after_a_refusal_nothing_more_is_due(outcome, mark):
    assert marks(seen_at=AT, outcome=outcome, decided_at=AT) == [Mark.DONE, mark, Mark.IDLE, Mark.IDLE, Mark.IDLE]


@pytest.mark.req("GEN-01")
def test_a_refusal_says_that_the_door_stayed_shut_only_where_nothing_moved():
    refused = {"seen_at": AT, "outcome": "deny", "decided_at": AT}
    assert [fact.word for fact in five_facts(T, visit(**refused))[2:]] == ["没有开锁", "没有打开", "没有人通过"]
    assert marks(**refused, actuated_at=AT, actuation_confirmed=True)[3:] == [Mark.MISSING, Mark.MISSING]
    assert marks(**refused, opened_at=AT)[4] is Mark.MISSING


@pytest.mark.req("GEN-01")
def test_a_door_that_opened_after_a_refusal_is_shown_as_it_was():
    assert marks(seen_at=AT, outcome="deny", decided_at=AT, opened_at=AT)[3] is Mark.DONE


@pytest.mark.req("GEN-01")
def test_a_lock_that_did_not_confirm_is_a_fault_with_its_words():
    told = "NotConfirmed: output 2 was told to be on and reads off"
    fact = five_facts(T, visit(**GRANTED, actuated_at=AT, actuation_confirmed=False, actuation_fault=told))[2]
    assert (fact.mark, fact.word, fact.note) == (Mark.FAULT, "未确认", T("fault.not_confirmed"))
    fact = five_facts(T, visit(**GRANTED, actuated_at=AT, actuation_confirmed=False, actuation_fault="relay 2"))[2]
    assert fact.note is None  # no words of ours: it stands with the explanation, as the device said it


@pytest.mark.req("INT-12")
def test_an_opening_by_intercom_says_who_answered_which_call_where_that_was_told():
    detail = {"call": "7", "answered_by": "5-2-1102"}
    asked = GRANTED | {"kind": "intercom"}
    assert five_facts(T, visit(**asked, detail=detail))[0].note == "接听：5-2-1102（通话 7）"
    assert five_facts(T, visit(**asked))[0].note is None


@pytest.mark.req("INT-07", "LANE-19")
@pytest.mark.parametrize(("detail", "word"), [({"told": "panel"}, "已发给门禁主机"), ({}, "已发出，不能回读")])
def test_what_was_told_and_cannot_be_read_back_is_no_fault_and_no_release(detail, word):
    fact = five_facts(T, visit(**GRANTED, actuated_at=AT, actuation_confirmed=False, detail=detail))[2]
    assert (fact.mark, fact.word, fact.note) == (Mark.UNKNOWN, word, "门是否打开，由门磁说明")


@pytest.mark.req("GEN-01", "ACC-23")
def test_after_a_lock_that_did_not_release_no_word_of_the_door_is_waited_for():
    told = {"actuated_at": AT, "actuation_confirmed": False, "actuation_fault": "NotConfirmed: reads off"}
    ended = five_facts(T, visit(**GRANTED, **told, passed=False, passage_why="not_released", passed_at=AT))
    assert [fact.mark for fact in ended[2:]] == [Mark.FAULT, Mark.IDLE, Mark.NOBODY]
    assert (ended[3].word, ended[4].note) == ("没有打开", "锁没有松开")
    nothing_sent = five_facts(T, visit(**GRANTED, passed=False, passage_why="not_released", passed_at=AT))
    assert [fact.mark for fact in nothing_sent[2:]] == [Mark.IDLE, Mark.IDLE, Mark.NOBODY]


@pytest.mark.req("GEN-01")
def test_nobody_passing_is_a_fact_of_its_own():
    fact = five_facts(T, visit(**GRANTED, passed=False, passage_why="timeout", passed_at=AT))[4]
    assert (fact.mark, fact.word) == (Mark.NOBODY, "无人通过")
    assert fact.note == T("passage.timeout")
    sensed = five_facts(T, visit(**GRANTED, passed=False, passage_why="timeout", passed_at=AT))[3]
    assert (sensed.mark, sensed.word) == (Mark.NOBODY, "没有打开")  # the node waited and said so: nothing is missing


@pytest.mark.req("GEN-01")
@pytest.mark.parametrize("passed", [None, False])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("why", sorted(UNSEEN))
def test_where_nobody_can_know_nobody_is_said_to_have_stayed_away(why, language, passed):
    """`passed`: visits of before say False."""
    t = words_in(language)
    ended = five_facts(t, visit(**GRANTED, passed=passed, passage_why=why, passed_at=AT))
    assert [fact.mark for fact in ended[3:]] == [Mark.UNKNOWN] * 2
    assert (ended[4].word, ended[4].note, ended[4].at) == (t("fact.unknown"), t(f"passage.{why}"), AT)
    assert t("fact.passed_no") not in ended[4].word + (ended[4].note or "")


@pytest.mark.req("GEN-01", "ACC-22")
def test_during_a_fire_no_release_is_waited_for_and_whether_somebody_passed_is_not_known():
    lock, _, passage = five_facts(T, visit(**GRANTED, passage_why="fire", passed_at=AT))[2:]
    assert (lock.mark, lock.word) == (Mark.IDLE, "消防已放开")
    assert (passage.word, passage.note) == ("无法判断", "消防期间门没上锁")
    fire_came_later = GRANTED | {"actuated_at": AT, "actuation_confirmed": True, "opened_at": AT}
    assert [f.mark for f in five_facts(T, visit(**fire_came_later, passage_why="fire", passed_at=AT))[2:]] == [
        Mark.DONE, Mark.DONE, Mark.UNKNOWN,
    ]  # fmt: skip


@pytest.mark.req("GEN-01")
def test_how_long_it_took_stands_beside_its_fact_in_words_a_guard_uses():
    decided = five_facts(T, visit(**GRANTED))[1]
    assert (decided.at, decided.note) == (AT, "收到后不到 1 秒")
    assert took(T, 999.9) == "收到后不到 1 秒"
    assert took(T, 1234.5) == "收到后 1.2 秒" and took(T, None) is None
    opened = five_facts(T, visit(**GRANTED, opened_at=AT, closed_at=AT + timedelta(seconds=3)))[3]
    assert opened.note == "08:41:10 关上"


def test_a_figure_that_counts_from_a_later_frame_does_not_stand_beside_earlier_times():
    waited = five_facts(T, visit(**GRANTED | {"seen_at": AT - timedelta(seconds=2)}))[1]
    assert (waited.at, waited.note) == (AT, None)


@pytest.mark.req("ACC-03", "GEN-01")
def test_a_face_compared_beside_a_pass_is_said_and_who_was_not_confirmed_is_not_taken_for_its_owner():
    passed, face = {"step": "signature", "passed": True}, {"step": "face", "passed": False}
    alone = visit(**GRANTED, checks=(passed,))
    assert (means(T, alone), unconfirmed(alone)) == ("通行码", False)
    stranger = visit(**GRANTED | {"outcome": "deny", "reason": "low_score"}, checks=(passed, face))
    assert (means(T, stranger), unconfirmed(stranger)) == ("通行码 + 人脸", True)
    assert five_facts(T, stranger)[0].word == "通行码 + 人脸"
    by_face = visit(**GRANTED | {"outcome": "deny", "reason": "low_score", "kind": "face"}, checks=(face,))
    assert (means(T, by_face), unconfirmed(by_face)) == ("人脸", False)
    assert not unconfirmed(visit(**GRANTED | {"outcome": "deny", "reason": "expired"}))


maybe_at = st.one_of(st.none(), st.just(AT))


@pytest.mark.req("GEN-01")
@given(
    st.fixed_dictionaries(
        {
            "seen_at": maybe_at,
            "decided_at": maybe_at,
            "outcome": st.sampled_from([None, "grant", "deny", "refer"]),
            "kind": st.sampled_from([None, "pass", "of the future"]),
            "actuated_at": maybe_at,
            "actuation_confirmed": st.sampled_from([None, True, False]),
            "opened_at": maybe_at,
            "closed_at": maybe_at,
            "passed": st.sampled_from([None, True, False]),
            "passage_why": st.sampled_from([None, "timeout", "of the future", *UNSEEN]),
        }
    )
)
def test_whatever_is_known_five_facts_are_shown_and_done_only_with_a_record(known):
    facts = five_facts(T, visit(**known))
    assert [fact.key for fact in facts] == KEYS
    assert all(fact.word for fact in facts)
    records = {"recognised": known["seen_at"], "actuated": known["actuated_at"], "sensed": known["opened_at"]}
    for fact in facts:
        if fact.key in records:
            assert (fact.mark is Mark.DONE) <= (records[fact.key] is not None)
    assert (facts[4].mark is Mark.DONE) == (known["passed"] is True and known["passage_why"] not in UNSEEN)

"""What a lane's screen says in every state, and that it says it in both languages without naming anybody."""

from itertools import product
from uuid import UUID

import pytest

from edge.console import words
from edge.console.screen import ANSWER_S, LaneNow, Screen, Tone, screen_of
from edge.lane.says import ANSWERS, Say
from edge.lane.shell import LastDecision
from edge.lane.states import DoorLane, Phase
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.site.topology import Direction
from models.values.time import utc_now

LANE = UUID(int=1)
SHUT = DoorLane(phase=Phase.SECURED, board_ok=True)
OPEN = DoorLane(phase=Phase.RELEASED, board_ok=True)


def decided(outcome: Outcome, reason: Reason, at: float = 100.0, failed: bool = False) -> LastDecision:
    decision = Decision(
        outcome=outcome, reason=reason, kind=Kind.PASS, at=utc_now(), lane_id=LANE, cardholder_id=UUID(int=7),
        rules_version=1,
    )  # fmt: skip
    return LastDecision(decision, at, failed)


def shown(door: DoorLane, last: LastDecision | None = None, now: float = 101.0, **more: bool) -> Screen:
    return screen_of(LaneNow(door, Direction.IN, last, **more), now)


@pytest.mark.req("ACC-04")
def test_every_reason_has_a_line_in_both_languages_short_enough_for_two_seconds() -> None:
    assert set(words.REFUSED) == set(Reason)
    for said in words.REFUSED.values():
        for line in (said.what, said.do):
            if line is not None:
                assert line.zh and len(line.zh) <= 16
                assert line.en and len(line.en) <= 44
                assert "!" not in line.en + line.zh and "！" not in line.zh
                assert line.en[-1] not in ".;," and line.zh[-1] not in "。；，"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_a_refusal_stays_for_two_readings_and_then_gives_the_screen_back(reason: Reason) -> None:
    last = decided(Outcome.DENY, reason)
    assert shown(SHUT, last, 100.0 + ANSWER_S - 0.1).said == words.REFUSED[reason]
    assert shown(SHUT, last, 100.0 + ANSWER_S).said == words.SHOW_PASS


def test_a_suspected_attack_reads_like_any_other_further_check() -> None:
    attack, unsure = (shown(SHUT, decided(Outcome.REFER, reason)) for reason in (Reason.SPOOF, Reason.AMBIGUOUS))
    assert attack.said == unsure.said


@pytest.mark.parametrize("direction", list(Direction))
def test_welcome_is_said_by_the_door_that_opened_and_not_by_the_decision(direction: Direction) -> None:
    last = decided(Outcome.GRANT, Reason.OK)
    greeting = words.WELCOME if direction is Direction.IN else words.GOODBYE
    assert screen_of(LaneNow(OPEN, direction, last), 101.0) == Screen(Tone.WELCOME, greeting)
    assert screen_of(LaneNow(SHUT, direction, last), 101.0).tone is Tone.READY


def test_a_grant_whose_relay_did_not_follow_is_no_welcome() -> None:
    assert shown(SHUT, decided(Outcome.GRANT, Reason.OK, failed=True)) == Screen(Tone.FAULT, words.OUT_OF_ORDER)


def test_the_newest_answer_is_shown_also_while_the_door_stands_open_for_somebody_before() -> None:
    assert shown(OPEN, decided(Outcome.DENY, Reason.EXPIRED)).said == words.REFUSED[Reason.EXPIRED]


@pytest.mark.req("ACC-22")
def test_fire_is_shown_over_everything() -> None:
    lasts = [None, decided(Outcome.DENY, Reason.EXPIRED), decided(Outcome.GRANT, Reason.OK)]
    for last, wants_face, sees, board_ok in product(lasts, (True, False), (True, False), (True, False)):
        door = DoorLane(phase=Phase.FIRE, board_ok=board_ok)
        assert shown(door, last, wants_face=wants_face, sees=sees) == Screen(Tone.FIRE, words.FIRE)


def test_a_lane_whose_board_is_silent_promises_nothing() -> None:
    for phase in set(Phase) - {Phase.FIRE}:
        assert shown(DoorLane(phase=phase, board_ok=False)).tone is Tone.FAULT


def test_a_pass_that_waits_for_its_holder_asks_for_one_look() -> None:
    assert shown(SHUT, wants_face=True) == Screen(Tone.MORE, words.LOOK_HERE, oval=True)


def test_somebody_without_a_pass_is_told_each_step_in_both_languages() -> None:
    assert set(words.MORE) | ANSWERS | {Say.NOTHING} == set(Say)
    for say, said in words.MORE.items():
        assert screen_of(LaneNow(SHUT, Direction.IN, asks=say), 101.0) == Screen(Tone.MORE, said, oval=True)
        assert screen_of(LaneNow(OPEN, Direction.IN, asks=say), 101.0).tone is Tone.WELCOME


def test_a_lane_that_cannot_see_asks_for_the_scanner() -> None:
    assert shown(SHUT, sees=False).said == words.SCAN_PASS


def test_a_door_held_open_asks_to_be_closed() -> None:
    assert shown(DoorLane(phase=Phase.OPENED, board_ok=True, held=True)).said == words.DOOR_OPEN


@pytest.mark.req("ACC-24")
def test_a_lockdown_is_said_to_who_would_come_in_and_not_to_who_leaves() -> None:
    assert shown(SHUT, lockdown=True).said == words.REFUSED[Reason.LOCKDOWN]
    assert screen_of(LaneNow(SHUT, Direction.OUT, lockdown=True), 101.0).tone is Tone.READY
    assert shown(OPEN, lockdown=True).tone is Tone.WELCOME, "for whom it was opened all the same"

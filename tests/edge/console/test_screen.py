"""What a lane's screen says in every state, and that it says it in both languages without naming anybody."""

from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from edge.console import words
from edge.console.screen import ANSWER_S, WAITS_S, LaneNow, Screen, Tone, screen_of
from edge.lane.says import ANSWERS, Say
from edge.lane.shell import STARTING, Hold, LastDecision
from edge.lane.states import DoorLane, Phase
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.site.topology import Direction
from models.values.time import utc_now
from models.wire.events import Position

LANE = UUID(int=1)
IN_FIRE = (words.FIRE, words.FIRE_UNSURE, words.FIRE_LOCKED)
SHUT = DoorLane(phase=Phase.SECURED, board_ok=True)
OPEN = DoorLane(phase=Phase.RELEASED, board_ok=True)


def decided(outcome: Outcome, reason: Reason, at: float = 100.0, kind: Kind = Kind.PASS) -> LastDecision:
    decision = Decision(
        outcome=outcome, reason=reason, kind=kind, at=utc_now(), lane_id=LANE, cardholder_id=UUID(int=7),
        rules_version=1,
    )  # fmt: skip
    return LastDecision(decision, at)


def shown(door: DoorLane, last: LastDecision | None = None, now: float = 101.0, **more: Any) -> Screen:
    return screen_of(LaneNow(door, Direction.IN, last, **more), now)


@pytest.mark.req("ACC-04")
def test_every_reason_has_a_line_in_both_languages_short_enough_for_two_seconds() -> None:
    assert set(words.REFUSED) == set(Reason)
    of_kind = [said for by_reason in words.OF_KIND.values() for said in by_reason.values()]
    ready = [words.SHOW_PASS, words.SCAN_PASS, words.SHOW_EITHER, words.SHOW_CARD, *words.LOOK_HERE.values()]
    ready += [words.COME_CLOSER, words.LOOK_OR_SHOW, *IN_FIRE, words.LOCK_STUCK]
    ready += [words.Said(words.GUARD_ASKED.what, line) for line in (*words.MEANWHILE.values(), words.ANOTHER_GATE)]
    for said in (*words.REFUSED.values(), *of_kind, *ready):
        for line in (said.what, said.do):
            if line is not None:
                assert line.zh and len(line.zh) <= 16
                assert line.en and len(line.en) <= 44
                assert "!" not in line.en + line.zh and "！" not in line.zh and "/" not in line.zh
                assert "".join(line.phrases or (line.zh,)) == line.zh
                assert line is not said.what or max(map(len, line.phrases or (line.zh,))) <= 8, "it has to break"
                assert line.en[-1] not in ".;," and line.zh[-1] not in "。；，"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_a_refusal_stays_for_two_readings_and_then_gives_the_screen_back(reason: Reason) -> None:
    last = decided(Outcome.DENY, reason)
    assert shown(SHUT, last, 100.0 + ANSWER_S - 0.1).said == words.refused(reason, Kind.PASS)
    assert shown(SHUT, last, 100.0 + ANSWER_S).said == words.SHOW_PASS


@pytest.mark.parametrize(("kind", "outcome"), [*((kind, Outcome.DENY) for kind in Kind), (Kind.FACE, Outcome.REFER)])
def test_a_suspected_attack_looks_like_any_other_further_check(kind: Kind, outcome: Outcome) -> None:
    """In colour, mark and outline too: beside a pass it is refused, and the screen does not say so either."""
    attack = shown(SHUT, decided(outcome, Reason.SPOOF, kind=kind))
    assert attack == shown(SHUT, decided(Outcome.REFER, Reason.AMBIGUOUS, kind=kind)) and attack.tone is Tone.MORE


def test_a_face_is_told_of_a_card_too_where_cards_are_read() -> None:
    refused = decided(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE)
    told = {reads: shown(SHUT, refused, reads=reads).said.do for reads in (False, True)}
    assert [line and line.zh for line in told.values()] == ["请出示通行码", "请出示通行码或刷卡"]


REFERRED = [Reason.SECOND_FACTOR, Reason.FACE_ALONE, Reason.NO_REFERENCE, Reason.LOW_QUALITY, Reason.AMBIGUOUS,
            Reason.FAULT, Reason.STALE_RULES]  # fmt: skip


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize("reason", REFERRED)
def test_who_is_referred_is_told_that_a_guard_was_asked_until_the_visit_ends(reason: Reason) -> None:
    last, here = decided(Outcome.REFER, reason, kind=Kind.FACE), {"online": True, "reads": True}
    asked = words.GUARD_ASKED.what
    at_once = shown(SHUT, last, **here)
    assert at_once.said.what == words.REFUSED[reason].what and asked in (at_once.said.do, at_once.also)
    waits = [shown(SHUT, last, 100.0 + after, **here) for after in (ANSWER_S, WAITS_S - 0.1)]
    assert [(one.tone, one.said.what) for one in waits] == [(Tone.MORE, asked)] * 2
    assert shown(SHUT, last, 100.0 + WAITS_S, **here).tone is Tone.READY
    assert shown(OPEN, last, 120.0, **here).tone is Tone.WELCOME, "the guard opened"
    refused = decided(Outcome.DENY, Reason.EXPIRED, 119.0)
    assert shown(SHUT, refused, 120.0, **here).said.what == words.REFUSED[Reason.EXPIRED].what, "something else shown"
    assert shown(SHUT, last, 120.0, asks=Say.COME_CLOSER, **here).said == words.MORE[Say.COME_CLOSER], "the next one"


@pytest.mark.req("ACC-04")
def test_what_else_opens_is_said_to_who_waits_for_the_guard() -> None:
    def meanwhile(reason: Reason = Reason.AMBIGUOUS, **here: Any) -> str | None:
        do = shown(SHUT, decided(Outcome.REFER, reason), 120.0, online=True, **here).said.do
        return do and do.zh

    assert meanwhile(reads=True) == "也可出示通行码、刷卡或输密码"
    assert meanwhile() == meanwhile(sees=False) == "也可以出示通行码"
    assert meanwhile(reads=True, sees=False, scans=False) == "也可以刷卡或输密码"
    assert meanwhile(Reason.FAULT, reads=True) == "着急可以走别的门", "no card helps where the lane itself is at fault"
    assert meanwhile(Reason.STALE_RULES, reads=True) is None


@pytest.mark.req("SYNC-05")
def test_no_guard_is_promised_who_was_not_reached() -> None:
    referred = decided(Outcome.REFER, Reason.AMBIGUOUS)
    starting = decided(Outcome.REFER, Reason.FAULT)
    starting = replace(starting, decision=starting.decision.model_copy(update={"detail": {"device": STARTING}}))
    for last, online in (
        (referred, False),  # nobody hears of it before the line is back
        (replace(referred, failed=True), True),  # nothing was written down
        (decided(Outcome.REFER, Reason.INTERLOCK), True),  # who waits for the other door waits for no guard
        (starting, True),
        (decided(Outcome.DENY, Reason.EXPIRED), True),
    ):
        for now in (101.0, 120.0):
            screen = shown(SHUT, last, now, online=online)
            assert words.GUARD_ASKED.what not in (screen.said.what, screen.said.do, screen.also)


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.CARD, Kind.PIN])
def test_a_suspected_attack_beside_a_pass_waits_like_any_other_further_check(kind: Kind) -> None:
    for now in (101.0, 120.0):
        attack, other = (
            shown(SHUT, decided(outcome, reason, kind=kind), now, online=True)
            for outcome, reason in ((Outcome.DENY, Reason.SPOOF), (Outcome.REFER, Reason.AMBIGUOUS))
        )
        assert attack == other


@pytest.mark.parametrize(("direction", "what"), [(Direction.IN, "请进"), (Direction.OUT, "请慢走")])
def test_whose_consent_has_ended_is_let_through_and_told_so_and_who_never_agreed_is_told_nothing(
    direction: Direction, what: str
) -> None:
    ended, never = (
        screen_of(LaneNow(OPEN, direction, decided(Outcome.GRANT, reason)), 101.0)
        for reason in (Reason.CONSENT_ENDED, Reason.NO_CONSENT)
    )
    assert (ended.tone, ended.said.what.zh, ended.said.do) == (Tone.WELCOME, what, words.CONSENT_ENDED.do)
    assert never == screen_of(LaneNow(OPEN, direction, decided(Outcome.GRANT, Reason.OK)), 101.0)
    later = screen_of(LaneNow(OPEN, direction, decided(Outcome.GRANT, Reason.CONSENT_ENDED)), 100.0 + ANSWER_S)
    assert later == never, "it was for one person"


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize(("kind", "others"), [
    (Kind.PASS, ("卡", "密码", "card", "PIN")),
    (Kind.CARD, ("通行码", "密码", "pass", "PIN")),
    (Kind.PIN, ("通行码", "卡", "pass", "card")),
    (Kind.FACE, ("卡", "密码", "card", "PIN", "This pass")),
])  # fmt: skip
def test_a_refusal_speaks_of_what_was_shown_and_of_nothing_else(kind: Kind, others: tuple[str, ...]) -> None:
    """Of the reasons that something of this kind can have; a face may be told to show a pass instead."""
    passes_only = {
        Reason.MALFORMED, Reason.UNKNOWN_KEY, Reason.FORGED, Reason.WRONG_POINT, Reason.USED_UP, Reason.TAILGATE,
    }  # fmt: skip
    faces_only = {Reason.FACE_ALONE, Reason.SECOND_FACTOR}
    never = {Kind.PASS: faces_only, Kind.CARD: passes_only | faces_only, Kind.PIN: passes_only | faces_only}
    for reason in set(Reason) - never.get(kind, passes_only | {Reason.REVOKED}):
        said = words.refused(reason, kind)
        told = " ".join(line.zh + " " + line.en for line in (said.what, said.do) if line is not None)
        assert not [other for other in others if other in told], (reason, told)


@pytest.mark.req("ACC-27")
def test_a_wrong_pin_is_told_as_one_thing_with_its_unit() -> None:
    said = shown(SHUT, decided(Outcome.DENY, Reason.UNKNOWN, kind=Kind.PIN)).said
    assert (said.what.zh, said.what.en) == ("房号或密码不对", "Unit or PIN does not match")


@pytest.mark.parametrize("direction", list(Direction))
def test_welcome_is_said_by_the_door_that_opened_and_not_by_the_decision(direction: Direction) -> None:
    last = decided(Outcome.GRANT, Reason.OK)
    greeting = words.WELCOME if direction is Direction.IN else words.GOODBYE
    assert screen_of(LaneNow(OPEN, direction, last), 101.0) == Screen(Tone.WELCOME, greeting)
    assert screen_of(LaneNow(SHUT, direction, last), 101.0).tone is Tone.READY


def test_a_grant_whose_relay_did_not_follow_is_no_welcome() -> None:
    last = decided(Outcome.GRANT, Reason.OK)
    assert shown(SHUT, replace(last, stuck=True)) == Screen(Tone.FAULT, words.LOCK_STUCK)
    assert shown(SHUT, replace(last, failed=True)) == Screen(Tone.FAULT, words.OUT_OF_ORDER), "nothing was asked of it"


def test_the_newest_answer_is_shown_also_while_the_door_stands_open_for_somebody_before() -> None:
    assert shown(OPEN, decided(Outcome.DENY, Reason.EXPIRED)).said == words.REFUSED[Reason.EXPIRED]


@pytest.mark.req("ACC-22")
def test_fire_is_shown_over_everything() -> None:
    lasts = [None, decided(Outcome.DENY, Reason.EXPIRED), decided(Outcome.GRANT, Reason.OK)]
    for last, wants_face, sees, board_ok in product(lasts, (None, Kind.PASS), (True, False), (True, False)):
        door = DoorLane(phase=Phase.FIRE, board_ok=board_ok)
        for hold in Hold:
            assert shown(door, last, wants_face=wants_face, sees=sees, hold=hold).said in IN_FIRE


@pytest.mark.req("ACC-22", "ACC-23")
def test_in_a_fire_an_open_door_is_promised_only_where_it_is_known_to_be_open() -> None:
    door = DoorLane(phase=Phase.FIRE, board_ok=True, position=Position.CLOSED)
    assert shown(door, hold=Hold.SEEN) == Screen(Tone.FIRE, words.FIRE)
    for unsure in (Hold.TOLD, Hold.UNKNOWN):
        assert shown(door, hold=unsure) == Screen(Tone.FIRE, words.FIRE_UNSURE)
    assert shown(replace(door, board_ok=False), hold=Hold.SEEN).said == words.FIRE_UNSURE, "that was before"
    assert shown(door, hold=Hold.FAILED) == Screen(Tone.LOCKED, words.FIRE_LOCKED)
    assert shown(replace(door, position=Position.OPEN), hold=Hold.FAILED).said == words.FIRE, "it stands open"


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_board_that_was_silent_when_the_fire_began_elsewhere_warns_of_its_door() -> None:
    silent = DoorLane(phase=Phase.SECURED, board_ok=False)
    assert shown(silent, hold=Hold.FAILED) == Screen(Tone.LOCKED, words.FIRE_LOCKED)
    assert shown(silent).said == words.OUT_OF_ORDER


def test_a_lane_whose_board_is_silent_promises_nothing() -> None:
    for phase in set(Phase) - {Phase.FIRE}:
        assert shown(DoorLane(phase=phase, board_ok=False)).tone is Tone.FAULT


@pytest.mark.parametrize(
    ("kind", "said"), [(Kind.PASS, "通行码已读到"), (Kind.CARD, "卡已读到"), (Kind.PIN, "密码已收到")]
)
def test_what_waits_for_its_holder_asks_for_one_look(kind: Kind, said: str) -> None:
    screen = shown(SHUT, wants_face=kind)
    assert (screen.tone, screen.oval, screen.said.what.zh) == (Tone.MORE, True, "请看镜头")
    assert screen.said.do is not None and screen.said.do.zh.startswith(said)


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.CARD, Kind.PIN])
def test_what_is_wrong_with_the_face_is_said_before_that_one_is_awaited(kind: Kind) -> None:
    for say, said in words.MORE.items():
        for door in (SHUT, OPEN):  # open for somebody before
            screen = shown(door, wants_face=kind, asks=say)
            assert (screen.tone, screen.said, screen.oval) == (Tone.MORE, said, True)


def test_somebody_without_a_pass_is_told_each_step_in_both_languages() -> None:
    assert set(words.MORE) | ANSWERS | {Say.NOTHING} == set(Say)
    for say, said in words.MORE.items():
        screen = screen_of(LaneNow(SHUT, Direction.IN, asks=say), 101.0)
        assert (screen.tone, screen.said, screen.oval) == (Tone.MORE, said, True)
        assert screen_of(LaneNow(OPEN, Direction.IN, asks=say), 101.0).tone is Tone.WELCOME


def test_the_mark_points_to_the_side_to_which_a_head_is_to_be_turned_and_else_nowhere() -> None:
    sides = {Say.TURN_LEFT: "left", Say.TURN_RIGHT: "right"}
    for asked in words.MORE:
        assert shown(SHUT, asks=asked).turn == sides.get(asked)


def test_a_lane_that_cannot_see_asks_for_the_scanner() -> None:
    assert shown(SHUT, sees=False).said == words.SCAN_PASS
    assert shown(SHUT, sees=False, scans=False) == Screen(Tone.FAULT, words.OUT_OF_ORDER), "nothing here could check"


def test_a_lane_with_a_card_reader_asks_for_a_card_and_for_a_pass_only_where_one_can_be_read() -> None:
    assert shown(SHUT, reads=True, sees=False, scans=False).said == words.SHOW_CARD
    for sees, scans in ((True, False), (False, True), (True, True)):
        assert shown(SHUT, reads=True, sees=sees, scans=scans).said == words.SHOW_EITHER


def test_where_a_face_opens_by_itself_the_screen_says_so_as_long_as_a_camera_looks() -> None:
    assert shown(SHUT, faces=True) == Screen(Tone.READY, words.COME_CLOSER)
    assert shown(SHUT, faces=True, reads=True) == Screen(Tone.READY, words.LOOK_OR_SHOW)
    assert shown(SHUT, faces=True, sees=False).said == words.SCAN_PASS
    assert shown(SHUT, faces=True, sees=False, scans=False).tone is Tone.FAULT


def test_a_door_held_open_asks_to_be_closed() -> None:
    assert shown(DoorLane(phase=Phase.OPENED, board_ok=True, held=True)).said == words.DOOR_OPEN


@pytest.mark.req("ACC-24")
def test_a_lockdown_is_said_to_who_would_come_in_and_not_to_who_leaves() -> None:
    assert shown(SHUT, lockdown=True).said == words.CLOSED, "some are let in all the same, and are told so"
    assert screen_of(LaneNow(SHUT, Direction.OUT, lockdown=True), 101.0).tone is Tone.READY
    assert shown(OPEN, lockdown=True).tone is Tone.WELCOME, "for whom it was opened all the same"


@pytest.mark.req("INT-07")
def test_where_a_panel_drives_the_lock_nobody_says_unlocked_before_the_door_stands_open() -> None:
    granted = decided(Outcome.GRANT, Reason.OK)
    assert shown(OPEN, granted, panel=True) == Screen(Tone.WELCOME, words.SENT_TO_PANEL)
    opened = replace(OPEN, phase=Phase.OPENED, position=Position.OPEN)
    assert shown(opened, granted, panel=True) == Screen(Tone.WELCOME, words.WELCOME)


@pytest.mark.req("ACC-04")
def test_a_lane_that_is_only_starting_says_so_and_calls_nobody() -> None:
    starting = DoorLane()
    assert shown(starting, starting=True) == Screen(Tone.MORE, words.STARTING)
    assert shown(starting).said == words.OUT_OF_ORDER, "its board does not answer"
    refused = decided(Outcome.REFER, Reason.FAULT)
    early = replace(refused, decision=refused.decision.model_copy(update={"detail": {"device": STARTING}}))
    assert shown(SHUT, early) == Screen(Tone.MORE, words.AGAIN), "it has started meanwhile"
    assert shown(SHUT, refused).said == words.OUT_OF_ORDER

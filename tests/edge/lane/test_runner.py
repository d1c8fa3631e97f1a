"""From a recognition to a passage: decided, on disk, released, sensed, passed; and nothing else ever opens a door."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest

from edge.journal.journal import JournalCorrupt, JournalError, JournalFault, JournalFull
from edge.lane.inbox import BoardDown, Pulsed, ScanRefused
from edge.lane.states import Phase
from models.access.decision import Outcome
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import Actuated, Alarm, AlarmKind, DecisionMade, Passage, Scanned, Sensed
from tests.edge.full_disk import no_more_room
from tests.edge.lane.bench import Bench, a_frame

MakeBench = Callable[..., Bench]


@pytest.mark.req("GEN-01", "SYNC-06")
def test_the_five_records_of_an_access_share_one_correlation_id_in_the_order_of_the_facts(bench: Bench) -> None:
    bench.scan(bench.authority.a_pass()[1])
    bench.confirm()
    bench.walk_through()
    told = [(event.correlation, type(body)) for event, body in bench.events()][-5:]
    assert [kind for _, kind in told] == [DecisionMade, Actuated, Sensed, Sensed, Passage]
    assert {correlation for correlation, _ in told} == set(bench.locks["east-in"].pulses)
    assert bench.said(Passage)[-1].passed


@pytest.mark.req("SYNC-06")
def test_the_lock_is_told_only_after_the_decision_is_in_the_journal(bench: Bench) -> None:
    bench.scan(bench.authority.a_pass()[1])
    seq = next(event.seq for event, body in bench.events() if isinstance(body, DecisionMade))
    assert bench.locks["east-in"].heads == [seq]


@pytest.mark.req("GEN-01")
def test_a_missing_step_stays_missing(bench: Bench) -> None:
    """The board goes silent after the release: nobody knows whether somebody passed, and that is what is said."""
    bench.scan(bench.authority.a_pass()[1])
    bench.gate.handle(BoardDown("east-in", "unit 1 did not answer"))
    bench.wait(60.0)
    assert bench.decisions() == ["grant ok"]
    assert not bench.said(Actuated) and bench.passages() == ["board_silent"]


@pytest.mark.req("GEN-04", "ACC-06")
def test_a_refusal_is_journaled_like_a_grant(bench: Bench) -> None:
    granted, refused = bench.authority.a_pass(), bench.authority.a_pass(gates=1 << 9)
    for _, token in (granted, refused):
        bench.scan(token)
    bench.scan("WEATHER TODAY: RAIN")
    decided = [(event, body) for event, body in bench.events() if isinstance(body, DecisionMade)]
    assert bench.decisions() == ["grant ok", "deny wrong_point", "deny malformed"]
    assert bench.locks["east-in"].pulses == [decided[0][0].correlation]
    for event, body in decided:
        assert body.decision.checks[-1].reason is body.decision.reason
        assert body.decision.rules_version == 1 and body.decision.rules_age_s is not None
        assert body.duration_us >= 0 and event.lane_id == bench.lanes["east-in"].lane_id
    assert [body.decision.credential_id for _, body in decided] == [granted[0], refused[0], None]
    assert bench.journal.personal_of(decided[1][0]) == refused[1].encode(), "what was shown is kept, sealed"


@pytest.mark.req("ACC-16")
def test_a_code_held_in_view_is_one_decision_and_two_codes_in_one_picture_are_two(bench: Bench) -> None:
    first, second = bench.authority.a_pass()[1], bench.authority.a_pass(gates=1 << 9)[1]
    for _ in range(50):
        bench.see(first)
        bench.see(second)
        bench.wait(0.1)
    assert bench.decisions() == ["grant ok", "deny wrong_point"]
    assert len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("VIS-07")
def test_uses_are_counted_and_given_back_when_nobody_came_in(bench: Bench) -> None:
    pass_id, token = bench.authority.a_pass(uses=1)
    bench.scan(token)
    bench.confirm(fault="NotConfirmed: output 1 reads off")
    assert bench.passages() == ["not_released"] and bench.journal.uses_of(pass_id) == 0
    bench.scan(token)
    bench.confirm()
    bench.wait(6.0)
    assert bench.passages()[-1] == "timeout" and bench.journal.uses_of(pass_id) == 0
    bench.scan(token)
    bench.confirm()
    bench.walk_through()
    bench.scan(token)
    assert bench.decisions() == ["grant ok"] * 3 + ["deny used_up"]
    assert bench.journal.uses_of(pass_id) == 1


@pytest.mark.req("VIS-07", "VIS-10")
def test_leaving_uses_up_nothing_and_is_never_refused_for_it(make_bench: MakeBench) -> None:
    bench = make_bench(codes=("east-in", "east-out"))
    bench.close()
    bench.lanes["east-out"] = bench.lanes["east-out"].model_copy(update={"direction": Direction.OUT})
    bench.start()
    bench.rules()
    for lane in bench.codes:
        bench.contacts(lane=lane)
    pass_id, token = bench.authority.a_pass(uses=1)
    for lane in ("east-out", "east-in", "east-out", "east-out"):
        bench.scan(token, lane)
        bench.confirm(lane=lane)
        bench.walk_through(lane)
    bench.scan(token)
    assert bench.decisions() == ["grant ok"] * 4 + ["deny used_up"]
    assert bench.journal.uses_of(pass_id) == 1


@pytest.mark.req("ACC-23")
def test_a_lock_that_did_not_move_is_never_called_confirmed(bench: Bench) -> None:
    bench.scan(bench.authority.a_pass()[1])
    bench.confirm(fault="NotConfirmed: output 1 was told to be on and reads off")
    assert [one.confirmed for one in bench.said(Actuated)] == [False]
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False]
    bench.scan(bench.authority.a_pass()[1])
    bench.confirm()
    assert [one.confirmed for one in bench.said(Actuated)] == [False, True]
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False, True]


@pytest.mark.req("ACC-23")
def test_a_silent_board_refers_and_releases_nothing_when_it_is_back(bench: Bench) -> None:
    bench.gate.handle(BoardDown("east-in", "unit 1 did not answer"))
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions() == ["refer fault"]
    assert bench.said(DecisionMade)[0].decision.detail == {"device": "relay"}
    bench.contacts(pressed=True)
    bench.wait(1.0)
    assert not bench.locks["east-in"].pulses, "link return, with a finger or a short on the button, opens nothing"
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False, True]
    bench.contacts()
    bench.contacts(pressed=True)
    assert len(bench.locks["east-in"].pulses) == 1, "a press after that opens"


@pytest.mark.req("ACC-23")
def test_a_button_that_is_found_pressed_at_the_start_opens_nothing(bench: Bench) -> None:
    bench.start()
    bench.contacts(pressed=True)
    assert not bench.locks["east-in"].pulses and not bench.decisions()


@pytest.mark.req("ACC-23")
def test_a_restart_in_the_middle_of_a_grant_says_so_and_moves_nothing(bench: Bench) -> None:
    pass_id, token = bench.authority.a_pass(uses=1)
    bench.scan(token)
    (correlation,) = bench.locks["east-in"].pulses
    bench.start()
    bench.contacts()
    bench.wait(60.0)
    ended = [(event.correlation, body.why) for event, body in bench.events() if isinstance(body, Passage)]
    assert ended == [(correlation, "restart")]
    assert not bench.locks["east-in"].pulses and not bench.locks["east-in"].holds
    assert bench.journal.uses_of(pass_id) == 1, "nobody knows, so the use stays counted"
    bench.start()
    assert bench.passages() == ["restart"], "said once"


# -- a disk that takes nothing -----------------------------------------------------------------------------------


@pytest.mark.req("SYNC-06", "SYNC-13")
@pytest.mark.parametrize("failure", [JournalFull, JournalFault, JournalCorrupt])
def test_with_a_journal_that_takes_nothing_only_the_exit_button_opens(
    bench: Bench, failure: type[JournalError]
) -> None:
    pass_id, token = bench.authority.a_pass(uses=1)
    bench.refusing = failure
    bench.scan(token)
    bench.order(bench.command())
    assert not bench.locks["east-in"].pulses, "what is not on disk opens nothing"
    bench.press()
    assert len(bench.locks["east-in"].pulses) == 1, "but the way out does not depend on a disk"
    bench.confirm()
    bench.walk_through()
    bench.wait(30.0)
    bench.refusing = None
    bench.wait(0.1)
    assert bench.decisions() == ["grant ok"] * 3
    disk = [body for body in bench.said(Alarm) if body.alarm is AlarmKind.DISK]
    assert [body.over for body in disk] == [False, True], "said once, and over"
    by_kind = {body.decision.kind.value: event for event, body in bench.events() if isinstance(body, DecisionMade)}
    ended = {event.correlation: body.why for event, body in bench.events() if isinstance(body, Passage)}
    assert ended == {
        by_kind["pass"].correlation: "not_released",
        by_kind["remote"].correlation: "not_released",
        by_kind["exit_button"].correlation: "door_cycle",
    }
    assert bench.journal.uses_of(pass_id) == 0 and not bench.journal.unfinished()


@pytest.mark.req("SYNC-09")
def test_what_waited_for_room_keeps_the_time_and_order_in_which_it_happened(bench: Bench) -> None:
    bench.wait(1.0)
    bench.refusing = JournalFull
    began = bench.now()
    bench.gate.handle(ScanRefused("east-in", "control", 7))
    bench.wait(1.0)
    bench.press()
    bench.wait(3600.0)
    bench.refusing = None
    bench.gate.handle(ScanRefused("east-in", "too_long", 999))
    told = [(body.kind, event.at) for event, body in bench.events() if event.at >= began]
    assert [kind for kind, _ in told][:2] == ["scan_refused", "alarm"]
    assert told[0][1] == began
    pressed_at = next(at for kind, at in told if kind == "decision")
    assert pressed_at - began == timedelta(seconds=1)
    assert [at for _, at in told] == sorted(at for _, at in told)


@pytest.mark.req("ACC-21", "SYNC-13")
def test_the_fifth_wrong_attempt_raises_its_alarm_also_while_the_disk_is_full(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(bench.store, "save_attempts", full)
    bench.refusing = JournalFull
    for number in range(5):
        bench.scan(f"RUBBISH {number}")
    bench.refusing = None
    bench.wait(0.1)
    assert bench.alarms(AlarmKind.WRONG_ATTEMPTS) == [False]


@pytest.mark.req("SYNC-13")
def test_a_pass_that_was_revoked_opens_no_more_though_the_store_has_no_room(bench: Bench) -> None:
    """The journal may still have some, so nothing else keeps the door shut."""
    pass_id, token = bench.authority.a_pass()
    bench.scan(token)
    no_more_room(bench.store)
    bench.rules(revoked=frozenset({pass_id, *(new_id() for _ in range(500))}))
    bench.scan(token)
    assert bench.store.unkept() is not None and bench.decisions() == ["grant ok", "deny revoked"]


# -- people who try ------------------------------------------------------------------------------------------------


@pytest.mark.req("ACC-21")
def test_five_wrong_attempts_within_ten_minutes_raise_one_alarm_at_the_lane_and_one_for_the_pass(bench: Bench) -> None:
    pass_id, token = bench.authority.a_pass(gates=1 << 9)
    for _ in range(4):
        bench.scan(token)
    assert not bench.alarms(AlarmKind.WRONG_ATTEMPTS)
    bench.start()  # a restart forgets no attempt
    bench.contacts()
    bench.scan(token)
    bench.scan(token)
    raised = [body.device for body in bench.said(Alarm) if body.alarm is AlarmKind.WRONG_ATTEMPTS]
    assert raised == ["lane:east-in", f"pass:{pass_id}"]
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions()[-1] == "grant ok", "they lock no door"


@pytest.mark.req("ACC-21")
def test_a_slow_trickle_of_wrong_attempts_raises_none(bench: Bench) -> None:
    for number in range(6):
        bench.scan(f"RUBBISH {number}")
        bench.wait(151.0)
    assert not bench.alarms(AlarmKind.WRONG_ATTEMPTS)


@pytest.mark.req("ACC-06")
def test_what_is_no_code_at_all_is_told_and_never_decided(bench: Bench) -> None:
    bench.gate.handle(ScanRefused("east-in", "too_long", 10_240))
    assert [(body.why, body.length) for body in bench.said(Scanned)] == [("too_long", 10_240)]
    assert not bench.decisions()


@pytest.mark.req("ACC-04")
def test_without_any_rules_passes_are_refused_and_the_exit_button_opens(make_bench: MakeBench) -> None:
    bench = make_bench(rules=False)
    bench.scan(bench.authority.a_pass()[1])
    bench.press()
    assert bench.decisions() == ["deny unknown_key", "grant ok"]
    assert len(bench.locks["east-in"].pulses) == 1
    assert bench.said(DecisionMade)[0].decision.rules_version == 0


# -- doors ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("ACC-18")
def test_forced_and_held_doors_reach_the_journal_and_end_there(bench: Bench) -> None:
    bench.contacts(closed=False)
    bench.wait(31.0)
    assert bench.alarms(AlarmKind.FORCED) == [False] and bench.alarms(AlarmKind.HELD_OPEN) == [False]
    bench.contacts()
    assert bench.alarms(AlarmKind.FORCED) == [False, True] and bench.alarms(AlarmKind.HELD_OPEN) == [False, True]


@pytest.mark.req("ACC-18")
@pytest.mark.parametrize("found_open", [False, True])
def test_an_alarm_that_was_raised_before_a_restart_is_over_when_the_door_is_shut(
    bench: Bench, found_open: bool
) -> None:
    bench.contacts(closed=False)
    bench.wait(31.0)
    bench.start()
    bench.contacts(closed=not found_open)
    if found_open:
        assert bench.alarms(AlarmKind.FORCED) == [False]
        bench.contacts()
    assert bench.alarms(AlarmKind.FORCED) == [False, True]
    assert bench.alarms(AlarmKind.HELD_OPEN) == [False, True]
    bench.start()
    bench.contacts()
    assert bench.alarms(AlarmKind.FORCED) == [False, True], "once"


@pytest.mark.req("ACC-18")
def test_two_doors_of_an_interlock_are_never_released_together(make_bench: MakeBench) -> None:
    bench = make_bench(codes=("outer", "inner"), interlocks=(frozenset({"outer", "inner"}),))
    token = bench.authority.a_pass()[1]
    bench.scan(token, "outer")
    bench.scan(bench.authority.a_pass()[1], "inner")
    bench.press("inner")
    assert bench.decisions() == ["grant ok", "refer interlock", "refer interlock"]
    assert not bench.locks["inner"].pulses
    bench.confirm(lane="outer")
    bench.contacts(closed=False, lane="outer")
    bench.wait(60.0)
    bench.scan(bench.authority.a_pass()[1], "inner")
    assert bench.decisions()[-1] == "refer interlock", "as long as the other door stands open"
    bench.contacts(lane="outer")
    bench.scan(bench.authority.a_pass()[1], "inner")
    assert bench.decisions()[-1] == "grant ok" and len(bench.locks["inner"].pulses) == 1


@pytest.mark.req("ACC-18")
def test_a_door_of_which_nothing_is_known_keeps_its_partner_shut(make_bench: MakeBench) -> None:
    bench = make_bench(codes=("outer", "inner"), interlocks=(frozenset({"outer", "inner"}),))
    bench.gate.handle(BoardDown("inner", "silent"))
    bench.scan(bench.authority.a_pass()[1], "outer")
    assert bench.decisions() == ["refer interlock"] and not bench.locks["outer"].pulses
    bench.contacts(lane="inner")
    bench.scan(bench.authority.a_pass()[1], "outer")
    assert bench.decisions()[-1] == "grant ok"
    bench.start()
    bench.contacts(lane="outer")
    bench.scan(bench.authority.a_pass()[1], "outer")
    assert bench.decisions()[-1] == "refer interlock", "the other door has not been heard of since the start"
    bench.contacts(fire=True, lane="outer")
    assert bench.locks["outer"].holds == [True], "except on fire"


@pytest.mark.req("ACC-18")
def test_a_door_in_two_interlocks_waits_for_both(make_bench: MakeBench) -> None:
    groups = (frozenset({"a", "b"}), frozenset({"b", "c"}))
    bench = make_bench(codes=("a", "b", "c"), interlocks=groups)
    bench.contacts(closed=False, lane="a")
    bench.contacts(closed=False, lane="c")
    bench.contacts(lane="c")
    bench.scan(bench.authority.a_pass()[1], "b")
    assert bench.decisions() == ["refer interlock"] and not bench.locks["b"].pulses


@pytest.mark.req("ACC-22", "SYNC-13")
def test_with_every_file_of_the_node_unreadable_the_way_out_and_fire_go_on_and_nobody_is_let_in(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("disk I/O error")

    def uncounted(*_: object) -> NoReturn:
        raise JournalFault("disk I/O error")

    bench.refusing = JournalCorrupt
    monkeypatch.setattr(bench.journal, "uses_of", uncounted)
    monkeypatch.setattr(bench.store, "attempts", unreadable)
    monkeypatch.setattr(bench.store, "save_attempts", unreadable)
    monkeypatch.setattr(bench.keys, "seal", unreadable)
    bench.scan(bench.authority.a_pass()[1])
    bench.scan("WEATHER TODAY: RAIN")
    assert not bench.locks["east-in"].pulses
    bench.press()
    assert len(bench.locks["east-in"].pulses) == 1
    bench.contacts(fire=True)
    assert bench.locks["east-in"].holds == [True]
    monkeypatch.undo()
    bench.refusing = None
    bench.wait(1.0)
    assert bench.decisions() == ["refer fault", "deny malformed", "grant ok"], "written down once there is a disk"


@pytest.mark.req("SYNC-06")
def test_a_person_whose_key_cannot_be_written_is_not_let_in_and_the_gate_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(bench.keys, "seal", read_only)
    bench.scan(bench.authority.a_pass()[1])
    assert not bench.locks["east-in"].pulses
    bench.press()
    assert len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("ACC-18", "ACC-22")
def test_fire_goes_before_an_interlock(make_bench: MakeBench) -> None:
    bench = make_bench(codes=("outer", "inner"), interlocks=(frozenset({"outer", "inner"}),))
    bench.contacts(fire=True, lane="outer")
    bench.contacts(fire=True, lane="inner")
    assert bench.locks["outer"].holds == [True] and bench.locks["inner"].holds == [True]


def test_a_picture_is_promised_only_where_the_community_wants_it_and_the_camera_has_one(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    frame = bench.eyes["east-in"].frame = a_frame()
    bench.scan(bench.authority.a_pass()[1])
    bench.rules(pictures=True)
    bench.scan(bench.authority.a_pass()[1])
    bench.eyes["east-in"].frame = None  # the camera itself says when its newest frame counts no more (test_eyes)
    bench.scan(bench.authority.a_pass()[1])
    decided = [(event, body) for event, body in bench.events() if isinstance(body, DecisionMade)]
    assert [body.picture for _, body in decided] == [False, True, False]
    assert bench.kept.pictures == [(decided[1][0].event_id, frame)]
    assert bench.kept.about == [(Outcome.GRANT, False)]


@pytest.mark.req("ACC-22")
def test_during_a_fire_everybody_is_granted_and_no_pulse_ends_the_hold(bench: Bench) -> None:
    bench.contacts(fire=True)
    bench.scan("WEATHER TODAY: RAIN")
    assert bench.decisions() == ["grant fire"] and bench.passages() == ["fire"]
    assert not bench.locks["east-in"].pulses
    assert bench.gate.lane("east-in").door.phase is Phase.FIRE


@pytest.mark.req("ACC-22")
def test_the_alarm_of_a_fire_says_at_which_lanes_it_was_seen_and_no_other_alarm_does(bench: Bench) -> None:
    bench.contacts(closed=False, fire_at=())
    bench.contacts(closed=False, tamper=True, fire_at=("east-out",))
    bench.contacts(fire=True, fire_at=("east-out", "west-in"))
    raised = [(one.alarm, one.detail) for one in bench.said(Alarm) if not one.over]
    assert (AlarmKind.FIRE, "east-out west-in") in raised
    assert all(detail is None for kind, detail in raised if kind is not AlarmKind.FIRE)


@pytest.mark.req("LANE-19")
def test_a_release_that_was_only_told_is_not_recorded_as_confirmed_and_the_door_itself_shows_the_passage(
    bench: Bench,
) -> None:
    bench.scan(bench.authority.a_pass()[1])
    (correlation,) = bench.locks["east-in"].pulses
    bench.gate.handle(Pulsed("east-in", correlation, None, bench.mono, seen=False))
    bench.walk_through()
    assert [(one.confirmed, one.fault) for one in bench.said(Actuated)] == [(False, None)]
    assert bench.said(Passage)[-1].passed


@pytest.mark.req("SEC-12")
def test_tampering_is_an_alarm_until_the_loop_is_closed_also_across_a_restart(bench: Bench) -> None:
    bench.contacts(tamper=True)
    bench.contacts(tamper=True)
    assert bench.alarms(AlarmKind.TAMPER) == [False]
    bench.start()
    bench.contacts()
    assert bench.alarms(AlarmKind.TAMPER) == [False, True]
    assert bench.locks["east-in"].pulses == []


@pytest.mark.req("ACC-19")
def test_a_tailgate_is_told_under_the_access_that_was_followed(bench: Bench) -> None:
    bench.scan(bench.authority.a_pass()[1])
    bench.contacts(closed=False)
    for _ in range(2):
        bench.contacts(closed=False, beam=True)
        bench.contacts(closed=False)
    bench.contacts()
    told = [event for event, body in bench.events() if isinstance(body, Alarm)]
    assert [event.correlation for event in told] == bench.locks["east-in"].pulses
    assert bench.alarms(AlarmKind.TAILGATE) == [False] and bench.passages() == ["door_cycle"]


@pytest.mark.req("VIS-05")
def test_how_many_come_with_a_pass_is_in_the_record(bench: Bench) -> None:
    bench.scan(bench.authority.a_pass(party=3)[1])
    assert bench.said(DecisionMade)[-1].party == 3

"""What a gate says and counts while its board answers late, wrong or not at all, and when its button stays down."""

from __future__ import annotations

import pytest

from edge.lane.inbox import BoardDown
from models.wire.events import Alarm, AlarmKind, Position, Sensed
from tests.edge.lane.bench import Bench


@pytest.mark.req("VIS-07", "GEN-01", "ACC-18")
def test_a_release_whose_answer_got_lost_costs_an_entry_and_is_no_forced_door(bench: Bench) -> None:
    _, token = bench.authority.a_pass(uses=1)
    bench.scan(token)
    bench.confirm(fault="Unreachable: unit 1 did not answer", known=False)
    bench.walk_through()
    assert bench.passages() == ["door_cycle"] and not bench.alarms(AlarmKind.FORCED)
    bench.scan(token)
    assert bench.decisions() == ["grant ok", "deny used_up"]
    other_id, other = bench.authority.a_pass(uses=1)
    bench.scan(other)
    bench.confirm(fault="Garbled: 9 bytes", known=False)
    bench.wait(6.0)
    assert bench.passages()[1:] == ["board_silent"] and bench.journal.uses_of(other_id) == 1


@pytest.mark.req("ACC-18")
def test_an_exit_button_held_down_for_a_minute_is_a_fault_until_it_is_free(bench: Bench) -> None:
    def told() -> list[tuple[bool, str | None]]:
        return [(one.over, one.device) for one in bench.said(Alarm) if one.alarm is AlarmKind.DEVICE_FAULT]

    bench.contacts(pressed=True)
    bench.wait(0.1)
    bench.wait(59.0)
    assert told() == []
    bench.wait(2.0)
    bench.wait(2.0)
    assert told() == [(False, "exit_button")]
    bench.gate.handle(BoardDown("east-in", "unit 1 did not answer"))
    bench.wait(1.0)
    assert len(told()) == 2, "of a silent board nobody knows whether the button is free"
    bench.contacts(pressed=True)
    bench.wait(0.1)
    bench.contacts()
    bench.wait(0.1)
    assert told()[-1] == (True, "exit_button")


@pytest.mark.req("GEN-01")
def test_a_board_that_is_silent_from_the_start_makes_the_door_unknown(bench: Bench) -> None:
    """Central knows the door from before the restart."""
    bench.contacts()
    bench.start()
    bench.gate.handle(BoardDown("east-in", "unit 1 did not answer"))
    assert [one.position for one in bench.said(Sensed)] == [Position.CLOSED, Position.UNKNOWN]
    bench.contacts()
    bench.gate.handle(BoardDown("east-in", "unit 1 did not answer"))
    assert [one.position for one in bench.said(Sensed)][2:] == [Position.CLOSED, Position.UNKNOWN]

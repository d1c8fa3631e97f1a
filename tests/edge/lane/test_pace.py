"""A node that looks too seldom to see a head turn says so, instead of sending everybody to the guard in silence."""

from __future__ import annotations

import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ports import Frame
from edge.lane.approach import Approach, Stage
from edge.lane.eyes import CameraThread
from edge.lane.inbox import DeviceState
from edge.lane.pace import LOOKS, NEEDED_S, Pace
from edge.verify.face.liveness.challenge import GAP_S
from tests.edge.lane.test_approach import PIXELS, Scene


@given(st.lists(st.floats(0.01, 3.0), max_size=20))
def test_the_middle_of_the_last_gaps_counts_and_too_few_say_nothing(gaps):
    pace, now = Pace(), 0.0
    for gap in (0.0, *gaps):
        now += gap
        pace = pace.seen(now)
    if len(gaps) < LOOKS:
        assert pace.too_slow is None
    else:
        slow = sum(gap > NEEDED_S for gap in pace.gaps)
        assert 2 * slow == LOOKS or pace.too_slow is (2 * slow > LOOKS)


def test_what_lies_between_two_proofs_is_no_gap():
    pace = Pace().seen(1.0).begins().seen(60.0).seen(60.1)
    assert pace.gaps == pytest.approx((0.1,))


@pytest.mark.req("ACC-10", "SYNC-18")
@pytest.mark.parametrize(("passive", "told"), [(False, True), (True, False)])
def test_a_node_too_slow_for_turned_heads_is_one_alarm_until_it_keeps_up(passive, told):
    """Where nothing is asked of anybody, there is no turn to be missed."""
    scene = Scene(passive=passive)
    approach = Approach(scene, scene.find, scene)
    inbox: queue.Queue = queue.Queue()
    eyes = CameraThread("east-in", lambda: None, inbox, scene, face_alone=True, approach=approach)
    now = 0.0

    def look(gap: float, times: int) -> list[DeviceState]:
        nonlocal now
        for seq in range(times):
            now += gap
            eyes._watch_approach(approach, Frame(PIXELS, now, seq), code_there=False)
        found = [inbox.get_nowait() for _ in range(inbox.qsize())]
        return [one for one in found if isinstance(one, DeviceState) and one.device == "face_pace"]

    slow = look(GAP_S - 0.1, 3 * LOOKS)
    assert approach.stage is Stage.PROVING
    assert [one.fault is not None for one in slow] == ([True] if told else [])
    assert [one.fault for one in look(0.1, 3 * LOOKS)] == ([None] if told else [])
    assert look(0.1, LOOKS) == []

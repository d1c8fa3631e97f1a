"""What a link asks for next, in every state that an enrolment can be in."""

from __future__ import annotations

import itertools

import pytest

from central.gates.face_enrolment.rules import TRIES_MAX, EnrolmentState, Step, may_send, step_of


@pytest.mark.req("PRIV-01", "PRIV-02")
def test_no_camera_before_the_newest_text_is_agreed_to_and_none_where_nothing_more_is_taken():
    for state, tries, *facts in itertools.product(EnrolmentState, (0, TRIES_MAX), *[(False, True)] * 4):
        agrees, newer, known, again = facts
        step = step_of(state, tries, agrees=agrees, newer_text=newer, known=known, again=again)
        assert (step is Step.CONSENT) == (not agrees or newer)
        if step is Step.PHOTOS:
            assert may_send(state, tries) or state is EnrolmentState.WAITING
        if step is Step.CLOSED:
            assert tries == TRIES_MAX
        if step is Step.DONE:
            assert state is EnrolmentState.ENROLLED or known


def test_whom_a_gate_knows_is_done_unless_they_want_new_photos():
    def step(again: bool) -> Step:
        return step_of(EnrolmentState.INVITED, 0, agrees=True, newer_text=False, known=True, again=again)

    assert (step(again=False), step(again=True)) == (Step.DONE, Step.PHOTOS)

"""Which call a door is asked for in: read to the letter, and none where none is in progress."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.intercom.calls import CALL_S, Call, Event, Said, after, in_progress, read, what_is_told
from edge.intercom.digest import Answer, Door, Peer, challenged, judge, respond

PEER = Peer("east-in", "192.168.1.50", "east", "a-secret-of-its-own", calls=True)
LANE = "/intercom/east-in"


def ask(door: Door, query: str, now: float, peer: Peer = PEER) -> tuple[Door, Answer]:
    """One request with a right proof of what it says."""
    uri = f"{LANE}{query}"
    return judge(challenged(door, "abc", now), peer, peer.address, uri, respond(peer, uri, "abc"), now)


def test_a_path_is_read_to_the_letter() -> None:
    assert read(LANE) == Said("east-in")
    assert read(f"{LANE}?call=a84b4c76e66710@pbx&answered=5-2-1102") == Said(
        "east-in", Event.OPEN, "a84b4c76e66710@pbx", "5-2-1102"
    )
    assert read(f"{LANE}?event=begin&call=7") == Said("east-in", Event.BEGIN, "7")


@pytest.mark.req("INT-12", "GEN-02")
@pytest.mark.parametrize(
    "query",
    [
        *("?call", "?call=", "?call=a b", f"?call={'x' * 65}", "?who=5", "?call=1&call=2"),
        *("?event=stop&call=1", "?event=begin", "?event=end&call=1&answered=5"),
        *("?answered=13800138000", "?answered=138-0013-8000", "?answered=%E7%8E%8B"),
    ],
)
def test_what_is_written_otherwise_or_would_name_a_person_is_not_understood(query: str) -> None:
    assert read(LANE + query) is None
    assert ask(Door(), query, 0.0)[1] is Answer.UNREADABLE


@pytest.mark.req("INT-12")
def test_where_calls_are_told_a_door_is_asked_for_in_the_one_in_progress_or_not_at_all() -> None:
    door, answer = ask(Door(), "?call=1", 0.0)
    assert answer is Answer.NO_CALL
    door, answer = ask(door, "?event=begin&call=1", 1.0)
    assert (answer, door.call, door.opened) == (Answer.TAKEN, Call("1", 1.0), ())
    assert [ask(door, query, 2.0)[1] for query in ("", "?call=2", "?call=1&answered=guard")] == [
        Answer.NO_CALL, Answer.NO_CALL, Answer.TAKEN
    ]  # fmt: skip
    assert ask(door, "?call=1", 1.0 + CALL_S)[1] is Answer.NO_CALL, "nobody ended it"
    door, _ = ask(door, "?event=end&call=2", 3.0)
    assert ask(door, "?call=1", 3.0)[1] is Answer.TAKEN, "another one ended"
    door, _ = ask(door, "?event=end&call=1", 4.0)
    assert ask(door, "?call=1", 4.0)[1] is Answer.NO_CALL


@pytest.mark.req("INT-12")
def test_what_was_said_of_a_call_cannot_be_changed_on_the_way() -> None:
    proof = respond(PEER, f"{LANE}?event=begin&call=1", "abc")
    for changed in (f"{LANE}?event=begin&call=2", f"{LANE}?call=1", LANE):
        door, answer = judge(challenged(Door(), "abc", 0.0), PEER, PEER.address, changed, proof, 0.0)
        assert answer is Answer.PROVE_IT and door.call is None and len(door.wrong) == 1


def test_an_intercom_that_tells_of_no_calls_opens_without_one() -> None:
    assert ask(Door(), "?call=1&answered=8001", 0.0, replace(PEER, calls=False))[1] is Answer.TAKEN


SAID = st.builds(Said, st.just("east-in"), st.sampled_from(Event), st.sampled_from(["1", "2"]))


@pytest.mark.req("INT-12")
@given(st.lists(st.tuples(SAID, st.floats(0, 100)), max_size=8))
def test_after_any_history_a_call_is_in_progress_only_if_it_was_begun_last_and_not_ended_since(
    history: list[tuple[Said, float]],
) -> None:
    call, now, going = None, 0.0, None
    for said, later in history:
        now += later
        call = after(call, said, now)
        if said.event is Event.BEGIN:
            going = (said.call, now)
        elif said.event is Event.END and going is not None and going[0] == said.call:
            going = None
    for name in ("1", "2"):
        expected = going is not None and going[0] == name and now - going[1] < CALL_S
        assert in_progress(call, Said("east-in", Event.OPEN, name), now) == expected


@given(st.text(max_size=120))
def test_no_path_raises(text: str) -> None:
    read(text)
    read(f"{LANE}?{text}")


@pytest.mark.req("LANE-26", "INT-12")
@given(st.lists(st.tuples(SAID, st.floats(0, 2 * CALL_S)), max_size=10))
def test_of_any_history_each_call_is_told_to_begin_once_and_to_end_once_at_most_and_in_that_order(
    history: list[tuple[Said, float]],
) -> None:
    call: Call | None = None
    told: list[tuple[Call, str]] = []
    now = 0.0
    for said, later in history:
        now += later
        before, call = call, after(call, said, now)
        told += what_is_told(before, call, said, now)
    for one in {one.call_id for one, _ in told}:
        whats = [what for each, what in told if each.call_id == one]
        assert whats[0] == "began" and whats.count("began") == 1 and whats.count("ended") <= 1
        assert "ended" not in whats or whats[-1] == "ended"
    began = sum(what == "began" for _, what in told)
    assert began - sum(what == "ended" for _, what in told) == (call is not None), "what goes on has not ended"


def test_a_call_that_is_said_to_begin_again_is_the_same_call() -> None:
    first = after(None, Said("east-in", Event.BEGIN, "7"), 0.0)
    assert first is not None
    said = Said("east-in", Event.BEGIN, "7")
    again, later = after(first, said, 5.0), after(first, said, CALL_S + 1)
    assert again is not None and again.call_id == first.call_id and what_is_told(first, again, said, 5.0) == ()
    assert later is not None and later.call_id != first.call_id, "nobody ended that one"

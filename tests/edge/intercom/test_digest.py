"""Who may ask for a door: only the lane's own intercom, with the secret, once for each challenge, and not for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.intercom.digest import (
    CHALLENGE_S,
    OPENINGS_MAX,
    OPENINGS_S,
    WRONG_MAX,
    WRONG_S,
    Answer,
    Door,
    Peer,
    challenged,
    judge,
    respond,
)

PEER = Peer("east-in", "192.168.1.50", "east", "a-secret-of-its-own")
OTHER = replace(PEER, secret="quite-another-secret")
URI = "/intercom/east-in"


def _asked(door: Door, authorization: str | None, now: float = 0.0, sender: str = PEER.address) -> tuple[Door, Answer]:
    return judge(door, PEER, sender, URI, authorization, now)


@pytest.mark.req("INT-12")
@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_the_right_answer_to_a_fresh_challenge_opens_once(algorithm: str) -> None:
    door, answer = _asked(Door(), None)
    assert answer is Answer.PROVE_IT
    proof = respond(PEER, URI, "abc", algorithm=algorithm)
    door, answer = _asked(challenged(door, "abc", 0.0), proof, 1.0)
    assert answer is Answer.TAKEN
    door, answer = _asked(door, proof, 1.1)
    assert answer is Answer.PROVE_IT and not door.wrong, "played back it opens nothing"


@pytest.mark.req("INT-12")
def test_a_challenge_grows_old_and_another_address_is_told_no_whatever_it_knows() -> None:
    door, proof = challenged(Door(), "abc", 0.0), respond(PEER, URI, "abc")
    assert _asked(door, proof, CHALLENGE_S - 0.1)[1] is Answer.TAKEN
    assert _asked(door, proof, CHALLENGE_S)[1] is Answer.PROVE_IT
    assert _asked(door, proof, sender="192.168.1.51") == (door, Answer.NO)


@pytest.mark.req("INT-12")
@pytest.mark.parametrize(
    "other",
    [
        respond(OTHER, URI, "abc"),
        respond(replace(PEER, user="west"), URI, "abc"),
        respond(PEER, "/intercom/west-in", "abc"),
        respond(PEER, URI, "abc").replace('qop="auth"', 'qop=""'),
        respond(PEER, URI, "abc").replace("SHA-256", "SHA-1"),
    ],
)
def test_a_wrong_answer_is_counted_and_uses_its_challenge_up(other: str) -> None:
    door, answer = _asked(challenged(Door(), "abc", 0.0), other, 1.0)
    assert answer is Answer.PROVE_IT and len(door.wrong) == 1 and not door.opened
    assert _asked(door, respond(PEER, URI, "abc"), 1.0)[1] is Answer.PROVE_IT


@pytest.mark.req("INT-12")
def test_after_five_wrong_answers_nothing_is_taken_for_a_while() -> None:
    door = Door()
    for number in range(WRONG_MAX):
        door, _ = _asked(challenged(door, str(number), 0.0), respond(OTHER, URI, str(number)))
    assert door.locked
    good = respond(PEER, URI, "good")
    assert _asked(challenged(door, "good", 1.0), good, 1.0)[1] is Answer.TOO_OFTEN
    assert _asked(challenged(door, "good", WRONG_S), good, WRONG_S)[1] is Answer.TAKEN


@pytest.mark.req("INT-12")
def test_an_intercom_that_asks_and_asks_is_slowed() -> None:
    door, answers = Door(), []
    for number in range(OPENINGS_MAX + 1):
        door, answer = _asked(challenged(door, str(number), 0.0), respond(PEER, URI, str(number)))
        answers.append(answer)
    assert answers == [Answer.TAKEN] * OPENINGS_MAX + [Answer.TOO_OFTEN]
    assert _asked(challenged(door, "n", OPENINGS_S), respond(PEER, URI, "n"), OPENINGS_S)[1] is Answer.TAKEN


@given(st.text(max_size=300))
def test_no_text_is_an_answer_and_none_raises(text: str) -> None:
    for said in (text, f"Digest {text}", f'Digest nonce="abc", {text}'):
        assert _asked(challenged(Door(), "abc", 0.0), said)[1] is Answer.PROVE_IT

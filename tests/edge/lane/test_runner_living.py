"""A face without a pass at a lane that lets living faces open: decided, recorded, said, and paused while it is open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.lane.inbox import FaceSeen, Prompt
from edge.lane.says import ANSWERS, CONCLUDED_S, Said, Say, about, after
from models.access.credential import Cardholder
from models.access.policy import Effect, Rule
from models.access.verification import Attack, FaceResult, FaceStatus, Liveness
from models.values.ids import new_id
from models.wire.events import DecisionMade
from tests.edge.lane.bench import Bench

MakeBench = Callable[..., Bench]
AGREED = Cardholder(cardholder_id=new_id(), groups=frozenset({"resident"}), face_consent=True)
WALKS_IN = (Rule(rule_id=new_id(), effect=Effect.ALLOW, groups=frozenset({"resident"})),)
LIVE = FaceResult(
    status=FaceStatus.MATCHED, cardholder_id=AGREED.cardholder_id, score=0.8, threshold=0.5, one_to_many=True,
    liveness=Liveness.LIVE, proved_by="challenge-1",
)  # fmt: skip
SPOOF = LIVE.model_copy(update={"liveness": Liveness.SPOOF, "attack": Attack.FLAT})


def opening(make_bench: MakeBench, holder: Cardholder = AGREED, opens: bool = True) -> Bench:
    bench = make_bench(eyes=True)
    bench.rules(cardholders=(holder,), rules=WALKS_IN)
    bench.gate.lane("east-in").face_opens = opens
    return bench


def shows(bench: Bench, face: FaceResult) -> None:
    bench.gate.handle(FaceSeen("east-in", face, bench.mono))


def says(bench: Bench) -> Say:
    return bench.gate.lane("east-in").says.say


@pytest.mark.req("ACC-10", "PRIV-18")
def test_a_living_face_opens_is_recorded_as_alive_and_welcomed(make_bench: MakeBench) -> None:
    bench = opening(make_bench)
    shows(bench, LIVE)
    assert bench.decisions() == ["grant ok"] and len(bench.locks["east-in"].pulses) == 1
    made = bench.said(DecisionMade)[0]
    assert (made.liveness, made.decision.score, made.decision.threshold) == ("live", 0.8, 0.5)
    assert says(bench) is Say.WELCOME


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize(
    ("face", "holder", "opens", "decision"),
    [
        (SPOOF, AGREED, True, "refer spoof"),
        (LIVE, AGREED, False, "refer face_alone"),
        (LIVE.model_copy(update={"liveness": Liveness.NOT_MEASURED}), AGREED, True, "refer face_alone"),
        (LIVE, AGREED.model_copy(update={"face_consent": False}), True, "deny unknown"),
        (LIVE, AGREED.model_copy(update={"blocked": True}), True, "deny blocked"),
    ],
)
def test_anything_else_opens_nothing(
    make_bench: MakeBench, face: FaceResult, holder: Cardholder, opens: bool, decision: str
) -> None:
    bench = opening(make_bench, holder, opens)
    shows(bench, face)
    assert bench.decisions() == [decision] and not bench.locks["east-in"].pulses
    assert bench.said(DecisionMade)[0].liveness == face.liveness_word
    assert says(bench) in ANSWERS - {Say.WELCOME}


@pytest.mark.req("ACC-15")
def test_no_face_is_looked_for_while_the_door_stands_open(make_bench: MakeBench) -> None:
    bench = opening(make_bench)
    shows(bench, LIVE)
    assert bench.eyes["east-in"].rests == [True]
    bench.confirm()
    bench.walk_through()
    assert bench.eyes["east-in"].rests == [True, False]


@pytest.mark.req("ACC-31")
def test_what_is_asked_is_said_at_once_and_an_answer_stays_for_a_while(make_bench: MakeBench) -> None:
    bench = opening(make_bench)
    bench.gate.handle(Prompt("east-in", Say.TURN_LEFT, bench.mono))
    assert says(bench) is Say.TURN_LEFT
    shows(bench, SPOOF)
    bench.gate.handle(Prompt("east-in", Say.NOTHING, bench.mono))
    assert says(bench) is Say.SHOW_PASS
    bench.wait(CONCLUDED_S + 0.1)
    assert says(bench) is Say.NOTHING


def test_whatever_is_wrong_with_a_face_something_is_said() -> None:
    assert about("too_small") is Say.COME_CLOSER and about("of the future") is about(None) is Say.LOOK_STRAIGHT
    assert after(Said(Say.TURN_LEFT, 1.0), Say.TURN_LEFT, 2.0).at == 1.0

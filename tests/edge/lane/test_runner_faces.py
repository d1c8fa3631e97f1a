"""A pass that wants its holder's face: looked for, compared, and the rules asked anew before anything moves."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from edge.journal.entry import Entry
from edge.lane.inbox import FaceSeen, Note
from models.access.credential import RESIDENT, Cardholder
from models.access.verification import FaceResult, FaceStatus, Liveness
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind, DecisionMade, Scanned
from models.wire.snapshot import CredentialEntry
from tests.edge.lane.bench import Bench

MakeBench = Callable[..., Bench]
HOLDER = Cardholder(cardholder_id=new_id(), groups=frozenset({"resident"}), face_consent=True)


def matched(holder: UUID = HOLDER.cardholder_id) -> FaceResult:
    return FaceResult(status=FaceStatus.MATCHED, cardholder_id=holder, score=0.8, threshold=0.5)


def with_resident(bench: Bench, **how: object) -> tuple[UUID, str]:
    """A resident with a pass; what is said of them later comes with the next snapshot."""
    pass_id, token = bench.authority.a_pass(group=RESIDENT)
    tell(bench, pass_id)
    return pass_id, token


def tell(bench: Bench, pass_id: UUID, holder: Cardholder = HOLDER, **how: object) -> None:
    entry = CredentialEntry(credential_id=pass_id, cardholder_id=holder.cardholder_id)
    bench.rules(cardholders=(holder,), credentials=(entry,), **how)


def test_a_matching_face_opens_and_nothing_moves_before_it_is_seen(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    bench.scan(token)
    assert not bench.decisions() and not bench.locks["east-in"].pulses
    assert bench.eyes["east-in"].wanted[-1][1] == HOLDER.cardholder_id
    bench.face(matched())
    assert bench.decisions() == ["grant ok"] and len(bench.locks["east-in"].pulses) == 1
    assert bench.eyes["east-in"].wanted[-1] == (None, None), "and nobody looks any longer"


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize(
    ("liveness", "decision"),
    [(Liveness.LIVE, "grant ok"), (Liveness.NOT_MEASURED, "refer second_factor"), (Liveness.SPOOF, "deny spoof")],
)
def test_where_a_lane_tells_living_faces_the_one_beside_a_pass_must_be_one(
    make_bench: MakeBench, liveness: Liveness, decision: str
) -> None:
    bench = make_bench(eyes=True)
    bench.gate.lane("east-in").face_lives = True
    _, token = with_resident(bench)
    bench.scan(token)
    bench.face(matched().model_copy(update={"liveness": liveness}))
    assert bench.decisions() == [decision]
    assert len(bench.locks["east-in"].pulses) == (liveness is Liveness.LIVE)


@pytest.mark.req("VIS-08")
def test_a_revocation_between_pass_and_face_refuses(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    pass_id, token = with_resident(bench)
    bench.scan(token)
    tell(bench, pass_id, revoked=frozenset({pass_id}))
    bench.face(matched())
    assert bench.decisions() == ["deny revoked"] and not bench.locks["east-in"].pulses


def test_a_holder_who_is_blocked_between_pass_and_face_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    pass_id, token = with_resident(bench)
    bench.scan(token)
    tell(bench, pass_id, HOLDER.model_copy(update={"blocked": True}))
    bench.face(matched())
    assert bench.decisions() == ["deny blocked"] and not bench.locks["east-in"].pulses


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize("why", ["picture stale", "picture frozen", "no_face_models", "starting"])
def test_a_camera_that_cannot_be_trusted_refers_at_once_and_says_why(make_bench: MakeBench, why: str) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    bench.eyes["east-in"].why_not = why
    bench.scan(token)
    assert bench.decisions() == ["refer no_face"] and not bench.locks["east-in"].pulses
    assert bench.said(DecisionMade)[0].decision.detail == {"quality": why}


def test_a_lane_without_a_camera_refers(bench: Bench) -> None:
    _, token = with_resident(bench)
    bench.scan(token)
    assert bench.decisions() == ["refer no_face"]


@pytest.mark.req("ACC-06")
def test_a_stranger_is_refused_with_the_score_and_nobody_at_all_is_referred(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    bench.scan(token)
    for score in (0.1, 0.3, 0.2):
        bench.face(FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=score, threshold=0.5))
    bench.scan(token)
    bench.wait(10.1)
    assert bench.decisions() == ["deny low_score", "refer no_face"]
    assert bench.said(DecisionMade)[0].decision.score == 0.3


def test_another_pass_concludes_the_one_that_waits_for_its_face(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    bench.scan(token)
    waiting = bench.eyes["east-in"].wanted[-1][0]
    bench.see(bench.authority.a_pass()[1])
    assert bench.decisions() == ["refer no_face", "grant ok"]
    (first, _), *_ = [(event, body) for event, body in bench.events() if isinstance(body, DecisionMade)]
    assert first.correlation == waiting


def test_a_face_that_comes_after_its_recognition_ended_is_nobodys(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    bench.scan(token)
    asked = bench.eyes["east-in"].wanted[-1]
    bench.wait(10.1)
    bench.eyes["east-in"].wanted.append(asked)
    bench.face(matched())
    assert bench.decisions() == ["refer no_face"] and not bench.locks["east-in"].pulses
    assert not bench.said(Scanned)


@pytest.mark.req("ACC-16")
def test_a_pass_held_in_view_while_the_face_is_looked_for_is_one_recognition(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    for _ in range(30):
        bench.see(token)
        bench.wait(0.1)
    bench.face(matched())
    for _ in range(30):
        bench.see(token)
        bench.wait(0.1)
    assert bench.decisions() == ["grant ok"] and len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("ACC-07", "PRIV-01")
@pytest.mark.parametrize("until", [None, timedelta(seconds=-1)], ids=["never agreed", "consent over"])
def test_a_holder_who_does_not_agree_goes_in_by_the_pass_and_no_face_is_looked_for(
    make_bench: MakeBench, until: timedelta | None
) -> None:
    bench = make_bench(eyes=True)
    pass_id, token = with_resident(bench)
    over = {"face_consent": until is not None, "face_consent_until": bench.now() + until if until else None}
    tell(bench, pass_id, HOLDER.model_copy(update=over))
    bench.scan(token)
    assert bench.decisions() == [f"grant {'no_consent' if until is None else 'consent_ended'}"]
    assert not bench.eyes["east-in"].wanted and len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("ACC-07", "PRIV-04")
def test_who_withdraws_while_their_face_is_looked_for_goes_in_by_the_pass(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    pass_id, token = with_resident(bench)
    bench.scan(token)
    tell(bench, pass_id, HOLDER.model_copy(update={"face_consent": False}))
    bench.face(FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.2, threshold=0.45))
    bench.wait(10.1)
    assert bench.decisions() == ["grant no_consent"]
    (made,) = [body.decision for _, body in bench.events() if isinstance(body, DecisionMade)]
    assert made.score is None and "face" not in made.inputs


@pytest.mark.req("ACC-30")
@pytest.mark.parametrize("hits", list(itertools.product((False, True), repeat=3)))
def test_an_alarm_of_the_watch_group_changes_no_decision_and_moves_no_lock(
    make_bench: MakeBench, hits: tuple[bool, ...]
) -> None:
    """Before the pass, while its face is looked for, after the door was told: decided, opened and shut alike."""
    bench = make_bench(eyes=True)
    _, token = with_resident(bench)
    anybody = FaceSeen("east-in", matched(), bench.mono)
    deeds = (lambda: bench.scan(token), lambda: bench.face(matched()), lambda: bench.gate.handle(anybody))
    for hit, deed in zip(hits, deeds, strict=True):
        if hit:
            body = Alarm(alarm=AlarmKind.WATCH_GROUP, device="7", detail="missing 0.612")
            bench.gate.handle(Note(Entry(body, correlation=new_id(), lane_id=bench.lanes["east-in"].lane_id)))
        deed()
    lock = bench.locks["east-in"]
    assert bench.decisions() == ["grant ok", "refer face_alone"]
    assert (len(lock.pulses), lock.holds, lock.relocked) == (1, [], 0)
    assert bench.alarms(AlarmKind.WATCH_GROUP) == [False] * sum(hits)

"""One person without a pass: told once, alive or not, and never asked anything when they are a stranger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest

from devices.ports import Frame, Pixels
from edge.lane.approach import AGAIN_MAX_S, AGAIN_S, BUSY_EVERY_S, GONE_S, IDLE_EVERY_S, KNOW_S, TRIES, Approach, Stage
from edge.lane.says import Say
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import Turn
from edge.verify.face.liveness.port import Proof
from edge.verify.face.quality import Unfit
from models.access.verification import Attack, FaceResult, FaceStatus, Liveness
from models.values.ids import new_id

ME, OTHER = new_id(), new_id()
PIXELS = np.zeros((8, 8, 3), np.uint8)
FACE = Face((0, 0, 100, 100), np.zeros((5, 2), np.float32), 0.9)
LIVE = Proof(Liveness.LIVE, "test-1")
SPOOF = Proof(Liveness.SPOOF, "test-1", Attack.FLAT)
MISSED = Proof(Liveness.NOT_MEASURED, "test-1")


def known(who: UUID = ME) -> FaceResult:
    return FaceResult(status=FaceStatus.MATCHED, cardholder_id=who, score=0.8, threshold=0.5, one_to_many=True)


def of(status: FaceStatus, quality: str | None = None) -> FaceResult:
    return FaceResult(status=status, quality=quality)


@dataclass
class Scene:
    """What the camera would show: `who` is the comparison's result, `proofs` what the next frames prove."""

    who: FaceResult = field(default_factory=known)
    proofs: list[Proof | None] = field(default_factory=list)
    asks: Turn | None = Turn.LEFT
    compares: bool = True
    passive: bool = False
    counted: int = 0
    searched: int = 0
    begun: int = 0

    def search(self, pixels: Pixels) -> FaceResult:
        self.searched += 1
        return self.who

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        return () if self.who.status is FaceStatus.NO_FACE else (FACE,)

    def begin(self, now: float) -> Scene:
        self.begun += 1
        return self

    def see(self, frame: Frame, faces: tuple[Face, ...], mine: bool) -> Proof | None:
        self.counted += mine
        return self.proofs.pop(0) if self.proofs else None


class Stand:
    def __init__(self) -> None:
        self.scene, self.now, self.seq = Scene(), 100.0, 0
        self.approach = Approach(self.scene, self.scene.find, self.scene)
        self.told: list[FaceResult] = []

    def frames(self, count: int = 1, every_s: float = 0.1, then: Callable[[], object] = lambda: None) -> None:
        for _ in range(count):
            self.now, self.seq = self.now + every_s, self.seq + 1
            if self.approach.due(self.now):
                result = self.approach.look(Frame(PIXELS, self.now, self.seq))
                if result is not None:
                    self.told.append(result)
            then()


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.mark.req("ACC-10")
def test_a_known_face_is_asked_to_turn_and_told_alive_once(stand: Stand) -> None:
    stand.scene.proofs = [None, None, LIVE]
    stand.frames()
    assert (stand.approach.stage, stand.approach.says) == (Stage.PROVING, Say.TURN_LEFT) and not stand.told
    stand.frames(60)
    (told,) = stand.told
    assert (told.liveness, told.proved_by, told.cardholder_id) == (Liveness.LIVE, "test-1", ME)
    assert stand.approach.stage is Stage.DONE, "who stays is not told again"


@pytest.mark.req("ACC-10")
def test_a_photograph_is_told_with_its_kind(stand: Stand) -> None:
    stand.scene.proofs = [None, SPOOF]
    stand.frames(3)
    (told,) = stand.told
    assert (told.liveness, told.attack, told.status) == (Liveness.SPOOF, Attack.FLAT, FaceStatus.MATCHED)


@pytest.mark.parametrize("status", [FaceStatus.BELOW_THRESHOLD, FaceStatus.AMBIGUOUS, FaceStatus.NO_REFERENCE])
def test_a_stranger_is_told_and_asked_nothing(stand: Stand, status: FaceStatus) -> None:
    stand.scene.who = of(status)
    stand.frames(10)
    assert [one.status for one in stand.told] == [status] and stand.scene.begun == 0
    assert stand.told[0].liveness is Liveness.NOT_MEASURED


@pytest.mark.req("ACC-10")
def test_somebody_else_in_between_is_a_spoof_while_proving_and_at_the_end(stand: Stand) -> None:
    stand.scene.proofs = [None] * 5
    stand.frames(2)
    stand.scene.who = known(OTHER)
    stand.frames(2)
    assert [(one.liveness, one.cardholder_id) for one in stand.told] == [(Liveness.SPOOF, ME)]

    last = Stand()
    last.scene.proofs = [None, LIVE]
    last.frames(1)
    last.scene.who = known(OTHER)
    last.frames(1)
    assert [one.liveness for one in last.told] == [Liveness.SPOOF]

    stranger = Stand()
    stranger.frames(1)
    stranger.scene.who = of(FaceStatus.BELOW_THRESHOLD)
    stranger.frames(10)
    assert [one.liveness for one in stranger.told] == [Liveness.SPOOF]


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize("status", [one for one in FaceStatus if one is not FaceStatus.MATCHED])
def test_a_proof_at_a_look_that_is_not_the_cardholders_is_none_of_theirs(stand: Stand, status: FaceStatus) -> None:
    stand.scene.proofs = [None, LIVE, LIVE, LIVE, LIVE]
    stand.frames(1)
    stand.scene.who = of(status)
    stand.frames(40)
    assert stand.scene.counted == 1
    assert Liveness.LIVE not in [one.liveness for one in stand.told]


def test_a_turned_head_is_not_compared_and_its_proof_waits_until_it_is(stand: Stand) -> None:
    stand.scene.compares, stand.scene.proofs = False, [None] * 5
    stand.frames(5)
    assert (stand.scene.searched, stand.scene.counted) == (1, 0), "once, to know whom"
    stand.scene.compares, stand.scene.proofs = True, [LIVE]
    stand.frames(1)
    assert [one.liveness for one in stand.told] == [Liveness.LIVE]


def test_a_missed_frame_begins_anew_a_few_times_and_then_proves_nothing(stand: Stand) -> None:
    stand.scene.proofs = [MISSED] * TRIES
    stand.frames(20)
    assert stand.scene.begun == TRIES
    assert [one.liveness for one in stand.told] == [Liveness.NOT_MEASURED]


def test_a_face_taken_away_while_it_proved_something_leaves_its_trace_and_a_passer_by_none(stand: Stand) -> None:
    stand.scene.proofs = [MISSED]
    stand.frames(1)
    stand.scene.who = of(FaceStatus.NO_FACE)
    stand.frames(20)
    assert [(one.status, one.liveness) for one in stand.told] == [(FaceStatus.MATCHED, Liveness.NOT_MEASURED)]

    passer = Stand()
    passer.scene.who = of(FaceStatus.LOW_QUALITY, Unfit.TURNED_AWAY)
    passer.frames(1)
    passer.scene.who = of(FaceStatus.NO_FACE)
    passer.frames(int(GONE_S / 0.1) + 5)
    assert not passer.told and passer.approach.stage is Stage.IDLE


def test_what_is_wrong_is_said_and_never_compared_to_the_end(stand: Stand) -> None:
    for unfit, say in ((Unfit.TOO_SMALL, Say.COME_CLOSER), (Unfit.TURNED_AWAY, Say.LOOK_STRAIGHT)):
        stand.scene.who = of(FaceStatus.LOW_QUALITY, unfit)
        stand.frames(1, IDLE_EVERY_S if stand.approach.stage is Stage.IDLE else 0.1)
        assert stand.approach.says is say
    said = set()
    for _ in range(3 * int(KNOW_S / 0.1)):
        stand.frames()
        said.add(stand.approach.says)
    assert not stand.told and said == {Say.LOOK_STRAIGHT}, "for as long as they stand there, also between two looks"
    stand.scene.who = of(FaceStatus.NO_FACE)
    stand.frames(30)
    assert stand.approach.says is Say.NOTHING


@pytest.mark.req("ACC-15")
def test_idle_is_at_most_one_look_a_second_and_the_next_person_does_not_wait(stand: Stand) -> None:
    stand.scene.who = of(FaceStatus.NO_FACE)
    seen = 0
    for _ in range(50):
        stand.now += 0.1
        if stand.approach.due(stand.now):
            seen += 1
            stand.approach.look(Frame(PIXELS, stand.now, seen))
    assert seen <= 5 + 1
    stand.scene.who, stand.scene.proofs = known(), [LIVE]
    stand.frames(15)
    assert len(stand.told) == 1
    stand.scene.who, stand.scene.proofs = known(OTHER), [LIVE]
    stand.frames(15)
    assert [one.cardholder_id for one in stand.told] == [ME, OTHER]
    stand.scene.who = of(FaceStatus.NO_FACE)
    stand.frames(30)
    assert stand.approach.stage is Stage.IDLE
    stand.scene.who, stand.scene.proofs = known(OTHER), [LIVE]
    stand.frames(15)
    assert len(stand.told) == 3, "the same person may come again"


def test_a_pass_ends_it_and_its_holder_is_not_asked_afterwards(stand: Stand) -> None:
    stand.frames(2)
    stand.approach.drop()
    stand.frames(50)
    assert not stand.told and stand.approach.says is Say.NOTHING and stand.scene.begun == 1


@pytest.mark.req("PRIV-08")
def test_what_is_told_of_somebody_who_has_gone_comes_with_the_frame_that_shows_them(stand: Stand) -> None:
    stand.scene.proofs = [MISSED]
    stand.frames(1)
    shown = stand.now
    stand.scene.who = of(FaceStatus.NO_FACE)
    stand.frames(60)
    assert len(stand.told) == 1 and stand.approach.told_in is not None
    assert stand.approach.told_in.taken_at == shown


@pytest.mark.req("ACC-15")
def test_whoever_stays_after_their_face_was_told_beside_a_pass_is_nobody_new_and_the_next_one_is(stand: Stand) -> None:
    stand.approach.answered(known())
    stand.frames(50)
    assert not stand.told and stand.scene.begun == 0
    stand.scene.who, stand.scene.proofs = known(OTHER), [LIVE]
    stand.frames(30)
    assert [one.cardholder_id for one in stand.told] == [OTHER]


def test_busy_looks_have_a_pace_too(stand: Stand) -> None:
    stand.frames(1)
    assert not stand.approach.due(stand.now + BUSY_EVERY_S / 2) and stand.approach.due(stand.now + BUSY_EVERY_S)


@pytest.mark.req("ACC-10", "ACC-15")
def test_who_is_known_and_not_shown_alive_may_try_again_without_walking_away_after_pauses_that_grow(
    stand: Stand,
) -> None:
    told_at: list[float] = []
    for _ in range(700):
        stand.scene.proofs = [SPOOF]
        before = len(stand.told)
        stand.frames()
        told_at += [stand.now] * (len(stand.told) - before)
    pauses = [later - one for one, later in pairwise(told_at)]
    wanted = [AGAIN_S, 2 * AGAIN_S, *[AGAIN_MAX_S] * (len(pauses) - 2)]
    assert pauses == pytest.approx(wanted, abs=IDLE_EVERY_S + 0.2)
    stand.scene.proofs = [LIVE] * 9
    stand.frames(300)
    assert [one.liveness for one in stand.told[-2:]] == [Liveness.SPOOF, Liveness.LIVE], "told once, and no more"


@pytest.mark.req("ACC-15")
def test_a_stranger_who_stays_is_told_once(stand: Stand) -> None:
    stand.scene.who = of(FaceStatus.BELOW_THRESHOLD)
    stand.frames(600)
    assert len(stand.told) == 1

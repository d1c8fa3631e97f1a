"""One code in front of a camera is one recognition, and a second factor is looked for as long as it helps."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.debounce import Debounced
from edge.lane.recognition import FRAMES_TO_REFUSE, REPEAT_S, Pending, Presented
from models.access.credential import Kind, Pass
from models.access.verification import FaceResult, FaceStatus, Verification

READ = Pass(
    key_id=1,
    pass_id=UUID(int=7),
    site_tag=bytes(8),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2027, 1, 1, tzinfo=UTC),
    gates=1,
    uses=0,
    party=1,
    group=1,
)
PENDING = Pending(UUID(int=1), Verification(kind=Kind.PASS, read=READ), seen_at=0.0, until=10.0, token="T")


def face(status: FaceStatus, score: float | None = None) -> FaceResult:
    return FaceResult(status=status, score=score)


@pytest.mark.req("ACC-16")
@given(st.lists(st.floats(0.01, REPEAT_S), min_size=1, max_size=60))
def test_a_code_that_stays_in_sight_is_one_recognition(gaps: list[float]) -> None:
    memory, now, begun = Presented(), 100.0, 0
    for gap in [0.0, *gaps]:
        now += gap
        memory, fresh = memory.see("A", now)
        begun += fresh
    assert begun == 1


@pytest.mark.req("ACC-16")
def test_another_code_or_the_same_after_a_pause_begins_anew() -> None:
    memory, first = Presented().see("A", 0.0)
    memory, other = memory.see("B", 0.1)
    memory, again = memory.see("B", 0.1 + REPEAT_S + 0.1)
    assert (first, other, again) == (True, True, True)


def test_a_match_ends_the_search_at_once_and_one_stranger_frame_does_not() -> None:
    assert PENDING.verdict(1.0) is None
    stranger = PENDING.seen(face(FaceStatus.BELOW_THRESHOLD, 0.1))
    assert stranger.verdict(1.0) is None
    matched = stranger.seen(face(FaceStatus.MATCHED, 0.8)).verdict(1.0)
    assert matched is not None and matched.status is FaceStatus.MATCHED and matched.frames == 2


def test_enough_strangers_or_the_end_of_the_time_decide() -> None:
    pending = PENDING
    for score in (0.1, 0.3, 0.2)[:FRAMES_TO_REFUSE]:
        pending = pending.seen(face(FaceStatus.BELOW_THRESHOLD, score))
    refused = pending.verdict(1.0)
    assert refused is not None and refused.status is FaceStatus.BELOW_THRESHOLD and refused.score == 0.3
    nobody = PENDING.verdict(10.0)
    assert nobody is not None and nobody.status is FaceStatus.NO_FACE
    blurred = PENDING.seen(face(FaceStatus.NO_FACE)).seen(face(FaceStatus.LOW_QUALITY)).verdict(10.0)
    assert blurred is not None and blurred.status is FaceStatus.LOW_QUALITY


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_a_level_changes_only_when_two_reads_agree(reads: list[tuple[bool, bool]]) -> None:
    state = Debounced()
    for before, now in zip([None, *reads], reads, strict=False):
        old = state.level
        state = state.read(now)
        if state.level != old:
            assert before is not None and state.level is not None
            changed = [i for i in range(2) if old is None or state.level[i] != old[i]]
            assert all(before[i] == now[i] == state.level[i] for i in changed)

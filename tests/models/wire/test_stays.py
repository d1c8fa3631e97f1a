"""News of a car park: the whole or what changed, in its order, and never twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.wire.snapshot import SnapshotRefusal
from models.wire.stays import StaysTold, judge_stays
from tests.models.making import NODE_ID, uuid


def told(after: int, number: int) -> StaysTold:
    return StaysTold(node_id=NODE_ID, after=after, number=number, heard_seq=0)


@pytest.mark.req("SEC-10")
def test_what_was_recorded_and_is_played_again_is_refused() -> None:
    assert judge_stays(told(0, 5), NODE_ID, 0) is None
    assert judge_stays(told(5, 9), NODE_ID, 5) is None
    assert judge_stays(told(5, 9), NODE_ID, 9) is SnapshotRefusal.OLDER
    assert judge_stays(told(0, 5), NODE_ID, 9) is SnapshotRefusal.OLDER
    assert judge_stays(told(0, 5), uuid(0x77), 0) is SnapshotRefusal.WRONG_NODE


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=20))
def test_the_number_never_goes_back(news: list[tuple[int, int]]) -> None:
    have = 0
    for after, number in news:
        if judge_stays(told(after, number), NODE_ID, have) is None:
            assert number >= have and after in (0, have)
            have = number

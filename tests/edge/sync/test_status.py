"""Back-off and the state of a link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sync.status import Backoff, LinkState


@pytest.mark.req("SYNC-15")
@given(chances=st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_waits_double_from_half_a_second_to_thirty_with_jitter(chances: list[float]) -> None:
    given_out = iter(chances)
    backoff = Backoff(chance=lambda: next(given_out))
    waits = [backoff.next_s() for _ in chances]
    for wait, whole in zip(waits, [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30], strict=True):
        assert whole / 2 <= wait <= whole
    backoff.reset()
    assert Backoff(chance=lambda: 1.0).next_s() == 0.5


def test_two_gates_do_not_knock_at_the_same_instant() -> None:
    assert len({Backoff().next_s() for _ in range(20)}) > 1


def test_the_state_of_a_link() -> None:
    now = {"at": datetime(2026, 1, 1, tzinfo=UTC)}
    state = LinkState(lambda: now["at"])
    assert state.status().online_since is None
    state.went_well()
    first = now["at"]
    now["at"] += timedelta(minutes=5)
    state.went_well()
    told = state.status(queue=3, pictures=1)
    assert (told.online_since, told.last_success, told.queue, told.pictures) == (first, now["at"], 3, 1)
    state.went_wrong(RuntimeError("refused"), offline=False)
    assert state.status().online_since == first and state.status().last_error == "refused"
    state.went_wrong(RuntimeError("gone"))
    told = state.status()
    assert told.online_since is None and told.last_error == "gone" and told.last_success == now["at"]
    state.went_well()
    assert state.status().last_error is None and state.status().online_since == now["at"]

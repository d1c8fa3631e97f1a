"""Looks count together while one face stays in one place; anything in between makes them void."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.liveness.challenge import Box
from edge.verify.face.liveness.unbroken import GAP_S, Unbroken

pytestmark = pytest.mark.req("ACC-10")
HERE, NEAR, FAR = (100.0, 100.0, 80.0, 90.0), (110.0, 104.0, 80.0, 90.0), (300.0, 100.0, 80.0, 90.0)


def told(*looks: tuple[Box | None, float]) -> tuple[int, ...]:
    """What counts after these looks, each told by its number."""
    row: Unbroken[int] = Unbroken()
    for number, (box, at) in enumerate(looks):
        row = row.look(box, at)
        row = row.tell(number) if box is not None else row
    return row.told


def test_looks_at_one_face_on_end_count_together() -> None:
    assert told((HERE, 1.0), (NEAR, 1.2), (HERE, 1.4)) == (0, 1, 2)


@pytest.mark.parametrize(
    "looks",
    [
        [(HERE, 1.0), (None, 1.1), (HERE, 1.2)],
        [(HERE, 1.0), (NEAR, 1.1), (FAR, 1.2)],
        [(HERE, 1.0), (HERE, 1.1), (HERE, 1.2 + GAP_S)],
    ],
    ids=["nobody's", "elsewhere", "late"],
)
def test_a_break_makes_what_was_told_void_and_the_newest_look_begins_anew(
    looks: list[tuple[Box | None, float]],
) -> None:
    assert told(*looks) == (2,)


def test_a_look_that_could_not_be_judged_breaks_nothing() -> None:
    first: Unbroken[int] = Unbroken()
    assert first.look(HERE, 1.0).tell(1).look(NEAR, 1.1).told == (1,)


@given(st.lists(st.sampled_from([HERE, NEAR, FAR, None]), max_size=12))
def test_what_counts_is_the_last_looks_and_all_of_one_place(boxes: list[Box | None]) -> None:
    counted = told(*((box, number / 10) for number, box in enumerate(boxes)))
    assert counted == tuple(range(len(boxes) - len(counted), len(boxes)))
    assert {boxes[number] for number in counted} in (set(), {HERE}, {NEAR}, {FAR}, {HERE, NEAR})

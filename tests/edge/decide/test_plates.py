"""What a vehicle lane knows when it decides: of frames, of a push, of the rules on disk."""

import pytest

from devices.ports import PlateRecord
from edge.decide.plates import lists_of, seen_in, seen_in_push
from edge.lane.inbox import PlatesVoted
from edge.store.view import RulesView
from edge.verify.plate.vote import Unfit, Vote
from models.values.ids import new_id
from models.values.plate import PlateColour


def voted(text: str, sure: bool = True) -> PlatesVoted:
    vote = Vote(text, sure, 1, (text,), {Unfit.CUT: 2, Unfit.SMALL: 1})
    return PlatesVoted("car", new_id(), vote, PlateColour.GREEN, 4, None, 0.0)


def pushed(text: str, score: float | None = 0.95, fake: bool = False) -> PlateRecord:
    return PlateRecord("abcd", "1", text, PlateColour.BLUE, "1", "2", "8", score, None, fake=fake)


def test_frames_become_a_plate_with_what_was_left_out() -> None:
    seen = seen_in(voted("川AD12345"))
    assert str(seen.vehicle.plate) == "川A·D12345" and seen.vehicle.sure
    assert (seen.source, seen.frames, seen.left_out) == ("camera", 4, "cut:2 small:1")
    assert seen_in(None).vehicle.plate is None and not seen_in(voted("川A12345", sure=False)).vehicle.sure


@pytest.mark.req("LANE-12")
def test_a_plate_that_looks_like_police_only_proposes() -> None:
    assert seen_in(voted("川A1234警")).vehicle.special and not seen_in(voted("川A12345")).vehicle.special


@pytest.mark.req("LANE-05")
@pytest.mark.parametrize(
    ("record", "sure"),
    [(pushed("川A12345"), True), (pushed("川A12345", 0.5), False), (pushed("川A12345", None), False),
     (pushed("川A12345", fake=True), False)],
)  # fmt: skip
def test_a_push_is_sure_only_where_its_camera_is_and_says_so(record: PlateRecord, sure: bool) -> None:
    assert seen_in_push(record).vehicle.sure is sure and seen_in_push(record).source == "push"


@pytest.mark.parametrize("text", ["", "'; DROP TABLE visit --", "川A12345\x07", "X" * 40])
def test_a_push_of_anything_else_is_no_plate(text: str) -> None:
    assert seen_in_push(pushed(text)).vehicle.plate is None


def test_without_rules_there_are_no_lists() -> None:
    assert lists_of(RulesView()).entries == () and lists_of(RulesView()).version == 0

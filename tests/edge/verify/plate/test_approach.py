"""Which plate is which over time, and which has not moved: a parked car never beats the arriving one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.plate.approach import GONE_S, READS_KEPT, PlatesInView
from edge.verify.plate.ports import PlateRead
from edge.verify.plate.vote import Unfit, vote
from models.values.plate import PlateColour

SIZE = (1280, 720)


def plate(text: str, left: float, top: float, width: float = 140.0) -> PlateRead:
    right, bottom = left + width, top + width / 3
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return PlateRead(text, PlateColour.BLUE, 0.99, 0.95, corners, False)


ARRIVING = [plate("京A12345", 400, 200 + 60 * step, 120 + 10 * step) for step in range(4)]


@pytest.mark.req("LANE-03")
def test_one_car_that_comes_nearer_is_one_track_and_is_named_by_its_nearest_read() -> None:
    view = PlatesInView()
    for step, read in enumerate(ARRIVING):
        view = view.seen([read], SIZE, step * 0.25)
    assert {read.track for read in view.reads_since(0)} == {1}
    voted = vote(view.reads_since(0))
    assert (voted.text, voted.sure, voted.frame) == ("京A12345", True, 4)


@pytest.mark.req("LANE-07")
def test_a_parked_car_that_stood_there_before_has_no_vote_though_it_is_nearer_to_the_line() -> None:
    view, parked = PlatesInView(), plate("京B99999", 900, 600)
    for second in range(70):
        view = view.seen([parked], SIZE, float(second))
    began = view.frame
    for step, read in enumerate(ARRIVING):
        view = view.seen([parked, read], SIZE, 70 + step * 0.25)
    voted = vote(view.reads_since(began))
    assert (voted.text, voted.sure, voted.left_out) == ("京A12345", True, {Unfit.PARKED: 4})


@pytest.mark.req("LANE-07")
def test_a_car_that_creeps_has_moved_once_it_has_come_somewhere() -> None:
    view = PlatesInView()
    for second in range(120):
        view = view.seen([plate("京A12345", 400 + second, 400)], SIZE, float(second))
    assert max(read.still_since_s for read in view.reads_since(0)) < 60


@pytest.mark.req("LANE-07")
def test_the_same_plate_after_it_was_gone_is_another_track() -> None:
    view = PlatesInView().seen([ARRIVING[0]], SIZE, 0.0).seen([], SIZE, GONE_S + 0.1)
    assert view.tracks == ()
    again = view.seen([ARRIVING[0]], SIZE, GONE_S + 0.2)
    assert [(track.number, track.anchored_at) for track in again.tracks] == [(2, GONE_S + 0.2)]


@pytest.mark.req("LANE-03")
def test_two_cars_at_once_are_two_tracks_and_a_misread_in_the_same_place_is_none() -> None:
    first, second = plate("京A12345", 300, 500), plate("粤B7Z9K0", 800, 500)
    view = PlatesInView().seen([first, second], SIZE, 0.0).seen([second, first], SIZE, 0.25)
    assert {(read.track, read.text) for read in view.reads_since(0)} == {(1, "京A12345"), (2, "粤B7Z9K0")}
    misread = view.seen([replace(first, text="皖L99999", score=0.9)], SIZE, 0.5)
    assert {read.track for read in misread.reads_since(2)} == {1}


@pytest.mark.req("LANE-07")
def test_in_a_queue_each_car_stops_where_the_last_one_stood_and_none_is_called_parked() -> None:
    view, now = PlatesInView(), 0.0
    for number in range(60):
        read = plate(f"京A{number * 1111 % 90000 + 10000}", 640, 500)
        for _ in range(3):
            view, now = view.seen([read], SIZE, now), now + 1.0
        assert all(one.still_since_s <= 3.0 for one in view.reads_since(view.frame - 1))
    assert view.born == 60


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.builds(plate, st.sampled_from(["京A12345", "粤B7Z9K0"]), st.floats(0, 1000), st.floats(0, 600))
            ),
            st.floats(0, 10),
        ),
        max_size=12,
    )
)
def test_every_read_belongs_to_one_track_and_no_track_grows_without_end(
    frames: list[tuple[list[PlateRead], float]],
) -> None:
    view, now = PlatesInView(), 0.0
    for reads, later in frames:
        now += later
        view = view.seen(reads, SIZE, now)
        newest = view.reads_since(view.frame - 1)
        assert sorted(read.box for read in newest) == sorted(read.box for read in reads)
        assert len({read.track for read in newest}) == len(reads)
        assert all(len(track.reads) <= READS_KEPT and now - track.seen_at <= GONE_S for track in view.tracks)
        assert all(0 <= read.still_since_s <= now for read in newest)

"""Several frames must agree; a cut plate, a badge, a parked car and a far first read decide nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.plate.vote import AT_THE_LANE, Read, Unfit, unfit, vote

NEAR = Read(
    track=1, frame=5, text="京A12345", score=0.98, located=0.9, box=(400.0, 600.0, 540.0, 645.0), size=(1280, 720)
)


def at(read, *, down, **changes):
    """The same read, lower in the picture by so many pixels."""
    left, top, right, bottom = read.box
    return replace(read, box=(left, top + down, right, bottom + down), **changes)


@pytest.mark.req("LANE-03")
def test_two_frames_that_agree_are_sure_and_one_is_not():
    assert not vote([NEAR]).sure
    two = vote([at(NEAR, down=-50, frame=4), NEAR])
    assert (two.text, two.sure, two.frame) == ("京A12345", True, 5)


@pytest.mark.req("LANE-03")
def test_the_read_nearest_to_the_line_names_the_car_and_far_ones_do_not_outvote_it():
    far = [at(NEAR, down=-300 + step, frame=step, text="京A12845") for step in range(4)]
    voted = vote([*far, NEAR, at(NEAR, down=-5, frame=4)])
    assert voted.text == "京A12345" and not voted.sure and set(voted.candidates) == {"京A12345", "京A12845"}
    once = vote([far[0], NEAR, at(NEAR, down=-5, frame=4)])
    assert once.sure, "one far read that is one place off does not take two near ones away"


@pytest.mark.req("LANE-05")
def test_a_read_of_the_same_track_that_is_quite_another_plate_makes_it_unsure():
    assert not vote([NEAR, at(NEAR, down=-5, frame=4), at(NEAR, down=-9, frame=3, text="粤B99999")]).sure


@pytest.mark.req("LANE-06")
def test_the_frame_that_is_shown_is_the_one_that_was_read():
    reads = [at(NEAR, down=-step * 40, frame=10 - step) for step in range(4)]
    assert vote(reads).frame == 10 and vote(reads[::-1]).frame == 10


@pytest.mark.req("LANE-07")
def test_a_parked_car_in_view_never_beats_the_arriving_one():
    parked = at(NEAR, down=40, track=7, text="京B99999", still_since_s=600.0)
    voted = vote([parked, replace(parked, frame=6), at(NEAR, down=-50, frame=4), NEAR])
    assert (voted.text, voted.sure, voted.left_out) == ("京A12345", True, {Unfit.PARKED: 2})


@pytest.mark.req("LANE-04")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"box": (0.0, 600.0, 140.0, 645.0)}, Unfit.CUT), ({"box": (400.0, 680.0, 540.0, 725.0)}, Unfit.CUT),
        ({"box": (400.0, 600.0, 440.0, 612.0)}, Unfit.SMALL), ({"box": (400.0, 600.0, 450.0, 650.0)}, Unfit.SHAPE),
        ({"box": (100.0, 600.0, 900.0, 645.0)}, Unfit.SHAPE), ({"located": 0.59}, Unfit.FAINT),
        ({"text": "TOYOTA"}, Unfit.NO_PLATE), ({"text": ""}, Unfit.NO_PLATE), ({}, None),
    ],
)  # fmt: skip
def test_what_is_not_fit_for_a_vote(changes, why):
    assert unfit(replace(NEAR, **changes)) is why


def test_faint_characters_refer_however_often_they_agree():
    assert not vote([replace(NEAR, score=0.7), at(NEAR, down=-5, score=0.95, frame=4)]).sure
    assert not vote([NEAR, at(NEAR, down=-5, score=0.95, frame=4)]).sure, "one certain frame is one frame"
    assert vote([]).text == "" and not vote([]).sure


def test_two_reads_of_one_place_go_by_their_score_in_any_order():
    doubtful = replace(NEAR, text="京A12845", score=0.85)
    assert vote([NEAR, doubtful]).text == vote([doubtful, NEAR]).text == "京A12345"


reads = st.lists(
    st.builds(
        lambda track, frame, text, down, score, still: at(
            NEAR, down=down, track=track, frame=frame, text=text, score=score, still_since_s=still
        ),
        st.integers(1, 3), st.integers(0, 30),
        st.sampled_from(["京A12345", "京A12845", "京A1234S", "粤B99999", "MAZDA"]),
        st.integers(-500, 100), st.floats(0, 1), st.sampled_from([0.0, 90.0]),
    ),
    max_size=8,
)  # fmt: skip


@pytest.mark.req("LANE-03", "LANE-04")
@given(reads, st.randoms(use_true_random=False))
def test_sure_always_means_two_fit_reads_of_one_track_and_no_order(seen, random):
    voted = vote(seen)
    shuffled = list(seen)
    random.shuffle(shuffled)
    assert vote(shuffled).text == voted.text and vote(shuffled).sure is voted.sure
    if voted.sure:
        support = [read for read in seen if read.text == voted.text and unfit(read) is None]
        tracks = {read.track for read in support}
        assert any(sum(read.track == track for read in support) >= AT_THE_LANE.agreeing for track in tracks)

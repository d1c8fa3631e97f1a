"""Who is followed from frame to frame: nobody is averaged with anybody else, and the nearer one is asked first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.face.embed import unit
from edge.verify.face.match import Probe
from edge.verify.face.quality import Unfit
from edge.verify.face.track import FRAMES_KEPT, FRAMES_MIN, GONE_S, Box, InView, Sighting, fused, overlap

MODEL = "0123456789abcdef"
PEOPLE = 4

FRAMES = st.lists(
    st.tuples(
        st.floats(0.05, 2.5),  # seconds since the frame before
        st.lists(
            st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 3), st.booleans()),
            max_size=3,
            unique_by=lambda s: s[1],
        ),
    ),
    max_size=25,
)
"""Who stood at which of four places, and whether the face was fit. One person at one place."""


def face_of(person: int, seed: int = 0) -> Probe:
    """Faces of one person are near to each other, those of two are at right angles."""
    vector = np.zeros(128)
    vector[person] = 1.0
    return Probe(unit(vector + 0.02 * np.random.default_rng(seed).normal(size=128)), MODEL)


def at(place: int, side: float = 100.0) -> Box:
    return (place * 150.0, 40.0, side, side * 1.3)


def sighting(person: int, place: int, fit: bool = True, side: float = 100.0, seed: int = 0) -> Sighting:
    return Sighting(at(place, side), face_of(person, seed) if fit else None, None if fit else Unfit.TOO_BLURRED)


def nearest_person(probe: Probe) -> int:
    return int(np.argmax(probe.vector[:PEOPLE]))


@pytest.mark.req("ACC-14")
@given(FRAMES)
def test_no_track_ever_holds_two_people_and_no_number_comes_twice(frames: list) -> None:
    view, now, whose = InView(), 0.0, dict[int, int]()
    for turn, (passed, stood) in enumerate(frames):
        now += passed
        before = {track.number for track in view.tracks}
        view = view.seen([sighting(p, place, fit, seed=turn) for p, place, fit in stood], now)
        assert len({track.number for track in view.tracks}) == len(view.tracks)
        for track in view.tracks:
            assert track.number in before or track.number > max(before | set(whose), default=0)
            assert len(track.probes) <= FRAMES_KEPT
            assert now - track.seen_at < GONE_S
            for probe in track.probes:
                assert whose.setdefault(track.number, nearest_person(probe)) == nearest_person(probe)


@pytest.mark.req("ACC-14")
@given(FRAMES)
def test_each_face_of_a_frame_goes_on_in_one_track(frames: list) -> None:
    view, now = InView(), 0.0
    for turn, (passed, stood) in enumerate(frames):
        now += passed
        shown = [sighting(p, place, fit, seed=turn) for p, place, fit in stood]
        view = view.seen(shown, now)
        assert sorted(track.box for track in view.tracks if track.seen_at == now) == sorted(one.box for one in shown)


def test_whoever_comes_back_after_they_had_gone_begins_anew() -> None:
    stood = InView()
    for now in (0.0, 0.3):
        stood = stood.seen([sighting(0, 0)], now)
    for away, frames in ((GONE_S - 0.1, 3), (GONE_S + 0.1, 1)):
        (track,) = stood.seen([sighting(0, 0)], 0.3 + away).tracks
        assert len(track.probes) == frames


@pytest.mark.req("ACC-14")
@given(st.permutations(range(3)), st.integers(2, 6))
def test_the_order_in_which_faces_are_found_does_not_matter(order: list[int], frames: int) -> None:
    one, other = InView(), InView()
    for turn in range(frames):
        shown = [sighting(n, n, side=80.0 + 10 * n, seed=turn) for n in range(3)]
        one, other = one.seen(shown, turn * 0.3), other.seen([shown[n] for n in order], turn * 0.3)
    for mine, theirs in zip(one.tracks, other.tracks, strict=True):
        assert mine.box == theirs.box
        assert [p.vector.tobytes() for p in mine.probes] == [p.vector.tobytes() for p in theirs.probes]


@pytest.mark.req("ACC-14")
def test_two_people_at_once_are_two_tracks_and_the_nearer_is_first() -> None:
    view = InView()
    for turn in range(FRAMES_MIN):
        view = view.seen([sighting(1, 0, side=90, seed=turn), sighting(2, 2, side=140, seed=turn)], turn * 0.3)
    probes = [fused(track) for track in view.tracks]
    assert [nearest_person(probe) for probe in probes if probe] == [2, 1]
    assert view.born == 2


@pytest.mark.req("ACC-14")
def test_enough_frames_must_agree() -> None:
    view = InView()
    for turn in range(FRAMES_MIN):
        assert all(fused(track) is None for track in view.tracks)
        view = view.seen([sighting(1, 0, seed=turn)], turn * 0.3)
    probe = fused(view.tracks[0])
    assert probe is not None
    assert float(np.linalg.norm(probe.vector)) == pytest.approx(1, abs=1e-5)
    assert float(probe.vector @ face_of(1).vector) > 0.97


@pytest.mark.req("ACC-14")
def test_somebody_who_takes_another_s_place_begins_anew() -> None:
    view = InView()
    for turn in range(5):
        view = view.seen([sighting(1, 0, seed=turn)], turn * 0.3)
    view = view.seen([sighting(2, 0)], 1.5)
    (track,) = view.tracks
    assert (track.number, len(track.probes), fused(track)) == (2, 1, None)


@pytest.mark.req("ACC-09")
def test_an_unfit_frame_is_told_and_decides_nothing() -> None:
    view = InView()
    for turn in range(5):
        view = view.seen([sighting(1, 0, seed=turn)], turn * 0.3)
    view = view.seen([sighting(1, 0, fit=False)], 1.5)
    assert (view.tracks[0].number, view.tracks[0].unfit, fused(view.tracks[0])) == (1, Unfit.TOO_BLURRED, None)
    view = view.seen([sighting(1, 0)], 1.8)
    assert fused(view.tracks[0]) is not None


@pytest.mark.req("ACC-15")
def test_who_has_gone_is_forgotten_and_comes_back_as_new() -> None:
    view = InView().seen([sighting(1, 0)], 0.0)
    view = view.seen([], GONE_S - 0.1)
    assert [track.number for track in view.tracks] == [1]
    view = view.seen([], GONE_S)
    assert view.tracks == ()
    assert view.seen([sighting(1, 0)], GONE_S + 0.1).tracks[0].number == 2


@pytest.mark.req("SEC-18")
def test_frames_of_two_models_are_never_averaged() -> None:
    view = InView().seen([sighting(1, 0)], 0.0)
    other = Sighting(at(0), Probe(face_of(1).vector, "another"))
    assert view.seen([other], 0.3).tracks[0].number == 2


@pytest.mark.req("ACC-14")
@given(
    st.tuples(*[st.floats(-50, 50)] * 2, *[st.floats(0, 50)] * 2),
    st.tuples(*[st.floats(-50, 50)] * 2, *[st.floats(0, 50)] * 2),
)
def test_overlap_is_a_share_and_the_same_both_ways(one: Box, other: Box) -> None:
    assert 0 <= overlap(one, other) <= 1 + 1e-9
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    if one[2] * one[3] > 1e-3:
        assert overlap(one, one) == pytest.approx(1)

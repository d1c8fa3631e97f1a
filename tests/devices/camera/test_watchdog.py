"""Is the picture alive?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.camera.watchdog import Health, Limits, Watch, content_hash

STILL_IS_FINE = Limits(stale_s=3.0, frozen_s=None)


def test_a_camera_that_never_delivers_is_stale_three_seconds_after_the_start() -> None:
    watch = Watch(started_at=100.0)
    assert watch.verdict(102.9, Limits()) is Health.OK
    assert watch.verdict(103.0, Limits()) is Health.STALE


def test_frames_keep_it_well_and_their_end_makes_it_stale() -> None:
    watch = Watch(started_at=100.0)
    for n in range(200):
        watch = watch.saw(bytes([n]), 100 + n / 10)
        assert watch.verdict(100 + n / 10, Limits()) is Health.OK
    assert watch.verdict(122.9, Limits()) is Health.STALE


def test_the_same_picture_for_long_is_frozen_until_another_comes() -> None:
    watch = Watch(started_at=0.0)
    for n in range(101):
        watch = watch.saw(b"same", n / 10)
    assert watch.verdict(10.0, Limits(frozen_s=10.0)) is Health.FROZEN
    assert watch.verdict(10.0, STILL_IS_FINE) is Health.OK
    assert watch.saw(b"other", 10.1).verdict(10.1, Limits(frozen_s=10.0)) is Health.OK


def test_a_frame_from_the_past_changes_nothing() -> None:
    watch = Watch(started_at=0.0).saw(b"a", 5.0)
    assert watch.saw(b"b", 4.0) == watch


@given(st.lists(st.tuples(st.floats(0, 2.9), st.binary(max_size=1)), max_size=30))
def test_frames_that_come_in_time_are_never_stale(frames: list[tuple[float, bytes]]) -> None:
    watch, now = Watch(started_at=0.0), 0.0
    for pause_s, content in frames:
        now += pause_s
        assert watch.verdict(now, STILL_IS_FINE) is Health.OK
        watch = watch.saw(content, now)


def test_the_digest_tells_pictures_apart_and_knows_equal_ones() -> None:
    picture = np.zeros((48, 64, 3), dtype=np.uint8)
    other = picture.copy()
    other[8, 8] = 1
    assert content_hash(picture) == content_hash(picture.copy())
    assert content_hash(picture) != content_hash(other)

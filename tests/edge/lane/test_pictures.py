"""Event pictures: small, cropped to the one face where there is one, made off the way to the relay."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from uuid import UUID

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.ports import Frame, Pixels
from edge.journal.pictures import Pictures
from edge.lane import pictures as module
from edge.lane.pictures import BYTES_MAX, WIDTH_PX, PictureThread, event_jpeg
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.commands import Action, Command
from tests.edge.lane.bench import Bench, a_frame

pixel = st.integers(-2000, 3000)


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


@given(st.integers(1, 900), st.integers(1, 1500), st.none() | st.tuples(pixel, pixel, pixel, pixel))
@settings(max_examples=60, deadline=None)
def test_any_frame_and_any_box_give_a_small_picture(height: int, width: int, box: tuple[int, ...] | None) -> None:
    jpeg = event_jpeg(noise(height, width), cast("tuple[float, float, float, float] | None", box))
    shown = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape[1] <= WIDTH_PX and len(jpeg) <= BYTES_MAX


def test_a_face_is_kept_with_its_surroundings_and_the_rest_is_not() -> None:
    pixels = np.zeros((1000, 1000, 3), dtype=np.uint8)
    pixels[400:500, 400:500] = 255
    jpeg = event_jpeg(pixels, (400.0, 400.0, 100.0, 100.0))
    shown = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None and shown.shape == (380, 380)
    assert 0.04 < (shown > 128).mean() < 0.10


def test_pictures_are_kept_sealed_and_a_look_is_answered_with_the_newest_frame_or_that_there_is_none(
    tmp_path: Path,
) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    kept, shown = Pictures.open(tmp_path / "pictures", keys), []
    frames: list[Frame | None] = [a_frame(200), None]
    thread = PictureThread(kept, lambda _: None, lambda _: frames.pop(0), lambda command, jpeg: shown.append(jpeg))
    bench = Bench(tmp_path / "bench")
    command: Command = bench.command(Action.LOOK)
    event_id = new_id()
    thread.keep(event_id, a_frame(100))
    thread.look(command)
    thread.look(command)
    thread.stop()
    thread.run()
    assert kept.take(event_id)
    assert shown[0] is not None and shown[1] is None
    assert not any(
        b"\xff\xd8\xff" in path.read_bytes() for path in (tmp_path / "pictures").rglob("*") if path.is_file()
    )
    bench.close()
    bench.keys.close()
    keys.close()


def test_too_many_pictures_are_left_out_and_counted_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 2)

    def never(_: UUID) -> Frame | None:
        raise AssertionError

    thread = PictureThread(cast(Pictures, None), lambda _: None, never, lambda *_: None)
    for _ in range(5):
        thread.keep(new_id(), a_frame())
    assert thread.left_out == 3

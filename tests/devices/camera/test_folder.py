"""A folder as a camera, in virtual time."""

import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera.folder import FolderCamera, Mode
from devices.errors import Unreachable


class Time:
    def __init__(self) -> None:
        self.now = 50.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def picture(shade: int, kind: str = ".png") -> bytes:
    pixels = np.full((96, 64, 3), shade, dtype=np.uint8)
    pixels[48:] = np.random.default_rng(1).integers(0, 256, (48, 64, 3))  # so that cutting the file cuts the picture
    ok, data = cv2.imencode(kind, pixels)
    assert ok
    return bytes(data)


def put(path: Path, data: bytes, at: int) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(at, at))


def looking(folder: Path, mode: Mode, fps: float = 10) -> tuple[FolderCamera, Time]:
    time = Time()
    return FolderCamera(folder, fps=fps, mode=mode, clock=time.clock, wait=time.wait), time


def shade(camera: FolderCamera, timeout_s: float = 0.5) -> int | None:
    frame = camera.read(timeout_s)
    return None if frame is None else int(frame.pixels[0, 0, 0])


def test_loop_plays_in_name_order_round_and_round_at_its_pace(tmp_path: Path) -> None:
    for number, name in enumerate(["b.png", "a.png", "c.png"]):
        put(tmp_path / name, picture(number), at=number)
    camera, time = looking(tmp_path, Mode.LOOP)
    assert camera.age_s() == float("inf")
    frames = [camera.read(1.0) for _ in range(5)]
    assert [int(frame.pixels[0, 0, 0]) for frame in frames if frame] == [1, 0, 2, 1, 0]
    assert [frame.seq for frame in frames if frame] == [1, 2, 3, 4, 5]
    gaps = [b.taken_at - a.taken_at for a, b in itertools.pairwise(frames) if a and b]
    assert all(gap + 1e-9 >= 0.1 and gap < 0.13 for gap in gaps)
    time.wait(2)
    assert 2.0 <= camera.age_s() < 2.1


def test_loop_goes_on_where_it_was_when_files_come_and_go(tmp_path: Path) -> None:
    for number, name in enumerate(["a.png", "c.png"]):
        put(tmp_path / name, picture(number), at=number)
    camera, _ = looking(tmp_path, Mode.LOOP)
    assert shade(camera) == 0
    put(tmp_path / "b.png", picture(9), at=9)
    (tmp_path / "a.png").unlink()
    assert [shade(camera), shade(camera), shade(camera)] == [9, 1, 9]


def test_newest_changes_at_once_and_repeats_at_its_pace_so_that_its_age_stays_young(tmp_path: Path) -> None:
    put(tmp_path / "z.png", picture(1), at=1)
    camera, time = looking(tmp_path, Mode.NEWEST, fps=1)
    first = camera.read(0.5)
    assert first is not None
    put(tmp_path / "a.png", picture(2), at=2)
    second = camera.read(0.0)
    assert second is not None
    assert second.pixels[0, 0, 0] == 2
    assert camera.read(0.5) is None
    again = camera.read(0.6)
    assert again is not None
    assert again.pixels is second.pixels
    assert (again.seq, camera.age_s()) == (3, 0.0)
    (tmp_path / "a.png").unlink()
    (tmp_path / "z.png").unlink()
    assert camera.read(2.0) is None
    assert camera.age_s() >= 2.0
    assert time.now > 52


@pytest.mark.parametrize("kind", [".png", ".jpg"])
@pytest.mark.parametrize("mode", list(Mode))
def test_half_written_and_unreadable_pictures_are_skipped_and_counted_once(
    tmp_path: Path, mode: Mode, kind: str
) -> None:
    put(tmp_path / f"a{kind}", picture(80, kind), at=1)
    whole = picture(160, kind)
    put(tmp_path / f"b{kind}", whole[: len(whole) * 2 // 3], at=2)
    put(tmp_path / "c.png", b"no picture", at=3)
    put(tmp_path / "d.png", b"", at=4)
    put(tmp_path / f".e{kind}", picture(200, kind), at=5)
    put(tmp_path / f"f{kind}.part", picture(200, kind), at=6)
    (tmp_path / "folder.png").mkdir()
    camera, _ = looking(tmp_path, mode)
    assert [round_to_80(shade(camera)) for _ in range(4)] == [80] * 4
    assert camera.skipped == 3
    put(tmp_path / f"b{kind}", whole, at=7)
    assert 160 in [round_to_80(shade(camera)) for _ in range(2)]
    assert camera.skipped == 3


@pytest.mark.parametrize("pixels", [(8000, 8000), (60_000, 60_000)])
def test_a_small_file_that_promises_an_enormous_picture_is_never_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: tuple[int, int]
) -> None:
    data = bytearray(picture(80, ".jpg"))
    frame = data.index(b"\xff\xc0")  # start of frame: length, precision, height, width
    data[frame + 5 : frame + 9] = pixels[0].to_bytes(2, "big") + pixels[1].to_bytes(2, "big")
    put(tmp_path / "a.jpg", bytes(data), at=1)
    decoded: list[int] = []
    monkeypatch.setattr(cv2, "imdecode", lambda *_: decoded.append(1))
    camera, _ = looking(tmp_path, Mode.NEWEST)
    assert camera.read(0.1) is None and camera.skipped == 1 and decoded == []


def round_to_80(value: int | None) -> int | None:
    return None if value is None else round(value / 80) * 80  # JPEG may be off by one


def test_an_empty_folder_gives_no_frames_and_a_missing_one_is_unreachable(tmp_path: Path) -> None:
    camera, _ = looking(tmp_path, Mode.LOOP)
    assert camera.read(1.0) is None
    assert camera.age_s() == float("inf")
    tmp_path.rmdir()
    assert camera.read(1.0) is None
    camera.close()
    with pytest.raises(Unreachable):
        camera.read(0)
    with pytest.raises(Unreachable):
        looking(tmp_path, Mode.LOOP)

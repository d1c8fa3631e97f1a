"""Photos that a technician names for a template: ordinary files of a photo's size, or words."""

from __future__ import annotations

from pathlib import Path

from edge.faces import photos_in
from edge.verify.face.photo import BYTES_MAX


def test_photos_are_read_and_what_is_none_is_told_without_reading_on(tmp_path):
    photo, film = tmp_path / "face.jpg", tmp_path / "film.mp4"
    photo.write_bytes(b"a photo")
    with film.open("wb") as file:
        file.truncate(BYTES_MAX + 1)
    assert photos_in([photo]) == [b"a photo"]
    assert "/dev/zero cannot be read: Not an ordinary file" in photos_in([photo, Path("/dev/zero")])
    assert "film.mp4 超过 15 MB" in photos_in([film])
    missing = tmp_path / "none.jpg"
    told = photos_in([photo, missing])
    assert f"没有 {missing} 这个文件，请核对路径" in told and f"there is no file {missing}; check its name" in told

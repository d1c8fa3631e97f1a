"""The demo's faces: one is always there; where others cannot be had it is said in words."""

from pathlib import Path

import pytest

from scripts.prepare import demo_faces
from scripts.prepare.demo_faces import ArchiveMissing, prepare_demo_faces


def test_without_the_archive_there_is_one_face_and_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(scratch: Path) -> Path:
        raise ArchiveMissing("pip could not download it: no route to host")

    monkeypatch.setattr(demo_faces, "_download", no_network)
    said: list[str] = []
    faces = prepare_demo_faces(tmp_path, said.append)
    assert list(faces.people) == ["astronaut"]
    assert faces.missing is not None
    assert "no route to host" in faces.missing
    assert said[-1] == faces.missing
    assert faces.pictures("astronaut")[0].shape == (262, 250, 3)


def test_another_archive_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = tmp_path / "stranger.tar.gz"
    stranger.write_bytes(b"stranger")
    monkeypatch.setattr(demo_faces, "_download", lambda scratch: stranger)
    faces = prepare_demo_faces(tmp_path)
    assert faces.missing is not None
    assert "another file than the one pinned" in faces.missing


def test_pip_s_own_words_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_faces.sys, "executable", "/bin/false")
    faces = prepare_demo_faces(tmp_path)
    assert faces.missing is not None
    assert "pip could not download" in faces.missing
    monkeypatch.setattr(demo_faces.sys, "executable", str(tmp_path / "no-python"))
    faces = prepare_demo_faces(tmp_path)
    assert faces.missing is not None
    assert "FileNotFoundError" in faces.missing


def test_nothing_is_fetched_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_faces, "_download", None)
    assert prepare_demo_faces(tmp_path, fetch=False).missing is not None

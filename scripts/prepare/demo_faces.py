"""Faces a demo may show, brought by packages because none may be committed.

    astronaut         NASA portrait, public domain         data/astronaut.png in the scikit-image wheel
    office_holder_1   official portraits, three photos     tests/test_images/ in the source archive of
    office_holder_2   official portrait, one photo         face-recognition 1.3.0 (the wheel has none)

Each is cut to head and shoulders. The places to cut were measured once on exactly these files, whose hashes are
checked. Neither package's code is imported; pip checks the archive's hash before it opens it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np

from scripts.prepare.files import carried, sha256, write_whole

ARCHIVE = "face-recognition==1.3.0"
ARCHIVE_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
_FOLDER_IN_ARCHIVE = "face_recognition-1.3.0/tests/test_images/"
_PIP_TAKES_AT_MOST_S = 300
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class _Cut:
    identity: str
    source: str
    box: tuple[int, int, int, int]
    """x from, y from, x to, y to, in pixels."""

    @property
    def file(self) -> str:
        return f"{self.identity}-{Path(self.source).stem}.png"


_FROM_WHEEL = _Cut("astronaut", "data/astronaut.png", (98, 11, 348, 273))
_FROM_ARCHIVE = (
    _Cut("office_holder_1", "obama.jpg", (129, 0, 852, 699)),
    _Cut("office_holder_1", "obama2.jpg", (0, 47, 626, 977)),
    _Cut("office_holder_1", "obama3.jpg", (397, 118, 1157, 912)),
    _Cut("office_holder_2", "biden.jpg", (129, 0, 970, 917)),
)


class ArchiveMissing(Exception):
    """The source archive could not be had (no network, no pip); the text says why."""


@dataclass(frozen=True, slots=True)
class DemoFaces:
    """Which files show whom, best photo first. `missing` says in words why some are not there; None: all are."""

    people: dict[str, tuple[Path, ...]]
    missing: str | None = None

    def pictures(self, identity: str) -> tuple[np.ndarray, ...]:
        """Head and shoulders, height x width x 3, blue-green-red. Raises KeyError for somebody who is not there."""
        return tuple(_read(path.read_bytes()) for path in self.people[identity])


def prepare_demo_faces(
    cache: Path, progress: Callable[[str], None] = lambda line: None, fetch: bool = True
) -> DemoFaces:
    """Make sure `cache/demo_faces/` holds what can be had. Complete: the second call only reads the manifest.

    Where the archive cannot be had there is one person, and `missing` says why; the next call tries again. With
    `fetch` False nothing is ever downloaded: tests use what set-up has prepared.
    """
    folder = cache / "demo_faces"
    listed = _listed(folder)
    if listed is not None:
        return listed
    people = {
        _FROM_WHEEL.identity: [_keep(folder, _FROM_WHEEL, carried("scikit-image", _FROM_WHEEL.source).read_bytes())]
    }
    missing = None
    try:
        if not fetch:
            raise ArchiveMissing("set-up has not fetched the portraits")
        progress("fetching the demo's portraits (3 MB)")
        for cut, content in _portraits():
            people.setdefault(cut.identity, []).append(_keep(folder, cut, content))
    except ArchiveMissing as why:
        missing = f"the demo has one face instead of three: {why}"
        progress(missing)
    faces = DemoFaces({identity: tuple(files) for identity, files in people.items()}, missing)
    if missing is None:
        manifest = {
            identity: {file.name: sha256(file.read_bytes()) for file in files} for identity, files in people.items()
        }
        write_whole(folder / _MANIFEST, json.dumps(manifest, indent=1).encode())
        progress(f"demo faces are in {folder}")
    return faces


def _listed(folder: Path) -> DemoFaces | None:
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        for files in manifest.values():
            for name, expected in files.items():
                if sha256((folder / name).read_bytes()) != expected:
                    return None
        return DemoFaces({identity: tuple(folder / name for name in files) for identity, files in manifest.items()})
    except (OSError, ValueError, AttributeError):
        return None  # never made, or damaged: made anew


def _keep(folder: Path, cut: _Cut, content: bytes) -> Path:
    x_from, y_from, x_to, y_to = cut.box
    part = _read(content)[y_from:y_to, x_from:x_to]
    write_whole(folder / cut.file, cv2.imencode(".png", part)[1].tobytes())
    return folder / cut.file


def _read(content: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("not a picture")
    return pixels


def _portraits() -> list[tuple[_Cut, bytes]]:
    with tempfile.TemporaryDirectory(prefix="menting-") as scratch:
        archive = _download(Path(scratch))
        if sha256(archive.read_bytes()) != ARCHIVE_SHA256:
            raise ArchiveMissing(f"{archive.name} is another file than the one pinned")
        with tarfile.open(archive) as tar:
            return [(cut, _member(tar, _FOLDER_IN_ARCHIVE + cut.source)) for cut in _FROM_ARCHIVE]


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    opened = tar.extractfile(name)
    if opened is None:
        raise ArchiveMissing(f"{name} is not a file in the archive")
    return opened.read()


def _download(scratch: Path) -> Path:
    """The archive by pip, which needs the hash written beside the name to refuse anything else before opening it."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{ARCHIVE} --hash=sha256:{ARCHIVE_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    how = ["--no-deps", "--no-binary", ":all:", *_no_isolation(), "-d", str(scratch), "-r", str(wanted)]
    try:
        done = subprocess.run(pip + how, capture_output=True, text=True, timeout=_PIP_TAKES_AT_MOST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as why:
        raise ArchiveMissing(f"pip did not finish ({type(why).__name__})") from why
    found = list(scratch.glob("*.tar.gz"))
    if done.returncode != 0 or len(found) != 1:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        errors = [line for line in lines if line.startswith("ERROR")] or lines
        raise ArchiveMissing(f"pip could not download {ARCHIVE}: {errors[-1][:300]}")
    return found[0]


def _no_isolation() -> list[str]:
    """Spare pip an environment of its own where setuptools (from 70.1 it needs no wheel package) is here already."""
    try:
        major, minor, *_ = (int(part) for part in metadata.version("setuptools").split(".")[:2])
    except (metadata.PackageNotFoundError, ValueError):
        return []
    return ["--no-build-isolation"] if (major, minor) >= (70, 1) else []

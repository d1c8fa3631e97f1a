"""A folder of pictures as a camera: for tests, for the demo, and for cameras that drop snapshots into a folder.

    mode=loop      plays the pictures in name order, over and over, `fps` a second
    mode=newest    shows the newest complete picture; at once when it changes, else again every 1/fps, so that the
                   age says "the folder is being looked at" (and grows when no readable picture is there)

A picture counts once its end is there (the end marks of JPEG and PNG): a look of our own before decoding, because
some decoders make half a JPEG into a picture with a grey bottom (OpenCV 4.14 refuses, and complains on stderr). What
cannot be read is skipped and counted, once per version of the file. Files that begin with a dot or end in .tmp or
.part are somebody's unfinished business and are not looked at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from devices.errors import DeviceError, Unreachable
from devices.ports import Frame, Pixels

FILE_MAX = 32 * 2**20
PIXELS_MAX = 40_000_000  # a gate's camera has 2 to 12 million; a small file may promise a billion, and cost gigabytes
LOOK_S = 0.02
UNFINISHED = (".tmp", ".part")


class Mode(StrEnum):
    """How a folder is played."""

    LOOP = "loop"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one file: written again, it is another one."""

    path: Path
    modified_ns: int
    size: int


class FolderCamera:
    """A Camera that looks into a folder. Raises Unreachable when there is no such folder at opening."""

    error: DeviceError | None = None
    """See Camera: an empty folder is no error."""

    def __init__(
        self,
        folder: str | Path,
        *,
        fps: float = 10,
        mode: Mode = Mode.LOOP,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._closed = threading.Event()
        self._period_s = 1 / fps
        self._mode = mode
        self._clock = clock
        self._wait = wait or self._closed.wait
        self._next_at = -float("inf")
        self._taken_at: float | None = None
        self._seq = 0
        self._shown: Version | None = None
        self._pixels: Pixels | None = None
        self._bad: dict[Path, Version] = {}
        self.skipped = 0
        """How many versions of files could not be read so far."""
        if not self._folder.is_dir():
            raise Unreachable(f"{self._folder} is not a folder")

    def read(self, timeout_s: float) -> Frame | None:
        """See Camera."""
        deadline = self._clock() + timeout_s
        while not self._closed.is_set():
            now = self._clock()
            pixels = self._look(now)
            if pixels is not None:
                self._next_at = now + self._period_s
                self._taken_at = now
                self._seq += 1
                return Frame(pixels, now, self._seq)
            if now >= deadline:
                return None
            self._wait(min(deadline - now, LOOK_S))
        raise Unreachable(f"{self._folder} is closed")

    def age_s(self) -> float:
        """See Camera."""
        return float("inf") if self._taken_at is None else self._clock() - self._taken_at

    def close(self) -> None:
        """See Camera."""
        self._closed.set()

    def _look(self, now: float) -> Pixels | None:
        due = now >= self._next_at
        if self._mode is Mode.LOOP:
            return self._following() if due else None
        return self._newest(due)

    def _following(self) -> Pixels | None:
        """The picture after the one shown, in name order; round again at the end."""
        versions = sorted(self._versions(), key=lambda version: version.path.name)
        last = "" if self._shown is None else self._shown.path.name
        later = [version for version in versions if version.path.name > last]
        earlier = versions[: len(versions) - len(later)]
        for version in (*later, *earlier):
            if (pixels := self._load(version)) is not None:
                return pixels
        return None

    def _newest(self, due: bool) -> Pixels | None:
        for version in sorted(self._versions(), key=lambda v: (v.modified_ns, v.path.name), reverse=True):
            if version == self._shown and self._pixels is not None:
                return self._pixels if due else None
            if (pixels := self._load(version)) is not None:
                return pixels
        return None

    def _versions(self) -> list[Version]:
        """The files as they are now. One that vanishes while we look was not there; a vanished folder is empty."""
        found = []
        try:
            paths = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        except OSError:
            return []
        for path in paths:
            if path.suffix in UNFINISHED:
                continue
            try:
                state = path.stat()
            except OSError:
                continue
            if path.is_file():
                found.append(Version(path, state.st_mtime_ns, state.st_size))
        return found

    def _load(self, version: Version) -> Pixels | None:
        """The picture, remembered as shown; None (and counted) when it cannot be read."""
        if self._bad.get(version.path) == version:
            return None
        pixels = _decoded(version)
        if pixels is None:
            self.skipped += 1
            self._bad = {path: bad for path, bad in self._bad.items() if path.exists()}
            self._bad[version.path] = version
            return None
        self._shown, self._pixels = version, pixels
        return pixels


def _decoded(version: Version) -> Pixels | None:
    """The pixels of a complete picture, or None."""
    if not 0 < version.size <= FILE_MAX:
        return None
    try:
        data = version.path.read_bytes()
    except OSError:
        return None
    if not _complete(data) or not 0 < _pixels_promised(data) <= PIXELS_MAX:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # a header that promises more pixels than OpenCV will hold
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def _pixels_promised(data: bytes) -> int:
    """Width by height as the header says, without decoding; 0 when no header can be read."""
    try:
        with Image.open(BytesIO(data)) as picture:
            return picture.width * picture.height
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0


def _complete(data: bytes) -> bool:
    """Are the end marks there, for the formats that have one? Other formats: the decoder decides."""
    if data.startswith(b"\xff\xd8"):
        return data.rstrip(b"\0").endswith(b"\xff\xd9")
    if data.startswith(b"\x89PNG"):
        return b"IEND" in data[-16:]
    return True

"""The attempts of `scripts/bench stills` that are done, in a file: a line each, written as they end.

    {"plays": "3f0c…"}                                                    what is played, by its fingerprint
    {"photo": "Someone/1.jpg", "motion": "held", "seed": 17, "ended": "late"}

A power cut leaves at most half a line, which is played again. Attempts of another version of the challenge, of the hand
that holds the photos, or of the detector would be of another thing: such a file is refused, not mixed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from edge.verify.face import detect
from edge.verify.face.liveness import carried, challenge, seen, turning
from edge.verify.face.weights import DETECTOR_FILE, PINNED
from scripts import liveness_stills


class OtherAttempts(Exception):
    """The file is of another version, or no such file at all; the words say so in both languages."""


@dataclass(slots=True)
class Kept:
    """What is done, and where more is added. `folder`: what the photos' names are told from."""

    file: Path
    folder: Path
    done: dict[tuple[str, int, str], str] = field(default_factory=dict)

    @classmethod
    def open(cls, file: Path, folder: Path) -> Kept:
        """Begins the file where there is none. Raises OtherAttempts."""
        kept, plays = cls(file, folder), fingerprint()
        lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
        if lines and _read(lines[0]).get("plays") != plays:
            raise OtherAttempts(
                f"{file} 记的不是这个版本的尝试：请换一个文件 · "
                f"{file} holds no attempts of this version: name another file"
            )
        whole = [line for line in lines if line.endswith(b"\n")]
        for one in filter(_is_attempt, map(_read, whole[1:])):
            kept.done[str(one["motion"]), int(str(one["seed"])), str(one["photo"])] = str(one["ended"])
        if whole != lines or not lines:
            file.write_bytes(b"".join(whole) or json.dumps({"plays": plays}).encode() + b"\n")
        return kept

    def ended(self, motion: str, seed: int, photo: Path) -> str | None:
        """How this attempt ended; None: it was not played yet."""
        return self.done.get((motion, seed, self._name(photo)))

    def add(self, motion: str, seed: int, photo: Path, ended: str) -> None:
        line = {"photo": self._name(photo), "motion": motion, "seed": seed, "ended": ended}
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def _name(self, photo: Path) -> str:
        return photo.relative_to(self.folder).as_posix()


def fingerprint() -> str:
    """Of everything that decides how an attempt ends: the hand, the challenge, the detector and its weights."""
    told = hashlib.sha256(f"{PINNED[DETECTOR_FILE]} {cv2.__version__}".encode())
    for module in (liveness_stills, detect, carried, challenge, seen, turning):
        told.update(Path(str(module.__file__)).read_bytes())
    return told.hexdigest()[:16]


def _is_attempt(line: dict[str, object]) -> bool:
    return {"photo", "motion", "seed", "ended"} <= line.keys()


def _read(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

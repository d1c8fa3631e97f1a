"""Looking for a face in every byte of a folder: as numbers, as ciphertext, as the key that opens it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

PIECE = 16
"""Four of the 128 numbers. Fewer could be there by chance, and more would overlook a torn page."""


def a_template(seed: int) -> bytes:
    """514 bytes as they are stored: no face, and as long as one."""
    vector = np.random.default_rng(seed).standard_normal(128).astype("<f4")
    return bytes([1, 3]) + (vector / np.linalg.norm(vector)).astype("<f4").tobytes()


def pieces(secret: bytes) -> Iterator[bytes]:
    """Stretches of it that cannot be anywhere by chance."""
    for start in range(0, len(secret) - PIECE + 1, PIECE):
        yield secret[start : start + PIECE]


def in_other_words(secret: bytes) -> Iterator[bytes]:
    """How a template might travel: raw, in hexadecimal, in base64 at each alignment, as numbers in JSON."""
    yield from pieces(secret)
    yield from pieces(secret.hex().encode())
    for shift in range(3):
        yield from pieces(base64.b64encode(secret[shift:])[4:-4])
        yield from pieces(base64.urlsafe_b64encode(secret[shift:])[4:-4])
    for number in np.frombuffer(secret[2:514], "<f4")[:64]:
        yield json.dumps(float(number)).encode()


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def traces(folder: Path, secrets: Iterable[bytes]) -> list[str]:
    """In which files a stretch of one of the secrets lies."""
    wanted = [piece for secret in secrets for piece in pieces(secret)]
    return sorted(
        str(path.relative_to(folder))
        for path, content in files_below(folder).items()
        if any(piece in content for piece in wanted)
    )

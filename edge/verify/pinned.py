"""Weights files of one folder, read once and checked before a byte of them is used (SEC-18).

    FOLDER/manifest.json    {"files": {NAME: sha256 in hex, ...}}, written by set-up
    FOLDER/NAME             what set-up prepared

The manifest finds accidents: a torn copy, a bad disk. It cannot find an intruder, who would rewrite it as well; so the
hashes must also be the ones pinned in the code, with which this version was measured. What is hashed is what is loaded:
the bytes are read once and handed on, never read a second time from a path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"


def read_pinned(
    folder: Path, pinned: Mapping[str, str], missing: type[Exception], changed: type[Exception]
) -> dict[str, bytes]:
    """The bytes of every file that `pinned` names with its sha256. Raises `missing` or `changed`, naming the file."""
    listed = _manifest(folder / MANIFEST, missing, changed)
    return {name: _checked(folder / name, wanted, listed, missing, changed) for name, wanted in pinned.items()}


def _manifest(path: Path, missing: type[Exception], changed: type[Exception]) -> dict[str, object]:
    try:
        files = json.loads(path.read_bytes())["files"]
    except FileNotFoundError as gone:
        raise missing(f"{path} is not there: run set-up, which prepares the weights") from gone
    except (ValueError, KeyError, TypeError) as broken:
        raise changed(f"{path} is not the manifest set-up wrote") from broken
    if not isinstance(files, dict):
        raise changed(f"{path} is not the manifest set-up wrote")
    return files


def _checked(
    path: Path, wanted: str, listed: dict[str, object], missing: type[Exception], changed: type[Exception]
) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as gone:
        raise missing(f"{path} is not there: run set-up, which prepares the weights") from gone
    found = hashlib.sha256(content).hexdigest()
    if found != listed.get(path.name):
        raise changed(f"{path} has sha256 {found[:16]}…, but its manifest lists {str(listed.get(path.name))[:16]}…")
    if found != wanted:
        raise changed(f"{path} has sha256 {found[:16]}…, but this version was measured with {wanted[:16]}…")
    return content

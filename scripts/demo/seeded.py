"""What the rest of the demo must know of its community: one file, 0600, written as soon as each part is known.

The first administrator's one-time password is told once by central. Noted before anything else is made, it is not lost
when a person interrupts what follows; a file that lacks a part is a demo that was cut short, and is begun anew.
"""

import json
import os
from pathlib import Path
from typing import Any

FILE = "seeded.json"
PARTS = frozenset(
    {
        "admin",
        "tenant",
        "community",
        "gate",
        "lanes",
        "faces",
        "consent",
        "passes",
        "cards",
        "pins",
        "plates",
        "bays",
        "signs",
    }
)


def known(path: Path) -> dict[str, Any]:
    """What stands there; nothing where there is no file, or one that was cut off."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def keep(path: Path, told: dict[str, Any]) -> None:
    """Whoever reads finds the whole of it or what was there before. For this account alone: it holds a password."""
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(told, file, indent=1)
    half.replace(path)


def is_whole(told: dict[str, Any]) -> bool:
    """Whether every part that the demo asks for is there."""
    return told.keys() >= PARTS


def half_made(folder: Path) -> bool:
    """Whether a start was cut short here: central has begun, and not all of what it holds is known."""
    return (folder / "central").exists() and not is_whole(known(folder / FILE))

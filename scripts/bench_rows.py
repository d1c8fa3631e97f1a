"""A bench's row, as JSON and as a line of its table."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def absent(figure: str, why: str) -> Row:
    """A row that could not be measured here: never met, and not called missed either."""
    return {
        "figure": figure,
        "measured": f"not run: {why}",
        "goal": "–",
        "peer": "–",
        "ratio": None,
        "met": False,
        "not_run": True,
    }

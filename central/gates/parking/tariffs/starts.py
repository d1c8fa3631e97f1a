"""Ways to charge that are usual, to begin a draft with: the tariffs of the worked examples PARK-E01 to PARK-E30."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIRST = {"minutes": 60, "fen": 5_00}
_NEXT = {"minutes": 60, "fen": 2_00}

STARTS: Mapping[str, Mapping[str, Any]] = {
    "blocks": {"rates": {"kind": "blocks", "first": _FIRST, "next": _NEXT}, "cap": {"fen": 20_00}},
    "blocks_deducted": {
        "rates": {"kind": "blocks", "first": _FIRST, "next": _NEXT},
        "cap": {"fen": 20_00},
        "free": {"mode": "deducted"},
    },
    "blocks_by_day": {
        "rates": {"kind": "blocks", "first": _FIRST, "first_granted": "stay", "next": _NEXT},
        "cap": {"fen": 20_00},
        "cap_window": "day",
        "boundary": "start",
    },
    "bands": {
        "rates": {
            "kind": "bands",
            "bands": [
                {"start": 420, "end": 1260, "block": {"minutes": 30, "fen": 2_00}, "cap": 24_00},
                {"start": 1260, "end": 420, "block": {"minutes": 60, "fen": 1_00}, "cap": 5_00},
            ],
        }
    },
    "per_use": {"rates": {"kind": "per_use", "fen": 10_00, "once": "24h"}, "free": {"minutes": 30}},
    "staged": {
        "rates": {
            "kind": "staged",
            "stages": [
                {"until": 120, "block": {"minutes": 60, "fen": 3_00}, "cap": 6_00},
                {"block": {"minutes": 60, "fen": 5_00}, "cap": 24_00},
            ],
        },
        "free": {"minutes": 30, "mode": "deducted"},
        "cap": {"fen": 30_00},
    },
    "per_minute": {
        "rates": {"kind": "per_minute", "fen": 5},
        "free": {"minutes": 0},
        "rounding": {"to": 10},
    },
    "free": {"rates": {"kind": "free"}},
}
"""By name; the first is offered first."""

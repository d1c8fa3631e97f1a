"""agentclpr's own pipeline, as its own package runs it: the peer of `scripts/bench plate`, and used nowhere else.

Its locator finds the plate; a general text reader (agentocr) finds and reads the characters in the crop. Both packages
import a web server and a downloader of models at once; neither is used here nor installed, so empty modules stand in.
"""

from __future__ import annotations

import importlib
import logging
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from devices.ports import Pixels

_UNUSED = ("wget", "agentclpr.infer.server", "agentocr.infer.server")
_CROP_WIDTH, _AROUND = 256, 100
"""How agentclpr itself prepares what it has located."""


@dataclass(frozen=True, slots=True)
class Peer:
    system: Any

    def scene(self, pixels: Pixels) -> str:
        """The text of its surest plate; where it stops at a picture (a plate at the border), that is its result."""
        try:
            found = self.system(pixels)
        except (cv2.error, ValueError, IndexError, ZeroDivisionError):
            return ""
        return str(max(found, key=lambda plate: float(plate[1][1]))[1][0]) if found else ""

    def crop(self, pixels: Pixels) -> str:
        height, width = pixels.shape[:2]
        wide = cv2.resize(pixels, (_CROP_WIDTH, round(_CROP_WIDTH / width * height)))
        around = ((_AROUND, _AROUND), (_AROUND, _AROUND), (0, 0))
        found = self.system.ocr(np.pad(wide, around, mode="constant", constant_values=255))
        return "".join(str(line[1][0]) for line in found)


def opened() -> Peer | None:
    """None: not installed here, or it cannot run with this Python."""
    for name in _UNUSED:
        sys.modules.setdefault(name, _empty(name))
    before = logging.root.level, logging.root.handlers[:]
    try:
        system = importlib.import_module("agentclpr").CLPSystem()
    except ImportError:
        return None
    finally:
        logging.root.setLevel(before[0])
    logging.disable(logging.DEBUG)  # it tells the root logger about every box
    return Peer(system)


def _empty(name: str) -> ModuleType:
    module = ModuleType(name)
    module.clp_server = None  # type: ignore[attr-defined]  # what agentclpr's own package asks of it
    return module

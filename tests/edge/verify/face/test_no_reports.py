"""A gate talks to central and to nobody else: the networks' runtime keeps its reports to itself (PRIV-20)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.setup import ROOT

LOADS = """
import sys
from pathlib import Path
from edge.verify.face.examine import FaceReader
FaceReader.open(Path(sys.argv[1]))
import time
time.sleep(1)
"""


@pytest.mark.req("PRIV-20")
def test_loading_the_face_models_leaves_no_trace_in_the_home_folder(tmp_path: Path, weights_folder: Path) -> None:
    told_otherwise = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(weights_folder)],
        cwd=ROOT, env={**told_otherwise, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [str(path) for path in tmp_path.rglob("*") if "icrosoft" in str(path) or "onnx" in str(path)] == []

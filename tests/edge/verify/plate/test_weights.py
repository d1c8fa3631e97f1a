"""A file that is not the measured one is never used, whoever changed it and however thoroughly."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from edge.verify.pinned import MANIFEST
from edge.verify.plate import weights
from edge.verify.plate.errors import WeightsChanged, WeightsMissing
from edge.verify.plate.reader import PlateReader

BOTH = list(weights.PINNED)


@pytest.fixture
def copy(plate_weights_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plate_weights_folder, tmp_path / "weights"))


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("rewritten", [False, True], ids=["manifest as it was", "manifest rewritten to fit"])
@pytest.mark.parametrize("name", BOTH)
def test_one_changed_bit_is_refused_in_words(copy: Path, name: str, rewritten: bool) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    if rewritten:
        manifest = json.loads((copy / MANIFEST).read_bytes())
        manifest["files"][name] = hashlib.sha256(content).hexdigest()
        (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(WeightsChanged, match=f"{name}.*{'measured' if rewritten else 'manifest'}"):
        PlateReader.open(copy)


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("name", [*BOTH, MANIFEST])
def test_a_missing_file_says_what_to_do(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(WeightsMissing, match="run set-up"):
        weights.load(copy)

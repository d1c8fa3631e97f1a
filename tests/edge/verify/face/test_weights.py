"""A file that is not the measured one is never used, whoever changed it and however thoroughly."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from edge.verify.face import weights
from edge.verify.face.errors import WeightsChanged, WeightsMissing
from edge.verify.face.examine import FaceReader

BOTH = [weights.DETECTOR_FILE, weights.EMBEDDER_FILE]


@pytest.fixture
def copy(weights_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(weights_folder, tmp_path / "weights"))


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.req("SEC-18")
def test_the_right_files_are_loaded_and_name_the_model(copy: Path) -> None:
    loaded = weights.load(copy)
    assert hashlib.sha256(loaded.embedder).hexdigest().startswith(loaded.model)
    assert loaded.model == weights.MODEL


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("name", BOTH)
def test_one_changed_bit_is_refused(copy: Path, name: str) -> None:
    change(copy / name)
    with pytest.raises(WeightsChanged, match=name):
        FaceReader.open(copy)


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("name", BOTH)
def test_a_manifest_rewritten_to_fit_is_refused_too(copy: Path, name: str) -> None:
    change(copy / name)
    manifest = json.loads((copy / weights.MANIFEST).read_bytes())
    manifest["files"][name] = hashlib.sha256((copy / name).read_bytes()).hexdigest()
    (copy / weights.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(WeightsChanged, match="measured"):
        weights.load(copy)


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("content", [b"", b"[]", b'{"files": 1}', b'{"files": {}}', b"\xff\xfe"])
def test_a_broken_manifest_is_refused(copy: Path, content: bytes) -> None:
    (copy / weights.MANIFEST).write_bytes(content)
    with pytest.raises(WeightsChanged):
        weights.load(copy)


@pytest.mark.req("SEC-18")
@pytest.mark.parametrize("name", [*BOTH, weights.MANIFEST])
def test_a_missing_file_says_what_to_do(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(WeightsMissing, match="set-up"):
        weights.load(copy)


@pytest.mark.req("SEC-18")
def test_a_cut_file_is_refused(copy: Path) -> None:
    path = copy / weights.EMBEDDER_FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsChanged):
        weights.load(copy)

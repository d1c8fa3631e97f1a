"""Preparing the weights: pinned going in, pinned coming out, whole or not there, and quick the second time."""

from pathlib import Path

import pytest

from edge.verify.face import weights as edge_weights
from scripts.prepare import weights as prepare
from scripts.prepare.files import write_whole
from scripts.prepare.fold import fold


@pytest.mark.req("SEC-18")
def test_the_second_call_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    first = prepare.prepare_weights(tmp_path, said.append)
    assert first.fresh
    monkeypatch.setattr(prepare, "fold", None)
    second = prepare.prepare_weights(tmp_path, said.append)
    assert (second.fresh, second.folder, second.model) == (False, tmp_path / "weights", edge_weights.MODEL)
    assert said[-1] == "face weights: fingerprints are right"
    assert {path.name for path in second.folder.iterdir()} == {*edge_weights.PINNED, edge_weights.MANIFEST}


@pytest.mark.req("SEC-18")
def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    made = prepare.prepare_weights(tmp_path)
    made.embedder.write_bytes(b"damaged")
    assert prepare.prepare_weights(tmp_path).fresh
    edge_weights.load(tmp_path / "weights")


@pytest.mark.req("SEC-18")
def test_another_file_in_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = tmp_path / "stranger.onnx"
    stranger.write_bytes(b"stranger")
    monkeypatch.setattr(prepare, "carried", lambda distribution, ending: stranger)
    with pytest.raises(prepare.NotAsPinned, match=r"stranger\.onnx"):
        prepare.prepare_weights(tmp_path)
    assert not (tmp_path / "weights").exists()


@pytest.mark.req("SEC-18")
def test_another_result_of_folding_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "fold", lambda content: b"something else")
    with pytest.raises(prepare.NotAsPinned, match=edge_weights.EMBEDDER_FILE):
        prepare.prepare_weights(tmp_path)
    assert not (tmp_path / "weights" / edge_weights.EMBEDDER_FILE).exists()


@pytest.mark.req("SEC-18")
def test_only_the_known_network_is_folded() -> None:
    yunet = prepare._carried(prepare._YUNET)
    with pytest.raises(ValueError, match="not in the SFace file"):
        fold(yunet)


@pytest.mark.req("SEC-18")
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    write_whole(place, b"old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(place, b"new")
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]

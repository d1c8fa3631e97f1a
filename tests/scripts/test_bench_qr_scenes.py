"""The benchmark of decoders is seeded, fair in what it counts, and says when a peer is not there."""

import numpy as np
import pytest

from scripts import bench_qr_scenes as bench


@pytest.mark.req("GEN-07")
def test_the_seed_is_the_scene() -> None:
    for one, same in zip(bench.scenes(11, seed=3), bench.scenes(11, seed=3), strict=True):
        assert (one.kind, one.text) == (same.kind, same.text)
        assert np.array_equal(one.pixels, same.pixels)
        assert one.pixels.shape == (720, 1280, 3)
        assert len(one.text) == bench.TEXT_LENGTH


@pytest.mark.req("GEN-07")
def test_right_wrong_and_failed_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {scene.pixels.tobytes(): scene.text for scene in bench.scenes(4)}

    def broken(pixels: np.ndarray) -> tuple[str, ...]:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "as OpenCV's does")

    monkeypatch.setattr(
        bench,
        "decoders",
        lambda: {
            "right": lambda pixels: (texts[pixels.tobytes()],),
            "wrong": lambda pixels: ("MT1:ELSE",),
            "both": lambda pixels: (texts[pixels.tobytes()], "MT1:ELSE"),
            "broken": broken,
            "absent": None,
        },
    )
    rows = {row["decoder"]: row for row in bench.measure(4) if row["kind"] == "all"}
    counted = {name: (row["read"], row["wrong"], row["failed"]) for name, row in rows.items() if not row["absent"]}
    assert counted == {"right": (4, 0, 0), "wrong": (0, 4, 0), "both": (4, 4, 0), "broken": (0, 0, 4)}
    assert rows["absent"] == {"decoder": "absent", "kind": "all", "absent": True}


@pytest.mark.req("VIS-05")
def test_ours_reads_every_plain_scene() -> None:
    decoder = bench.decoders()["zxing-cpp (ours)"]
    assert decoder is not None
    plain = [scene for scene in bench.scenes(33) if scene.kind in ("plain", "turned", "inverted")]
    assert len(plain) == 9
    assert all(decoder(scene.pixels) == (scene.text,) for scene in plain)

"""The bench of wires counts what really happened on the wires, and calls a miss a miss."""

import pytest

from scripts import bench_wires
from scripts.setup import CACHE


@pytest.mark.req("ACC-22", "ACC-23", "GEN-08")
def test_a_short_run_has_every_figure_with_its_sample_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_wires, "_cores", lambda: 0)  # what a loaded machine does is the bench's business
    fire, press, killed = bench_wires.measure(CACHE / "weights", 2, lambda done, of: None)
    assert "n = 2" in fire["measured"] and fire["ratio"] > 0 and "2 of 2" in press["measured"]
    assert "n = 2" in killed["measured"] and killed["ratio"] > 0


def test_a_miss_is_a_miss() -> None:
    assert bench_wires._fire_row([20.0, 101.0], [1.0, 1.0])["met"] is False
    assert bench_wires._press_row(9, 10)["met"] is False
    assert bench_wires._killed_row([0.2, 1.2])["met"] is False
    assert bench_wires._fire_row([20.0, 99.0], [1.0, 1.0])["met"] is True

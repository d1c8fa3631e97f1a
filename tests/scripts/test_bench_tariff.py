"""The bench of tariffs prices what it says, and calls a slow run missed."""

import pytest

from scripts import bench_tariff


@pytest.mark.req("PARK-28")
def test_each_tariff_has_a_row_of_typical_and_one_of_long_stays(monkeypatch):
    steps = []
    rows = bench_tariff.measure(20, 3, lambda done, of: steps.append((done, of)))
    assert len(rows) == 2 * len(bench_tariff.TARIFFS) and steps[-1] == (5, 5)
    monkeypatch.setattr(bench_tariff, "_time", lambda stays, tariff: (len(stays) / 1000 + 0.01, 1))
    assert not any(row["met"] for row in bench_tariff.measure(20, 3, lambda done, of: None))

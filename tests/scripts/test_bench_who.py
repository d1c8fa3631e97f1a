"""The bench of explanations asks what its figures claim, in a small community."""

from __future__ import annotations

import pytest

from scripts import bench_who


@pytest.mark.req("ACC-05")
def test_figures_of_a_small_community(monkeypatch):
    asked = []
    who = bench_who.who
    monkeypatch.setattr(bench_who, "who", lambda town: asked.append((town, who(town))))
    steps = []
    rows = bench_who.measure(2, lambda done, of: steps.append((done, of)), people=30)
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert [row["goal_ratio"] for row in rows] == [1.0, 1.0]
    assert all(row["met"] is (row["ratio"] <= 1) and row["ratio_to_bare"] > 0 for row in rows)
    assert len(asked) == 2 and all(len(people) == 30 for _, people in asked), "everybody has a pass and is named"

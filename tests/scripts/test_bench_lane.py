"""The bench of vehicle lanes times real orders of a real node, with its sample sizes, and calls a miss a miss."""

import os
import re

from scripts import bench_lane
from scripts.prepare.plate_weights import prepare_plate_weights
from tests.architecture.tree import ROOT

CACHE = ROOT / os.environ.get("MENTING_CACHE", ".menting/cache")


def test_a_short_run_has_every_figure_with_its_sample_size() -> None:
    weights = prepare_plate_weights(CACHE).with_name("weights")
    reply, pushed, read = bench_lane.measure(weights, 2, 3, lambda done, of: None)
    assert "n = 4, 3 cars" in reply["measured"] and re.search(r"\(n = 5\)", reply["peer"])
    assert "n = 3" in pushed["measured"] and "n = 3" in read["measured"]
    assert all(row["ratio"] > 0 for row in (reply, pushed, read))


def test_a_miss_is_a_miss_and_the_limit_is_made_of_the_disks_own_commits() -> None:
    assert bench_lane._raise_row("", [100.0] * 18 + [301.0] * 2, 2, 0.1)["met"] is False
    assert bench_lane._raise_row("", [299.0] * 20, 2, 0.1)["met"] is True
    assert bench_lane._reply_row([41.0] * 20, [10.0] * 20, 0)["met"] is False
    assert bench_lane._reply_row([41.0] * 20, [11.0] * 20, 0)["met"] is True

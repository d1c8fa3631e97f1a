"""The bench of plates counts what it says it counts, and never calls a gap met."""

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.verify.plate.vote import Vote
from models.values.plate import kind_of, may_be_misread
from scripts import bench_plate, bench_plate_openings, bench_plate_peer
from scripts.bench_plate import Photo
from scripts.bench_plate_openings import Tried, confusables, interval, upper_bound, views


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    for name, level in (("a", 10), ("b", 200)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((20, 60, 3), level, np.uint8))
    return [Photo(tmp_path / "a.png", "京A12345", "crop"), Photo(tmp_path / "b.png", "京B12345", "crop")]


def test_right_and_wrong_are_counted_for_both_readers_alike(photos: list[Photo]) -> None:
    ours, theirs = bench_plate.beside(
        photos, lambda pixels: "京A12345" if pixels.mean() < 50 else "京B12345", lambda pixels: "京A·12345"
    )
    assert (ours.right, ours.total, ours.wrong) == (2, 2, ())
    assert theirs is not None and (theirs.right, theirs.wrong) == (1, ("京B12345 as 京A·12345",))
    row, beside = bench_plate.accuracy_rows("crop", ours, theirs, 0.8)
    assert row["met"] is True and "agentclpr 50.0%" in row["peer"] and row["ratio"] == 1.25
    assert beside["measured"].startswith("1 of 2, 50.0%") and (beside["ratio"], beside["met"]) == (0.625, None)


def test_a_peer_that_is_not_there_is_said_and_a_miss_is_a_miss(photos: list[Photo]) -> None:
    ours, theirs = bench_plate.beside(photos, lambda pixels: "京A12345", None)
    rows = bench_plate.accuracy_rows("scene", ours, theirs, 0.92)
    assert [row["met"] for row in rows] == [False, None] and rows[1]["measured"].startswith("not run")
    assert rows[0]["ratio"] == pytest.approx(0.5 / 0.92) and rows[0]["goal_ratio"] == 1.0


def test_without_labelled_photos_nothing_is_met(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MENTING_DATA", raising=False)
    rows = bench_plate.measure(tmp_path, True, lambda done, of: None)
    assert len(rows) == 3 and all(row["met"] is False and "MENTING_DATA" in row["measured"] for row in rows)


def test_a_peer_whose_packages_are_missing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    assert bench_plate_peer.opened() is None


@pytest.mark.req("LANE-05")
def test_confusables_are_plates_one_look_alike_away() -> None:
    found = confusables("京A10B45")
    assert {"京A1OB45", "京A10B45"}.isdisjoint(found) and {"京A1DB45", "京A10845", "京AT0B45"} <= found
    assert all(kind_of(text) and may_be_misread("京A10B45", text) for text in found)


@pytest.mark.req("LANE-05")
def test_a_sure_vote_for_a_confusable_is_an_opening_for_another_and_an_unsure_one_is_none() -> None:
    def tried(text: str, sure: bool) -> Tried:
        return Tried("京A10B45", Vote(text, sure, 1, (text,), {}))

    wrong = bench_plate_openings.row([tried("京A10845", True), tried("京A10B45", True)])
    assert wrong["met"] is False and wrong["measured"].startswith("1 of 2 approaches (京A10B45 as 京A10845)")
    right = bench_plate_openings.row([tried("京A10845", False), tried("京A10B45", True)])
    assert right["met"] is True and "opened for their own: 50.0%" in right["measured"]
    assert bench_plate_openings.row([])["met"] is False


def test_bounds_are_the_textbook_s() -> None:
    assert upper_bound(0, 100) == pytest.approx(0.0295, abs=1e-4)
    assert interval(95, 100) == (pytest.approx(0.8872, abs=1e-3), pytest.approx(0.9836, abs=1e-3))
    assert interval(0, 0) == (0.0, 1.0) and upper_bound(3, 3) == 1.0
    assert all(interval(right, total)[0] <= right / total for right, total in product(range(4), [4, 9]))


def test_the_same_seed_gives_the_same_approach_and_its_frames_differ() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (24, 94, 3), np.uint8)
    first, again = list(views(pixels, 3)), list(views(pixels, 3))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len({frame.tobytes() for frame in first}) == len(first)

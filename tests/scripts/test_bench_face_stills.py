"""The bench of stills counts what passed, calls no gap met, and is named where somebody looks for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from scripts import bench_cli, bench_face, bench_face_stills, liveness_stills

pytestmark = pytest.mark.req("ACC-10")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four people of two photos, one file that is none; whose number is even passes when bent."""
    here = tmp_path / "faces" / "calibration"
    for person in range(4):
        (here / f"p{person}").mkdir(parents=True)
        for number in range(2):
            cv2.imwrite(str(here / f"p{person}" / f"{number}.png"), np.full((8, 8, 3), person, np.uint8))
    (here / "p0" / "note.txt").write_text("no photo")
    monkeypatch.setenv("MENTING_DATA", str(tmp_path))

    def attempt(photo: np.ndarray, motion: str, seed: int) -> SimpleNamespace:
        return SimpleNamespace(why=None if motion == "bent" and photo[0, 0, 0] % 2 == 0 else "flat")

    monkeypatch.setattr(liveness_stills, "attempt", attempt)
    return here


def test_every_photo_is_played_in_every_way_and_counted(photos: Path) -> None:
    steps: list[tuple[int, int]] = []
    rows = {row["figure"].split(", ")[1]: row for row in bench_face_stills.measure(False, lambda *at: steps.append(at))}
    assert list(rows) == ["held", "moved", "tilted", "zoomed", "bent", "mask"] and steps[-1] == (54, 54)
    assert rows["held"]["measured"] == "0 of 8 passed, at most 37.5% (95 %); 8 flat; 1 not read"
    assert (rows["held"]["ratio"], rows["held"]["goal_ratio"], rows["held"]["met"]) == (0, 0, True)
    assert rows["bent"]["measured"].startswith("4 of 8 passed") and rows["bent"]["met"] is None


def test_one_flat_photo_that_passes_is_a_goal_missed() -> None:
    assert bench_face_stills.row("tilted", Counter(passed=1, flat=999))["met"] is False
    assert bench_face_stills.row("tilted", Counter())["met"] is False, "nothing played is nothing met"


def test_a_quick_run_takes_one_photo_each_and_always_the_same(photos: Path) -> None:
    chosen = bench_face_stills.one_each(photos, 3)
    assert [path.name for path in chosen] == ["0.png"] * 3 and len({path.parent for path in chosen}) == 3
    assert chosen == bench_face_stills.one_each(photos, 3)


def test_without_photos_nothing_is_met_and_both_benches_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MENTING_DATA", raising=False)
    rows = bench_cli.MEASURES["stills"](True, lambda done, of: None)
    assert len(rows) == 6 and all(row["met"] is False and row["not_run"] for row in rows)
    named = [row["figure"] for row in bench_face._not_run()]
    assert {row["figure"] for row in rows} <= set(named)

"""The bench of stills counts what passed, calls no gap met, and is named where somebody looks for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from scripts import bench_cli, bench_face, bench_face_stills, bench_stills_kept, liveness_stills, options
from scripts.bench_face_stills import Attempt
from scripts.bench_rows import Row
from scripts.bench_stills_kept import Kept, OtherAttempts

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


def measured(step: bench_face_stills.Step, keep: Path | None = None) -> list[Row]:
    """In this process, where the attempts are those of the fixture."""
    return bench_face_stills.measure(False, step, keep, cores=1)


def test_every_photo_is_played_in_every_way_and_counted(photos: Path) -> None:
    steps: list[tuple[int, int]] = []
    rows = {row["figure"].split(", ")[1]: row for row in measured(lambda *at: steps.append(at))}
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


def ended(attempt: Attempt) -> str:
    """An attempt that needs no photo, and that another process can play."""
    return "passed" if attempt.motion == "mask" and attempt.seed % 3 == 0 else "late"


def test_on_several_cores_the_same_is_counted() -> None:
    photos = [Path(f"{number}.png") for number in range(7)]
    steps: list[tuple[int, int]] = []
    alone = bench_face_stills.rows(photos, lambda *at: None, play=ended)
    assert bench_face_stills.rows(photos, lambda *at: steps.append(at), 2, play=ended) == alone
    assert alone[-1]["measured"].startswith("3 of 7 passed") and steps == [(n, 42) for n in range(43)]


def test_what_was_kept_is_not_played_again(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, played = tmp_path / "kept.jsonl", list[str]()
    once = measured(lambda *at: None, keep)
    whole = keep.read_bytes()
    assert len(whole.splitlines()) == 1 + 54
    keep.write_bytes(whole[: len(whole) * 2 // 3])  # a power cut, in the middle of a line
    missing = 54 - (len(keep.read_bytes().splitlines()) - 2)
    real = bench_face_stills.played
    monkeypatch.setattr(bench_face_stills, "played", lambda one: (played.append(one.motion), real(one))[1])
    assert measured(lambda *at: None, keep) == once
    assert len(played) == missing and sorted(keep.read_bytes().splitlines()) == sorted(whole.splitlines())
    steps: list[tuple[int, int]] = []
    assert measured(lambda *at: steps.append(at), keep) == once
    assert len(played) == missing and steps == [(54, 54)]


def test_attempts_of_another_version_are_refused_in_words(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept.jsonl"
    Kept.open(keep, photos).add("held", 0, photos / "p0" / "0.png", "flat")
    assert Kept.open(keep, photos).ended("held", 0, photos / "p0" / "0.png") == "flat"
    monkeypatch.setattr(bench_stills_kept, "fingerprint", lambda: "another")
    with pytest.raises(OtherAttempts, match="name another file"):
        Kept.open(keep, photos)
    monkeypatch.setattr("sys.argv", ["bench", "stills", "--keep", str(keep)])
    with pytest.raises(SystemExit) as end:
        bench_cli.main()
    assert end.value.code == 2 and "请换一个文件" in capsys.readouterr().err
    (tmp_path / "other.txt").write_text("not mine")
    with pytest.raises(OtherAttempts):
        Kept.open(tmp_path / "other.txt", photos)
    assert (tmp_path / "other.txt").read_text() == "not mine"


def test_keeping_goes_with_stills_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.bench().parse_args(["face", "--keep", str(tmp_path / "kept.jsonl")])
    assert "--keep goes with stills" in capsys.readouterr().err


def test_whoever_stops_half_way_has_a_fair_half_of_each_flat_way(photos: Path) -> None:
    played: list[Attempt] = []
    pictures = sorted(photos.rglob("*.png"))

    def play(attempt: Attempt) -> str:
        played.append(attempt)
        return "flat"

    bench_face_stills.rows(pictures, lambda *_: None, play=play)
    flat = [one for one in played if one.motion in liveness_stills.FLAT]
    assert played[: len(flat)] == flat and len(flat) == 4 * len(pictures)
    for done in range(len(flat)):
        counts = Counter(dict.fromkeys(liveness_stills.FLAT, 0) | Counter(one.motion for one in flat[:done]))
        assert max(counts.values()) - min(counts.values()) <= 1
    assert all(pictures[one.seed] == one.photo for one in played), "a photo's seed is its place, as ever"
    assert [one.seed for one in flat[::4]] != sorted(one.seed for one in flat[::4])

"""The bench tells who is sent back, by which rule and with which words, and calls nothing met or missed by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.verify.face.photo import BadPhoto
from edge.verify.face.poses import STRAIGHT_MAX, TURNED_MIN
from edge.verify.face.quality import Unfit
from scripts import bench_cli
from scripts.bench_face_accuracy import Photo
from scripts.bench_face_sent_back import FIGURES, rows

pytestmark = pytest.mark.req("ACC-09")

FACE = np.ones(128, np.float32)


def taken(yaw: float) -> Photo:
    return Photo("p", Path("1.jpg"), FACE, FACE, yaw=yaw)


def refused(problem: Unfit | BadPhoto, at_the_gate: Unfit | None = None) -> Photo:
    return Photo("p", Path("1.jpg"), None, FACE if at_the_gate is None else None, refused=problem, unfit=at_the_gate)


def test_each_rule_s_share_is_told_with_its_words() -> None:
    photos = [
        taken(0.0),
        taken(TURNED_MIN),
        taken(-STRAIGHT_MAX),
        refused(Unfit.TOO_SMALL),
        refused(Unfit.TOO_DARK, Unfit.TOO_DARK),
        refused(Unfit.TOO_SMALL, Unfit.NO_FACE),
    ]
    enrolment, gate, first = rows(photos)
    assert (enrolment["figure"], gate["figure"], first["figure"]) == FIGURES
    assert enrolment["measured"] == (
        "3 of 6 (50.0%) – 2 too_small: The face is too small. Please come closer.; "
        "1 too_dark: Too dark. Please find more light."
    )
    assert enrolment["reasons"] == {"too_small": 2, "too_dark": 1}
    assert gate["reasons"] == {"too_dark": 1, "no_face": 1} and gate["ratio"] == pytest.approx(2 / 6)
    assert first["measured"].startswith("1 of 3 (33.3%) – 1 not_straight: Please look straight ahead")
    assert "2 would do as a turned one" in first["peer"]
    assert all(row["met"] is None and "goal_ratio" not in row for row in (enrolment, gate, first))


def test_nobody_sent_back_and_no_photos_are_told_as_well() -> None:
    assert [row["measured"] for row in rows([taken(0.0)])] == ["0 of 1 (0.0%)"] * 3
    assert [row["measured"] for row in rows([])] == ["0 of 0 (0.0%)"] * 3


def test_the_rows_are_drawn_with_the_others(tmp_path: Path) -> None:
    bench_cli.plot(tmp_path / "rows.png", "face", rows([taken(0.0), refused(Unfit.TOO_DARK, Unfit.TOO_DARK)]))
    assert (tmp_path / "rows.png").read_bytes()[:4] == b"\x89PNG"

"""The disk is told of at 80 % and alarmed at 95 %, once each, and without wavering."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.disk import DiskLevel, DiskWatch, level_of

OK, FILLING, FULL = DiskLevel.OK, DiskLevel.FILLING, DiskLevel.FULL


@pytest.mark.parametrize(
    ("percents", "levels"),
    [
        ([10, 79.9, 80, 94.9, 95, 100], [OK, OK, FILLING, FILLING, FULL, FULL]),
        ([95, 93.1, 92.9, 78.1, 77.9], [FULL, FULL, FILLING, FILLING, OK]),
        ([80, 79, 80, 79], [FILLING] * 4),
        ([99, 10], [FULL, OK]),
    ],
)
def test_levels(percents: list[float], levels: list[DiskLevel]) -> None:
    now = {"percent": 0.0}
    watch = DiskWatch(Path("/"), lambda _: (int(now["percent"] * 1000), int((100 - now["percent"]) * 1000)))
    before = OK
    for percent, level in zip(percents, levels, strict=True):
        now["percent"] = percent
        reading = watch.read()
        assert (reading.level, reading.changed) == (level, level is not before)
        assert abs(reading.used_percent - percent) < 0.01
        before = level


@given(used=st.floats(0, 100), before=st.sampled_from(DiskLevel))
def test_the_lines_themselves_hold_whatever_was_before(used: float, before: DiskLevel) -> None:
    level = level_of(used, before)
    assert level is FULL or used < 95
    assert level is not OK or used < 80
    assert level is not FULL or used >= 93
    assert level is OK or used >= 78


def test_a_real_disk_can_be_read(tmp_path: Path) -> None:
    reading = DiskWatch(tmp_path).read()
    assert 0 <= reading.used_percent <= 100 and reading.free_bytes >= 0
    with pytest.raises(OSError):
        DiskWatch(tmp_path / "gone").read()

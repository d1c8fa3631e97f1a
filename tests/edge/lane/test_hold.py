"""What must outlive the process: fire holds, and which alarms still stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.lane.hold import FireHolds
from edge.lane.standing import Key, StandingAlarms
from models.wire.events import AlarmKind

FORCED: Key = (AlarmKind.FORCED, "east-in", None)
CLOCK: Key = (AlarmKind.CLOCK, None, None)


@pytest.mark.req("ACC-22")
def test_a_hold_is_found_by_the_next_process_and_its_end_too(tmp_path: Path) -> None:
    FireHolds(tmp_path).remember("east-in", True)
    FireHolds(tmp_path).remember("east-in", True)
    assert FireHolds(tmp_path).holds("east-in") and not FireHolds(tmp_path).holds("east-out")
    FireHolds(tmp_path).remember("east-in", False)
    FireHolds(tmp_path).remember("east-in", False)
    assert not FireHolds(tmp_path).holds("east-in")


@pytest.mark.req("ACC-22")
def test_a_folder_that_is_gone_is_an_error_and_not_silence(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        FireHolds(tmp_path / "gone").remember("east-in", True)


def test_standing_alarms_are_found_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "standing.json"
    standing = StandingAlarms(path)
    standing.add(FORCED)
    standing.add(CLOCK)
    standing.drop(FORCED)
    assert FORCED not in standing and FORCED in StandingAlarms(path), "until its end was said"
    standing.keep()
    again = StandingAlarms(path)
    assert FORCED not in again and CLOCK in again
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[[1, 2]]", b'[["no such kind", null, null]]', b"7", b"\xff"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "standing.json"
    path.write_bytes(content)
    standing = StandingAlarms(path)
    standing.add(CLOCK)
    assert CLOCK in StandingAlarms(path)


def test_a_folder_that_takes_nothing_stops_no_alarm(tmp_path: Path) -> None:
    standing = StandingAlarms(tmp_path / "gone" / "standing.json")
    standing.add(CLOCK)
    assert CLOCK in standing

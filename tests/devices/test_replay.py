"""Each recorded conversation, replayed through the real driver: it asks and answers as it did then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devices.capture import Asked, Capture, Moved, Way, from_text
from devices.catalogue import parse
from devices.registry import open_relay_board, open_scanner
from devices.sim.replay import OffScript, Replay
from devices.transport.memory import Cables
from scripts.capture_cli import CAPTURES, HARDWARE, hardware_list, play

FILES = sorted(CAPTURES.glob("*.jsonl"))


class _Plays(Cables):
    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self._replay = replay

    def take(self, name: str) -> Any:
        return self._replay


def opened(capture: Capture, replay: Replay) -> Any:
    address = parse(capture.address)
    given = "&".join(f"{name}={value}" for name, value in address.options.items() if name != "baud")
    family = address.scheme.partition("+")[0]
    opener = open_relay_board if family == "modbus" else open_scanner
    return opener(f"{family}+memory://replay?{given}", cables=_Plays(replay))


@pytest.mark.req("INT-08")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_replayed_as_it_was(path: Path) -> None:
    capture = from_text(path.read_text("utf-8"))
    replay = Replay(capture.moments)
    calls = [moment for moment in capture.moments if isinstance(moment, Asked)]
    assert calls, "a recording without a call proves nothing"
    answers: list[Any] = []
    play(
        opened(capture, replay), [(each.call, each.given) for each in calls],
        lambda _call, _given, answered: answers.append(answered),
    )  # fmt: skip
    assert answers == [each.answered for each in calls]
    assert replay.over


def test_there_are_recordings_and_what_is_simulated_says_so_in_name_and_head() -> None:
    assert FILES
    for path in FILES:
        capture = from_text(path.read_text("utf-8"))
        assert capture.simulated == path.name.startswith("simulated-") == ("simulated" in capture.device)


def test_the_list_of_hardware_is_current() -> None:
    assert HARDWARE.read_text("utf-8") == hardware_list(CAPTURES), "run scripts/capture hardware"


def test_a_driver_that_asks_something_else_is_off_script() -> None:
    replay = Replay([Moved(0, Way.SENT, b"ab"), Moved(1, Way.HEARD, b"xyz")])
    with pytest.raises(OffScript):
        replay.write(b"ac")
    replay.write(b"ab")
    assert (replay.read(2, 0), replay.read(2, 0), replay.read(2, 0)) == (b"xy", b"z", b"") and replay.over

"""A node that dies leaves no lock released: real processes, killed, on simulated boards at serial ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceError
from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from devices.sim.lcus import LcusPort
from edge import watchdog
from edge.site import read_site
from edge.watchdog import Left, Watchdog, boards_to_watch, switch_off

Until = Callable[[Callable[[], object]], None]
ROOT = Path(__file__).resolve().parents[2]


class Place:
    """Two doors with maglocks. Each lock hangs on an LCUS board, each contact on a Modbus board beside it."""

    codes = ("left", "right")

    def __init__(self, folder: Path):
        self.locks = {code: LcusPort(folder / f"{code}-lock") for code in self.codes}
        self.gates = {code: SimulatedGate(folder, name=code) for code in self.codes}
        self.site = folder / "site.toml"
        lanes = "".join(
            f"""
[[lane]]
code = "{code}"
name = "{code}"
direction = "out"
fail = "safe"
relay = "{self.locks[code].address}"
inputs = "{gate.board_address.replace("waveshare-8", "inputs-8")}"
scanner = "{gate.scanner_address}"
release_s = 60.0
"""
            for code, gate in self.gates.items()
        )
        self.site.write_text(f'[node]\nname = "gate"\n{lanes}', encoding="utf-8")
        self.process: subprocess.Popen[str] | None = None
        self._pressed_at = float("-inf")
        for gate in self.gates.values():
            gate.start()

    def start(self) -> subprocess.Popen[str]:
        """A node that was never enrolled: it answers exit buttons and fire, which is all that is needed here."""
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge", f"--site={self.site}"], cwd=ROOT, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return self.process

    def ended(self, number: signal.Signals) -> str:
        """Send the signal; what was said until nobody was left to say anything: the watchdog ends after the node."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)[1]

    def edges(self, code: str) -> list[bool]:
        return [edge.on for edge in self.locks[code].board.edges()]

    def held_for_fire(self, code: str) -> bool:
        """Told once more while it is on already: the hold took over from the pulse."""
        return self.locks[code].board.obeyed(1).count(True) >= 2

    def leaves(self, code: str) -> list[bool]:
        """Somebody presses the exit button, again until the node is there to see it; found pressed is no press."""
        if not self.edges(code) and time.monotonic() - self._pressed_at > 1.5:
            self._pressed_at = time.monotonic()
            self.gates[code].do(Deed.PRESS_EXIT)
        return self.edges(code)

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        for part in (*self.locks.values(), *self.gates.values()):
            part.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.close()


@pytest.mark.req("ACC-22", "ACC-23", "LANE-18")
def test_a_node_killed_in_a_pulse_leaves_no_lock_released(place: Place, until: Until) -> None:
    place.start()
    until(lambda: place.leaves("right"))
    said = place.ended(signal.SIGKILL)
    assert place.edges("right") == [True, False], "its minute was far from over"
    assert place.edges("left") == []
    assert "right: the node died with the lock released; it is off now" in said


@pytest.mark.req("ACC-22", "ACC-23", "LANE-18")
def test_a_node_killed_in_a_fire_leaves_every_door_held_also_the_one_that_was_in_a_pulse(
    place: Place, until: Until
) -> None:
    place.start()
    until(lambda: place.leaves("right"))
    place.gates["left"].do(Deed.FIRE)
    until(lambda: place.edges("left") and place.held_for_fire("right"))
    place.ended(signal.SIGKILL)
    assert (place.edges("left"), place.edges("right")) == ([True], [True])


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_node_stopped_in_order_ends_its_own_pulse_and_the_watchdog_moves_nothing(place: Place, until: Until) -> None:
    place.start()
    until(lambda: place.leaves("right"))
    said = place.ended(signal.SIGTERM)
    assert (place.edges("left"), place.edges("right")) == ([], [True, False])
    assert "the node died" not in said


@pytest.fixture
def watched(place: Place) -> Iterator[Watchdog]:
    made = Watchdog(boards_to_watch(read_site(place.site)))
    yield made
    made.close()


@pytest.mark.req("ACC-23")
def test_a_watchdog_that_is_killed_is_replaced_by_one_that_knows_what_it_knew(
    place: Place, watched: Watchdog, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(watchdog, "START_AGAIN_S", 0.0)
    for lock in place.locks.values():
        lock.board.hear(bytes.fromhex("A0 01 01 A2"))
    watched.energised("left")
    first = watched.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert watched._process is not None
    watched._process.wait()
    watched.energised("right")
    watched.held("right")
    assert watched.pid != first
    assert watched.close() == 0
    until(lambda: place.edges("left") == [True, False])
    assert place.edges("right") == [True]


def ignored(pid: int | None) -> int:
    """A bit for each signal that a process ignores: SIGHUP is the lowest."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:")), 16)


@pytest.mark.req("ACC-23")
def test_signals_to_everything_at_once_do_not_end_it_before_its_work_is_done(
    place: Place, watched: Watchdog, until: Until
) -> None:
    place.locks["left"].board.hear(bytes.fromhex("A0 01 01 A2"))
    watched.energised("left")
    assert watched.pid is not None
    until(lambda: ignored(watched.pid) & 0b100_0000_0000_0011 == 0b100_0000_0000_0011)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(watched.pid, number)
    assert watched.close() == 0
    until(lambda: place.edges("left") == [True, False])


def test_only_boards_that_cannot_time_a_pulse_are_watched_and_nothing_else_is_heard_of(place: Place) -> None:
    site = read_site(place.site)
    assert boards_to_watch(site) == {code: {"relay": place.locks[code].address, "lock": 1} for code in place.codes}
    timed = site.lane[0].model_copy(update={"relay": place.gates["left"].board_address, "inputs": None})
    assert boards_to_watch(site.model_copy(update={"lane": (timed,)})) == {}


def test_a_board_that_stays_away_is_given_up_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    boards = {"a": {"relay": "lcus+serial:///nowhere/port?channels=1", "lock": 1}}

    def wait(seconds: float) -> None:
        now[0] += seconds

    assert switch_off(["a"], boards, clock=lambda: now[0], wait=wait) == {"a"}
    assert now[0] >= watchdog.GIVE_UP_S
    assert "a: the node died, and its lock may still be released: " in capsys.readouterr().err


def test_a_board_that_is_busy_at_first_is_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    real = watchdog.open_relay_board

    def opened(address: str) -> object:
        tries.append(address)
        if len(tries) < 3:
            raise DeviceError("another program still has it")
        return real(address)

    monkeypatch.setattr(watchdog, "open_relay_board", opened)
    assert switch_off(["left"], boards_to_watch(read_site(place.site)), wait=lambda seconds: None) == frozenset()
    assert len(tries) == 3


WORDS = st.tuples(st.sampled_from(["energised", "held", "let_go", "released"]), st.sampled_from(["a", "b"]))


@pytest.mark.req("ACC-22", "ACC-23")
@given(st.lists(WORDS), st.text(max_size=12))
def test_what_is_left_is_what_was_energised_last_and_not_held(said: list[tuple[str, str]], cut: str) -> None:
    left = Left()
    on, fire = {"a": False, "b": False}, {"a": False, "b": False}
    for word, lane in said:
        left = left.heard(f"{word} {lane}")
        if word in ("energised", "released"):
            on[lane] = word == "energised"
        else:
            fire[lane] = word == "held"
    assert left.to_switch_off() == {lane for lane in on if on[lane] and not fire[lane]}
    again = Left()
    for line in left.lines():
        again = again.heard(line)
    assert again == left
    if cut.partition(" ")[0] not in ("energised", "held", "let_go", "released"):
        assert left.heard(cut) == left

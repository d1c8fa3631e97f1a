"""What the wires promise, measured on the node's own code over pseudo-terminals, with every core kept busy.

* fire: from one contact opening to the last release output of the node, with central dead; beside it one bare question
  and answer on a line of the same kind, in the same run
* a press of just over 400 ms on the exit button is seen, each time
* a node killed in the middle of a pulse that only it would have ended: from the kill to the relay being off

A pseudo-terminal has no baud rate: a real line at 9600 baud adds about 20 ms for each question and answer.
"""

import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devices.door.profiles import EXIT_BUTTON, FIRE_LOOP, LOCK_OUTPUT
from devices.registry import open_relay_board
from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from devices.sim.lcus import LcusPort
from edge.bootstrap import RunningNode
from edge.lane.inbox import CommandIn
from edge.lane.states import Phase
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from scripts.bench_qr_path import p95, wait_for
from scripts.rig import Rig
from scripts.setup import ROOT

Row = dict[str, Any]
FIRE_LIMIT_MS = 100.0
LEFT_ON_LIMIT_S = 1.0
PRESS_S = 0.41
CODES = ("left", "right")


def measure(weights: Path, rounds: int, step: Callable[[int, int], None]) -> list[Row]:
    """`rounds` fires and presses, and a tenth as many kills, at least two."""
    kills = max(2, rounds // 10)
    of = 3 * rounds + kills
    with busy_cores(), tempfile.TemporaryDirectory(prefix="menting-bench-") as name:
        folder = Path(name)
        bare_ms = _bare(folder / "bare", rounds, lambda done: step(done, of))
        fire_ms, seen = _node(folder / "node", weights, rounds, lambda done: step(rounds + done, of))
        off_s = []
        for n in range(kills):
            off_s.append(_killed(folder / f"killed-{n}"))
            step(3 * rounds + n, of)
    return [_fire_row(fire_ms, bare_ms), _press_row(seen, rounds), _killed_row(off_s)]


@contextmanager
def busy_cores() -> Iterator[None]:
    """One process for each core that does nothing but count."""
    working = [multiprocessing.get_context("spawn").Process(target=_count, daemon=True) for _ in range(_cores())]
    for process in working:
        process.start()
    try:
        yield
    finally:
        for process in working:
            process.kill()
            process.join()


def _cores() -> int:
    return os.cpu_count() or 1


def _count() -> None:
    number = 0
    while os.getppid() > 1:
        number += 1


def _bare(folder: Path, rounds: int, step: Callable[[int], None]) -> list[float]:
    """One question and answer of a driver that has the line for itself."""
    took = []
    with SimulatedGate(folder, name="bare") as gate:
        board = open_relay_board(gate.board_address)
        for done in range(rounds):
            began = time.monotonic()
            board.read_inputs()
            took.append((time.monotonic() - began) * 1000)
            step(done)
        board.close()
    return took


def _node(folder: Path, weights: Path, rounds: int, step: Callable[[int], None]) -> tuple[list[float], int]:
    """Milliseconds from a fire contact to the node's last release output; how many presses were seen."""
    rig = Rig(folder, weights, codes=CODES, people=False)
    boards = {code: rig.world.lanes[code].gate.board for code in CODES}
    took, seen = [], 0
    try:
        node = rig.start()
        shells = {code: node.gate.lane(code) for code in CODES}
        wait_for(lambda: all(shell.door.phase is Phase.SECURED for shell in shells.values()))
        for done in range(rounds):
            fire = boards[CODES[done % len(CODES)]]
            began = time.monotonic()
            fire.set_input(FIRE_LOOP, False)
            wait_for(lambda: all(board.output(LOCK_OUTPUT) for board in boards.values()))
            last = max(board.edges()[-1].at for board in boards.values())
            took.append((last - began) * 1000)
            wait_for(lambda: all(shell.door.phase is Phase.FIRE for shell in shells.values()))
            fire.set_input(FIRE_LOOP, True)
            _end_fire(rig, node, lambda: all(shell.door.phase is Phase.SECURED for shell in shells.values()))
            wait_for(lambda: not any(board.output(LOCK_OUTPUT) for board in boards.values()))
            step(done)
        for done in range(rounds):
            seen += _press(boards["left"], lambda: shells["left"].door.phase is Phase.SECURED)
            step(rounds + done)
    finally:
        rig.close()
    return took, seen


def _end_fire(rig: Rig, node: RunningNode, over: Callable[[], bool]) -> None:
    """A person's word to every lane, again while a contact is not yet heard healthy."""
    deadline = time.monotonic() + 10
    while not over():
        for lane in rig.lanes.values():
            command = Command(
                command_id=new_id(), number=1, node_id=rig.authority.node_id, lane_id=lane.lane_id,
                action=Action.END_FIRE_HOLD, nonce="n" * 22, issued_at=utc_now(), ttl_s=30, actor_id=new_id(),
                role="bench", reason="bench", correlation=new_id(),
            )  # fmt: skip
            node.inbox.put(CommandIn(command))
        if time.monotonic() > deadline:
            raise TimeoutError("the fire hold does not end")
        time.sleep(0.1)


def _press(board: Any, secured: Callable[[], bool]) -> bool:
    """The exit button for a little over 400 ms; whether the lock was released for it."""
    before = len(board.edges())
    board.set_input(EXIT_BUTTON, True)
    time.sleep(PRESS_S)
    board.set_input(EXIT_BUTTON, False)
    try:
        wait_for(lambda: len(board.edges()) > before, 2.0)
    except TimeoutError:
        return False
    wait_for(lambda: not board.output(LOCK_OUTPUT) and secured())
    return True


def _killed(folder: Path) -> float:
    """Seconds from SIGKILL to the relay being off, in a pulse of a minute on a board that only obeys."""
    folder.mkdir()
    lock, gate = LcusPort(folder / "lock"), SimulatedGate(folder, name="gate")
    site = folder / "site.toml"
    contacts = gate.board_address.replace("waveshare-8", "inputs-8")
    site.write_text(
        f'[node]\nname = "bench"\n[[lane]]\ncode = "lane"\nname = "lane"\ndirection = "out"\nfail = "safe"\n'
        f'relay = "{lock.address}"\ninputs = "{contacts}"\nscanner = "{gate.scanner_address}"\nrelease_s = 60.0\n',
        encoding="utf-8",
    )
    gate.start()
    node = subprocess.Popen([sys.executable, "-P", "-m", "edge", "--site", str(site)], cwd=ROOT,
                            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not lock.board.edges():
            gate.do(Deed.PRESS_EXIT)
            if time.monotonic() > deadline:
                raise TimeoutError("the node does not answer the exit button")
            time.sleep(1.5)  # found pressed is no press: it is let go in between
        node.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        wait_for(lambda: not lock.board.edges()[-1].on, 30.0)
        return lock.board.edges()[-1].at - killed_at
    finally:
        node.kill()
        node.wait()
        lock.close()
        gate.close()


def _fire_row(fire: list[float], bare: list[float]) -> Row:
    return {
        "figure": "fire contact to the node's last release output, worst, cores busy, central dead",
        "measured": f"{max(fire):.0f} ms (median {statistics.median(fire):.0f}, p95 {p95(fire):.0f}, n = {len(fire)})",
        "goal": "at most 1.0 of the limit",
        "peer": f"{FIRE_LIMIT_MS:.0f} ms (ACC-22); a bare question and answer: median {statistics.median(bare):.1f} ms,"
        f" p95 {p95(bare):.1f}, n = {len(bare)}",
        "ratio": max(fire) / FIRE_LIMIT_MS,
        "goal_ratio": 1.0,
        "met": max(fire) <= FIRE_LIMIT_MS,
    }


def _press_row(seen: int, pressed: int) -> Row:
    return {
        "figure": f"presses of {PRESS_S * 1000:.0f} ms that were seen",
        "measured": f"{seen} of {pressed}",
        "goal": "all of them",
        "peer": f"{pressed} presses",
        "ratio": seen / pressed,
        "goal_ratio": 1.0,
        "met": seen == pressed,
    }


def _killed_row(off: list[float]) -> Row:
    return {
        "figure": "node killed in a pulse that only it would have ended: relay off after, worst",
        "measured": f"{max(off) * 1000:.0f} ms (n = {len(off)})",
        "goal": "at most 1.0 of the limit",
        "peer": f"{LEFT_ON_LIMIT_S:g} s (S11)",
        "ratio": max(off) / LEFT_ON_LIMIT_S,
        "goal_ratio": 1.0,
        "met": max(off) <= LEFT_ON_LIMIT_S,
    }

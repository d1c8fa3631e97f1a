"""A day of malformed bytes on every port, in simulated time: no crash, no output, and memory that stays flat (SEC-17).

Each port is the real driver, and behind it the gate's own thread with its rules, journal and store; what babbles is
`devices/sim/babble.py`, from a seed. A relay board is asked ten times a second, and half of its answers are harmed.
For each port the day ends with three questions: did anything escape that is no DeviceError; was any output energised,
at the gate's lock or on the board itself; does the process still grow once it has warmed up.

Two ports cannot be hurried. libosdp keeps a time of its own: its reader is opened as often as a dead one is in a day
(every 30 s), and hears rubbish each time. A network camera's decoder is another process and takes real time too: it is
shown noise and broken packets for a while, and what is measured is the memory of the gate's process.
"""

import gc
import os
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from devices.errors import DeviceError
from devices.reader.osdp_key import OsdpKey
from devices.reader.osdp_reader import OsdpReader
from devices.registry import open_camera
from devices.sim.babble import BabblingLine, SimulatedClock
from devices.sim.rtsp_camera import Doing, RtspCameraSim
from scripts.soak_gate import SoakedGate
from scripts.soak_ports import PORTS, Made

Row = dict[str, Any]
DAY_S = 24 * 3600.0
TICK_S = 1.0
LOOKS = 24
GROWTH_MAX_KIB = 2048.0
"""From the first quarter of a day to its end, by the kernel's count. A byte kept of each second would be less than
this, a few bytes kept of each question to a board would be more."""

OSDP_AGAIN_S = 30.0
OSDP_KEPT_KIB = 0.25
"""What libosdp's binding keeps of each reader that was opened: some 200 bytes (devices/reader/osdp_reader.py)."""


@dataclass
class Day:
    """What became of one port's day. `grown_kib`: of this process, from the first quarter to the end."""

    name: str
    seconds: float
    pieces: int = 0
    came: int = 0
    heard: Counter[str] = field(default_factory=Counter)
    written: int = 0
    energised: int = 0
    grown_kib: float = 0.0
    allowed_kib: float = GROWTH_MAX_KIB

    @property
    def met(self) -> bool:
        return self.energised == 0 and self.grown_kib <= self.allowed_kib


class Memory:
    """How much this process holds, as the kernel counts it; or as Python does, where that is being traced."""

    def __init__(self) -> None:
        self._kib: list[float] = []

    def look(self) -> None:
        gc.collect()
        if tracemalloc.is_tracing():
            self._kib.append(tracemalloc.get_traced_memory()[0] / 1024)
        else:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            self._kib.append(pages * os.sysconf("SC_PAGE_SIZE") / 1024)

    def grown(self) -> float:
        """Along a line through all that was seen after the first quarter: one peak is no growth."""
        kib = self._kib[len(self._kib) // 4 :]
        if len(kib) < 2:
            return 0.0
        slope, _ = np.polyfit(range(len(kib)), kib, 1)
        return float(slope) * (len(kib) - 1)


def measure(seconds: float, cameras_s: float, step: Callable[[int, int], None], seed: int = 20) -> list[Row]:
    """A day of `seconds` on every port, and `cameras_s` real seconds of a babbling network camera."""
    days, of = [], len(PORTS) + 2
    for name, made in PORTS.items():
        days.append(soak(name, made, seconds, seed))
        step(len(days), of)
    days.append(osdp(seconds, seed))
    step(len(days), of)
    days.append(network_camera(cameras_s))
    return [_row(day) for day in days]


def soak(name: str, made: Made, seconds: float, seed: int, looks: int = LOOKS) -> Day:
    """One port's day. Whatever is raised that is no DeviceError comes out of here: that is the crash."""
    day, memory, clock = Day(name, seconds), Memory(), SimulatedClock()
    with tempfile.TemporaryDirectory(prefix="menting-soak-") as folder:
        gate = SoakedGate(Path(folder), clock)
        port = made(clock, seed, gate)
        began, ticked_at, looked_at = clock.now, clock.now, clock.now
        while clock.now - began < seconds:
            port.turn(day.heard)
            if clock.now - ticked_at >= TICK_S or not gate.inbox.empty():
                ticked_at = clock.now
                gate.turn()
            if clock.now - looked_at >= seconds / looks:
                looked_at = clock.now
                memory.look()
        day.energised = gate.lock.released + port.energised()
        day.written = gate.written()
        gate.close()
    day.pieces, day.came, day.grown_kib = port.line.pieces, port.line.came, memory.grown()
    return day


def osdp(seconds: float, seed: int) -> Day:
    """A reader's line with rubbish on it, opened anew as often as the node would in that time."""
    day, memory, clock = Day("reader, OSDP (opened again and again)", seconds), Memory(), SimulatedClock()
    line = BabblingLine(clock, seed, (b"\x53\x80\x14\x00\x04\x45" + bytes(14), b"\x53\x80\x08\x00\x05\x40\x1b\x4c"))
    opened = max(4, round(seconds / OSDP_AGAIN_S))
    for number in range(opened):
        reader = OsdpReader(line.reopen(), 0, OsdpKey(bytes(range(1, 17))), proved=True, silent_s=10.0, clock=clock)
        try:
            for _ in range(20):
                found = reader.read(0.5)
                day.heard[type(found).__name__ if found is not None else "silence"] += 1
        except DeviceError as error:
            day.heard[type(error).__name__] += 1
        reader.close()
        clock.now += OSDP_AGAIN_S
        if number % max(1, opened // LOOKS) == 0:
            memory.look()
    day.pieces, day.came, day.grown_kib = line.pieces, line.came, memory.grown()
    day.energised = day.heard["CardRead"]  # a card out of rubbish, past a secure channel that never stood
    day.allowed_kib = GROWTH_MAX_KIB + OSDP_KEPT_KIB * opened
    return day


def network_camera(seconds: float) -> Day:
    """A camera that sends noise and broken packets in turn, to a decoder in a process of its own. Real time."""
    day, memory = Day("network camera, RTSP (real time)", seconds), Memory()
    camera_sim = RtspCameraSim([np.full((48, 64, 3), shade, np.uint8) for shade in (40, 200)])
    camera = open_camera(f"rtsp://{camera_sim.where}")
    began = time.monotonic()
    try:
        while (lasted := time.monotonic() - began) < seconds:
            camera_sim.doing = (Doing.NOISE, Doing.GARBAGE, Doing.PLAY)[int(lasted) % 3]
            frame = camera.read(0.5)
            error = camera.error
            silence = "no picture" if error is None else type(error).__name__
            day.heard["picture" if frame is not None else silence] += 1
            memory.look()
    finally:
        camera.close()
        camera_sim.close()
    day.grown_kib = memory.grown()
    return day


def _row(day: Day) -> Row:
    heard = ", ".join(f"{count} {what}" for what, count in day.heard.most_common(5))
    hours = f"{day.seconds / 3600:g} h" if day.seconds >= 3600 else f"{day.seconds:g} s"
    return {
        "figure": day.name,
        "measured": (
            f"{hours}, {day.pieces} pieces, {day.came / 1e6:.1f} MB: {heard}; {day.written} events; "
            f"{day.energised} outputs; memory {day.grown_kib:+.0f} KiB"
        ),
        "goal": "no crash, no output, memory flat",
        "peer": f"limit {day.allowed_kib:.0f} KiB",
        "ratio": max(0.0, day.grown_kib) / day.allowed_kib,
        "goal_ratio": 1.0,
        "met": day.met,
    }

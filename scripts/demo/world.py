"""The other end of the demo's wires: boards, doors, scanners and cameras of one gate, and the people who come.

Real codecs and real drivers meet simulated hardware on pseudo-terminals and a picture folder; nothing in the edge
knows that it is a demo.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from devices.ports import Pixels
from devices.sim.door import Deed, Door, act, contacts, step
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from scripts.prepare.frames import compose

PICTURE_EVERY_S = 0.2
DOOR_EVERY_S = 0.02
LOCK = 1


@dataclass(frozen=True)
class Moved:
    """The lock relay switched on. `at` is monotonic seconds, of this process."""

    at: float


class DemoLane:
    """One simulated door with its board, scanner and camera. Files and device links lie in `folder`."""

    def __init__(self, code: str, folder: Path):
        self.code, self.folder = code, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.camera_folder = folder / "camera"
        self.camera_folder.mkdir(exist_ok=True)
        self.board = RelayBoardSim()
        self._lines = [PtyLine(folder / "board"), PtyLine(folder / "scanner")]
        self.scanner = ScannerSim(self._lines[1])
        self._serving = Serving(self.board, self._lines[0])
        self._door = Door()
        self._lock = threading.Lock()
        self._scene: Sequence[Pixels] = ()
        self._lobby = [compose(None, None, seed=seed) for seed in range(3)]
        self.frozen = False
        self._turn = 0
        self.board.set_inputs(contacts(self._door))
        self.write_picture()

    @property
    def relay(self) -> str:
        return f"modbus+serial://{(self.folder / 'board').absolute()}?profile=waveshare-8"

    @property
    def camera(self) -> str:
        return f"camera+folder://{self.camera_folder.absolute()}?mode=newest&fps=10"

    @property
    def scans(self) -> str:
        return f"scanner+serial://{(self.folder / 'scanner').absolute()}"

    @property
    def door(self) -> Door:
        with self._lock:
            return self._door

    def do(self, deed: Deed) -> None:
        """Somebody does something to the door."""
        with self._lock:
            self._door = act(self._door, deed, time.monotonic())

    def show(self, scene: Sequence[Pixels]) -> float:
        """Somebody steps in front of the camera; the monotonic instant of the first picture of it."""
        self._scene = scene
        self.write_picture()
        return time.monotonic()

    def leave(self) -> None:
        """Nobody is in front of the camera any more."""
        self._scene = ()
        self.write_picture()

    def write_picture(self) -> None:
        """The next picture of the camera, whole or not at all. Sensor noise makes each one different."""
        if self.frozen:
            return
        scene = self._scene or self._lobby
        self._turn += 1
        picture = scene[self._turn % len(scene)].copy()
        corner = picture[:8, :8]
        corner[:] = np.random.default_rng(self._turn).integers(0, 255, corner.shape, dtype=np.uint8)
        written, target = self.camera_folder / "next.part", self.camera_folder / "now.jpg"
        written.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
        written.rename(target)

    def turn(self) -> None:
        """Let physics go on."""
        with self._lock:
            self._door = step(self._door, self.board.output(LOCK), time.monotonic())
            self.board.set_inputs(contacts(self._door))

    def moves_since(self, count: int) -> list[Moved]:
        """The lock's switchings-on after the first `count` edges."""
        return [Moved(edge.at) for edge in self.board.edges()[count:] if edge.on and edge.channel == LOCK]

    def edge_count(self) -> int:
        return len(self.board.edges())

    def fault(self, *faults: Fault) -> None:
        self.board.fault(*faults)

    def close(self) -> None:
        self._serving.close()
        for line in self._lines:
            line.close()


class World:
    """All lanes of the demo gate, moving in two threads until closed."""

    def __init__(self, folder: Path, codes: Sequence[str]):
        self.lanes = {code: DemoLane(code, folder / code) for code in codes}
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=(DOOR_EVERY_S, DemoLane.turn), name="doors", daemon=True),
            threading.Thread(target=self._every, args=(PICTURE_EVERY_S, DemoLane.write_picture), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _every(self, period_s: float, move) -> None:  # type: ignore[no-untyped-def]
        while not self._stop.wait(period_s):
            for lane in self.lanes.values():
                move(lane)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for lane in self.lanes.values():
            lane.close()

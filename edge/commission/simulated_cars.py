"""A vehicle lane without hardware: a barrier on a serial line, a camera that pushes, a board that is told."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devices.lpr.rows import FAMILY_NAMES
from devices.sim.barrier import Move, SimulatedBarrier
from devices.sim.lane_board import LaneBoardSim
from devices.sim.plate_camera import PlateCameraSim
from devices.sim.pty import PtyLine
from edge.commission.found import Found, Plug
from edge.console.words import Line
from edge.store.files import write_private
from models.values.time import utc_now

CAR_EVERY = 4
"""Turns of the simulated people between two cars."""
PLATES = ("川A00001", "川AD00002", "川A00003")
BARRIER = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5, "fire": 6}


class SimulatedCars:
    """A car comes by itself now and then, is told of by the camera, and drives on once somebody raises the arm.

    `clock_off`: how far the camera's clock is ahead. `alone`: no car comes by itself.
    """

    def __init__(self, folder: Path) -> None:
        self.barrier = SimulatedBarrier(folder, name="sim-barrier")
        secret = secrets.token_urlsafe(24)
        self._key_file = folder.absolute() / "sim-camera.key"
        write_private(self._key_file, secret.encode())
        self.camera = PlateCameraSim("vzenith", _free_port(), secret)
        self.more = [PlateCameraSim(family, _free_port(), secret) for family in FAMILY_NAMES]
        """Each pushes a car every turn, where somebody listens for it."""
        self._line = PtyLine(folder.absolute() / "sim-led")
        self.board = LaneBoardSim(self._line)
        self.clock_off, self.alone = timedelta(), False
        self._plates: Iterator[str] = cycle(PLATES)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="simulated board", daemon=True)
        self.barrier.start()
        self._thread.start()

    @property
    def found(self) -> list[Found]:
        """What of a vehicle lane can be tried alone: its board, and a camera of each family."""
        makes = {"vzenith": ("臻识", "Vzenith"), "huaxia": ("华夏", "Huaxia"), "hikvision": ("海康", "Hikvision")}
        cameras = [
            Found(
                Plug.NETWORK, "127.0.0.1", Line(f"◇ 模拟：{zh}车牌相机", f"◇ simulated: {en} plate camera"),
                scheme=f"lpr+{one.family}",
                given=(("serial", one.serial), ("key_file", str(self._key_file)), ("listen", str(one.port))),
            )
            for one in self.more for zh, en in [makes[one.family]]
        ]  # fmt: skip
        said = Line("◇ 模拟：车道显示屏", "◇ simulated: a lane's board")
        board = Found(Plug.SERIAL, self._line.path, said, scheme="led+serial", given=(("profile", "lines-6f"),))
        return [*cameras, board]

    def lane(self, code: str = "sim-car-in") -> dict[str, Any]:
        """The lane as a site file says it."""
        camera = f"lpr+vzenith://127.0.0.1?serial={self.camera.serial}&key_file={quote(str(self._key_file))}"
        return {
            "code": code, "name": "模拟车行入口", "direction": "in", "fail": "safe",
            "relay": self.barrier.board_address,
            "plate_camera": f"{camera}&listen={self.camera.port}",
            "board": f"led+serial://{quote(self._line.path)}?profile=lines-6f", "barrier": dict(BARRIER),
        }  # fmt: skip

    def arrive(self, plate: str) -> None:
        """A car comes onto the arming loop, and the camera tells of it where somebody listens."""
        self.barrier.do(Move.ARRIVE)
        self.tell(plate)

    def tell(self, plate: str, stored: bool = False) -> None:
        seen = self.camera.see(plate, "blue", utc_now() + self.clock_off)
        with contextlib.suppress(OSError, HTTPException):
            self.camera.push(seen, stored=stored)

    def turn(self, number: int) -> None:
        for camera in self.more:
            with contextlib.suppress(OSError, HTTPException):
                camera.push(camera.see(next(self._plates), "blue", utc_now() + self.clock_off))
            camera.kept.clear()
        if not self.alone and number % CAR_EVERY == 0 and self.barrier.barrier.stage is None:
            self.arrive(next(self._plates))

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.barrier.close()
        self._line.close()

    def _hear(self) -> None:
        while not self._stop.is_set():
            self.board.hear(0.2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port

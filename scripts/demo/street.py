"""The other end of a vehicle lane's wires: a simulated barrier with its loops, a plate camera that pushes, and cars.

The plate camera sends real HTTP to the port where the node listens. The camera beside it reads nothing and shows the
lane to the guard; its pictures are drawn, and say so.
"""

import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import cv2
import numpy as np

from devices.ports import Pixels
from devices.sim.barrier import OPEN, Move, SimulatedBarrier
from devices.sim.lane_board import LaneBoardSim
from devices.sim.plate_camera import PlateCameraSim, Seen
from devices.sim.pty import PtyLine
from devices.sim.scenes import View, seen, view

PICTURE_EVERY_S = 0.5
BEAT_EVERY_S = 15.0
PICTURES = 3
SWITCHED_S = 0.3
"""A loop is read several times in so long: the lane has seen that a car is gone."""
PRESSED_S = 0.4
PLATE_BLUE, INK = (180, 80, 20), (245, 245, 245)
BARRIER = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5, "fire": 6}
"""Which terminals of the board the simulated barrier is wired to, as a site file says it."""
CALL = 8
"""Of the button beside a lane that has one, in place of a detector of the fire lane."""


class CarLane:
    """One vehicle lane. `port`: where the node will listen for the plate camera. `button`: drivers can call somebody
    there; else a detector looks at the fire lane."""

    def __init__(self, code: str, folder: Path, port: int, button: bool = False):
        self.code = code
        self.barrier = SimulatedBarrier(folder, name=code, beside=1 if button else 2)
        self.wiring = BARRIER | {"ebike": 7} | ({"call": CALL} if button else {"fire_lane": 8})
        secret = secrets.token_urlsafe(24)
        self._key_file = folder.absolute() / f"{code}.key"
        self._key_file.unlink(missing_ok=True)
        self._key_file.touch(0o600)
        self._key_file.write_text(secret)
        self.plate_camera = PlateCameraSim("vzenith", port, secret)
        self._board_line = PtyLine(folder.absolute() / f"{code}-led")
        self.board = LaneBoardSim(self._board_line)
        """What the driver is shown and told."""
        self._pictures = folder.absolute() / f"{code}-camera"
        self._pictures.mkdir(exist_ok=True)
        place = view(len(code))
        self._empty, self._standing = (_drawn(place, car=car) for car in (False, True))
        self._plate, self._turn = "", 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"street at {code}", daemon=True)
        self._write_picture()

    @property
    def camera_address(self) -> str:
        return f"camera+folder://{quote(str(self._pictures))}?mode=newest&fps=2"

    @property
    def plate_camera_address(self) -> str:
        camera = self.plate_camera
        return (
            f"lpr+vzenith://127.0.0.1?serial={camera.serial}&key_file={quote(str(self._key_file))}&listen={camera.port}"
        )

    @property
    def board_address(self) -> str:
        return f"led+serial://{quote(self._board_line.path)}?profile=lines-6f"

    def start(self) -> None:
        self.barrier.start()
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._board_line.close()
        self.barrier.close()

    def arrive(self, plate: str, stops: bool = False) -> float:
        """A car comes onto the first loop; the monotonic instant. `stops`: it does not drive on when the arm is up."""
        self._plate = plate
        self.barrier.do(Move.ARRIVE)
        if stops:
            self.barrier.do(Move.STOP)
        self.barrier.tick()
        self._write_picture()
        return monotonic()

    def follow(self) -> None:
        """Another car drives close behind the one that is there."""
        self.barrier.do(Move.FOLLOW)

    def back_out(self) -> None:
        """Whoever stands in front of the arm drives away."""
        self.barrier.do(Move.BACK_OUT)

    def call(self) -> None:
        """The driver presses the button beside the lane, and lets it go."""
        self.barrier.board.set_input(CALL, True)
        sleep(PRESSED_S)
        self.barrier.board.set_input(CALL, False)

    def push(self, car: Seen, stored: bool = False) -> float:
        """The plate camera tells the node of a car; the instant at which it began to. What nobody takes stays with the
        camera, as it does while the node starts."""
        at = monotonic()
        with suppress(OSError, HTTPException):
            self.plate_camera.push(car, stored=stored)
        return at

    def ride_past(self, there: bool) -> None:
        """An e-bike comes before the detector beside the lane, or has gone on."""
        self.barrier.do(Move.EBIKE if there else Move.EBIKE_GONE)

    def leave_van(self, there: bool) -> None:
        """Somebody leaves a van on the fire lane beside this one, or drives it away."""
        self.barrier.do(Move.BLOCK if there else Move.UNBLOCK)
        self._write_picture()

    @property
    def waits(self) -> bool:
        """A car stands in front of the arm, which is down."""
        barrier = self.barrier.barrier
        return barrier.stage == 0 and barrier.height == 0

    @property
    def is_free(self) -> bool:
        """No car, and the arm is down."""
        barrier = self.barrier.barrier
        return barrier.stage is None and barrier.height == 0

    def raised_since(self, edges: int) -> list[float]:
        """Monotonic instants at which the arm was ordered up, after the first `edges` movements of the board."""
        return [edge.at for edge in self.barrier.board.edges()[edges:] if edge.on and edge.channel == OPEN]

    def _run(self) -> None:
        beaten = monotonic() - BEAT_EVERY_S
        while not self._stop.wait(PICTURE_EVERY_S):
            self._write_picture()
            self.board.hear()
            if monotonic() - beaten >= BEAT_EVERY_S:
                beaten = monotonic()
                with suppress(OSError, HTTPException):  # the node is not up yet, or not up any more
                    self.plate_camera.beat()

    def _write_picture(self) -> None:
        self._turn += 1
        standing = self.barrier.barrier.stage is not None
        picture = (self._standing if standing else self._empty)[self._turn % PICTURES].copy()
        if standing and self._plate:
            _mount(picture, self._plate)
        if self.barrier.barrier.blocked:
            _van(picture)
        noise = np.random.default_rng(self._turn)
        picture[:4] = noise.integers(0, 255, picture[:4].shape, dtype=np.uint8)
        part = self._pictures / f"next-{threading.get_ident()}.part"
        part.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
        part.rename(self._pictures / "now.jpg")


def _drawn(place: View, car: bool) -> Sequence[Pixels]:
    chance = np.random.default_rng(7)
    return [seen(place, chance, car=car) for _ in range(PICTURES)]


def _mount(picture: Pixels, plate: str) -> None:
    """The plate in front of the drawn car: its letters and figures, for OpenCV's strokes know no province."""
    left, top, right, bottom = 250, 270, 430, 314
    cv2.rectangle(picture, (left, top), (right, bottom), PLATE_BLUE, -1)
    cv2.rectangle(picture, (left + 3, top + 3), (right - 3, bottom - 3), INK, 1)
    shown = "".join(one if one.isascii() else "*" for one in plate)
    cv2.putText(picture, shown, (left + 10, bottom - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.95, INK, 2, cv2.LINE_AA)
    cv2.putText(picture, "SAMPLE", (left + 56, top - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)


def _van(picture: Pixels) -> None:
    """Something on the fire lane, at the edge of what the camera sees."""
    height, width = picture.shape[:2]
    cv2.rectangle(picture, (width - 150, height // 2 - 90), (width - 10, height // 2 + 60), (120, 120, 130), -1)
    cv2.rectangle(picture, (width - 140, height // 2 - 80), (width - 90, height // 2 - 40), (60, 60, 60), -1)
    cv2.putText(picture, "SAMPLE", (width - 140, height // 2 + 40), cv2.FONT_HERSHEY_SIMPLEX, 0.9, INK, 2, cv2.LINE_AA)

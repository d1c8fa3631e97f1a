"""The other end of the demo's wires: a simulated gate and camera for each lane, and the people who come. Vehicle lanes
are in `street.py`.

Real codecs and real drivers meet simulated hardware on pseudo-terminals and a picture folder; nothing in the edge
knows that it is a demo.
"""

import functools
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import cv2
import numpy as np

from devices.door.profiles import LOCK_OUTPUT
from devices.ports import Pixels
from devices.sim.gate import SimulatedGate
from scripts.demo.street import CarLane
from scripts.prepare.frames import infrared_of, no_face

PICTURE_EVERY_S = 0.2
LOBBIES = 3
WRONG_MAX = 3
"""Wrong PINs until the check's lane in locks its keypad: the strictest that a site file may ask for."""


@functools.cache
def _lobbies() -> tuple[Sequence[Pixels], Sequence[Pixels]]:
    """What every lane's cameras see while nobody is there, in plain light and in infrared."""
    plain = [no_face(seed) for seed in range(LOBBIES)]
    return plain, [infrared_of(picture) for picture in plain]


class DemoLane:
    """One simulated lane: a door with board and scanner, and a camera that looks at whoever stands there."""

    def __init__(self, code: str, folder: Path):
        self.code = code
        self.gate = SimulatedGate(folder, name=code, fail_safe=False)
        self._pictures = folder.absolute() / f"{code}-camera"
        self._pictures.mkdir(exist_ok=True)
        self._infrared = folder.absolute() / f"{code}-infrared"
        self._infrared.mkdir(exist_ok=True)
        self._lobby, self._dark_lobby = _lobbies()
        self._scene: Sequence[Pixels] = ()
        self._beside: Sequence[Pixels] = ()
        self._turn = 0
        self._lock = threading.Lock()
        self.frozen = False
        self.write_picture()

    @property
    def camera_address(self) -> str:
        return f"camera+folder://{quote(str(self._pictures))}?mode=newest&fps=30"

    @property
    def infrared_address(self) -> str:
        return f"camera+folder://{quote(str(self._infrared))}?mode=newest&fps=30"

    def show(self, scene: Sequence[Pixels], beside: Sequence[Pixels] = ()) -> float:
        """Somebody steps in front of the camera; the monotonic instant at which the first picture of it was there.

        `beside`: the same pictures in infrared. Without them the infrared camera sees living people.
        """
        with self._lock:
            self._scene, self._beside = scene, beside or [infrared_of(picture) for picture in scene]
        self.write_picture()
        return monotonic()

    def leave(self) -> None:
        """Nobody is in front of the camera any more."""
        self.show(())

    def write_picture(self) -> None:
        """The camera's next picture, whole or not at all. No two are alike, as with a real sensor."""
        with self._lock:
            if self.frozen:
                return
            self._turn += 1
            for scene, folder in (
                (self._beside or self._dark_lobby, self._infrared),
                (self._scene or self._lobby, self._pictures),
            ):
                picture = scene[self._turn % len(scene)].copy()
                noise = np.random.default_rng(self._turn)
                picture[:4] = noise.integers(0, 255, picture[:4].shape, dtype=np.uint8)
                part = folder / "next.part"
                part.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
                part.rename(folder / "now.jpg")

    def unlocked_since(self, edges: int) -> list[float]:
        """Monotonic instants at which the lock relay switched on, after the first `edges` movements of the board."""
        return [edge.at for edge in self.gate.board.edges()[edges:] if edge.on and edge.channel == LOCK_OUTPUT]


class World:
    """All lanes of the demo gate until closed. Without people nobody moves a door by itself. `cars`: where the node
    listens for the plate camera of each vehicle lane; `buttons`: beside which of these drivers can call somebody."""

    def __init__(
        self, folder: Path, codes: Sequence[str], people: bool = True, cars: Mapping[str, int] | None = None,
        buttons: Collection[str] = (),
    ):  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self.lanes = {code: DemoLane(code, folder) for code in codes}
        self.cars = {code: CarLane(code, folder, port, code in buttons) for code, port in (cars or {}).items()}
        self._stop = threading.Event()
        self._camera = threading.Thread(target=self._film, name="simulated cameras", daemon=True)
        if people:
            for lane in self.lanes.values():
                lane.gate.start()
            for car_lane in self.cars.values():
                car_lane.start()
            self._camera.start()

    def close(self) -> None:
        self._stop.set()
        if self._camera.is_alive():
            self._camera.join()
        for lane in self.lanes.values():
            lane.gate.close()
        for car_lane in self.cars.values():
            car_lane.close()

    def _film(self) -> None:
        while not self._stop.wait(PICTURE_EVERY_S):
            for lane in self.lanes.values():
                lane.write_picture()

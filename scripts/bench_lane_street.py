"""A node with two simulated barriers, for the bench of vehicle lanes: a camera that pushes, and a street to look at."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np

from devices.sim.barrier import OPEN, Move, SimulatedBarrier
from devices.sim.plate_camera import PlateCameraSim
from devices.sim.plates import board, street
from edge.bootstrap import RunningNode
from edge.folder import NodeFolder
from edge.lane.inbox import Stop
from edge.site import Site
from edge.store.files import make_folder, write_private
from edge.sync.enrol import Node
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.plates import PlateEntry, PlateList
from models.wire.signed import sign
from models.wire.snapshot import Snapshot
from scripts.bench_qr_path import wait_for
from scripts.demo.street import BARRIER
from scripts.rig import NOWHERE, Authority

PUSHED, READ = "car-pushed", "car-read"
KNOWN, STRANGER = ("川B8K3H5", "川BF3171", "川F31717", "川AH6P29"), "川BXXXXX"
"""Several known ones in turn: whoever is back within seconds at the same place would be a car that is parked there."""
FPS = 10
NEARER = 5
"""Pictures of a car that comes nearer; it stands in the last of them."""
BLUR = 1.6
"""At this one the reader is sure of what is drawn; real plates are sharper."""
KEY = bytes(range(32))


class Barrier:
    """One barrier whose inputs change at the very instant that is told."""

    def __init__(self, folder: Path, name: str):
        self._sim = SimulatedBarrier(folder, name=name)
        self.address = self._sim.board_address
        self.start, self.close = self._sim.start, self._sim.close

    def arrive(self) -> float:
        """A car comes onto the loop; the monotonic instant just before."""
        at = time.monotonic()
        self._sim.do(Move.ARRIVE)
        self._sim.tick()
        return at

    def leave(self) -> None:
        self._sim.do(Move.BACK_OUT)
        self._sim.tick()

    def raised(self, since: float) -> float:
        """When the output that opens was switched on after `since`."""

        def orders() -> list[float]:
            return [edge.at for edge in self._sim.board.edges() if edge.on and edge.channel == OPEN and edge.at > since]

        wait_for(lambda: bool(orders()), 30.0)
        return orders()[0]

    def drove_through(self) -> None:
        """Until the car is gone and the arm is down."""
        wait_for(lambda: self._sim.barrier.stage is None and self._sim.barrier.height == 0, 30.0)


class Street:
    """What the camera sees, in pictures drawn beforehand: drawing would cost what is to be measured."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self._folder, self._car, self._step = folder, "", 0
        blank = np.full((140, 440, 3), 45, np.uint8)
        self._empty = [_jpeg(street(blank, (640, 360), 180, blur=BLUR, seed=seed)) for seed in range(3)]
        self._nearer = {
            plate: [
                _jpeg(street(board(plate), (640, 360 + 20 * near), 180, blur=BLUR, seed=near)) for near in range(NEARER)
            ]
            for plate in KNOWN
        }
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="street", daemon=True)
        self._write()

    def comes(self, plate: str) -> None:
        """A car with this plate; "": nobody."""
        self._car, self._step = plate, 0

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1 / FPS):
            self._write()

    def _write(self) -> None:
        self._step += 1
        car = self._nearer.get(self._car)
        shown = car[min(self._step, NEARER) - 1] if car else self._empty[self._step % 3]
        part = self._folder / "new.tmp"
        part.write_bytes(shown)
        part.replace(self._folder / "street.jpg")


def _jpeg(pixels: Any) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


class LaneRig:
    """The node, its hardware and its rules."""

    def __init__(self, folder: Path, weights: Path, port: int, secret: str):
        self.barriers = {code: Barrier(folder, code) for code in (PUSHED, READ)}
        self.street = Street(folder / "street")
        self.camera = PlateCameraSim("vzenith", port, secret)
        key_file = folder / "camera.key"
        write_private(key_file, secret.encode())
        pushes = f"lpr+vzenith://127.0.0.1?serial={self.camera.serial}&key_file={quote(str(key_file))}&listen={port}"
        looks = f"camera+folder://{quote(str(folder / 'street'))}?mode=newest&fps={FPS}"
        gate = new_id()
        self._lanes = tuple(
            Lane(lane_id=new_id(), code=code, name=code, gate_id=gate, gate_number=1, direction=Direction.IN)
            for code in (PUSHED, READ)
        )
        tables = [self._table(PUSHED, {"plate_camera": pushes}), self._table(READ, {"camera": looks})]
        site = Site.model_validate({"node": {"name": "bench"}, "lane": tables})
        self._authority = Authority()
        data = folder / "node"
        make_folder(data)
        node = Node(
            node_id=self._authority.node_id, site_id=self._authority.site_id, tenant_id=self._authority.tenant_id,
            central_key=bytes(self._authority.central_key.verify_key).hex(), central_url=NOWHERE, name="bench",
            lanes=self._lanes, enrolled_at=utc_now(),
        )  # fmt: skip
        write_private(data / "node.json", node.model_dump_json().encode())
        self._folder = NodeFolder(data)
        self.node = RunningNode(site, self._folder, weights)
        self._thread = threading.Thread(target=self.node.gate.run, name="gate", daemon=True)

    def _table(self, code: str, eyes: dict[str, str]) -> dict[str, Any]:
        """The lane as a site file says it."""
        lane = {"code": code, "name": code, "direction": "in", "fail": "safe", "relay": self.barriers[code].address}
        return lane | {"barrier": BARRIER | {"look_s": 15}} | eyes

    def start(self) -> None:
        refused = self.node.store.apply(self._rules(), utc_now())
        if refused is not None:
            raise RuntimeError(f"the rules were refused: {refused.value}")
        for barrier in self.barriers.values():
            barrier.start()
        self.street.start()
        self.node.start()
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self.node.inbox.put(Stop())
            self._thread.join()
        self.node.end()
        self._folder.close()
        self.street.close()
        for barrier in self.barriers.values():
            barrier.close()

    @contextmanager
    def telling(self, plate: str) -> Iterator[None]:
        """The camera tells of a car meanwhile; it is answered once the car is there."""
        seen = self.camera.see(plate, "blue", utc_now())
        thread = threading.Thread(target=self.camera.push, args=(seen,), daemon=True)
        thread.start()
        yield
        thread.join()

    def _rules(self) -> Any:
        now, day = utc_now(), timedelta(days=1)
        permits = tuple(
            PlateEntry(entry_id=new_id(), list=PlateList.PERMIT, plate=plate, since=now - day, until=now + day)
            for plate in KNOWN
        )
        content = Snapshot.model_validate_json(self._authority.snapshot(self._lanes).payload)
        content = content.model_copy(update={"plates": permits, "plate_key": KEY.hex()})
        return sign(content.model_dump_json(), "snapshot", self._authority.central_key)

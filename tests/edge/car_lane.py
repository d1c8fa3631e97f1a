"""A whole node with one simulated barrier and a camera that looks at drawn plates; no central."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np

from devices.sim.barrier import SimulatedBarrier
from devices.sim.plates import board, street
from edge.bootstrap import RunningNode
from edge.folder import NodeFolder
from edge.lane.inbox import Stop
from edge.site import Site
from edge.store.files import write_private
from edge.sync.enrol import Node
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, EventBody
from models.wire.plates import PlateEntry
from models.wire.signed import sign
from models.wire.snapshot import Snapshot
from scripts.rig import NOWHERE, Authority

KEY = bytes(range(32))
CODE = "car-in"
BARRIER = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5, "fire": 6}


def lane_table(barrier: SimulatedBarrier, pictures: Path, **more: Any) -> dict[str, Any]:
    """The lane as a site file says it."""
    camera = f"camera+folder://{quote(str(pictures))}?mode=newest&fps=10"
    lane = {"code": CODE, "name": "车行入口", "direction": "in", "fail": "safe", "relay": barrier.board_address}
    return lane | {"camera": camera, "barrier": BARRIER | {"look_s": 15} | more}


def lane_lines(barrier: SimulatedBarrier, pictures: Path) -> str:
    """The same as text."""
    table = lane_table(barrier, pictures)
    wired = table.pop("barrier")
    lines = ["", "[[lane]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())]
    return "\n".join([*lines, "[lane.barrier]", *(f"{key} = {value}" for key, value in wired.items()), ""])


@functools.lru_cache(64)
def _picture(text: str, near: int, seed: int) -> bytes:
    """A JPEG of one moment; painted once, for the same few moments come again and again."""
    if text:
        # at this size and blur the reader is sure of what is drawn; real plates are sharper
        frame = street(board(text), middle=(640, 360 + 20 * near), width=180, blur=1.6, seed=seed)
    else:
        frame = np.random.default_rng(seed).integers(60, 160, (720, 1280, 3), np.uint8)
    done, jpeg = cv2.imencode(".jpg", frame)
    assert done
    return jpeg.tobytes()


class Street:
    """What the camera sees: an empty street, or a car that comes nearer."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._text, self._step = folder, "", 0
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="street", daemon=True)
        self._write()

    def show(self, text: str) -> None:
        """A car with this plate stands there; "": nobody."""
        with self._lock:
            self._text, self._step = text, 0
        self._write()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.15):
            self._write()

    def _write(self) -> None:
        with self._lock:
            text, self._step = self._text, self._step + 1
        jpeg = _picture(text, min(self._step, 4), self._step % 7)
        unfinished = self.folder / "new.tmp"
        unfinished.write_bytes(jpeg)
        unfinished.replace(self.folder / "street.jpg")


class CarLane:
    """One node at one barrier."""

    def __init__(self, folder: Path, weights: Path, **barrier: Any):
        self.barrier, self.street = SimulatedBarrier(folder), Street(folder / "pictures")
        self.authority = Authority()
        self.lane = Lane(
            lane_id=new_id(), code=CODE, name=CODE, gate_id=new_id(), gate_number=1, direction=Direction.IN
        )
        table = lane_table(self.barrier, folder / "pictures", **barrier)
        self.site = Site.model_validate({"node": {"name": "cars"}, "lane": [table]})
        data = folder / "node"
        data.mkdir(mode=0o700)
        node = Node(
            node_id=self.authority.node_id, site_id=self.authority.site_id, tenant_id=self.authority.tenant_id,
            central_key=bytes(self.authority.central_key.verify_key).hex(), central_url=NOWHERE, name="cars",
            lanes=(self.lane,), enrolled_at=utc_now(),
        )  # fmt: skip
        write_private(data / "node.json", node.model_dump_json().encode())
        self._folder = NodeFolder(data)
        self.node = RunningNode(self.site, self._folder, weights)
        self._thread = threading.Thread(target=self.node.gate.run, name="gate", daemon=True)

    def start(self, entries: Iterable[PlateEntry] = ()) -> None:
        signed = self.authority.snapshot([self.lane])
        content = Snapshot.model_validate_json(signed.payload)
        content = content.model_copy(update={"plates": tuple(entries), "plate_key": KEY.hex()})
        signed = sign(content.model_dump_json(), "snapshot", self.authority.central_key)
        assert self.node.store.apply(signed, utc_now()) is None
        self.barrier.start()
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
        self.barrier.close()

    def said(self, *kinds: type) -> list[EventBody]:
        bodies = [EVENT_BODY.validate_json(event.body) for event in self.node.journal.read(0, 10_000)]
        return [body for body in bodies if isinstance(body, kinds)]

    def until(self, true: Any, seconds: float = 40.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

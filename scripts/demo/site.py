"""One demo site on this machine: central, one gate node, and the world around it, each in a process of its own."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from models.wire.events import EVENT_BODY, EventBody
from scripts.child import child, end, end_with_parent
from scripts.demo.lift import LiftLane
from scripts.demo.seeded import FILE, is_whole, known
from scripts.demo.world import WRONG_MAX, World
from scripts.prepare.demo_faces import DemoFaces, prepare_demo_faces
from scripts.setup import CACHE, ROOT

LANES = {"east-in": ("东门 进", "in"), "east-out": ("东门 出", "out")}
CAR_LANES = {"east-car-in": ("东门 车行进", "in"), "east-car-out": ("东门 车行出", "out")}
"""Lanes of the same gate, because one node serves one gate."""
EBIKE_LANE = "east-car-out"
"""Where e-bikes belong and are only counted; at the other vehicle lane one is an alarm."""
CALL_LANES = {"east-car-out"}
"""Where drivers have a button by which they call somebody."""
FIRE_LANE_S = 30
"""The least that a site file may say: nobody who watches the demo waits for three minutes."""
LIFTS = {"lift-5-2": "5-2 单元电梯"}
"""Likewise: a real lift has a node of its own house."""
CALLED = {"central": ("中心", "central"), "edge": ("边缘节点", "the gate node")}
"""The processes of a demo site, as they are told to a person."""
SEEDED_FOR_S = 12 * 3600.0


class DemoStopped(Exception):
    """A part of the demo did not come up, or ended; the text says which and shows its last words."""


def free_port(wanted: int = 0) -> int:
    """A port of this machine that nobody uses right now: the `wanted` one where that is so."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was left a minute ago is free
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_before(site_file: Path) -> int:
    """Where the lanes' screens were at the last start, so that a page somebody keeps open goes on; 0 at the first."""
    try:
        return int(tomllib.loads(site_file.read_text(encoding="utf-8"))["console"]["port"])
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return 0


class DemoSite:
    """Start in order: world, central (seeded at the first start), node (enrolled at the first start)."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        devices: dict[str, str],
        check: bool = False,
        *,
        backend: str = "sface",
    ):
        self.folder, self.say, self._devices, self._check = folder, say, devices, check
        self._own_camera = "camera" in devices
        self.interlocked = check
        """Whether the site file joins the two doors."""
        self._backend = backend
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports = {code: free_port() for code in CAR_LANES}
        self.world = World(folder / "world", tuple(LANES), cars=ports, buttons=CALL_LANES)
        self.lifts = {code: LiftLane(code, folder / "world") for code in LIFTS}
        self.faces: DemoFaces = prepare_demo_faces(CACHE)
        self.site_file = folder / "site.toml"
        self._read_to = 0  # of the node's log, by `troubles`
        self.seeded: dict[str, Any] = {}
        self.url = ""
        self._screen_port = free_port(port_before(self.site_file))
        self.is_first_start = True
        self._spoken: set[str] = set()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, port: int) -> None:
        """Everything up and deciding. Raises DemoStopped."""
        enrolled = (self.folder / "node" / "node.json").exists()
        self.is_first_start = not self._started_file.exists()
        if enrolled and self._seeded_lately():
            self.seeded = known(self._seeded_file)
        else:
            self.say("建示例小区 · making the sample community")
            self._seed(with_token=not enrolled)
        self.say("启动中心 · starting central")
        if enrolled:
            self.url = f"http://127.0.0.1:{port or free_port()}"
            self.write_site_file()
            self.start_node()  # the gate does not wait for central
            self._start_central(int(self.url.rsplit(":", 1)[1]))
        else:
            self._start_central(port)
            self.write_site_file()
            self.say("登记边缘节点 · enrolling the gate node")
            self._run("edge", "enrol", "--site", str(self.site_file), "--token", "-", said=self.seeded["node_token"])
            self.start_node()
        if self.is_first_start:
            self._enrol_faces()
        self._started_file.touch()

    def start_without_node(self) -> None:
        """Central alone, with the sample community, for whose gate no node is enrolled yet. Raises DemoStopped."""
        self._seed(with_token=False)
        self._start_central(0)

    def node_url(self) -> str:
        """Where the node finds central."""
        return self.url

    def start_node(self) -> None:
        self.say("启动边缘节点 · starting the gate node")
        self._spawn("edge", ["--site", str(self.site_file), "--weights", str(CACHE / "weights")])

    def screen_url(self, code: str) -> str:
        """The page that the people in front of a lane see."""
        return f"http://127.0.0.1:{self._screen_port}/lane/{code}"

    def lane_id(self, code: str) -> UUID:
        return UUID(self.seeded["lanes"][code])

    def node_events(self, after: int = 0) -> list[tuple[int, EventBody]]:
        """The node's events with their numbers while it runs: its file, read beside it."""
        file = sqlite3.connect(f"file:{self.folder / 'node' / 'journal.db'}?mode=ro", uri=True)
        try:
            rows = file.execute("SELECT seq, body FROM events WHERE seq > ? ORDER BY seq", (after,)).fetchall()
        finally:
            file.close()
        return [(seq, EVENT_BODY.validate_json(body)) for seq, body in rows]

    def kill(self, part: str) -> None:
        """SIGKILL, as a power cut to one process; its embedded PostgreSQL is left to be found by the next start."""
        process = self._processes.pop(part)
        process.kill()
        process.wait()

    def start_central_again(self) -> None:
        self._start_central(int(self.url.rsplit(":", 1)[1]))

    def ended(self) -> str | None:
        """Which part has ended by itself, with its last words."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                zh, en = CALLED[name]
                code = process.returncode
                return f"{zh}自己停了（退出码 {code}） · {en} ended with {code}:\n{self._last_words(name)}"
        return None

    def close(self) -> None:
        """Node first, so that its last events still find central; then central; then the world."""
        for name in ("edge", "central"):
            process = self._processes.pop(name, None)
            if process is not None:
                end(process)
        for lift in self.lifts.values():
            lift.close()
        self.world.close()

    @property
    def _started_file(self) -> Path:
        """There once a start has come to its end: an earlier one may have been cut short at any of its steps."""
        return self.folder / "started"

    @property
    def _seeded_file(self) -> Path:
        return self.folder / FILE

    def _seeded_lately(self) -> bool:
        """Passes of the sample community wear out in days; within hours nothing has to be made anew, unless east-in got
        another kind of camera, and with it another rule."""
        if not self._seeded_file.exists() or time.time() - self._seeded_file.stat().st_mtime >= SEEDED_FOR_S:
            return False
        return bool(known(self._seeded_file).get("own_camera")) is self._own_camera

    def _seed(self, with_token: bool) -> None:
        arguments = ["--data", str(self.folder / "central"), "--out", str(self._seeded_file)]
        arguments += [*(["--node-token"] if with_token else []), *(["--own-camera"] if self._own_camera else [])]
        self._run("scripts.demo.seeding", *arguments)
        self.seeded = known(self._seeded_file)
        if not is_whole(self.seeded):  # its database was not made by this demo, or its file was lost
            raise DemoStopped(
                "演示数据不全，请用 scripts/run --fresh 重来\n"
                "The demo's data are not whole; begin anew with scripts/run --fresh"
            )

    def _start_central(self, port: int) -> None:
        ready = self.folder / "central-ready.json"
        ready.unlink(missing_ok=True)
        self._spawn(
            "central",
            [
                "--data",
                str(self.folder / "central"),
                "--port",
                str(port),
                "--ready-file",
                str(ready),
                "--assets",
                str(CACHE / "web"),
            ],
        )
        deadline = time.monotonic() + 60
        while not ready.exists():
            if (ended := self.ended()) is not None:
                raise DemoStopped(ended)
            if time.monotonic() > deadline:
                words = self._last_words("central")
                raise DemoStopped(
                    "中心一分钟内没起来；机器正忙的话，过会儿再来一次 · central did not come up within a "
                    f"minute; on a busy machine, try again later:\n{words}"
                )
            time.sleep(0.05)
        self.url = json.loads(ready.read_text())["url"]

    def write_site_file(self) -> None:
        lines = ["[node]", 'name = "东门 East gate"', "", "[central]", f'url = "{self.node_url()}"']
        lines += ["", "[console]", f"port = {self._screen_port}", "", "[face]", f'backend = "{self._backend}"']
        for code, (name, direction) in LANES.items():
            lane = self.world.lanes[code]
            own = self._devices if code == "east-in" else {}
            lines += [
                "",
                "[[lane]]",
                f'code = "{code}"',
                f'name = "{name}"',
                f'direction = "{direction}"',
                'fail = "secure"',
                f'relay = "{own.get("relay", lane.gate.board_address)}"',
                f'camera = "{own.get("camera", lane.camera_address)}"',
                f'scanner = "{own.get("scanner", lane.gate.scanner_address)}"',
                f'reader = "{lane.gate.reader_address}"',
                f"release_s = {3.0 if self._check else 5.0}",
                f"held_open_s = {30.0}",
                f"second_factor_s = {3.0 if self._check else 10.0}",
                *([f"wrong_max = {WRONG_MAX}"] if self._check and code == "east-in" else []),
                *self._faces_alone(code),
            ]
        for code, (name, direction) in CAR_LANES.items():
            lines += self._car_lane(code, name, direction)
        for code, name in LIFTS.items():
            lines += ["", "[[lane]]", f'code = "{code}"', f'name = "{name}"', 'direction = "in"']
            lines += self.lifts[code].site_lines()
        if self.interlocked:
            lines += ["", "[[interlock]]", f"lanes = {json.dumps(list(LANES))}"]
        self.site_file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _car_lane(self, code: str, name: str, direction: str) -> list[str]:
        lane = self.world.cars[code]
        return [
            "",
            "[[lane]]",
            f'code = "{code}"',
            f'name = "{name}"',
            f'direction = "{direction}"',
            'fail = "safe"',
            f'relay = "{lane.barrier.board_address}"',
            f'camera = "{lane.camera_address}"',
            f'plate_camera = "{lane.plate_camera_address}"',
            f'board = "{lane.board_address}"',
            *([f"fire_lane_s = {FIRE_LANE_S}"] if "fire_lane" in lane.wiring else []),
            *(['ebikes = "count"'] if code == EBIKE_LANE else []),
            "[lane.barrier]",
            *(f"{terminal} = {number}" for terminal, number in lane.wiring.items()),
        ]

    def _faces_alone(self, code: str) -> list[str]:
        """Inwards faces are only told to the guard; outwards a living one opens, proved by a simulated infrared
        camera that every page calls simulated. In front of a real camera a living head turns as it is asked."""
        if self._backend != "sface":
            return ['face_alone = "off"']
        if code == "east-in" and self._own_camera:
            return ['face_alone = "open"', 'liveness = "challenge"']
        if code == "east-in":
            return ['face_alone = "refer"']
        nir = self.world.lanes[code].infrared_address
        return ['face_alone = "open"', 'liveness = "nir"', f'camera_nir = "{nir}"']

    def _enrol_faces(self) -> None:
        """Templates are made on the node, from files that packages brought; the photos are not kept.

        Beside the running node, by what `python -m edge face` does: in this process, because a new one for each person
        would spend most of its time on starting.
        """
        from edge.faces import enrol_face
        from edge.starting import STARTING_PROBLEMS

        node, weights, url = self.folder / "node", CACHE / "weights", self.node_url()
        for cardholder, photos in self.face_plan().items():
            try:
                refused = enrol_face(node, weights, UUID(cardholder), list(photos), url, self._backend)
            except STARTING_PROBLEMS as error:
                raise DemoStopped(f"edge face: {error}") from error
            if refused is not None:
                raise DemoStopped(f"edge face: {refused}")
        if self._check and "office_holder_1" in self.faces.people:
            self._give_twin(UUID(self.seeded["faces"]["first"]), UUID(self.seeded["faces"]["twin"]))

    def _give_twin(self, first: UUID, twin: UUID) -> None:
        """Two people with one face: no way of enrolling makes that, and the gate has to be right about it all the same
        (one who aged, a template from before the rule). Written where the node keeps its own."""
        from edge.store.keys import KeyRing
        from edge.store.templates import Templates
        from models.wire.events import TemplateStored

        keys = KeyRing.open(self.folder / "node" / "keys")
        templates = Templates.open(self.folder / "node" / "templates.db", keys)
        try:
            known = templates.get(first)
            assert known is not None, "enrolled a moment ago"
            content, model = known
            templates.put(twin, content, model, told=TemplateStored(cardholder_id=twin, model=model, photos=2))
        finally:
            templates.close()
            keys.close()

    def face_plan(self) -> dict[str, tuple[Path, ...]]:
        """Which cardholder gets a template of which photos; people are shown other photos where there are others."""
        people = self.faces.people
        plan = {self.seeded["faces"]["second"]: people["astronaut"]}
        if "office_holder_1" in people:
            plan[self.seeded["faces"]["first"]] = people["office_holder_1"][:2]
        return plan

    def _spawn(self, module: str, arguments: list[str]) -> None:
        mode = "ab" if module in self._spoken else "wb"  # one file for one run of the demo, restarts included
        self._spoken.add(module)
        log = (self.folder / f"{module}.log").open(mode)
        self._processes[module] = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "MENTING_TEST_PAY": "yes",
            },  # a sample of paying: no money moves
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others in order
            preexec_fn=end_with_parent,
        )

    def _run(self, module: str, *arguments: str, said: str = "") -> None:
        command = [sys.executable, "-P", "-m", module, *arguments]
        pipe = subprocess.PIPE
        with child(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as running:
            told, complained = running.communicate(said.encode() + b"\n")
        if running.returncode:
            words = (complained or told).decode(errors="replace").strip()
            raise DemoStopped(f"{module} {arguments[0]}: {words[-2000:]}")

    def troubles(self, code: str) -> list[str]:
        """What the node has written of this lane's devices since it was last asked: why one of them is no use."""
        with (self.folder / "edge.log").open("rb") as log:
            log.seek(self._read_to)
            whole = log.read().rpartition(b"\n")[0]
        self._read_to += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        return [said for line in lines if code in (said := line.partition(" WARNING edge.lane.")[2].partition(": ")[2])]

    def _last_words(self, name: str) -> str:
        log = self.folder / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        plain = [line for line in lines if line and not line.startswith("{")]  # what it said to a person
        return "\n".join((plain or lines)[-12:]) or "（没有说什么 · it said nothing）"

"""The vehicle lanes of a node put together: barrier, who reads the plates, and the state they begin in."""

import logging
import queue
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

from devices.ports import Frame
from devices.registry import open_camera, open_display, open_plate_camera
from edge.egress import barrier_of
from edge.lane.hold import FireHolds
from edge.lane.inbox import AlarmNote, Item
from edge.lane.node_fire import NodeFire
from edge.lane.states import BesideSettings, Ebikes
from edge.lane.vehicle.board import BarrierThread
from edge.lane.vehicle.display import DisplayThread
from edge.lane.vehicle.eyes import PlateThread
from edge.lane.vehicle.pushes import PushThread
from edge.lane.vehicle.shell import Accounts, VehicleShell
from edge.lane.vehicle.states import Phase, VehicleLane
from edge.site import LaneSite, Site
from edge.verify.plate.errors import PlateFault
from edge.verify.plate.reader import PlateReader
from models.site.topology import Lane
from models.wire.events import AlarmKind

PLATE_WEIGHTS = "plate_weights"
"""Lies beside the folder of the face models."""

VehicleThread = BarrierThread | DisplayThread | PlateThread | PushThread

log = logging.getLogger(__name__)


class Vehicles:
    """`shells` for the gate's thread, and the `threads` around them, which the node starts and stops."""

    def __init__(
        self,
        site: Site,
        lane_of: Callable[[str], Lane],
        weights: Path,
        inbox: "queue.Queue[Item]",
        holds: FireHolds,
        fire: NodeFire,
        accounts: Accounts | None = None,
    ):
        self.threads: list[VehicleThread] = []
        self.shells: dict[str, VehicleShell] = {}
        self._inbox, self._fire, self._accounts = inbox, fire, accounts
        lanes = [lane for lane in site.lane if lane.barrier is not None]
        reads = any(_reads(lane) for lane in lanes)
        self._reader = self._open_reader(weights.with_name(PLATE_WEIGHTS)) if reads else None
        for lane in lanes:
            self.shells[lane.code] = self._shell(lane, lane_of(lane.code), holds.holds(lane.code))

    def take_over(self, code: str) -> bool:
        """Whether this is a vehicle lane; then it is held up for fire from its start."""
        shell = self.shells.get(code)
        if shell is not None:
            shell.vehicle = replace(shell.vehicle, phase=Phase.FIRE)
            shell.arm.hold(True)
        return shell is not None

    def newest(self, lane_id: UUID) -> Frame | None:
        """What the camera of this lane shows, for a person who looks through it."""
        eyes = next((one.eyes for one in self.shells.values() if one.lane.lane_id == lane_id), None)
        return eyes.newest() if eyes is not None else None

    def _shell(self, site: LaneSite, lane: Lane, held: bool) -> VehicleShell:
        assert site.barrier is not None
        board = barrier_of(site, self._inbox, held, self._fire)
        self.threads.append(board)
        eyes = None
        if site.camera is not None:
            reader = self._reader if _reads(site) else None
            eyes = PlateThread(site.code, partial(open_camera, site.camera), reader, self._inbox)
            self.threads.append(eyes)
        if site.plate_camera is not None:
            self.threads.append(PushThread(site.code, partial(open_plate_camera, site.plate_camera), self._inbox))
        shown = None
        if site.board is not None:
            shown = DisplayThread(site.code, partial(open_display, site.board), self._inbox)
            self.threads.append(shown)
        vehicle = VehicleLane(settings=site.barrier.settings(), direction=site.direction)
        return VehicleShell(
            site.code, lane, board, site.barrier.rules(), vehicle, eyes, site.barrier.look_s, accounts=self._accounts,
            board=shown, language=site.barrier.board_language, leads_between=site.barrier.between(site.direction),
            tidal=site.barrier.tidal, turns=site.barrier.timetable(), turn=board.turn, detectors=_detectors(site),
        )  # fmt: skip

    def _open_reader(self, folder: Path) -> PlateReader | None:
        """Changed or missing models stop plates and nothing else: every car is asked about, and central gets an alarm
        (SEC-18)."""
        try:
            reader = PlateReader.open(folder)
        except PlateFault as error:
            log.error("no plates are read: %s", error)
            self._inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, device="plate_models", detail=str(error)[:300]))
            return None
        self._inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device="plate_models"))
        return reader


def _reads(lane: LaneSite) -> bool:
    """Whether plates are read here, from our own frames; beside a camera that reads by itself they are only shown."""
    return lane.camera is not None and lane.plate_camera is None


def _detectors(lane: LaneSite) -> BesideSettings:
    """Where nothing is written an e-bike is an alarm: an arm keeps none out."""
    ebikes = Ebikes.COUNT if lane.ebikes == "count" else Ebikes.ALARM
    return BesideSettings(ebikes=ebikes, ebike_stuck_s=lane.ebike_stuck_s, fire_lane_s=lane.fire_lane_s)

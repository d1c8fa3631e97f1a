"""How a vehicle lane reads who stands on its arming loop: from its own frames, or by the word of a camera that reads.

What comes of it is one read, handed to `decide` once: as soon as it is sure, or when the time for reading is over. A
push moves nothing by itself: anybody could have sent it (S15), and a stored one is history (S14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from devices.ports import Frame, PushRefused
from edge.decide.plates import seen_in, seen_in_push
from edge.lane.inbox import PlatePushed, PlatesVoted
from edge.lane.record import Recorder
from edge.lane.vehicle import alarms, histories, one_car, unasked
from edge.lane.vehicle.shell import Looking, Told, VehicleShell
from edge.lane.vehicle.states import Loop
from edge.store.store import Store
from models.parking.decided import Seen as Read
from models.values.ids import new_id
from models.wire.events import PlateRead

EARLY_S = 1.5
"""How long before the loop a camera that reads by itself may tell of the vehicle. Its word waits so long for an answer,
and the camera waits longer."""
TAKEN_S = EARLY_S + 1.5
"""By how much a push may have been taken before the vehicle came onto the loop: cameras tell whole seconds."""


class Reading:
    """Owned by the gate's thread. `decide` gets the read, its frame, when its last part arrived and since when the
    vehicle was looked at."""

    def __init__(
        self,
        record: Recorder,
        store: Store,
        now: Callable[[], datetime],
        mono: Callable[[], float],
        decide: Callable[[VehicleShell, Read, Frame | None, float, float], None],
    ):
        self._record, self._store, self._now, self._mono, self._decide = record, store, now, mono, decide

    def tick(self, shell: VehicleShell) -> None:
        """Time has passed: a push for which no vehicle came, a vehicle that was read for long enough."""
        if shell.told is not None and self._mono() - shell.told.at > EARLY_S:
            self._forget_told(shell)
        histories.tell_kept_back(self._record, shell, self._mono())
        if shell.looking is not None and self._mono() - shell.looking.since >= shell.look_s:
            self._conclude(shell, shell.looking)

    def look(self, shell: VehicleShell) -> None:
        """A vehicle has come onto the arming loop: read it."""
        told, shell.told = shell.told, None
        looking = shell.looking = Looking(new_id(), self._mono())
        if told is not None:
            self._told_of(shell, looking, told)
        if shell.looking is not None and shell.eyes is not None:
            shell.eyes.look_for(shell.looking.look)

    def voted(self, shell: VehicleShell, voted: PlatesVoted) -> None:
        """Its frames say something more."""
        looking = shell.looking
        if looking is None or looking.look != voted.look:  # of a vehicle that has gone, or was answered
            late = unasked.unanswered(shell)
            if late is not None and late.look == voted.look and voted.vote.sure:
                self._decide(shell, seen_in(voted), voted.frame, voted.at, late.since)
            return
        shell.looking = replace(looking, best=voted)
        if voted.vote.sure and not self._claimed(shell, seen_in(voted)).just_before:
            self._conclude(shell, shell.looking)

    def pushed(self, shell: VehicleShell, item: PlatePushed) -> None:
        """A camera that reads has told of a plate, or some of its pushes were not taken."""
        if isinstance(item.push, PushRefused):
            body = PlateRead(why="refused", count=item.push.count, detail=item.push.why.value)
            self._record.say(body, shell.code)
        else:
            self._told(shell, Told(item.push, self._mono(), item.answer, item.push.at))

    def conclude(self, shell: VehicleShell) -> None:
        """Whoever is being read is decided about now, with what is known."""
        if shell.looking is not None:
            self._conclude(shell, shell.looking)

    def _conclude(self, shell: VehicleShell, looking: Looking) -> None:
        best, read = looking.best, seen_in(looking.best)
        frame = best.frame if best is not None else shell.eyes.newest() if shell.eyes is not None else None
        at = best.at if best is not None else self._mono()
        if read.vehicle.plate is None and looking.aside is not None:
            read = looking.aside
        self._decide(shell, read, frame, at, looking.since)

    def _told(self, shell: VehicleShell, told: Told) -> None:
        lane = shell.vehicle
        late_s = alarms.watch_clock(self._record, shell, told.push, self._now(), self._mono())
        told = replace(told, taken=told.push.at - (late_s or 0.0))
        if told.push.record.stored:
            self._history(shell, told, "stored")
        elif late_s is None:  # of now, or kept for hours by a camera that does not say so
            self._history(shell, told, "clock")
        elif (late := unasked.unanswered(shell)) is not None:
            self._told_of(shell, late, told)
        elif lane.arming is not Loop.OCCUPIED:
            self._forget_told(shell)
            shell.told = told  # the loop may say it in a moment
        elif shell.looking is not None:
            self._told_of(shell, shell.looking, told)
        else:
            told.answer(told.push)  # the vehicle that stands there was answered already (LANE-07)

    def _told_of(self, shell: VehicleShell, looking: Looking, told: Told) -> None:
        """A push while a vehicle is read: of this one, as far as anybody can tell, or of one that was here before."""
        read = self._claimed(shell, seen_in_push(told.push.record))
        if told.taken < looking.since - TAKEN_S or read.just_before:
            if shell.looking is not None and read.just_before:
                shell.looking = replace(looking, aside=read)
            self._history(shell, told, "earlier")
            return
        frame = shell.eyes.newest() if shell.eyes is not None else None
        self._decide(shell, read, frame, told.at, told.at)
        told.answer(told.push)  # it is kept by now, or waits for a disk

    def _claimed(self, shell: VehicleShell, read: Read) -> Read:
        return one_car.claimed(shell.cars, read, shell.vehicle.direction, self._mono())

    def _forget_told(self, shell: VehicleShell) -> None:
        """No vehicle came: whoever sent it, it is written down and nothing else."""
        told, shell.told = shell.told, None
        if told is not None:
            self._history(shell, told, "no_vehicle")

    def _history(self, shell: VehicleShell, told: Told, why: str) -> None:
        histories.keep(self._record, self._store, shell, told, why, self._mono())


def stop_looking(shell: VehicleShell) -> None:
    """Nobody is read any more: the vehicle was decided about, or has gone."""
    if shell.looking is not None:
        shell.looking = None
        if shell.eyes is not None:
            shell.eyes.look_for(None)

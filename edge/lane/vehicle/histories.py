"""Pushes that decide nothing: the camera is answered, and the journal holds them, within bounds."""

from __future__ import annotations

import os
from uuid import UUID

from edge.lane.record import Recorder
from edge.lane.vehicle.shell import Told, VehicleShell
from edge.store.store import Store
from models.values.ids import new_id
from models.wire.events import PlateRead
from models.wire.plates import NONCE_BYTES, seal_plate

OF_A_CAMERA_S_STORE = ("stored", "clock")
"""Each such record is of a vehicle of its own; what else comes here is of one that is decided about, or of none."""


def sealed(store: Store, text: str, correlation: UUID) -> bytes | None:
    """Under the site's key; without rules there is none, and then nobody is told which plate it was."""
    snapshot = store.view().snapshot
    if snapshot is None or not snapshot.plate_key:
        return None
    return seal_plate(text, correlation, bytes.fromhex(snapshot.plate_key), os.urandom(NONCE_BYTES))


def keep(record: Recorder, store: Store, shell: VehicleShell, told: Told, why: str, now: float) -> None:
    """Write it down, or count it, and tell the camera that it is kept."""
    pushed = told.push.record
    if why in OF_A_CAMERA_S_STORE:
        shell.stored, written = shell.stored.take(pushed.text, now)
    else:
        shell.no_vehicle, written = shell.no_vehicle.take(pushed.text, now)
    if written:
        correlation = new_id()
        plate = sealed(store, pushed.text, correlation) if pushed.text else None
        content = {"why": why, "plate": plate, "taken_at": pushed.taken_at, "detail": pushed.trigger_code[:80] or None}
        record.say(PlateRead.model_validate(content), shell.code, correlation)
    told.answer(told.push)


def tell_kept_back(record: Recorder, shell: VehicleShell, now: float) -> None:
    """How many were not written down one by one. Mostly none."""
    shell.stored, stored = shell.stored.told(now)
    shell.no_vehicle, nobody = shell.no_vehicle.told(now)
    if stored:
        record.say(PlateRead(why="stored", count=stored), shell.code)
    if nobody:
        record.say(PlateRead(why="no_vehicle", count=nobody), shell.code)

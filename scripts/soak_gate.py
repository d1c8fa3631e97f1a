"""The gate's own thread with one lane, stepped by hand in simulated time: what stands behind a soaked port."""

import queue
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from devices.sim.babble import SimulatedClock
from edge.journal.journal import Journal
from edge.lane.hold import FireHolds
from edge.lane.inbox import ContactsRead, Item
from edge.lane.runner import Gate
from edge.lane.shell import LaneShell
from edge.lane.states import Contacts
from edge.store.keys import KeyRing
from edge.store.store import Store
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from scripts.rig import Authority

CODE = "east-in"


class NoLock:
    """A lock that counts what it is told to release; nothing that is soaked is a reason for that."""

    def __init__(self) -> None:
        self.released = 0

    def pulse(self, correlation: UUID) -> None:
        self.released += 1

    def relock(self) -> None:
        """Ends a pulse, and releases nothing."""

    def hold(self, wanted: bool) -> None:
        self.released += wanted


class NoPictures:
    """There is no camera."""

    def keep(self, event_id: UUID, frame: object, outcome: object, alarmed: bool, vehicle: object = None) -> None:
        """Nothing to keep."""

    def keep_of_alarm(self, event_id: UUID, frames: object) -> None:
        """Nor of an alarm."""


class SoakedGate:
    """Real rules, journal and store. `inbox` is where ports put what they hear."""

    def __init__(self, folder: Path, clock: SimulatedClock) -> None:
        authority, began, at = Authority(), utc_now(), clock.now
        self._keys = KeyRing.open(folder / "keys")

        def now() -> datetime:
            return began + timedelta(seconds=clock.now - at)

        self.journal = Journal.open(folder / "journal.db", authority.node_id, self._keys, now=now, reserve_bytes=4096)
        central = bytes(authority.central_key.verify_key)
        self._store = Store.open(folder / "store.db", authority.node_id, central, self._keys)
        lane = Lane(lane_id=new_id(), code=CODE, name=CODE, gate_id=new_id(), gate_number=1, direction=Direction.IN)
        refused = self._store.apply(authority.snapshot([lane]), now())
        assert refused is None, refused
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.lock = NoLock()
        self._gate = Gate(
            authority.site_id, {CODE: LaneShell(CODE, lane, self.lock)}, self.journal, self._store, NoPictures(),
            FireHolds(folder), self.inbox, now, mono=clock,
        )  # fmt: skip
        self._gate.begin()
        self.inbox.put(ContactsRead(CODE, Contacts(closed=True, exit_pressed=False, fire=False)))
        self.turn()

    def turn(self) -> None:
        """Everything that has reached it, and its tick."""
        while not self.inbox.empty():
            self._gate.handle(self.inbox.get())
        self._gate.tick()

    def written(self) -> int:
        """How many events the day has made."""
        return self.journal.head()[0]

    def close(self) -> None:
        self.journal.close()
        self._store.close()
        self._keys.close()

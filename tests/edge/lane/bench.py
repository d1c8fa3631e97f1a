"""The gate's own thread on a bench: real rules, journal and store; hands, eyes and the clock are the test's."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np

from devices.ports import Frame
from edge.journal.journal import Entry, Journal, JournalError
from edge.lane.hold import FireHolds
from edge.lane.inbox import CodeSeen, CommandIn, ContactsRead, FaceSeen, Item, Pulsed
from edge.lane.runner import Gate
from edge.lane.shell import LaneShell
from edge.lane.standing import StandingAlarms
from edge.lane.states import Contacts, DoorLane, Settings
from edge.store.keys import KeyRing
from edge.store.store import Store
from models.access.decision import Decision, Outcome
from models.access.pictures import Shows
from models.access.verification import FaceResult
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.envelope import Event
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, DecisionMade, EventBody, Passage
from models.wire.signed import Signed, sign
from models.wire.snapshot import Snapshot
from scripts.rig import Authority

BODY = TypeVar("BODY", bound=EventBody)
SETTINGS = Settings(release_s=5.0, held_open_s=30.0)


@dataclass
class Lock:
    """Remembers what it was told, and looks at the journal at the very moment it is told."""

    head: Callable[[], int]
    pulses: list[UUID] = field(default_factory=list)
    holds: list[bool] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    relocked: int = 0

    def pulse(self, correlation: UUID) -> None:
        self.pulses.append(correlation)
        self.heads.append(self.head())

    def relock(self) -> None:
        self.relocked += 1

    def hold(self, wanted: bool) -> None:
        self.holds.append(wanted)


class Ears:
    """A scanner that works."""

    def fault(self) -> str | None:
        return None


@dataclass
class Eyes:
    wanted: list[tuple[UUID | None, UUID | None]] = field(default_factory=list)
    frame: Frame | None = None
    why_not: str | None = None
    rests: list[bool] = field(default_factory=list)

    def rest(self, resting: bool) -> None:
        self.rests.append(resting)

    def look_for(self, correlation: UUID | None, cardholder_id: UUID | None) -> None:
        self.wanted.append((correlation, cardholder_id))

    def newest(self) -> Frame | None:
        return self.frame

    def fault(self) -> str | None:
        return self.why_not


@dataclass
class Kept:
    pictures: list[tuple[UUID, Frame]] = field(default_factory=list)

    about: list[tuple[Outcome, bool]] = field(default_factory=list)
    of_alarms: list[tuple[UUID, tuple[Frame, ...]]] = field(default_factory=list)

    def keep(
        self, event_id: UUID, frame: Frame, decision: Decision, alarmed: bool, vehicle: Shows | None = None
    ) -> None:
        self.pictures.append((event_id, frame))
        self.about.append((decision.outcome, alarmed))

    def keep_of_alarm(self, event_id: UUID, frames: tuple[Frame, ...]) -> None:
        self.of_alarms.append((event_id, frames))


class Bench:
    """One gate. `start` again: the process was killed, and its folder is all that is left."""

    def __init__(
        self,
        folder: Path,
        codes: tuple[str, ...] = ("east-in",),
        interlocks: tuple[frozenset[str], ...] = (),
        direction: Direction = Direction.IN,
        eyes: bool = False,
    ):
        self.folder, self.codes, self.interlocks, self.with_eyes = folder, codes, interlocks, eyes
        self.authority = Authority()
        self.began, self.mono = utc_now(), 1000.0
        gate = new_id()
        self.lanes = {
            code: Lane(lane_id=new_id(), code=code, name=code, gate_id=gate, gate_number=1, direction=direction)
            for code in codes
        }
        self.keys = KeyRing.open(folder / "keys")
        self.refusing: type[JournalError] | None = None
        self._number = 0
        self._opened: list[Journal | Store] = []
        self.start()

    def start(self) -> None:
        """A fresh process over the same folder."""
        self.close()
        node = self.authority.node_id
        self.journal = Journal.open(self.folder / "journal.db", node, self.keys, now=self.now, reserve_bytes=4096)
        public = bytes(self.authority.central_key.verify_key)
        self.store = Store.open(self.folder / "store.db", node, public, self.keys)
        self._opened = [self.journal, self.store]
        append = self.journal.append

        def refusable(*entries: Entry) -> tuple[Event, ...]:
            if self.refusing is not None:
                raise self.refusing("injected: no room")
            return append(*entries)

        self.journal.append = refusable
        self.locks = {code: Lock(lambda: self.journal.head()[0]) for code in self.codes}
        self.eyes = {code: Eyes() for code in self.codes} if self.with_eyes else {}
        self.kept = Kept()
        self.inbox: queue.Queue[Item] = queue.Queue()
        shells = {
            code: LaneShell(
                code,
                self.lanes[code],
                self.locks[code],
                self.eyes.get(code),
                10.0,
                DoorLane(settings=SETTINGS),
                ears=Ears(),
            )
            for code in self.codes
        }
        self.gate = Gate(
            self.authority.site_id, shells, self.journal, self.store, self.kept, FireHolds(self.folder), self.inbox,
            self.now, self.interlocks, lambda: self.mono, StandingAlarms(self.folder / "standing-alarms.json"),
        )  # fmt: skip
        self.gate.begin()

    def close(self) -> None:
        for opened in self._opened:
            opened.close()
        self._opened = []

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.mono - 1000.0)

    def rules(self, pictures: bool = False, more: Mapping[str, Any] | None = None, **how: Any) -> None:
        """Central's next snapshot is in force; `more` are fields of it that not every site has."""
        signed = self.authority.snapshot(self.lanes.values(), **how)
        if pictures or more:
            update = {"send_pictures": pictures, **(more or {})}
            content = Snapshot.model_validate_json(signed.payload).model_copy(update=update)
            signed = sign(content.model_dump_json(), "snapshot", self.authority.central_key)
        refused = self.store.apply(signed, self.now())
        assert refused is None, refused

    # -- what happens in front of the gate ------------------------------------------------------------------------

    def contacts(
        self, closed: bool = True, pressed: bool = False, fire: bool = False, lane: str = "east-in",
        fire_at: tuple[str, ...] = (), **others: bool,
    ) -> None:  # fmt: skip
        """What the board reads; `others` are the contacts that not every lane has."""
        self.gate.handle(ContactsRead(lane, Contacts(closed, pressed, fire, **others), fire_at))

    def scan(self, token: str, lane: str = "east-in") -> None:
        """A code that was out of sight for long enough to count anew."""
        self.wait(2.1)
        self.see(token, lane)

    def see(self, token: str, lane: str = "east-in") -> None:
        self.gate.handle(CodeSeen(lane, token, self.mono))

    def press(self, lane: str = "east-in") -> None:
        self.contacts(pressed=True, lane=lane)
        self.contacts(lane=lane)

    def confirm(self, fault: str | None = None, lane: str = "east-in", known: bool = True) -> None:
        """The board answers the newest pulse."""
        self.gate.handle(Pulsed(lane, self.locks[lane].pulses[-1], fault, self.mono, known=known))

    def walk_through(self, lane: str = "east-in") -> None:
        self.contacts(closed=False, lane=lane)
        self.wait(1.5)
        self.contacts(lane=lane)

    def face(self, result: FaceResult, lane: str = "east-in") -> None:
        """The camera answers what it was asked to look for."""
        correlation = self.eyes[lane].wanted[-1][0]
        self.gate.handle(FaceSeen(lane, result, self.mono, correlation))

    def wait(self, seconds: float) -> None:
        self.mono += seconds
        self.gate.tick()

    def command(self, action: Action = Action.OPEN, lane: str = "east-in", **fields: Any) -> Command:
        self._number += 1
        content: dict[str, Any] = {
            "command_id": new_id(), "number": self._number, "node_id": self.authority.node_id,
            "lane_id": self.lanes[lane].lane_id, "action": action, "nonce": new_id().hex, "issued_at": self.now(),
            "ttl_s": 5, "actor_id": new_id(), "role": "guard", "reason": "快递，已核实", "correlation": new_id(),
        }  # fmt: skip
        return Command.model_validate(content | fields)

    def order(self, command: Command) -> Command:
        """The lane gets a command that was judged in order."""
        self.gate.handle(CommandIn(command))
        return command

    def signed(self, command: Command) -> Signed:
        return sign(command.model_dump_json(), "command", self.authority.central_key)

    # -- what the journal says ------------------------------------------------------------------------------------

    def events(self) -> list[tuple[Event, EventBody]]:
        return [(event, EVENT_BODY.validate_json(event.body)) for event in self.journal.read(0, 10_000)]

    def said(self, kind: type[BODY]) -> list[BODY]:
        return [body for _, body in self.events() if isinstance(body, kind)]

    def decisions(self) -> list[str]:
        return [f"{one.decision.outcome.value} {one.decision.reason.value}" for one in self.said(DecisionMade)]

    def passages(self) -> list[str]:
        return [one.why for one in self.said(Passage)]

    def alarms(self, kind: AlarmKind) -> list[bool]:
        """Each time it was raised (False) or over (True)."""
        return [one.over for one in self.said(Alarm) if one.alarm is kind]


def a_frame(shade: int = 0) -> Frame:
    return Frame(np.full((48, 64, 3), shade, dtype=np.uint8), 0.0, 1)

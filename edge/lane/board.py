"""The thread that talks to one relay board: contacts up, pulses down, and the fire path that waits for nobody.

One transaction at a time on the wire. A pulse that waits goes before the next poll of the contacts. Fire is answered
in this thread, before anything else hears of it: from the contact to the output no other thread, no disk and no
network lie in between (S4, ACC-22).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from devices.errors import DeviceError
from devices.ports import RelayBoard
from edge.lane.debounce import Debounced
from edge.lane.inbox import BoardDown, ContactsRead, HoldChanged, Item, Pulsed
from edge.lane.states import Contacts

POLL_S = 0.03
LOST_AFTER_S = 1.0
"""A contact older than this is not known (S1 uses the same second for loops)."""

REOPEN_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which terminals of the board this door uses, counted from 1. `*_closed_means` tell the sense of a contact."""

    lock_output: int = 1
    door_contact: int = 1
    exit_button: int | None = 2
    fire_input: int | None = 3
    pulse_ms: int = 5000


@dataclass(frozen=True, slots=True)
class Pulse:
    correlation: UUID


class BoardThread(threading.Thread):
    """Owns the board of one lane. `opener` opens it, and opens it again after it was unplugged."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], RelayBoard],
        wiring: Wiring,
        inbox: "queue.Queue[Item]",
        hold: bool = False,
    ):
        super().__init__(name=f"board {lane}", daemon=True)
        self._lane, self._opener, self._wiring, self._inbox = lane, opener, wiring, inbox
        self._jobs: queue.Queue[Pulse | None] = queue.Queue()
        self._hold_wanted = hold
        self._hold_done: bool | None = None if hold else False
        self._fire = False
        self._stopping = threading.Event()
        self._board: RelayBoard | None = None

    def pulse(self, correlation: UUID) -> None:
        """Release the lock once. The answer comes to the inbox as `Pulsed`."""
        self._jobs.put(Pulse(correlation))

    def hold(self, wanted: bool) -> None:
        """The level that the lane asks for. Reconciled until the board confirms it."""
        if wanted != self._hold_wanted:
            self._hold_wanted = wanted
            self._jobs.put(None)

    def stop(self) -> None:
        """End the thread. Outputs stay as they are: stopping releases and secures nothing (S10)."""
        self._stopping.set()
        self._jobs.put(None)

    def run(self) -> None:
        contacts, told, failing_since, down = Debounced(), None, None, False
        while not self._stopping.is_set():
            try:
                board = self._open()
                self._work(board)
                contacts = contacts.read(board.read_inputs())
                failing_since, down = None, False
                now = self._levels(contacts)
                if now is not None:
                    self._fire = now.fire
                    self._reconcile(board)
                    if now != told:
                        told = now
                        self._inbox.put(ContactsRead(self._lane, now))
            except DeviceError as error:
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > LOST_AFTER_S:
                    told, contacts = None, Debounced()
                    if not down:
                        log.warning("board of %s is silent: %s", self._lane, error)
                        self._inbox.put(BoardDown(self._lane, str(error)[:200]))
                        down = True
                    self._let_go()
        self._let_go()

    def _work(self, board: RelayBoard) -> None:
        """Wait for work until the next poll is due, and do what has come."""
        try:
            job = self._jobs.get(timeout=POLL_S)
        except queue.Empty:
            return
        while job is not None:
            self._pulse(board, job)
            job = None if self._jobs.empty() else self._jobs.get_nowait()

    def _pulse(self, board: RelayBoard, job: Pulse) -> None:
        fault: str | None = None
        if not (self._fire or self._hold_wanted):  # held open already: a timed pulse would end the hold
            try:
                board.pulse(self._wiring.lock_output, self._wiring.pulse_ms)
            except DeviceError as error:
                fault = f"{type(error).__name__}: {error}"[:200]
        self._inbox.put(Pulsed(self._lane, job.correlation, fault, time.monotonic()))

    def _reconcile(self, board: RelayBoard) -> None:
        wanted = self._hold_wanted or self._fire
        if wanted != self._hold_done:
            board.set(self._wiring.lock_output, wanted)
            self._hold_done = wanted
            self._inbox.put(HoldChanged(self._lane, wanted))

    def _levels(self, contacts: Debounced) -> Contacts | None:
        if contacts.level is None:
            return None

        def level(terminal: int | None, absent: bool) -> bool:
            return absent if terminal is None else contacts.level[terminal - 1]  # type: ignore[index]

        return Contacts(
            closed=level(self._wiring.door_contact, True),
            exit_pressed=level(self._wiring.exit_button, False),
            fire=not level(self._wiring.fire_input, True),  # normally closed: a cut cable reads as fire
        )

    def _open(self) -> RelayBoard:
        if self._board is None:
            self._board = self._opener()
        return self._board

    def _let_go(self) -> None:
        """Close the line; the next round opens it anew, so that a board plugged in again is found. Switches nothing."""
        if self._board is not None:
            self._board.close()
            self._board = None
        if self._hold_wanted or self._hold_done:
            self._hold_done = None  # whatever the board does by itself meanwhile, the hold is confirmed anew
        self._stopping.wait(REOPEN_S)

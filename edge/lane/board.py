"""The thread that talks to one relay board: contacts up, pulses down, and the fire path that waits for nobody.

One transaction at a time on the wire. A pulse that waits goes before the next poll of the contacts, and one that has
waited too long is dropped: a board that comes back releases nothing (S7, S9). Fire is answered in this thread, before
anything else hears of it: from the contact to the output no other thread, no disk and no network lie in between (S4,
ACC-22). It stays answered until the lane says that a person ended it, also when the contact is healthy again before
the lane has heard of the fire. A fire at one lane is a fire at every lane of the node.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from devices.errors import Busy, DeviceError, NotConfirmed, Refused, said
from devices.fault_words import cause_zh
from devices.ports import RelayBoard, Watched
from edge.lane.debounce import Debounced
from edge.lane.inbox import BoardDown, ContactsRead, DeviceState, HoldChanged, Item, Pulsed
from edge.lane.node_fire import NodeFire
from edge.lane.states import Contacts, Relock

POLL_S = 0.03
LOST_AFTER_S = 1.0
"""A contact older than this is not known (S1 uses the same second for loops)."""

PULSE_WAITS_S = 1.0
"""A pulse that could not begin by then is dropped. Its grant is about to end; a later pulse would open for nobody."""

HOLD_CHECK_S = 1.0
"""How often a hold is read back: a board that lost its power for a moment has forgotten it.

One that cannot be read back is told again instead.
"""

REOPEN_S = 0.5

PANEL = "panel"
"""What drives a door behind the board, in an alarm about it. No "lock": being back ends no fault of a hold."""

SURELY_OFF = (NotConfirmed, Refused, Busy)
"""After any other error the pulse may be under way: what was sent was perhaps heard, and only its answer lost."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which terminals of the board this door uses, counted from 1. `*_closed_means` tell the sense of a contact."""

    lock_output: int = 1
    door_contact: int | None = 1
    exit_button: int | None = 2
    fire_input: int | None = 3
    tamper: int | None = None
    beam: int | None = None
    passed: int | None = None
    timeout: int | None = None
    intercom: int | None = None
    ebike: int | None = None
    fire_lane: int | None = None
    pulse_ms: int = 5000


@dataclass(frozen=True, slots=True)
class Pulse:
    correlation: UUID
    asked_at: float


class Guard(Protocol):
    """Who ends, should this process die, what only this process would have ended: `edge/watchdog.py`.

    Told before a lock is switched on without a timer, and after it was switched off. Blocks and raises never.
    """

    def energised(self, lane: str) -> None: ...
    def held(self, lane: str) -> None:
        """From now on it is to stay on, whatever becomes of us: fire."""

    def let_go(self, lane: str) -> None:
        """The fire is over; it is on like any other."""

    def released(self, lane: str) -> None: ...


class NoGuard:
    """Where every board ends its pulses itself."""

    def energised(self, lane: str) -> None: ...
    def held(self, lane: str) -> None: ...
    def let_go(self, lane: str) -> None: ...
    def released(self, lane: str) -> None: ...


class BoardThread(threading.Thread):
    """Owns the board of one lane. `opener` opens it, and opens it again after it was unplugged."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], RelayBoard],
        wiring: Wiring,
        inbox: "queue.Queue[Item]",
        hold: bool = False,
        guard: Guard | None = None,
        fire: NodeFire | None = None,
    ):
        """`fire` is what the boards of one node share; without it this lane hears of its own input only."""
        super().__init__(name=f"board {lane}", daemon=True)
        self._lane, self._opener, self._wiring, self._inbox = lane, opener, wiring, inbox
        self._guard = guard or NoGuard()
        self._jobs: queue.Queue[Pulse | Relock | None] = queue.Queue()
        self._fire = fire or NodeFire()
        self._fires_heard = self._fires_told = self._fire.begun
        self._fire.on_fire(lambda: self._jobs.put(None))
        self._hold_wanted = hold
        self._hold_done: bool | None = None if hold else False
        self._hold_seen_at = float("-inf")
        self._hold_failed: bool | None = None  # which level could not be confirmed; told once
        self._off_at: float | None = None  # when we must end a pulse, on a board that does not end it by itself
        self._stopping = threading.Event()
        self._board: RelayBoard | None = None
        self._beyond: str | None = None

    def pulse(self, correlation: UUID) -> None:
        """Release the lock once. The answer comes to the inbox as `Pulsed`."""
        self._jobs.put(Pulse(correlation, time.monotonic()))

    def relock(self) -> None:
        """End what is left of a pulse. No answer: should it not arrive, the board ends the pulse by itself."""
        self._jobs.put(Relock())

    def hold(self, wanted: bool) -> None:
        """The level that the lane asks for. Reconciled until the board confirms it."""
        if wanted != self._hold_wanted:
            self._hold_wanted = wanted
            self._jobs.put(None)

    @property
    def burns(self) -> bool:
        """Whether a fire burns anywhere, or was over before this lane could tell of it."""
        return self._fire.anywhere or self._fire.begun != self._fires_told

    def stop(self) -> None:
        """End the thread. Outputs stay as they are: stopping releases and secures nothing (S10)."""
        self._stopping.set()
        self._jobs.put(None)

    def run(self) -> None:
        contacts, read_at, down = Debounced(), time.monotonic(), False
        told: object = None
        while not self._stopping.is_set():
            try:
                board = self._open()
                self._work(board)
                if self.burns and not self._hold_wanted:  # at another lane: the doors come before the contacts
                    self._hold_wanted = True
                    self._reconcile(board)
                levels = board.read_inputs()
                if time.monotonic() - read_at > LOST_AFTER_S:  # the bus was busy with failing: what was read is too old
                    told, contacts = None, Debounced()
                contacts = contacts.read(levels)
                read_at, down = time.monotonic(), False
                if (levels_now := self._counting(contacts)) is not None:
                    fire = self._burning(levels_now)
                    # Kept until the lane takes it back. Should the lane take back an earlier fire in this very moment,
                    # it hears of the new one next and asks again.
                    self._hold_wanted = self._hold_wanted or fire
                    self._reconcile(board)
                    told = self._tell(levels_now, fire, told)
                    self._fires_told = self._fires_heard  # also a fire that was over before we looked
                self._look_beyond(board)
            except DeviceError as error:
                if time.monotonic() - read_at > LOST_AFTER_S:
                    told, contacts = None, Debounced()
                    if not down:
                        log.warning(
                            "%s 的继电器板没有应答：%s / the board of %s is silent: %s",
                            self._lane, cause_zh(_words(error)), self._lane, error,
                        )  # fmt: skip
                        self._inbox.put(BoardDown(self._lane, _words(error)))
                        down = True
                    if self.burns and not self._hold_wanted:  # it began while nothing here could be told to open
                        self._hold_wanted = True
                        self._hold_fails(error)
                    self._refuse_waiting(error)
                    self._let_go()
                    self._stopping.wait(REOPEN_S)
                else:
                    self._stopping.wait(POLL_S)
        self._end()

    def _work(self, board: RelayBoard) -> None:
        """Wait for work until the next poll is due, and do what has come."""
        if self._off_at is not None and time.monotonic() >= self._off_at:
            self._end_pulse(board)
        try:
            job = self._jobs.get(timeout=self._unread_s())
        except queue.Empty:
            return
        while job is not None:
            if isinstance(job, Pulse):
                self._pulse(board, job)
            else:
                self._relock(board)
            job = None if self._jobs.empty() else self._jobs.get_nowait()

    def _unread_s(self) -> float:
        """How long the contacts may be left unread."""
        return POLL_S

    def _counting(self, contacts: Debounced) -> tuple[bool, ...] | None:
        """The levels that count; None before the first two reads that agree."""
        return contacts.level

    def _relock(self, board: RelayBoard) -> None:
        if self._hold_wanted:
            return
        if self._off_at is not None:
            self._off_at = time.monotonic()  # until it is off: should this try fail, the next round makes another
        self._off(board)

    def _off(self, board: RelayBoard) -> None:
        board.set(self._wiring.lock_output, False)
        self._off_at = None
        self._guard.released(self._lane)

    def _pulse(self, board: RelayBoard, job: Pulse) -> None:
        fault: str | None = None
        known = True
        if self._hold_wanted:  # for fire: a timed pulse would end the hold
            fault = None if self._hold_done else "NotConfirmed: the hold for fire is not confirmed yet"
        elif time.monotonic() - job.asked_at > PULSE_WAITS_S:
            fault = f"Late: the board was not free within {PULSE_WAITS_S:g} s"
        else:
            try:
                self._release(board, job)
            except DeviceError as error:
                fault = _words(error)
                known = isinstance(error, SURELY_OFF)
        at = time.monotonic()
        self._inbox.put(Pulsed(self._lane, job.correlation, fault, at, seen=board.reads_back, known=known))

    def _release(self, board: RelayBoard, job: Pulse) -> None:
        """The board ends the pulse itself, or we do: never by waiting here, for fire must be seen meanwhile."""
        if board.timed:
            board.pulse(self._wiring.lock_output, self._wiring.pulse_ms)
            return
        self._off_at = time.monotonic() + self._wiring.pulse_ms / 1000  # also when it is not confirmed: it may be on
        self._guard.energised(self._lane)
        board.set(self._wiring.lock_output, True)

    def _end_pulse(self, board: RelayBoard) -> None:
        if self._hold_wanted:
            self._off_at = None
        else:
            self._off(board)

    def _reconcile(self, board: RelayBoard) -> None:
        """Hold what is to be held, again and again until it is; that it fails is told once."""
        try:
            self._hold_as_wanted(board)
            self._hold_failed = None
        except DeviceError as error:
            self._hold_fails(error)

    def _hold_fails(self, error: DeviceError) -> None:
        if self._hold_failed is not self._hold_wanted:
            self._hold_failed = self._hold_wanted
            self._inbox.put(HoldChanged(self._lane, self._hold_wanted, _words(error)))

    def _hold_as_wanted(self, board: RelayBoard) -> None:
        wanted = self._hold_wanted
        if wanted and self._hold_done and time.monotonic() - self._hold_seen_at > HOLD_CHECK_S:
            self._hold_seen_at = time.monotonic()
            if not board.reads_back:
                board.set(self._wiring.lock_output, True)
            elif not board.read_outputs()[self._wiring.lock_output - 1]:
                log.error("board of %s let go of a hold by itself; held again", self._lane)
                self._hold_done = None
        if wanted == self._hold_done:
            return
        if wanted:
            self._guard.energised(self._lane)
            self._guard.held(self._lane)
            board.set(self._wiring.lock_output, True)
        else:
            self._guard.let_go(self._lane)
            self._off(board)
        self._hold_done, self._hold_seen_at = wanted, time.monotonic()
        self._inbox.put(HoldChanged(self._lane, wanted, seen=board.reads_back))

    def _burning(self, levels: tuple[bool, ...]) -> bool:
        """Whether there is a fire here or anywhere at this node, after telling the others what is read here."""
        if self._wiring.fire_input is not None:
            # closed when all is well: a cut cable is a fire
            self._fire.tell(self._lane, not levels[self._wiring.fire_input - 1])
        self._fires_heard = self._fire.begun
        return self._fire.anywhere or self._fires_heard != self._fires_told

    def _tell(self, levels: tuple[bool, ...], fire: bool, told: object) -> object:
        """Tell the lane what is new; what it knows now. `told`: what it was told last, None: nothing that counts."""

        def level(terminal: int | None, absent: bool) -> bool:
            return absent if terminal is None else levels[terminal - 1]

        now = Contacts(
            closed=level(self._wiring.door_contact, True),
            exit_pressed=level(self._wiring.exit_button, False),
            fire=fire,
            tamper=not level(self._wiring.tamper, True),  # likewise: cutting it is tampering
            beam=not level(self._wiring.beam, True),  # a beam's receiver opens its contact when it sees no light
            passed=level(self._wiring.passed, False),
            timeout=level(self._wiring.timeout, False),
            intercom=level(self._wiring.intercom, False),
            ebike=level(self._wiring.ebike, False),
            fire_lane=level(self._wiring.fire_lane, False),
        )
        if now != told:
            self._inbox.put(ContactsRead(self._lane, now, tuple(sorted(self._fire.burning))))
        return now

    def _look_beyond(self, board: RelayBoard) -> None:
        """Tell whether the panel that drives this door is there, when that changes: a grant would be too late."""
        if not isinstance(board, Watched):
            return
        error = board.silence()
        fault = None if error is None else _words(error)
        if fault != self._beyond:
            self._beyond = fault
            self._inbox.put(DeviceState(self._lane, PANEL, fault))

    def _open(self) -> RelayBoard:
        if self._board is None:
            self._board = self._opener()
        return self._board

    def _refuse_waiting(self, error: DeviceError) -> None:
        """Answer the pulses that wait for a lost board, so that none of them is left for the moment it comes back."""
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            if isinstance(job, Pulse):
                self._inbox.put(Pulsed(self._lane, job.correlation, _words(error), time.monotonic()))

    def _let_go(self) -> None:
        """Close the line; the next round opens it anew, so that a board plugged in again is found. Switches nothing."""
        if self._board is not None:
            self._board.close()
            self._board = None
        if self._hold_wanted or self._hold_done:
            self._hold_done = None  # whatever the board does by itself meanwhile, the hold is confirmed anew

    def _end(self) -> None:
        """A pulse that only we can end is ended now; everything else stays."""
        try:
            if self._off_at is not None and self._board is not None:
                self._end_pulse(self._board)
        except DeviceError as error:
            log.error("board of %s: a pulse could not be ended: %s", self._lane, error)
        self._let_go()


def _words(error: DeviceError) -> str:
    return said(error)[:200]

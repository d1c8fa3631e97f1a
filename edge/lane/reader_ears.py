"""The thread that listens to one reader of cards and keys, and opens it again after it was lost.

It reads as fast as the reader sends, so that no card grows old on the line behind rubbish: `hearing.py`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable

from devices.errors import DeviceError, said
from devices.fault_words import cause_zh
from devices.ports import CardRead, Garbage, KeyPressed, Reader, ReaderEvent, ReaderTamper, Signal
from devices.transport.reopen import Backoff
from edge.lane.ears import BREATH_AFTER, BREATH_S, INBOX_MAX
from edge.lane.hearing import PACE_S, Backlog, Fault, Heard, Hearing
from edge.lane.inbox import CardSeen, DeviceState, Item, PinEntered, ReaderTampered, ScanRefused
from edge.lane.keypad import Keypad, cleared, press, stuck, tick
from models.access.pins import PinMatch

READ_S = 0.1  # how late a signal to the reader may be

PATIENCE = Backoff(first_s=1.0, most_s=30.0)
"""Waits before a lost reader is tried again; a dead one costs a little memory each time (devices/reader)."""

log = logging.getLogger(__name__)


class ReaderThread(threading.Thread):
    """Owns the reader of one lane."""

    def __init__(
        self,
        lane: str,
        opener: Callable[[], Reader],
        inbox: "queue.Queue[Item]",
        patience: Backoff = PATIENCE,
        whose: Callable[[str, str], PinMatch | None] = lambda unit, pin: None,
    ):
        """`whose` looks a unit and a PIN up; it takes a tenth of a second, here."""
        super().__init__(name=f"reader {lane}", daemon=True)
        self._lane, self._opener, self._inbox, self._patience = lane, opener, inbox, patience
        self._stopping = threading.Event()
        self._fault: str | None = "starting"
        self._whose = whose
        self._pad = Keypad()
        self._shown: Signal | None = None

    def show(self, signal: Signal) -> None:
        """What the reader is to show. Returns at once; shown at the next turn, or never while the reader is lost."""
        self._shown = signal

    def fault(self) -> str | None:
        """What is wrong with the reader now; None while it works."""
        return self._fault

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        patience = self._patience
        while not self._stopping.is_set():
            try:
                reader = self._opener()
            except DeviceError as error:
                patience = self._lost(error, patience)
                continue
            self._shown = None  # what was to be shown while it was lost is nobody's any more
            hearing, lines, keeps_up = Hearing(), 0, True
            try:
                while not self._stopping.is_set():
                    self._show(reader)
                    heard = reader.read(hearing.wait_s(time.monotonic(), READ_S) if keeps_up else PACE_S)
                    patience = patience.worked()
                    keeps_up = self._turn(hearing, heard, time.monotonic())
                    lines += heard is not None
                    if heard is not None and lines % BREATH_AFTER == 0:
                        self._stopping.wait(BREATH_S)
            except DeviceError as error:
                reader.close()  # before the wait: whoever repairs it must find the line free
                patience = self._lost(error, patience)
            finally:
                self._deal_with(hearing.left_out())
                reader.close()

    def _show(self, reader: Reader) -> None:
        shown, self._shown = self._shown, None
        if shown is not None:
            reader.signal(shown)

    def _turn(self, hearing: Hearing, heard: ReaderEvent | None, now: float) -> bool:
        """Take what was read, and hand on what is due, unless the gate does not keep up: then False.

        Keys and tamper are dealt with at once: a key tells nothing by itself, and a torn-off reader must not wait.
        """
        held = Fault.KEY_HELD if stuck(self._pad, now) else None
        self._tell(hearing.fault(now) or held)  # only after a read: a reader that opens and then fails is not back
        match heard:
            case None:
                self._pad = tick(self._pad, now)
            case CardRead():
                self._pad = cleared(self._pad)  # whoever holds up a card does not go on keying
                hearing.hear(heard, now)
            case KeyPressed(key, at):
                self._pad, entered = press(self._pad, key, at)
                if entered is not None:
                    self._inbox.put(PinEntered(self._lane, entered.unit, self._whose(entered.unit, entered.pin), at))
            case ReaderTamper(tampered):
                self._inbox.put(ReaderTampered(self._lane, tampered))
            case Garbage():
                hearing.hear(heard, now)
        if self._inbox.qsize() >= INBOX_MAX:
            return False
        self._deal_with(hearing.due(now))
        return True

    def _deal_with(self, heard: Heard | Backlog | None) -> None:
        match heard:
            case CardRead(at=at):
                self._inbox.put(CardSeen(self._lane, heard, at))
            case Garbage(reason, length):
                self._inbox.put(ScanRefused(self._lane, reason.value, length))
            case Backlog(count, length):
                self._inbox.put(ScanRefused(self._lane, "backlog", length, count))

    def _lost(self, error: DeviceError, patience: Backoff) -> Backoff:
        self._pad = Keypad()
        self._tell(said(error))
        patience = patience.failed()
        self._stopping.wait(patience.wait_s(0.0))
        return patience

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                log.warning("%s 的读卡器有问题：%s / reader of %s: %s", self._lane, cause_zh(fault), self._lane, fault)
            self._inbox.put(DeviceState(self._lane, "reader", fault))

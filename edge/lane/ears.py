"""The thread that listens to one code scanner, and opens it again after it was unplugged."""

import logging
import queue
import threading
from collections.abc import Callable

from devices.errors import DeviceError, said
from devices.ports import Garbage, Scan, Scanner
from edge.lane.inbox import CodeSeen, DeviceState, Item, ScanRefused

READ_S = 0.5
REOPEN_S = 1.0
BREATH_S = 0.05
BREATH_AFTER_GARBAGE_S = 0.25
"""A line that babbles is read this slowly: what it floods is its own buffer, not the thread that runs every lane."""

log = logging.getLogger(__name__)


class ScannerThread(threading.Thread):
    """Owns the scanner of one lane."""

    def __init__(self, lane: str, opener: Callable[[], Scanner], inbox: "queue.Queue[Item]"):
        super().__init__(name=f"scanner {lane}", daemon=True)
        self._lane, self._opener, self._inbox = lane, opener, inbox
        self._stopping = threading.Event()
        self._fault: str | None = "starting"

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                scanner = self._opener()
            except DeviceError as error:
                self._tell(said(error))
                self._stopping.wait(REOPEN_S)
                continue
            try:
                while not self._stopping.is_set():
                    heard = scanner.read(READ_S)
                    self._tell(None)  # a line that opens and then fails is not back
                    self._heard(heard)
            except DeviceError as error:
                self._tell(said(error))
                self._stopping.wait(REOPEN_S)
            finally:
                scanner.close()

    def _heard(self, heard: Scan | Garbage | None) -> None:
        match heard:
            case Scan(text, at):
                self._inbox.put(CodeSeen(self._lane, text, at))
                self._stopping.wait(BREATH_S)
            case Garbage(reason, length):
                self._inbox.put(ScanRefused(self._lane, reason.value, length))
                self._stopping.wait(BREATH_AFTER_GARBAGE_S)

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                log.warning("%s 的扫码器有问题 / scanner of %s: %s", self._lane, self._lane, fault)
            self._inbox.put(DeviceState(self._lane, "scanner", fault))

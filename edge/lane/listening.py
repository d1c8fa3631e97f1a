"""The thread that owns a device, and opens it again after it was lost."""

import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from devices.errors import DeviceError, said
from devices.fault_words import cause_zh
from edge.lane.inbox import DeviceState, Item

REOPEN_S = 1.0

log = logging.getLogger(__name__)


class Closable(Protocol):
    def close(self) -> None: ...


DEVICE = TypeVar("DEVICE", bound=Closable)


class Listener(threading.Thread, ABC, Generic[DEVICE]):
    """One lane's device. `device`: its name in alarms; `zh`, `en`: what it is called in the log."""

    device: str
    zh: str
    en: str

    def __init__(self, lane: str, opener: Callable[[], DEVICE], inbox: "queue.Queue[Item]"):
        super().__init__(name=f"{self.device} {lane}", daemon=True)
        self._lane, self._opener, self._inbox = lane, opener, inbox
        self._stopping = threading.Event()
        self._fault: str | None = "starting"

    @abstractmethod
    def _listen(self, device: DEVICE) -> None:
        """Until `_stopping`; raises DeviceError when the device is lost. Tells None once it has really spoken."""

    def stop(self) -> None:
        self._stopping.set()

    def fault(self) -> str | None:
        """What is wrong with the device now; None while it works."""
        return self._fault

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                device = self._opener()
            except DeviceError as error:
                self._lost(error)
                continue
            try:
                self._listen(device)
            except DeviceError as error:
                self._lost(error)
            finally:
                device.close()

    def _lost(self, error: DeviceError) -> None:
        self._tell(said(error))
        self._stopping.wait(REOPEN_S)

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            self._fault = fault
            if fault:
                log.warning(
                    "%s 的%s有问题：%s / %s of %s: %s", self._lane, self.zh, cause_zh(fault), self.en, self._lane, fault
                )
            self._inbox.put(DeviceState(self._lane, self.device, fault))

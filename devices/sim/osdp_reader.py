"""An OSDP reader at the other end of the wire: libosdp's own peripheral device, on a thread of its own, with faults.

reader = OsdpReaderSim(wire, key=KEY); reader.start()
reader.card(encode(123, 45678, FORMATS[26]), 26); reader.keys("12#"); reader.tamper(True)
reader.silent = True                    # it answers nothing any more
OsdpReaderSim(wire, key=OTHER)          # a reader that was given another key
OsdpReaderSim(wire, key=None)           # a reader without secure channel, fresh from its box
"""

from __future__ import annotations

import threading
import time
from typing import Any

import osdp
import osdp_sys

from devices.errors import DeviceError
from devices.transport.port import Transport

ROUND_S = 0.003
_CAN = [
    (osdp.Capability.LEDControl, 1, 1),
    (osdp.Capability.AudibleControl, 1, 1),
    (osdp.Capability.ContactStatusMonitoring, 1, 1),
    (osdp.Capability.CommunicationSecurity, 1, 1),
    (osdp.Capability.Readers, 1, 1),
]


class OsdpReaderSim:
    """A reader at `address`. `key`: its SCBK. Any thread may present cards and keys to it."""

    def __init__(self, wire: Transport, *, address: int = 0, key: bytes | None) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._shown: list[dict[str, Any]] = []
        self._tampered = False
        self.silent = False
        """True: nothing leaves the reader any more, as after its cable was cut."""
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        flags = [osdp.LibFlag.EnforceSecure] if key else []
        info = osdp.PDInfo(address, _Far(self), scbk=key, flags=flags)
        self._device = osdp_sys.PeripheralDevice(info.get(), capabilities=osdp.PDCapabilities(_CAN).get())
        self._device.set_command_callback(self._command)
        self._thread = threading.Thread(target=self._run, name="simulated OSDP reader", daemon=True)

    def start(self) -> None:
        """Answer by itself until `close`."""
        self._thread.start()

    def card(self, value: int, bits: int, *, kind: int = osdp.CardFormat.Wiegand) -> None:
        """Somebody holds a card to it."""
        size = -(-bits // 8)
        data = (value << (8 * size - bits)).to_bytes(size, "big")
        self._tell(
            {"event": osdp.Event.CardRead, "reader_no": 0, "direction": 0, "format": kind, "length": bits, "data": data}
        )

    def keys(self, pressed: str) -> None:
        """Somebody presses these keys."""
        self._tell({"event": osdp.Event.KeyPress, "reader_no": 0, "data": pressed.encode()})

    def tamper(self, tampered: bool) -> None:
        """It is opened, or closed again."""
        self._tampered = tampered
        self._tell({"event": osdp.Event.Status, **self._local()})

    def shown(self) -> list[dict[str, Any]]:
        """The commands for light and sound that it was given."""
        with self._lock:
            return list(self._shown)

    def secure(self) -> bool:
        """Whether a secure channel stands."""
        with self._lock:
            return bool(self._device.is_sc_active())

    def close(self) -> None:
        """Switch it off. May be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def send(self, data: bytes) -> None:
        """What the library sends, unless a fault swallows it."""
        if not self.silent:
            self._wire.write(data)

    def hear(self, max_bytes: int) -> bytes:
        """What has arrived; nothing from a line that is gone."""
        try:
            return self._wire.read(max_bytes, 0)
        except DeviceError:
            return b""

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._device.refresh()
            time.sleep(ROUND_S)

    def _tell(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._device.submit_event(event)

    def _command(self, command: dict[str, Any]) -> tuple[int, None]:
        """Called inside `refresh`. Never answers with a value: the binding lets go of it once too often and crashes.

        So the library answers "whole" when it is asked, and what differs follows as an event.
        """
        if command["command"] != osdp.Command.Status:
            self._shown.append(command)
        elif self._tampered:
            self._device.submit_event({"event": osdp.Event.Status, **self._local()})
        return 0, None

    def _local(self) -> dict[str, Any]:
        return {"type": osdp.StatusReportType.Local, "report": bytes([self._tampered, 0]), "nr_entries": 2}


class _Far:
    """The library's way to the wire, seen from the reader."""

    id = 0

    def __init__(self, reader: OsdpReaderSim) -> None:
        self._reader = reader

    def read(self, max_bytes: int) -> bytes:
        return self._reader.hear(max_bytes)

    def write(self, data: bytes) -> int:
        try:
            self._reader.send(bytes(data))
        except DeviceError:  # unplugged: nobody hears it
            return len(data)
        return len(data)

    def flush(self) -> None:
        pass

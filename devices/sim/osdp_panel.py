"""An access panel at the other end of the wire: libosdp's own control panel, which asks a reader and notes its cards.

panel = OsdpPanelSim(wire, key=KEY); panel.start()
panel.cards()                           # (bits, value) of each card that it fetched, in order
panel.silent = True                     # it is switched off
OsdpPanelSim(wire, key=None)            # a panel fresh from its box: the default key that everybody knows
panel.change_key(OTHER)                 # it would give the reader another key over the line
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


class OsdpPanelSim:
    """A panel with one reader, at `address`. `key`: the SCBK that it has for it."""

    id = 0  # for the library, which takes this very object for its way to the wire

    def __init__(self, wire: Transport, *, address: int = 0, key: bytes | None) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._cards: list[tuple[int, int]] = []
        self.refused = 0
        """How many of its commands the reader did not take."""
        self.silent = False
        """True: nothing leaves the panel any more."""
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        flags = [osdp.LibFlag.EnableNotification, *([osdp.LibFlag.EnforceSecure] if key else [])]
        self._panel = osdp_sys.ControlPanel([osdp.PDInfo(address, self, scbk=key, flags=flags).get()])
        self._panel.set_event_callback(self._event)
        self._panel.set_command_completion_callback(self._completed)
        self._thread = threading.Thread(target=self._run, name="simulated OSDP panel", daemon=True)

    def start(self) -> None:
        """Ask by itself until `close`."""
        self._thread.start()

    def cards(self) -> list[tuple[int, int]]:
        """Length in bits and value of every card that it fetched."""
        with self._lock:
            return list(self._cards)

    def secure(self) -> bool:
        """Whether a secure channel stands."""
        with self._lock:
            return bool(self._panel.sc_status() & 1)

    def online(self) -> bool:
        """Whether it takes the reader for one that answers."""
        with self._lock:
            return bool(self._panel.status() & 1)

    def change_key(self, key: bytes) -> None:
        """Tell the reader to take another key."""
        with self._lock:
            self._panel.submit_command(0, {"command": osdp.Command.Keyset, "type": 1, "data": key})

    def close(self) -> None:
        """Switch it off. May be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def read(self, max_bytes: int) -> bytes:
        """For the library."""
        try:
            return self._wire.read(max_bytes, 0)
        except DeviceError:
            return b""

    def write(self, data: bytes) -> int:
        """For the library; swallowed where it is silent, or its cable cut."""
        if not self.silent:
            try:
                self._wire.write(bytes(data))
            except DeviceError:
                return len(data)
        return len(data)

    def flush(self) -> None:
        """For the library."""

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._panel.refresh()
            time.sleep(ROUND_S)

    def _event(self, _number: int, event: dict[str, Any]) -> int:
        """Called inside `refresh`."""
        if event["event"] == osdp.Event.CardRead:
            bits, data = event["length"], bytes(event["data"])
            self._cards.append((bits, int.from_bytes(data, "big") >> (8 * len(data) - bits)))
        return 0

    def _completed(self, _number: int, _command: dict[str, Any], status: int) -> None:
        self.refused += status != osdp.CompletionStatus.Ok

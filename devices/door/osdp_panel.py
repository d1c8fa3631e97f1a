"""The driver for an existing access panel that speaks OSDP: the node answers it as a reader would (INT-07).

    panel (CP) ── RS485 ──► this node (PD)          POLL 60, again and again
                      ◄──                           RAW card 50 once for each grant, ACK 40 otherwise       (libosdp)

As by Wiegand (`panel.py`) the panel is shown one configured card, knows it as any other, and drives its strike by
itself; who really came is in the node's journal. Here the line is sealed: ENFORCE_SECURE is always set and install
mode never, so that a panel without this key, with the default key or in plain text is told nothing at all, and a panel
that would change the key or the address over the line is told no. Its lights and sounds are taken and not shown.

A panel fetches what a reader has to say. A card that it does not fetch within TAKEN_S is taken back: no door is to open
when the panel comes back a minute later (S9). That it was fetched is all that is known; whether the panel opened,
only the door's contact tells. Fire must be wired to the panel: a hold is Refused.

A panel that is switched off asks no more, and `silence` says so after SILENT_S: it is a fault of its own, because it
must not keep the contacts of this lane, and a fire at them, from being heard. Not tried with any panel; the other end
in the tests is libosdp's own.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import osdp
import osdp_sys

from devices.door.panel import NO_HOLD, NOT_HEARD
from devices.door.untimed import check_channel
from devices.errors import DeviceError, Refused, Unreachable
from devices.reader.osdp_channel import OsdpChannel
from devices.reader.osdp_key import OsdpKey
from devices.reader.wiegand import Format
from devices.transport.port import Transport

TAKEN_S = 0.8
"""A panel asks its readers several times a second."""
SILENT_S = 1.5
SECURE_S = 5.0
"""So long a panel that asks may take to agree on a secure channel."""
OFF = "the panel does not ask: is it on, and this the line of one of its readers?"
UNSEALED = "the panel asks without a secure channel of this key and is told nothing: same key, address?"
ROUND_S = 0.005
"""The longest that the library waits for its turn; an answer is due within 0.2 s."""

_CAN = [
    (osdp.Capability.CardDataFormat, 1, 1),
    (osdp.Capability.LEDControl, 1, 1),
    (osdp.Capability.AudibleControl, 1, 1),
    (osdp.Capability.CommunicationSecurity, 1, 1),
    (osdp.Capability.Readers, 1, 1),
]
_IGNORED = frozenset({osdp.Command.LED, osdp.Command.Buzzer, osdp.Command.Text, osdp.Command.Status})
"""What a panel may say to a reader without changing anything. A new key or address is not among it."""


class OsdpPanelOutput:
    """A RelayBoard whose only output is a card that a panel fetches."""

    outputs = 1
    inputs = 0
    timed = True
    reads_back = False

    def __init__(
        self,
        transport: Transport,
        address: int,
        key: OsdpKey,
        value: int,
        form: Format,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport, self._clock = transport, clock
        size = -(-form.bits // 8)
        data = (value << (8 * size - form.bits)).to_bytes(size, "big")  # bits are sent from the left
        self._card = {
            "event": osdp.Event.CardRead, "reader_no": 0, "direction": 0, "format": osdp.CardFormat.Wiegand,
            "length": form.bits, "data": data,
        }  # fmt: skip
        self._one = threading.Lock()  # one card at a time
        self._library = threading.Lock()
        self._fetched = threading.Event()
        self._closed = False
        self._fault: DeviceError | None = None
        self._began_at = self._sealed_at = clock()
        self._channel = OsdpChannel(transport)
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)  # what goes wrong is told by our exceptions
        name = osdp.PdId(version=1, model=1, vendor_code=0, serial_number=0, firmware_version=0)
        info = osdp.PDInfo(address, self._channel, scbk=key.secret, flags=[osdp.LibFlag.EnforceSecure], id=name)
        self._device = osdp_sys.PeripheralDevice(info.get(), capabilities=osdp.PDCapabilities(_CAN).get())
        self._device.set_command_callback(_answer)
        fetched = weakref.ref(self._fetched)  # or the library would keep every panel that was ever opened
        self._device.set_event_completion_callback(
            lambda _, status: told.set() if (told := fetched()) and status == osdp.CompletionStatus.Ok else None
        )
        self._thread = threading.Thread(target=self._run, name="OSDP panel", daemon=True)
        self._thread.start()

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard. Returns once the panel has fetched the card; `ms` is the panel's to know."""
        check_channel(self, channel)
        with self._one:
            self._ready()
            self._fetched.clear()
            with self._library:
                self._device.submit_event(self._card)
            if self._fetched.wait(TAKEN_S):
                return
            with self._library:
                taken_back = self._device.flush_events()
            if self._fetched.is_set():
                return
            why = "was taken back" if taken_back else "may have been fetched all the same"
            raise Unreachable(f"the panel did not fetch its card within {TAKEN_S:g} s; it {why}")

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard. A panel ends its pulse by itself, and holds nothing open for us."""
        check_channel(self, channel)
        if on:
            raise Refused(NO_HOLD)

    def read_outputs(self) -> tuple[bool, ...]:
        """Always Refused: what the panel does is not heard."""
        raise Refused(NOT_HEARD)

    def read_inputs(self) -> tuple[bool, ...]:
        """None to read. Notices an unplugged line all the same."""
        if (fault := self._fault or self._channel.fault) is not None:
            raise fault
        return ()

    def silence(self) -> DeviceError | None:
        """See Watched."""
        now, heard_at = self._clock(), self._channel.heard_at
        if now - (self._began_at if heard_at is None else heard_at) > SILENT_S:
            return Unreachable(OFF)
        return Refused(UNSEALED) if now - self._sealed_at > SECURE_S else None

    def close(self) -> None:
        """See RelayBoard."""
        self._closed = True
        self._transport.close()
        self._thread.join()

    def _ready(self) -> None:
        """Raise why this panel cannot be shown anything now."""
        self.read_inputs()
        heard_at = self._channel.heard_at
        if heard_at is None or self._clock() - heard_at > SILENT_S:
            raise Unreachable(OFF)
        with self._library:
            sealed = self._device.is_sc_active()
        if not sealed:
            raise Refused(UNSEALED)

    def _run(self) -> None:
        """Answer the panel until the line is gone. A dead line is raised by whoever asks next."""
        try:
            while not self._closed and self._channel.fault is None:
                self._channel.listen(ROUND_S, self._clock)
                with self._library:
                    self._device.refresh()
                    if self._device.is_sc_active():
                        self._sealed_at = self._clock()
        except DeviceError as error:
            self._fault = error


def _answer(command: dict[str, Any]) -> tuple[int, None]:
    """Called by the library inside `refresh`; it answers the panel: 0 it was taken, -1 no."""
    return (0, None) if command["command"] in _IGNORED else (-1, None)

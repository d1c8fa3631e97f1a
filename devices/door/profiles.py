"""Relay boards as data: what differs between makers is written here, never in code.

    waveshare-8   the maker's public description of its 8-channel relay board with 8 inputs: FC01, FC02, FC05, and the
                  timed on at 0200+channel in steps of 100 ms, at most 7FFF steps
    lctech-8      a description that was not checked against the maker's own: timed on (order 0002) by FC10 at register
                  3 + (n - 1) * 5; that the delay ends at 7FFF steps is our caution
    plain-*       the Modbus application protocol 1.1b3 and nothing of a maker's; cannot time a pulse
    from-one-8    small boards that number relays from 1, switch on by 0100 instead of FF00, and have no inputs
    inputs-8      no relay at all: the contacts beside a board that has none

No real board has been tried yet; `pytest tests/conformance --real-relay ADDRESS` does.

Wiring used by the demo and by a one-door gate (the site file may say otherwise):

    output 1   lock release             on = the door may be pulled open
    input 1    door contact             closed circuit = door shut
    input 2    exit button              closed circuit = pressed
    input 3    fire loop, supervised    closed circuit = healthy; OPEN = FIRE, so that a cut cable is an alarm
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from devices.door.codec import Write, WriteWords

LOCK_OUTPUT = 1
DOOR_CONTACT = 1
EXIT_BUTTON = 2
FIRE_LOOP = 3


def _steps(ms: int, step_ms: int, steps_max: int) -> int:
    """`ms` in the board's steps, rounded up: a door must not lock earlier than asked. Raises ValueError."""
    steps = -(-ms // step_ms)
    if not 1 <= steps <= steps_max:
        raise ValueError(f"a pulse is 1 to {steps_max * step_ms} ms, not {ms}")
    return steps


@dataclass(frozen=True, slots=True)
class TimedCoil:
    """The board switches on and ends the pulse itself: one FC05 to `address_base` + n - 1 whose value is the length."""

    address_base: int
    step_ms: int
    steps_max: int

    def request(self, channel: int, ms: int) -> Write:
        """The write that starts a pulse. Raises ValueError for a length the board cannot time."""
        return Write(self.address_base + channel - 1, _steps(ms, self.step_ms, self.steps_max))


@dataclass(frozen=True, slots=True)
class TimedWords:
    """The same by one FC10: `order` and the length as two registers, at `address_base` + (n - 1) * `stride`."""

    address_base: int
    stride: int
    order: int
    step_ms: int
    steps_max: int

    def request(self, channel: int, ms: int) -> WriteWords:
        """The write that starts a pulse. Raises ValueError for a length the board cannot time."""
        address = self.address_base + (channel - 1) * self.stride
        return WriteWords(address, (self.order, _steps(ms, self.step_ms, self.steps_max)))


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of boards. Channel n is coil `coil_base` + n - 1, input n is `input_base` + n - 1."""

    name: str
    outputs: int
    inputs: int
    timed_on: TimedCoil | TimedWords | None = None
    coil_base: int = 0
    input_base: int = 0
    on_value: int = 0xFF00
    off_value: int = 0x0000
    baud: int = 9600


_ALL = (
    Profile("waveshare-8", 8, 8, TimedCoil(address_base=0x0200, step_ms=100, steps_max=0x7FFF)),
    Profile("lctech-8", 8, 8, TimedWords(address_base=3, stride=5, order=2, step_ms=100, steps_max=0x7FFF)),
    Profile("plain-4", 4, 4),
    Profile("plain-8", 8, 8),
    Profile("plain-16", 16, 16),
    Profile("from-one-8", 8, 0, coil_base=1, on_value=0x0100),
    Profile("inputs-8", 0, 8),
)

PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _ALL})

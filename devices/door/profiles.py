"""Relay boards as data: what differs between makers is written here, never in code.

Sources: the maker's public description of its 8-channel relay board with 8 digital inputs (FC01, FC02, FC05, and the
timed on at 0200+channel in steps of 100 ms, at most 7FFF steps), and the Modbus application protocol, version 1.1b3,
sections 6.1, 6.2 and 6.5. No real board has been tried yet; `pytest tests/conformance --real-relay ADDRESS` does.

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

LOCK_OUTPUT = 1
DOOR_CONTACT = 1
EXIT_BUTTON = 2
FIRE_LOOP = 3


@dataclass(frozen=True, slots=True)
class TimedOn:
    """How a board is told to switch on and end the pulse itself: one FC05 whose value is the length."""

    address_base: int
    step_ms: int
    steps_max: int

    def steps(self, ms: int) -> int:
        """`ms` in the board's steps, rounded up: a door must not lock earlier than asked. Raises ValueError."""
        steps = -(-ms // self.step_ms)
        if not 1 <= steps <= self.steps_max:
            raise ValueError(f"a pulse is 1 to {self.steps_max * self.step_ms} ms, not {ms}")
        return steps


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of boards. Channel n is coil `coil_base` + n - 1, input n is `input_base` + n - 1."""

    name: str
    outputs: int
    inputs: int
    coil_base: int
    input_base: int
    on_value: int
    off_value: int
    timed_on: TimedOn | None
    baud: int


WAVESHARE_8 = Profile(
    name="waveshare-8",
    outputs=8,
    inputs=8,
    coil_base=0,
    input_base=0,
    on_value=0xFF00,
    off_value=0x0000,
    timed_on=TimedOn(address_base=0x0200, step_ms=100, steps_max=0x7FFF),
    baud=9600,
)
PLAIN_8 = Profile(
    name="plain-8",
    outputs=8,
    inputs=8,
    coil_base=0,
    input_base=0,
    on_value=0xFF00,
    off_value=0x0000,
    timed_on=None,
    baud=9600,
)

PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in (WAVESHARE_8, PLAIN_8)})

"""Relays and contacts on the pins of the computer itself, through gpiozero's pins.

* Opening moves no output. An input pin is claimed at once; an output pin is left alone until it is first switched, and
  is then claimed at its level in one go. Until then it reads as off: this process drives nothing there.
* Closing moves nothing either: pins stay as they are, for whoever opens them next in this process. What they do when
  the process ends is the kernel's affair and differs between releases, so a pin must never hold a lock that fails
  secure, and there is no timer: `timed` is False.
* Reading back reads the pin, not the relay behind it.
* Debouncing is not done here, so that every board goes through the same filter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gpiozero.exc import GPIOPinInUse, GPIOZeroError
from gpiozero.pins import Factory

from devices.door.gpio_chip import Chip
from devices.door.untimed import check_channel, pulse
from devices.errors import Busy, NotConfirmed, Refused, Unreachable


@dataclass(frozen=True, slots=True)
class Pins:
    """Which pins are which, by their GPIO numbers; channel 1 first. `pull` is up, down or floating.

    `active_low`: the relay is on while its pin is low. A contact is closed while its pin is low, or, with `pull` down,
    while it is high.
    """

    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    active_low: bool = False
    pull: str = "up"


class GpioBoard:
    """A RelayBoard on pins. Raises Busy for a pin that is in use, Refused for one that is not there, Unreachable."""

    timed = False
    reads_back = True

    def __init__(self, chip: Chip, pins: Pins, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._chip, self._pins, self._wait = chip, pins, wait
        self._factory: Factory = chip.factory
        self._lock = threading.Lock()
        self._closed = False
        self.outputs, self.inputs = len(pins.outputs), len(pins.inputs)
        try:
            with self._in_words():
                for number in (*pins.outputs, *pins.inputs):
                    if not any(self._factory.board_info.find_pin(number)):
                        raise Refused(f"this computer has no pin GPIO {number}")
                self._factory.reserve_pins(self, *pins.outputs, *pins.inputs)
                for number in pins.inputs:
                    self._factory.pin(number).input_with_pull(pins.pull)
        except BaseException:
            self.close()
            raise

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard."""
        check_channel(self, channel)
        pulse(self, channel, ms, self._wait)

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard."""
        check_channel(self, channel)
        number, level = self._pins.outputs[channel - 1], on is not self._pins.active_low
        with self._lock, self._in_words():
            pin = self._factory.pin(number)
            if number in self._chip.driven:
                pin.state = level
            else:
                pin.output_with_state(level)
                self._chip.driven.add(number)
            reads = bool(pin.state)
        if reads is not level:
            raise NotConfirmed(f"GPIO {number} was told to be {_word(level)} and reads {_word(reads)}")

    def read_outputs(self) -> tuple[bool, ...]:
        """See RelayBoard."""
        with self._lock, self._in_words():
            return tuple(
                number in self._chip.driven and bool(self._factory.pin(number).state) is not self._pins.active_low
                for number in self._pins.outputs
            )

    def read_inputs(self) -> tuple[bool, ...]:
        """See RelayBoard."""
        closed = self._pins.pull == "down"
        with self._lock, self._in_words():
            return tuple(bool(self._factory.pin(number).state) is closed for number in self._pins.inputs)

    def close(self) -> None:
        """See RelayBoard."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._factory.release_all(self)

    def _conflicts_with(self, _other: object) -> bool:
        """Asked by the factory: whoever else wants one of our pins cannot have it."""
        return True

    def __repr__(self) -> str:
        return f"the board with outputs {self._pins.outputs} and inputs {self._pins.inputs}"

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        if self._closed:
            raise Unreachable("the pins are closed")
        try:
            yield
        except GPIOPinInUse as error:
            raise Busy(f"two devices want one pin: {error}") from error
        except (GPIOZeroError, OSError, *self._chip.errors) as error:
            if "busy" in str(error).lower():
                raise Busy(f"another program has one of the pins {self._pins.outputs + self._pins.inputs}") from error
            raise Unreachable(f"the pins do not answer: {error}") from error


def _word(level: bool) -> str:
    return "high" if level else "low"

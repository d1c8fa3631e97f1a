"""A GPIO chip without hardware: gpiozero's mock pins, seen from the other side, as relays and contacts."""

from __future__ import annotations

from collections.abc import Iterable

from gpiozero.pins.mock import MockFactory

from devices.door.gpio_board import Pins
from devices.door.gpio_chip import Chip
from devices.sim.relay_board import Edge


class PinsSim:
    """What hangs on the pins: a relay on each output, a contact on each input, to ground or (`pull` down) to 3.3 V.

    `chip` is for the driver. Times of edges are not kept: gpiozero counts them from its own start.
    """

    def __init__(self, pins: Pins) -> None:
        self.chip = Chip(MockFactory())
        self._pins = pins
        for number in pins.outputs:  # a relay board pulls its inputs to "off" by itself
            pin = self.chip.factory.pin(number)
            pin.pull = "up" if pins.active_low else "down"
            pin.clear_states()

    def outputs(self) -> tuple[bool, ...]:
        """All relays, now."""
        return tuple(self.output(channel) for channel in range(1, len(self._pins.outputs) + 1))

    def output(self, channel: int) -> bool:
        """Is the relay on, now?"""
        return bool(self.chip.factory.pin(self._pins.outputs[channel - 1]).state) is not self._pins.active_low

    def set_input(self, channel: int, closed: bool) -> None:
        """Close or open the circuit at an input."""
        pin = self.chip.factory.pin(self._pins.inputs[channel - 1])
        if closed is (self._pins.pull == "down"):
            pin.drive_high()
        else:
            pin.drive_low()

    def set_inputs(self, levels: Iterable[bool]) -> None:
        """Inputs 1, 2, 3 and so on."""
        for channel, closed in enumerate(levels, 1):
            self.set_input(channel, closed)

    def edges(self) -> tuple[Edge, ...]:
        """Every movement of a relay, channel by channel, the first level left out."""
        return tuple(
            Edge(0.0, channel, bool(seen.state) is not self._pins.active_low)
            for channel, number in enumerate(self._pins.outputs, 1)
            for seen in self.chip.factory.pin(number).states[1:]
        )

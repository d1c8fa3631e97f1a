"""The GPIO chips of this computer, through gpiozero's lgpio factory: named here, never chosen by gpiozero, which would
fall back to another one in silence.

A chip stays open until the process ends. Closing it would let go of its lines, and a pin that somebody let go of may
change its level.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from gpiozero.exc import GPIOZeroError
from gpiozero.pins import Factory

from devices.errors import Unreachable


@dataclass
class Chip:
    """A factory of pins, which of them this process drives, and what else than gpiozero's errors it raises."""

    factory: Factory
    driven: set[int] = field(default_factory=set)
    errors: tuple[type[Exception], ...] = ()


_OPEN: dict[int, Chip] = {}
_LOCK = threading.Lock()


def open_chip(number: int) -> Chip:
    """The chip /dev/gpiochipN, opened once in this process. Raises Unreachable."""
    with _LOCK:
        if number not in _OPEN:
            _OPEN[number] = _opened(number)
        return _OPEN[number]


def _opened(number: int) -> Chip:
    device = Path(f"/dev/gpiochip{number}")
    if not device.exists():
        raise Unreachable(f"this computer has no {device}: a board of GPIO pins needs one")
    # lgpio makes a named pipe in its working folder as soon as it is imported, and a node's folder may be read-only.
    os.environ.setdefault("LG_WD", tempfile.gettempdir())
    try:
        import lgpio
        from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin
    except (ImportError, OSError) as error:
        raise Unreachable(f"the package lgpio cannot be used: {error}") from error

    def at_its_level(pin: LGPIOPin, state: bool) -> None:
        """Claim an output at its level. By default it would first be low, which is "on" for many relays."""
        lgpio.gpio_claim_output(pin.factory._handle, pin._number, int(state))

    try:
        factory = LGPIOFactory(chip=number)
        factory.pin_class = type("SteadyPin", (LGPIOPin,), {"output_with_state": at_its_level})
        factory.board_info  # noqa: B018 - asks which computer this is; on an unknown one no pin has a number
    except (GPIOZeroError, OSError, lgpio.error) as error:
        raise Unreachable(f"{device} cannot be used: {error}") from error
    return Chip(factory, errors=(lgpio.error,))

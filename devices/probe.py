"""A board that does not answer: try the speeds and numbers that boards are sold with, within a bounded time.

Only ever reads inputs: looking for a board moves nothing. What it tries and in which order is pure (`variants`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devices.address import Address, Value
from devices.catalogue import compose, grammars, open_device, parse
from devices.errors import Busy, DeviceError, Refused
from devices.transport.memory import Cables

BUDGET_S = 12.0
SPEEDS = ("9600", "115200", "19200", "38400", "57600", "4800", "2400", "1200")
UNITS = (1, 255, 2, 3, 4, 5, 6, 7, 8, 10, 16, 32)
ANSWER_MS = 150


@dataclass(frozen=True, slots=True)
class Probed:
    """`found`: the address that answered, or None. `tried` of `planned` were asked before the time was over."""

    found: str | None
    tried: int
    planned: int


def variants(address: Address) -> Iterator[str]:
    """Addresses like this one to try: with and without echo, then other speeds, then other numbers at either."""
    known = grammars()[address.scheme].parameters
    speeds = [address.options["baud"], *SPEEDS] if "baud" in known else [None]
    units = [address.options["unit"], *UNITS] if "unit" in known else [None]
    echoes = [address.options["echo"], 1 - address.whole("echo")] if "echo" in known else [None]
    order = [
        *((speeds[0], units[0], echo) for echo in echoes),
        *((speed, units[0], echoes[0]) for speed in speeds),
        *((speeds[0], unit, echoes[0]) for unit in units),
        *((speed, unit, echoes[0]) for speed in speeds for unit in units[1:3]),
    ]
    told: set[str] = set()
    for speed, unit, echo in order:
        options: dict[str, Value] = dict(address.options)
        for name, value in (("baud", speed), ("unit", unit), ("echo", echo)):
            if value is not None:
                options[name] = value
        text = compose(address.scheme, address.where, options)
        if text not in told:
            told.add(text)
            yield text


def probe(
    text: str, *, cables: Cables | None = None, budget_s: float = BUDGET_S, clock: Callable[[], float] = time.monotonic,
    tell: Callable[[int, int], bool] = lambda _tried, _planned: True,
) -> Probed:  # fmt: skip
    """Ask until one answers or the time is over. `tell(tried, planned)` says how far; False stops.

    Raises Busy and AddressError; any other failure only means "not this one".
    """
    planned = list(variants(parse(text)))
    deadline = clock() + budget_s
    for tried, variant in enumerate(planned):
        if clock() >= deadline or not tell(tried, len(planned)):
            return Probed(None, tried, len(planned))
        if _answers(variant, cables):
            return Probed(variant, tried + 1, len(planned))
    return Probed(None, len(planned), len(planned))


def _answers(text: str, cables: Cables | None) -> bool:
    address = parse(text)
    quick: dict[str, Value] = {**address.options}
    if "tries" in quick:
        quick["tries"] = 1
    if "timeout_ms" in quick:
        quick["timeout_ms"] = ANSWER_MS
    try:
        board = open_device(compose(address.scheme, address.where, quick), cables)
        try:
            board.read_inputs()
        finally:
            board.close()
    except Busy:
        raise
    except Refused:
        return True  # it says no, so it is there
    except DeviceError:
        return False
    return True

"""A board that does not answer: try the speeds and numbers that boards are sold with, within a bounded time.

Only ever reads inputs: looking for a board moves nothing. What it tries and in which order is pure (`variants`), and
what counts as an answer is the rule of the test (`diagnose_board`): what is found then works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from devices.address import Address, Value
from devices.catalogue import compose, grammars, open_device, parse
from devices.diagnose import Diagnosis, Finding, diagnose_board, diagnose_error, speaks_rtu
from devices.errors import Busy, DeviceError
from devices.transport.memory import Cables
from devices.transport.tap import Recording, Tapped

BUDGET_S = 12.0
SPEEDS = ("9600", "115200", "19200", "38400", "57600", "4800", "2400", "1200")
UNITS = (1, 255, 2, 3, 4, 5, 6, 7, 8, 10, 16, 32)
ANSWER_MS = 150
THERE = frozenset({Finding.WORKS, Finding.REFUSES})
"""It answers at this address; one that says no is there too."""
TELLING = (
    Finding.TWO_DEVICES, Finding.OTHER_UNIT, Finding.OTHER_ANSWER, Finding.BAD_CRC, Finding.NOT_ITS_LANGUAGE,
    Finding.ECHO,
)  # fmt: skip
"""What was heard though nothing was found: what tells most first."""


@dataclass(frozen=True, slots=True)
class Probed:
    """`found`: the address that answered, or None. `tried` of `planned` were asked before the time was over. `heard`:
    what came where none answered as it should, with the `speed` and number (`asked`) that it came at; None: nothing."""

    found: str | None
    tried: int
    planned: int
    heard: Diagnosis | None = None


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
    tapped = cables if isinstance(cables, Tapped) else Tapped(Recording(), cables)
    heard: list[Diagnosis] = []
    deadline = clock() + budget_s
    for tried, variant in enumerate(planned):
        if clock() >= deadline or not tell(tried, len(planned)):
            return Probed(None, tried, len(planned), _most_telling(heard))
        found = _found(variant, tapped)
        if all(each.finding in THERE for each in found):
            return Probed(variant, tried + 1, len(planned))
        at = parse(variant).options
        where = {"speed": str(at.get("baud", "")), "asked": str(at.get("unit", ""))}
        heard += [replace(each, facts={**each.facts, **where}) for each in found]
    return Probed(None, len(planned), len(planned), _most_telling(heard))


def _most_telling(heard: list[Diagnosis]) -> Diagnosis | None:
    told = [each for each in heard if each.finding in TELLING]
    return min(told, key=lambda each: TELLING.index(each.finding), default=None)


def _found(text: str, cables: Tapped) -> tuple[Diagnosis, ...]:
    address = parse(text)
    quick: dict[str, Value] = {**address.options}
    if "tries" in quick:
        quick["tries"] = 1
    if "timeout_ms" in quick:
        quick["timeout_ms"] = ANSWER_MS
    before = len(cables.recording.moments())
    error: DeviceError | None = None
    try:
        board = open_device(compose(address.scheme, address.where, quick), cables)
        try:
            for _ in range(2):  # what came behind the first answer is seen by the second question
                board.read_inputs()
        finally:
            board.close()
    except Busy:
        raise
    except DeviceError as caught:
        error = caught
    if not speaks_rtu(address.scheme):
        return (diagnose_error(error) if error is not None else Diagnosis(Finding.WORKS),)
    moments = cables.recording.moments()[before:]
    return diagnose_board(error, moments, unit=address.whole("unit"), echo=address.options.get("echo") == 1)

"""How often a plate is looked for from outside: by where the phone is, by the plate, and by the lot (SEC-05).

A driver looks once or twice. Who asks for one plate all day wants to know where its car is, and who asks for plate
after plate wants to know which cars are here; both wait. A look is counted before it is answered, whatever the answer
is: a limit that knows hits from misses would tell them apart. Each is so many in a quarter of an hour, for good: a
lot where somebody looks every minute of the day reaches none of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from fastapi import Request

from central.base.identity.tries import Lately, Rate, Room
from central.base.kernel.errors import TooMany
from central.base.kernel.sources import source_of

SPAN = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
BY_SOURCE, BY_PLATE, BY_PLATE_OF_ALL, BY_LOT = 30, 10, 60, 600
"""Phones of one mobile network may share an address, hence more of one source than one driver needs. One plate is
counted by source first, so that a stranger's looks do not use up its owner's."""
CALLS, CALLS_OF_ALL = 5, 30
"""How often somebody is asked for at one lane, by one source and by all."""
POLLS = 300
"""Of one lane's sign from one source: a phone that stays there for a quarter of an hour asks about half as often."""

PRESSES, PRESSES_OF_ALL, AT_ONCE, AT_ONCE_OF_A_TENANT = 10, 100, 4, 2
"""How often a way to pay is asked for one stay, by one source and by all; how many at once in all, and of one tenant:
a channel may take seconds to answer, and who waits for it keeps a turn that the gates need too. One stay has one place,
and the slow channel of one company leaves most of them to the others."""
PROOFS, PROOFS_OF_ALL = 5, 20
HELD = timedelta(minutes=2)
"""For so long what one phone opened is not replaced by another's choice of another channel."""


class PlateLooks:
    def __init__(self) -> None:
        limits = (BY_SOURCE, BY_PLATE, BY_PLATE_OF_ALL, BY_LOT)
        self._source, self._plate, self._of_all, self._lot = (Rate(most, SPAN) for most in limits)
        self._polls = Rate(POLLS, SPAN)
        self._calls, self._calls_of_all = Rate(CALLS, SPAN), Rate(CALLS_OF_ALL, SPAN)

    def count(self, address: str | None, lot: UUID, plate: str, now: datetime) -> None:
        """Raises TooMany. `plate` is kept in this process's memory alone, until other keys push it out."""
        source = source_of(address)
        _count(self._source, (lot, source), now)
        _count(self._plate, (lot, plate, source), now)
        _count(self._of_all, (lot, plate), now)
        _count(self._lot, lot, now)

    def count_poll(self, address: str | None, sign: UUID, now: datetime) -> None:
        """Who stands at a lane, asked once more. Raises TooMany."""
        _count(self._polls, (sign, source_of(address)), now)

    def count_call(self, address: str | None, sign: UUID, now: datetime) -> None:
        """Somebody asks for a person. Raises TooMany, which the page says with the desk's number beside it."""
        _count(self._calls, (sign, source_of(address)), now, "driver.too_many_calls")
        _count(self._calls_of_all, sign, now, "driver.too_many_calls")


class UnderWay(TooMany):
    """Another press for this very stay is being answered: its page will say what came of it."""


class Presses:
    def __init__(self) -> None:
        self._source, self._stay = Rate(PRESSES, SPAN), Rate(PRESSES_OF_ALL, SPAN)
        self._room, self._of_tenant = Room(AT_ONCE, 1), Room(AT_ONCE, AT_ONCE_OF_A_TENANT)
        self._opened = Lately(HELD)

    @contextmanager
    def place(self, address: str | None, tenant_id: UUID, stay_id: UUID, now: datetime) -> Iterator[None]:
        """A place for asking a channel, kept to the end of the block. Raises TooMany, UnderWay. Who presses too often
        is refused before it counts for the stay, whose own driver presses from elsewhere."""
        _count(self._source, (stay_id, source_of(address)), now)
        _count(self._stay, stay_id, now)
        with self._of_tenant.place(str(tenant_id)) as fair:
            if not fair:
                raise TooMany("driver.busy", retry_after_s=1)
            with self._room.place(str(stay_id)) as placed:
                if not placed:
                    raise UnderWay("driver.busy", retry_after_s=1)
                yield

    def opened(self, order_id: UUID, address: str | None, now: datetime) -> None:
        """This source has been given the order's page."""
        self._opened.note((order_id, source_of(address)), now)

    def holds(self, order_id: UUID, opened_at: datetime, address: str | None, now: datetime) -> bool:
        """Whether somebody else may be paying this order just now, so that it is not to be replaced."""
        return opened_at + HELD > now and not self._opened.within((order_id, source_of(address)), now)


def _count(rate: Rate, key: Hashable, now: datetime, said: str = "driver.too_many") -> None:
    wait = rate.count(key, now)
    if wait is not None:
        raise TooMany(said, retry_after_s=ceil(wait.total_seconds()), minutes=ceil(wait / MINUTE))


class Proofs:
    """How often somebody names a payment's number: a number that was tried out would be worth an invoice."""

    def __init__(self) -> None:
        self._source, self._order = Rate(PROOFS, SPAN), Rate(PROOFS_OF_ALL, SPAN)

    def count(self, address: str | None, order_id: UUID, now: datetime) -> None:
        """Raises TooMany. Who tries too often is refused before it counts for the order: its payer tries elsewhere."""
        _count(self._source, (order_id, source_of(address)), now, "driver.too_many_numbers")
        _count(self._order, order_id, now, "driver.too_many_numbers")


class Limits:
    """What this process remembers of drivers, and nothing of it lasts."""

    def __init__(self) -> None:
        self.looks, self.presses, self.proofs = PlateLooks(), Presses(), Proofs()


def limits_of(request: Request) -> Limits:
    """One for the process, as long as it runs."""
    state = request.app.state
    if not hasattr(state, "driver_limits"):
        state.driver_limits = Limits()
    limits = state.driver_limits
    assert isinstance(limits, Limits)
    return limits

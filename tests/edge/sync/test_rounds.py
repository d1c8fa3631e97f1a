"""A desk's rounds: at once when somebody knocks, with patience after a fault, and never hammering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge.sync.errors import Offline
from edge.sync.rounds import Rounds
from edge.sync.status import Backoff

LONG_S, SOON_S = 600.0, 10.0
"""Longer than any test waits, and within which what must come has come."""


class Desk:
    """Counts its rounds; while `broken`, central does not answer."""

    def __init__(self, *, broken: bool = False, backoff_s: float = LONG_S, every_s: float = LONG_S) -> None:
        self.rounds, self.broken = 0, broken
        self.done = threading.Condition()
        self.patience = Rounds(every_s, (Offline,), Backoff(backoff_s, backoff_s, lambda: 1.0))

    def step(self) -> None:
        with self.done:
            self.rounds += 1
            self.done.notify_all()
        if self.broken:
            raise Offline("no link")

    def came(self, rounds: int) -> bool:
        with self.done:
            return self.done.wait_for(lambda: self.rounds >= rounds, SOON_S)


@contextmanager
def running(desk: Desk) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=desk.patience.run, args=(desk.step, stop, "a desk"))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        desk.patience.knock()
        thread.join(SOON_S)
        assert not thread.is_alive()


def knock_until(desk: Desk, true: Callable[[], bool]) -> bool:
    """Whether it came true while somebody went on knocking."""
    until = time.monotonic() + SOON_S
    while not true() and time.monotonic() < until:
        desk.patience.knock()
        time.sleep(0.005)
    return true()


def test_a_knock_brings_the_next_round_at_once() -> None:
    desk = Desk()
    with running(desk):
        assert desk.came(1)
        desk.patience.knock()
        assert desk.came(2)


@pytest.mark.req("PRIV-04", "SYNC-15")
def test_a_knock_ends_the_wait_after_a_fault() -> None:
    desk = Desk(broken=True)
    with running(desk):
        assert desk.came(1)
        desk.broken = False
        assert knock_until(desk, lambda: desk.rounds >= 2)


def test_knocks_without_end_hammer_nobody_while_central_does_not_answer() -> None:
    """Central says with every answer that mail waits, also while the mail itself cannot be had."""
    desk = Desk(broken=True)
    with running(desk):
        assert knock_until(desk, lambda: desk.rounds >= 2)
        for _ in range(100):
            desk.patience.knock()
            time.sleep(0.002)
        assert desk.rounds == 2


def test_a_fault_is_waited_out_and_tried_again_unasked() -> None:
    desk = Desk(broken=True, backoff_s=0.01)
    with running(desk):
        assert desk.came(4)


def test_what_is_no_fault_of_the_link_ends_the_rounds() -> None:
    desk = Desk()
    patience = Rounds(LONG_S, (Offline,))

    def breaks() -> None:
        desk.step()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        patience.run(breaks, threading.Event(), "a desk")
    assert desk.rounds == 1

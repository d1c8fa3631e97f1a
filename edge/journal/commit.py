"""Group commit: whoever gets the disk writes for everybody who waits for it (leader and followers).

A caller queues its entries, then asks for the disk. While one commit runs, the others queue up behind it; the first of
them to get the disk writes them all in one transaction with one sync, and the rest find their events already there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from edge.journal.entry import Prepared
from edge.journal.errors import JournalError, JournalFault, JournalFull
from models.wire.envelope import Event


class Ticket:
    """One caller's entries on their way to the disk, and how it ended."""

    __slots__ = ("events", "failure", "prepared")

    def __init__(self, prepared: tuple[Prepared, ...]) -> None:
        self.prepared = prepared
        self.events: tuple[Event, ...] | None = None
        self.failure: Exception | None = None

    @property
    def is_settled(self) -> bool:
        return self.events is not None or self.failure is not None


class GroupCommit:
    """`write(tickets)` is one transaction: it settles all of them, or raises a JournalError and changes nothing.

    `make_room()` frees a little at each step and ends when nothing more may be freed. Both run while `disk` is held.
    """

    def __init__(self, write: Callable[[Sequence[Ticket]], None], make_room: Callable[[], Iterator[None]]) -> None:
        self.disk = threading.Lock()
        self._write = write
        self._make_room = make_room
        self._queue: list[Ticket] = []
        self._queue_lock = threading.Lock()

    def submit(self, prepared: tuple[Prepared, ...]) -> tuple[Event, ...]:
        """Return the events once they are on the disk, or raise what kept them from it."""
        ticket = Ticket(prepared)
        with self._queue_lock:
            self._queue.append(ticket)
        with self.disk:
            if not ticket.is_settled:  # nobody took it along: lead
                with self._queue_lock:
                    group, self._queue = self._queue, []
                self._settle(group)
        if ticket.failure is not None:
            raise ticket.failure
        assert ticket.events is not None
        return ticket.events

    def _settle(self, group: Sequence[Ticket]) -> None:
        try:
            try:
                self._write(group)
            except JournalFull:
                self._write_with_less_room(group)
        except BaseException as failure:
            for ticket in group:
                if not ticket.is_settled:  # each of them is waiting, and each is told
                    ticket.failure = (
                        failure
                        if isinstance(failure, JournalError)
                        else JournalFault(f"写入中断 / interrupted: {failure!r}")
                    )
            if not isinstance(failure, JournalError):
                raise

    def _write_with_less_room(self, group: Sequence[Ticket]) -> None:
        for _ in self._make_room():
            try:
                self._write(group)
                return
            except JournalFull:
                continue
        for ticket in group:  # what does not fit together may still fit one by one
            try:
                self._write((ticket,))
            except JournalFull as failure:
                ticket.failure = failure

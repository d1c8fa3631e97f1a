"""How many connections are kept at once: so many in all, and of one source so many that others find room (SEC-08).

uvicorn keeps whatever the kernel hands over. Where one machine opened as many as this process may have files, nobody
else was answered, the database was no longer reached, and no line told of it. A connection too many is therefore closed
as it comes, at a cost of nothing.

They are accepted here and not by the loop's own server: that one counts nothing, and tells of a TLS connection only
when its handshake is done, which whoever means ill leaves undone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import resource
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from central.base.kernel.sources import source_of

log = logging.getLogger(__name__)

OF_ONE_SOURCE_MAX = 200
"""An office of thirty people behind one address, each with the desk, a live picture and a few more open."""
IN_ALL_MAX = 10_000
SHARE_OF_FILES = 0.7
"""The rest is for the database, the files of pages and the log."""
HANDSHAKE_S = 15
BACKLOG = 2048
ACCEPTED_AT_ONCE = 100
"""Then the loop sees to the others first."""
REST_S = 1.0
TOLD_EVERY_S = 60.0
LOOPBACK = ("127.0.0.0/8", "::1/128")


def raise_file_limit() -> int:
    """As many open files as the system grants without asking. Returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return IN_ALL_MAX * 2 if hard == resource.RLIM_INFINITY else hard


class Places:
    """Who is connected. `shared`: addresses and networks behind which many stand, proxies that were named: they may
    have half of all. So may this machine itself, where a proxy may stand that nobody named, and nodes."""

    def __init__(
        self, files: int, shared: Sequence[str] = (), *, of_one: int = OF_ONE_SOURCE_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._in_all = max(2, min(int(files * SHARE_OF_FILES), IN_ALL_MAX))
        self._of_one, self._clock = min(of_one, self._in_all), clock
        self._shared = [ipaddress.ip_network(one) for one in (*LOOPBACK, *shared)]
        self._open: Counter[str] = Counter()
        self._total = self._refused = 0
        self._told_at: float | None = None

    def take(self, address: str) -> str | None:
        """Whose place it is, to be given back; None when there is none."""
        source = source_of(address)
        if self._total >= self._in_all or self._open[source] >= self._most(source):
            self._refuse(source)
            return None
        self._open[source] += 1
        self._total += 1
        return source

    def give_back(self, source: str) -> None:
        self._total -= 1
        self._open[source] -= 1
        if not self._open[source]:
            del self._open[source]

    def _most(self, source: str) -> int:
        if self._open[source] < self._of_one:
            return self._of_one
        try:
            address = ipaddress.ip_network(source)
        except ValueError:
            return self._of_one
        many = any(address.version == one.version and address.overlaps(one) for one in self._shared)
        return max(self._of_one, self._in_all // 2) if many else self._of_one

    def _refuse(self, source: str) -> None:
        """One line a minute: a line for each would fill the disk for whoever sends them."""
        self._refused += 1
        now = self._clock()
        if self._told_at is not None and now - self._told_at < TOLD_EVERY_S:
            return
        what = "of this source" if self._total < self._in_all else "in all"
        log.warning(
            "connections are refused: as many are open %s as may be", what,
            extra={"source": source, "of_source": self._open[source], "in_all": self._total,
                   "refused": self._refused},
        )  # fmt: skip
        self._told_at, self._refused = now, 0


class _Placed(socket.socket):
    """An accepted connection that gives its place back when it is closed. uvloop closes what lies beneath by itself,
    after it has let this object go of it."""

    _over: Callable[[], None] | None = None

    @classmethod
    def of(cls, accepted: socket.socket, over: Callable[[], None]) -> _Placed:
        placed = cls(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        placed._over = over
        return placed

    def close(self) -> None:
        self._end()
        super().close()

    def detach(self) -> int:
        self._end()
        return super().detach()

    def _end(self) -> None:
        over, self._over = self._over, None
        if over is not None:
            over()


class Acceptor:
    """Takes the connections of a listener, in the running loop. To uvicorn it is the server: it can be closed."""

    def __init__(
        self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None,
        places: Places,
    ) -> None:  # fmt: skip
        self._listener, self._protocol, self._context, self._places = listener, protocol, context, places
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._closed = False
        listener.setblocking(False)
        listener.listen(BACKLOG)
        self._listen()

    def close(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._listener.fileno())

    async def wait_closed(self) -> None:
        for task in self._coming:
            task.cancel()

    def _listen(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no file can be opened: without a rest this would run round and round
                log.error("no connection can be taken", extra={"why": error.strerror})
                self._loop.remove_reader(self._listener.fileno())
                self._loop.call_later(REST_S, self._listen)
                return
            self._take(accepted, address)

    def _take(self, accepted: socket.socket, address: Any) -> None:
        source = self._places.take(address[0])
        if source is None:
            accepted.close()
            return
        placed = _Placed.of(accepted, lambda: self._places.give_back(source))
        task = self._loop.create_task(self._hand_over(placed))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def _hand_over(self, placed: _Placed) -> None:
        placed.setblocking(False)
        patience = None if self._context is None else HANDSHAKE_S
        try:
            placed.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(
                self._protocol, placed, ssl=self._context, ssl_handshake_timeout=patience
            )
        except OSError:  # gone again, or a handshake that came to nothing
            placed.close()

"""A whole exchange with central takes no longer than it is given, however it drips: an answer of one byte every few
seconds keeps to every limit of a single read, and would hold its thread for ever.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

AT_ONCE = 16_384
"""Bytes that are handed on before the time is looked at again."""


class InTime(httpx.HTTPTransport):
    """The connections to central. Any thread may use it, each for one exchange at a time."""

    def __init__(self, verify: ssl.SSLContext | bool, mono: Callable[[], float] = time.monotonic) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._own, self._mono = threading.local(), mono
        self._pool._network_backend = _Backend(self._pool._network_backend, self)  # httpx hands no backend on

    @contextmanager
    def whole(self, limit_s: float) -> Iterator[None]:
        """What this thread sends and reads in here, and any connection that it makes for it, is over after so long: as
        a httpx.TimeoutException, or as a connection that was cut."""
        self._own.until = self._mono() + limit_s
        try:
            yield
        finally:
            del self._own.until

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """How long one step may take: `timeout`, or what is left of the whole where that is less. Raises `error` once
        nothing is."""
        until = getattr(self._own, "until", None)
        if until is None:
            return timeout
        left: float = until - self._mono()
        if left <= 0:
            raise error("the whole exchange took too long")
        return left if timeout is None else min(timeout, left)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, time_of: InTime) -> None:
        self._inner, self._time_of = inner, time_of

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        left = self._time_of.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._time_of)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, time_of: InTime) -> None:
        self._inner, self._time_of = inner, time_of

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._time_of.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), AT_ONCE):
            self._inner.write(buffer[at : at + AT_ONCE], self._time_of.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The handshake is many reads in one call, all of which the standard library ends after one timeout."""
        left = self._time_of.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._time_of)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

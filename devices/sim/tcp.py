"""A TCP server as a Transport for a simulated device: one connection at a time, as small gateways have it."""

from __future__ import annotations

import select
import socket
import threading

from devices.errors import Unreachable

SLICE_S = 0.1


class TcpServerLine:
    """Listens on this machine only. `port` 0 takes any free one; `self.port` is the one taken.

    Drivers may come and go; while one is connected, the next waits. `close` is the plug: it also ends the connection.
    """

    def __init__(self, port: int = 0) -> None:
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        self._peer: socket.socket | None = None
        self._gone = False
        self._lock = threading.Lock()  # held in slices, so that unplugging never pulls a socket from under a wait

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport. A driver that has left is silence, not an end."""
        while True:
            slice_s = min(timeout_s, SLICE_S)
            with self._lock:
                self._check()
                waiting = self._peer or self._listening
                if select.select([waiting], [], [], slice_s)[0]:
                    if self._peer is None:
                        self._peer, _ = self._listening.accept()
                        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    elif data := self._received(self._peer, max_bytes):
                        return data
                    continue
            timeout_s -= slice_s
            if timeout_s <= 0:
                return b""

    def write(self, data: bytes) -> None:
        """See Transport. Without a driver the bytes are lost."""
        with self._lock:
            self._check()
            try:
                if self._peer is not None:
                    self._peer.sendall(data)
            except OSError:
                self._drop_peer()

    def drain(self) -> None:
        """See Transport."""
        while self.read(4096, 0):
            pass

    def close(self) -> None:
        """Unplug. May be called twice."""
        with self._lock:
            self._gone = True
            self._drop_peer()
            self._listening.close()

    def _received(self, peer: socket.socket, max_bytes: int) -> bytes:
        try:
            data = peer.recv(max_bytes)
        except OSError:
            data = b""
        if not data:
            self._drop_peer()
        return data

    def _drop_peer(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def _check(self) -> None:
        if self._gone:
            raise Unreachable("the network cable is unplugged")

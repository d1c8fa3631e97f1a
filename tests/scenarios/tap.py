"""A line-in between node and central that hears every byte the node sends, and reads the requests out of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

CHUNK = 1 << 16


class Request(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Tap:
    """Listens on a port of its own and passes everything on to `toward`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._central: tuple[str, int] | None = None
        self._heard: list[bytearray] = []
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="tap", daemon=True)
        self._thread.start()

    def toward(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None
        self._central = (parts.hostname, parts.port)

    def streams(self) -> list[bytes]:
        """What the node has sent so far, one by one of its connections."""
        with self._lock:
            return [bytes(one) for one in self._heard]

    def requests(self) -> list[Request]:
        """The requests that are complete."""
        return [request for stream in self.streams() for request in _requests_in(stream)]

    def close(self) -> None:
        with self._lock:
            for one in (self._listener, *self._open):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                node, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(node,), daemon=True).start()

    def _join(self, node: socket.socket) -> None:
        assert self._central is not None
        try:
            central = socket.create_connection(self._central, timeout=5)
        except OSError:
            node.close()
            return
        central.settimeout(None)
        heard = bytearray()
        with self._lock:
            self._heard.append(heard)
            self._open += [node, central]
        threading.Thread(target=self._pass_on, args=(central, node, None), daemon=True).start()
        self._pass_on(node, central, heard)

    def _pass_on(self, source: socket.socket, sink: socket.socket, heard: bytearray | None) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                if heard is not None:
                    with self._lock:
                        heard += chunk
                sink.sendall(chunk)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _requests_in(stream: bytes) -> list[Request]:
    found = []
    while (end := stream.find(b"\r\n\r\n")) >= 0:
        first, *lines = stream[:end].decode("ascii").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert "transfer-encoding" not in headers and "content-encoding" not in headers, "readable as it is"
        length = int(headers.get("content-length", 0))
        start = end + 4
        if len(stream) < start + length:
            break
        found.append(Request(method, target, headers, stream[start : start + length]))
        stream = stream[start + length :]
    return found

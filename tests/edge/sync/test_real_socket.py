"""The same over real sockets, through a proxy that swallows replies: the case that proves exactly once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import httpx
import pytest

from edge.health.clock import Clock
from edge.journal.journal import Journal
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.status import Backoff
from edge.sync.uplink import Uplink


@contextmanager
def served(central: Any) -> Iterator[int]:
    """Central on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            address = f"http://127.0.0.1{self.path}"
            answer = central(httpx.Request("POST", address, headers=list(self.headers.items()), content=body))
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Swallower:
    """Passes requests on, waits until central has answered, and cuts the line instead of passing the answer back."""

    def __init__(self, to_port: int, swallow: int) -> None:
        self.left, self._to_port = swallow, to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(line,), daemon=True).start()

    def _carry(self, line: socket.socket) -> None:
        with line, socket.create_connection(("127.0.0.1", self._to_port)) as on:
            threading.Thread(target=pump, args=(line, on), daemon=True).start()
            while answer := on.recv(65536):
                if self.left > 0:
                    self.left -= 1
                    line.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the pump that still reads
                    return  # central has stored the batch; the node will never hear of it
                line.sendall(answer)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return  # the other half of the line was cut, which is what this proxy is for


@pytest.mark.req("SYNC-08")
def test_swallowed_replies_over_real_sockets(
    journal: Journal, central: Any, write: Callable[[int], None], node_id: UUID, keys: KeyRing, clock: Clock
) -> None:
    write(1300)
    with served(central) as port:
        proxy = Swallower(port, swallow=4)
        client = CentralClient(f"http://127.0.0.1:{proxy.port}", node_id, keys, clock)
        uplink = Uplink(journal, None, client, backoff=Backoff(first_s=0.0, most_s=0.0))
        stop = threading.Event()
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        deadline = time.monotonic() + 90
        while journal.acked_seq < 1300 and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()
        thread.join(30)
        client.close()
        proxy.close()
    assert journal.acked_seq == 1300 and sorted(central.events) == list(range(1, 1301))
    assert proxy.left == 0 and sum(central.sizes) > 1300, "replies were swallowed and their batches sent again"
    assert clock.skew_ms() is not None and abs(clock.skew_ms() or 0) < 5000

"""No answer holds a node's thread for ever: what drips is hung up on when the whole time is over."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import httpx
import pytest

from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.errors import Offline
from edge.sync.in_time import InTime
from models.values.time import utc_now
from models.wire.commands import Downlink

pytestmark = pytest.mark.req("SEC-10", "SYNC-18")
EVERY_S, MOST = 0.02, 3000
"""A drip of a minute: who waits for its end gets a whole answer, and no error."""
BODY = Downlink(server_time=utc_now()).model_dump_json().encode()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"


class Dripping:
    """Central on a port of its own: `at_once`, then the rest byte by byte until the other side hangs up."""

    def __init__(self, at_once: bytes, rest: bytes) -> None:
        self._at_once, self._rest, self._over = at_once, rest, threading.Event()
        self.hung_up = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            line, _ = self._listener.accept()
            with line:
                line.recv(65_536)
                line.sendall(self._at_once)
                try:
                    for at in range(len(self._rest)):
                        if self._over.wait(EVERY_S):
                            return
                        line.sendall(self._rest[at : at + 1])
                except OSError:
                    self.hung_up.set()

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes, bytes], Dripping]]:
    made: list[Dripping] = []

    def make(at_once: bytes, rest: bytes) -> Dripping:
        made.append(Dripping(at_once, rest))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("at_once", "rest"),
    [
        (HEAD % (MOST + len(BODY)) + b"\r\n", b" " * MOST + BODY),
        (HEAD % len(BODY), b"x-more: " + b"a" * MOST + b"\r\n\r\n" + BODY),
        (b"", b"HTTP/1.1 200 " + b"O" * MOST + b"\r\n\r\n"),
    ],
    ids=["its body", "its head", "its first line"],
)
def test_an_answer_that_drips_is_hung_up_on_when_the_whole_time_is_over(
    node_id: UUID, keys: KeyRing, clock: Clock, dripping: Callable[[bytes, bytes], Dripping], at_once: bytes,
    rest: bytes,
) -> None:  # fmt: skip
    central = dripping(at_once, rest)
    client = CentralClient(f"http://127.0.0.1:{central.port}", node_id, keys, clock, whole_s=0.3)
    with pytest.raises(Offline, match="did not answer in time"):
        client.wait_for_downlink(0, 0)
    assert central.hung_up.wait(30)
    client.close()


def test_a_handshake_that_drips_is_cut_as_well(dripping: Callable[[bytes, bytes], Dripping]) -> None:
    """However long a connection may take by itself: at the end of the drip the record would be refused as no hello."""
    record = b"\x16\x03\x03" + MOST.to_bytes(2, "big") + b"\x02" + (MOST - 4).to_bytes(3, "big") + b"\x03\x03"
    central = dripping(b"", record + b"r" * MOST)
    line = InTime(True)
    with httpx.Client(transport=line, timeout=600) as client, pytest.raises(httpx.ConnectTimeout), line.whole(0.3):
        client.get(f"https://127.0.0.1:{central.port}/")
    assert central.hung_up.wait(30)


def test_the_wait_of_a_long_poll_is_given_besides(
    node_id: UUID, keys: KeyRing, clock: Clock, dripping: Callable[[bytes, bytes], Dripping]
) -> None:
    central = dripping(HEAD % (20 + len(BODY)) + b"\r\n" + BODY, b" " * 20)
    client = CentralClient(f"http://127.0.0.1:{central.port}", node_id, keys, clock, whole_s=0.01)
    assert client.wait_for_downlink(0, 60).server_time.tzinfo is not None
    client.close()


def test_what_the_network_is_replaced_by_is_given_no_time(node_id: UUID, keys: KeyRing, clock: Clock) -> None:
    told = httpx.MockTransport(lambda _: httpx.Response(200, content=BODY))
    client = CentralClient("http://127.0.0.1:1", node_id, keys, clock, transport=told, whole_s=0.0)
    assert client.wait_for_downlink(0, 0).snapshot is None
    client.close()

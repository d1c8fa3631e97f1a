"""The node's own pages take so many of its files and no more: one too many, or one that asks nothing, is closed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from edge import local_http
from edge.local_http import Few, local

SOON_S = 20.0
WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Until = Callable[[Callable[[], object]], None]


async def answers(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port() -> Iterator[int]:
    config = local(answers)
    config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SOON_S)


def all_of(line: socket.socket) -> bytes:
    """Until it is closed. A reset says as much as an end."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            said += piece
    return said


@pytest.mark.parametrize(("asked", "sent"), [(b"", b""), (b"", b"GET / HTTP/1.1\r\nx: "), (WHOLE, b"GET ")])
def test_a_connection_without_a_whole_head_is_closed(
    monkeypatch: pytest.MonkeyPatch, port: int, asked: bytes, sent: bytes
) -> None:
    monkeypatch.setattr(Few, "head_s", 0.2)
    with connected(port) as slow:
        slow.sendall(asked)
        said = b""
        while asked and not said.endswith(b"ok"):
            said += slow.recv(65536) or pytest.fail("closed before it was answered")
        slow.sendall(sent)
        assert all_of(slow) == b""


def test_a_node_waits_twenty_seconds_for_a_head() -> None:
    served_by = local(answers).http
    assert isinstance(served_by, type) and issubclass(served_by, Few)
    assert served_by.head_s == 20


def test_a_head_without_end_is_cut_off_before_its_time_is_over(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(Few, "head_s", 3600)
    with connected(port) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nx: ")
        with pytest.raises(OSError, match=r"reset|pipe"):
            for _ in range(256):
                endless.sendall(b"a" * (64 << 10))


def test_one_connection_too_many_is_closed_unread_and_a_place_is_given_back(
    monkeypatch: pytest.MonkeyPatch, port: int, until: Until
) -> None:
    monkeypatch.setattr(local_http, "CONNECTIONS_MAX", 2)
    with connected(port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as second:
        assert second.get("/").text == "ok"
        for _ in range(3):
            with connected(port) as third:
                assert all_of(third) == b""
        assert second.get("/").text == "ok", "who is in stays in"

    def room() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/", timeout=SOON_S).text == "ok"
        return False

    until(room)

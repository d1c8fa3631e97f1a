"""An answer that nobody reads keeps no connection; one that is read, slowly or seldom, goes on (SEC-08)."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from central.base.web.patience import Patient
from tests.central.serving import served


class Watched(Patient):
    """Tells when it is over; `never_paused`: all that is written counts as sent."""

    never_paused = False
    over: threading.Event

    def connection_made(self, transport):
        super().connection_made(transport)
        if self.never_paused:
            transport.set_write_buffer_limits(1 << 30)

    def connection_lost(self, exc):
        super().connection_lost(exc)
        self.over.set()


def watched(never_paused=False):
    return type("One", (Watched,), {"never_paused": never_paused, "over": threading.Event()})


async def answers_at_length(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"33554432")]})
    for left in reversed(range(32)):
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": left > 0})


@pytest.mark.req("SEC-08")
@pytest.mark.parametrize("never_paused", [False, True])
@pytest.mark.parametrize("asked", [b"", b"connection: close\r\n"])
def test_an_answer_that_is_never_read_ends_the_connection(monkeypatch, never_paused, asked):
    monkeypatch.setattr("central.base.web.patience.UNREAD_S", 0.1)
    protocol = watched(never_paused)
    with served(answers_at_length, http=protocol, timeout_keep_alive=0.1) as url, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        host, port = url.removeprefix("http://").split(":")
        deaf.connect((host, int(port)))
        deaf.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n" + asked + b"\r\n")
        assert protocol.over.wait(60)


def test_a_stream_that_is_read_goes_on_however_long_it_is_silent(monkeypatch):
    monkeypatch.setattr("central.base.web.patience.UNREAD_S", 0.02)

    async def tells(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"data: x\n\n", "more_body": True})
            await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b""})

    with served(tells, http=Patient) as url:
        assert httpx.get(url, timeout=60).text == "data: x\n\n" * 3


def test_a_slow_reader_is_no_deaf_one():
    class Wire:
        left = iter((90, 90, 60, 60, 60))
        aborted = False

        def get_write_buffer_size(self):
            return next(self.left)

        def abort(self):
            self.aborted = True

    loop = asyncio.new_event_loop()
    one = Patient(uvicorn.Config(answers_at_length), ServerState(), {}, loop)
    one.transport = Wire()
    one._look(100)
    one._look(90)
    assert not one.transport.aborted
    one._look(60)
    assert one.transport.aborted
    loop.close()


def test_a_connection_that_is_gone_is_not_kept_to_be_watched():
    loop = asyncio.new_event_loop()
    one = Patient(uvicorn.Config(answers_at_length), ServerState(), {}, loop)
    one.transport = SimpleNamespace(is_closing=lambda: True, get_write_buffer_size=lambda: 0)
    one.timeout_keep_alive_handler()
    assert one._unread is None
    loop.close()


def test_a_head_without_end_is_cut_off_before_its_time_is_over(monkeypatch):
    monkeypatch.setattr("central.base.web.patience.HEAD_S", 3600)
    with served(answers_at_length, http=Patient) as url, socket.socket() as endless:
        host, port = url.removeprefix("http://").split(":")
        endless.settimeout(60)
        endless.connect((host, int(port)))
        endless.sendall(b"GET / HTTP/1.1\r\nx: ")
        with pytest.raises(OSError, match=r"reset|pipe"):
            for _ in range(256):
                endless.sendall(b"a" * (64 << 10))

"""The plain port: the challenge's answer, https for everyone else, and nothing that a stranger's request chooses."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from central.base.tls import challenge
from central.base.tls.challenge import ChallengePort, answer
from tests.central.process import PATIENCE_S, until

HOME = "https://central.example.cn:8443"
ANSWERS = {"to-ken_1": "to-ken_1.thumbprint"}


def asked(target: str, *headers: str, method: str = "GET") -> bytes:
    return answer("\r\n".join([f"{method} {target} HTTP/1.1", *headers, "", ""]).encode(), HOME, ANSWERS)


def test_the_challenge_is_answered_and_nothing_else_under_its_path():
    assert asked("/.well-known/acme-challenge/to-ken_1").endswith(b"\r\n\r\nto-ken_1.thumbprint")
    for other in ("", "to-ken_2", "to-ken_1/", "../to-ken_1", "to-ken_1?x"):
        assert asked(f"/.well-known/acme-challenge/{other}").startswith(b"HTTP/1.1 404 ")


@pytest.mark.req("SEC-03")
@pytest.mark.parametrize(
    "target", ["/", "/visitors?day=1&x=%20", "//evil.example/", "/@evil.example", "/\\evil.example"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_everyone_else_is_sent_to_the_configured_name(target, method):
    said = asked(target, "Host: evil.example", "X-Forwarded-Host: evil.example", method=method).decode()
    assert said.startswith("HTTP/1.1 308 ")
    assert [line for line in said.split("\r\n") if line.lower().startswith("location:")] == [
        f"Location: {HOME}{target}"
    ]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n\r\n",
        b"GET evil.example HTTP/1.1\r\n\r\n",
        b"GET /a\nSet-Cookie: x=1 HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_without_repeating_it(request_bytes):
    said = answer(request_bytes, HOME, ANSWERS)
    assert said.startswith(b"HTTP/1.1 400 ") and b"evil" not in said and b"Set-Cookie" not in said


Connect = Callable[[], socket.socket]


@contextmanager
def serving() -> Iterator[tuple[ChallengePort, Connect]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, ChallengePort(listener, HOME) as port:
        yield port, lambda: socket.create_connection(listener.getsockname(), timeout=PATIENCE_S)


def all_of(connection: socket.socket) -> bytes:
    said = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(4096):
            said += piece
    return said


def test_answers_may_come_and_go_while_it_serves_and_requests_in_pieces():
    with serving() as (port, connect):
        port.answers["abc"] = "abc.def"
        with connect() as connection:
            for piece in (b"GET /.well-known/acme", b"-challenge/abc HTTP/1.1\r", b"\nHost: x\r\n\r", b"\n"):
                connection.sendall(piece)
            assert all_of(connection).endswith(b"abc.def")
        port.answers.clear()
        with connect() as connection:
            connection.sendall(b"GET /.well-known/acme-challenge/abc HTTP/1.1\r\n\r\n")
            assert b" 404 " in all_of(connection)


def test_a_caller_who_says_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(challenge, "REQUEST_S", 0.05)
    with serving() as (_, connect), connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert all_of(connection) == b""


def test_a_caller_who_never_ends_is_let_go():
    with serving() as (_, connect), connect() as connection:
        with suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 4 * challenge.REQUEST_BYTES_MAX)
        assert all_of(connection) == b""


def test_more_callers_than_the_limit_are_turned_away_until_one_leaves(monkeypatch):
    monkeypatch.setattr(challenge, "CONNECTIONS_MAX", 1)
    with serving() as (_, connect), connect() as first:
        first.sendall(b"GET / HTTP/1.1\r\n")
        with connect() as second:
            assert all_of(second) == b""
        first.sendall(b"\r\n")
        assert b" 308 " in all_of(first)


def test_it_ends_while_somebody_is_connected(caplog):
    with serving() as (port, connect):
        connection = connect()
        until(lambda: port._open == 1, "somebody is connected")
    with connection:
        assert all_of(connection) == b""
    assert caplog.records == []

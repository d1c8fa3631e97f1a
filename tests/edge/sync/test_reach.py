"""Why central was not reached, in both languages, with its address and what to look at."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.errors import Offline, SyncError, Untrusted
from tests.central.base.tls.making import TestAuthority, write_pair


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port at which everybody is given `answer`, whatever they ask; with `context` only over TLS."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                try:
                    line.settimeout(5)
                    if context is not None:
                        with context.wrap_socket(line, server_side=True):
                            pass
                    line.recv(2000)
                    line.sendall(answer)
                except OSError:
                    pass

    hearing = threading.Thread(target=serve, daemon=True)
    hearing.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        hearing.join()


def why(url: str, keys: KeyRing) -> SyncError:
    client = CentralClient(url, None, keys, Clock())
    try:
        with pytest.raises(SyncError) as raised:
            client.face_mail()
    finally:
        client.close()
    zh, en = str(raised.value).split(" / ")
    assert url in zh and url in en and en.isascii()
    assert "[central] url" in zh and "site file" in en, "where to look"
    return raised.value


def test_https_to_a_port_without_tls_says_so(keys: KeyRing) -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        error = why(f"https://127.0.0.1:{port}", keys)
    assert isinstance(error, Untrusted) and "speaks no https" in str(error)


def test_http_to_a_port_with_tls_says_so(keys: KeyRing, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_pair(tmp_path, TestAuthority().issue("127.0.0.1")))
    with answering(b"", context) as port:
        error = why(f"http://127.0.0.1:{port}", keys)
    assert type(error) is Offline and "write https://" in str(error)


def test_nobody_at_that_port_names_the_address_and_what_to_check(keys: KeyRing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    error = why(f"http://127.0.0.1:{port}", keys)
    assert type(error) is Offline and "whether central runs" in str(error)

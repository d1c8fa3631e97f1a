"""A running central whose certificate changes: a client who comes later sees another serial number."""

from __future__ import annotations

import json
import socket
import ssl

import httpx
import pytest
from cryptography import x509

from tests.central.base.tls.conftest import DOMAIN, Pebble
from tests.central.base.tls.making import DAY, NOW, TestAuthority, write_pair
from tests.central.process import Central, until

OFTEN = """
from datetime import timedelta
from pathlib import Path
import os
import central.base.tls.keeper as keeper
keeper.LOOK_EVERY = keeper.CHECK_EVERY = keeper.FIRST_RETRY = timedelta(seconds=0.1)
plain = keeper.due_at
keeper.due_at = lambda pair: pair.begins_at if Path(os.environ["DUE"]).exists() else plain(pair)
"""


class Client:
    """Trusts one root, and asks for `name` at this machine."""

    def __init__(self, central: Central, root: str, name: str) -> None:
        self._port = httpx.URL(central.url()).port or 443
        self._name = name
        self._context = ssl.create_default_context(cadata=root)

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        return self._context.wrap_socket(plain, server_hostname=self._name)

    def serial(self) -> int:
        with self.connect() as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"").serial_number

    def health(self, kept: ssl.SSLSocket | None = None) -> dict:
        connection = kept or self.connect()
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: {self._name}\r\n\r\n".encode())
        said = b""
        while b"}}" not in said:
            piece = connection.recv(4096)
            assert piece, said
            said += piece
        if kept is None:
            connection.close()
        return json.loads(said.split(b"\r\n\r\n")[1])["certificate"]


def arguments(pebble: Pebble) -> list[str]:
    return ["--acme-domain", DOMAIN, "--acme-email", "a@b.cn", "--acme-directory", pebble.directory,
            "--acme-http-port", str(pebble.http_port)]  # fmt: skip


@pytest.mark.req("SEC-03")
def test_fetched_renewed_while_serving_and_kept_when_the_authority_is_gone(start, folder, pebble):
    due = folder / "due"
    env = pebble.env | {"DUE": str(due)}
    central = start(*arguments(pebble), "--acme-agree", env=env, before=OFTEN)
    assert central.url().startswith(f"https://{DOMAIN}:")
    root = pebble.root()
    client = Client(central, root, DOMAIN)
    first = client.serial()
    with client.connect() as kept:
        assert client.health(kept)["failing_since"] is None
        due.touch()
        until(lambda: client.serial() != first, "a new client sees the renewed certificate")
        due.unlink()
        assert client.health(kept)["failing_since"] is None, "who was connected stays connected"

    said = httpx.get(f"http://127.0.0.1:{pebble.http_port}/visitors", headers={"host": "evil.example"}, trust_env=False)
    assert said.status_code == 308 and said.headers["location"] == f"{central.url()}/visitors"

    pebble.stop()
    last = client.serial()
    due.touch()
    until(lambda: client.health()["failing_since"] is not None, "failing shows")
    assert "the certificate was not renewed" in central.said and "is not reached" in central.said
    assert client.serial() == last
    assert central.stop() == 0

    due.unlink()
    again = start(*arguments(pebble), "--acme-agree", env=env)
    assert Client(again, root, DOMAIN).serial() == last


def test_a_pair_by_hand_is_taken_over_while_serving_and_a_bad_one_is_not(start, folder):
    ours = TestAuthority()
    certificate, key = write_pair(folder, ours.issue("localhost"))
    central = start(
        "--tls-cert", str(certificate), "--tls-key", str(key), env={"DUE": str(folder / "never")}, before=OFTEN
    )
    client = Client(central, ours.root.decode(), "localhost")
    first = client.serial()
    write_pair(folder, ours.issue("localhost"))
    until(lambda: client.serial() != first, "the renewed pair")
    second = client.serial()
    certificate.write_bytes(ours.issue("localhost")[0])
    until(lambda: client.health()["failing_since"] is not None, "failing shows")
    assert "belong together" in central.said and client.serial() == second
    write_pair(folder, ours.issue("localhost"))
    until(lambda: client.health()["failing_since"] is None, "well again")
    assert client.serial() not in (first, second)


def refused(central: Central, *words: str) -> None:
    """With 2, in words, and before there is a database or a password."""
    assert central.process.wait(timeout=60) == 2, central.said
    for each in words:
        assert each in central.said
    assert "Traceback" not in central.said
    assert not (central.folder / "data" / "postgres").exists() and not central.first.exists()


def test_without_agreement_the_terms_are_named_and_nothing_is_ordered(start, folder, pebble):
    refused(start(*arguments(pebble), env=pebble.env), "--acme-agree", "data:text/plain,Do%20what%20thou%20wilt")
    assert not (folder / "data").exists()


def test_an_authority_that_is_away_at_the_first_start_may_be_tried_again(start, folder, pebble):
    pebble.stop()
    central = start(*arguments(pebble), "--acme-agree", env=pebble.env)
    assert central.process.wait(timeout=60) == 1, "a supervisor may try again"
    assert "is not reached" in central.said and "Traceback" not in central.said
    assert not (folder / "data" / "postgres").exists()


@pytest.mark.parametrize("words", ["has expired", "belong together", "There is no file"])
def test_a_bad_pair_is_told_before_there_is_a_database(start, folder, words):
    ours = TestAuthority()
    good, ended = ours.issue("localhost"), ours.issue("localhost", begins=NOW - 9 * DAY, ends=NOW - DAY)
    pair = {"has expired": ended, "belong together": (good[0], ended[1]), "There is no file": good}[words]
    certificate, key = write_pair(folder, pair)
    if words == "There is no file":
        key.unlink()
    refused(start("--tls-cert", str(certificate), "--tls-key", str(key)), words)


def test_a_password_file_that_cannot_be_written_is_told_before_there_is_a_password(start, folder):
    nowhere = folder / "nowhere" / "first.json"
    refused(start("--first-password-file", str(nowhere)), str(nowhere), "cannot be written")

"""A certificate authority that speaks ACME: the distribution's pebble, with its own DNS, on free ports.

Where there is no pebble the tests say "not run" and skip; with CI=true that is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.central.base.tls.making import TestAuthority, write_pair
from tests.central.process import PATIENCE_S, until

DOMAIN = "central.example.cn"


def not_run(why: str) -> None:
    """Skips where a person runs the tests, fails where a machine promises that all of them ran."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"certificate authority tests not run: {why}")
    pytest.skip(f"not run: {why}")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Pebble:
    """directory: its address. http_port: where it looks for the challenge, at 127.0.0.1 whatever the name."""

    def __init__(self, folder: Path, *, external_accounts: bool = False, refused_nonces: int = 5) -> None:
        """refused_nonces: of a hundred good ones."""
        folder.mkdir()
        self._folder, self._refused_nonces = folder, refused_nonces
        ours = TestAuthority()
        certificate, key = write_pair(folder, ours.issue("127.0.0.1"))
        self.trusted = folder / "root.pem"
        self.trusted.write_bytes(ours.root)
        self._port, self._management, self.http_port = free_port(), free_port(), free_port()
        self._dns, self._dns_management = free_port(socket.SOCK_DGRAM), free_port()
        self.directory = f"https://127.0.0.1:{self._port}/dir"
        self.env = {"REQUESTS_CA_BUNDLE": str(self.trusted), "NO_PROXY": "127.0.0.1"}
        settings = {
            "listenAddress": f"127.0.0.1:{self._port}",
            "managementListenAddress": f"127.0.0.1:{self._management}",
            "certificate": str(certificate),
            "privateKey": str(key),
            "httpPort": self.http_port,
            "tlsPort": free_port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": external_accounts,
        }
        (folder / "config.json").write_text(json.dumps({"pebble": settings}))
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        usage = subprocess.run(["pebble-challtestsrv", "-help"], capture_output=True, text=True, check=False).stderr
        other_services = [name for name in ("http01", "https01", "tlsalpn01", "doh") if f"-{name} " in usage]
        self._run(
            "pebble-challtestsrv", *(f"-{name}=" for name in other_services), "-defaultIPv6=",
            "-dns01", f"127.0.0.1:{self._dns}", "-management", f"127.0.0.1:{self._dns_management}",
        )  # fmt: skip
        self._run("pebble", "-config", str(self._folder / "config.json"), "-dnsserver", f"127.0.0.1:{self._dns}")
        for port in (self._dns_management, self._port, self._management):
            until(lambda port=port: reachable(port) or self._ended(), "pebble is up")
        assert not self._ended(), (self._folder / "said").read_text()

    def _run(self, *command: str) -> None:
        env = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
        env["PEBBLE_WFE_NONCEREJECT"] = str(self._refused_nonces)
        with (self._folder / "said").open("a") as said:
            self._running.append(subprocess.Popen(command, env=env, stdout=said, stderr=said))

    def _ended(self) -> bool:
        return any(process.poll() is not None for process in self._running)

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=PATIENCE_S)
        self._running.clear()

    def root(self) -> str:
        """The root of what it issues; another one at each start."""
        context = ssl.create_default_context(cafile=str(self.trusted))
        return httpx.get(f"https://127.0.0.1:{self._management}/roots/0", verify=context, trust_env=False).text


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def make_pebble(tmp_path: Path) -> Iterator[Callable[..., Pebble]]:
    if not (shutil.which("pebble") and shutil.which("pebble-challtestsrv")):
        not_run("no pebble here; install the distribution's (apt install pebble)")
    made: list[Pebble] = []

    def make(**options: Any) -> Pebble:
        pebble = Pebble(tmp_path / f"pebble{len(made)}", **options)
        made.append(pebble)
        pebble.start()
        return pebble

    yield make
    for pebble in made:
        pebble.stop()


@pytest.fixture
def pebble(make_pebble: Callable[..., Pebble]) -> Pebble:
    return make_pebble()


@pytest.fixture
def authority_of_test() -> TestAuthority:
    return TestAuthority()

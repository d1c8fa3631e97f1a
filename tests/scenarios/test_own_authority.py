"""Central with a certificate of the community's own authority, and a node at a simulated gate: in processes of their
own, over real TLS. Who is told of the authority enrols and is heard; who is not refuses in words.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from central.base.postgres.ways import relocated
from scripts.demo.world import World
from tests.central.base.tls.making import TestAuthority, write_pair
from tests.central.process import PATIENCE_S, PROJECT, Central, until

EVERYTHING = """
import central.app, central.bootstrap
everything, plain = central.app.DOMAINS, central.app.register_domains
central.bootstrap.register_domains = lambda parts: plain(parts, everything)
"""
SITE = """
[node]
name = "东门"

[central]
url = "{url}"
{trust}
[[lane]]
code = "east-in"
name = "东门进"
direction = "in"
fail = "secure"
relay = "{relay}"
scanner = "{scanner}"
"""


class Manager:
    """An administrator at a browser that knows the authority too."""

    def __init__(self, central: Central, authority: TestAuthority):
        context = ssl.create_default_context(cadata=authority.root.decode("ascii"))
        self.http = httpx.Client(
            base_url=central.url(), headers={"origin": central.url()}, verify=context, trust_env=False,
            timeout=PATIENCE_S,
        )  # fmt: skip
        first = json.loads(central.first.read_text())
        self.post("session", login=first["login"], password=first["one_time_password"])
        changed = {"old_password": first["one_time_password"], "new_password": "a better horse 42"}
        assert self.http.put("/api/v1/session/password", json=changed).is_success
        self.community = self.post("communities", name="门庭花园")["community_id"]
        self.gate = self.post("gates", community_id=self.community, name="东门")["gate_id"]

    def post(self, path: str, **body: Any) -> Any:
        answer = self.http.post(f"/api/v1/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    def token(self) -> str:
        made = self.post("node-tokens", community_id=self.community, gate_id=self.gate, name="东门")
        return str(made["token"])

    def heard_upto(self, node_id: str) -> int:
        told = self.http.get("/api/v1/journal/proof", params={"node_id": node_id})
        return int(told.json()["items"][0]["upto_seq"]) if told.is_success and told.json()["items"] else 0


def edge(*arguments: object, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "edge", *map(str, arguments)], cwd=PROJECT, input=said, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False, env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip


@pytest.mark.req("SEC-03")
def test_a_node_believes_the_authority_it_was_told_of_and_no_other(tmp_path: Path) -> None:
    """Enrolment and events go over TLS, to whom the authority proves to be central."""
    authority = TestAuthority()
    certificate, key = write_pair(tmp_path, authority.issue("localhost", "127.0.0.1"))
    central = Central(tmp_path, "--tls-cert", str(certificate), "--tls-key", str(key), before=EVERYTHING)
    try:
        gate_and_central(central, authority, tmp_path)
    finally:
        central.stop()
        shutil.rmtree(relocated((tmp_path / "data" / "postgres").resolve()), ignore_errors=True)


def gate_and_central(central: Central, authority: TestAuthority, tmp_path: Path) -> None:
    manager = Manager(central, authority)
    ca, site, data = tmp_path / "ca.pem", tmp_path / "site.toml", tmp_path / "node"
    ca.write_bytes(authority.root)
    world = World(tmp_path / "world", ("east-in",))
    try:
        gate = world.lanes["east-in"].gate
        devices = {"relay": gate.board_address, "scanner": gate.scanner_address}
        site.write_text(SITE.format(url=central.url(), trust="", **devices))
        token = manager.token()
        stranger = edge("enrol", "--site", site, "--data", data, "--token", "-", said=token + "\n")
        assert stranger.returncode == 2 and "Traceback" not in stranger.stderr
        assert 'ca = "/…/ca.pem"' in stranger.stderr and "本节点不认识" in stranger.stderr
        assert "does not know the authority" in stranger.stderr and token not in stranger.stderr
        assert not (data / "node.json").exists()

        site.write_text(SITE.format(url=central.url(), trust=f'ca = "{ca}"', **devices))
        enrolled = edge("enrol", "--site", site, "--data", data, "--token", "-", said=token + "\n")
        assert enrolled.returncode == 0, enrolled.stderr
        node_id = json.loads((data / "node.json").read_text())["node_id"]
        node = subprocess.Popen(
            [sys.executable, "-P", "-m", "edge", "--site", site, "--data", data], cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT)}, stdout=subprocess.DEVNULL,
            stderr=(tmp_path / "edge.log").open("wb"),
        )  # fmt: skip
        try:
            until(lambda: manager.heard_upto(node_id) >= 2, "central has what the node wrote at its start")
        finally:
            node.terminate()
            assert node.wait(timeout=PATIENCE_S) == 0
    finally:
        world.close()
        manager.http.close()

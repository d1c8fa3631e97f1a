"""The signature of a node over each request: what it covers, how old it may be, and that it counts once."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from sqlalchemy import text

from central.app import create_app
from central.base.identity.guard import Db
from central.base.identity.nodes_auth import SKEW_MAX, NodeKey, read_header, requires_node, signed_text, sweep_nonces
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.errors import Unauthenticated
from central.base.kernel.session import tenant_session
from models.values.ids import new_id

pytestmark = pytest.mark.req("SEC-10")


@dataclass
class Node:
    """The node's side, written from the contract and not from the code under test."""

    id: UUID
    key: SigningKey
    client: TestClient

    def header(
        self, method: str, target: str, body: bytes, *, at_ms: int | None = None, nonce: str | None = None
    ) -> str:
        unix_ms = int(time.time() * 1000) if at_ms is None else at_ms
        nonce = nonce or new_id().hex
        covered = f"{method}\n{target}\n{unix_ms}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()
        signature = base64.urlsafe_b64encode(self.key.sign(covered).signature).decode().rstrip("=")
        return f"Menting-Node {self.id}.{unix_ms}.{nonce}.{signature}"

    def send(
        self, method: str = "POST", target: str = "/edge/v1/test", body: bytes = b'{"a":"b"}', header: str | None = None
    ):
        headers = {"authorization": header or self.header(method, target, body), "content-type": "application/json"}
        return self.client.request(method, target, content=body, headers=headers)


@pytest.fixture
def node(parts, two_tenants) -> Node:
    router = APIRouter()

    @router.post("/edge/v1/test")
    def post(body: dict[str, str], db: Db, actor: Annotated[Actor, requires_node()]) -> dict[str, object]:
        logins = db.execute(text("SELECT login FROM account")).scalars().all()
        return {"kind": actor.kind, "id": str(actor.id), "name": actor.name, "logins": logins, "body": body}

    @router.get("/edge/v1/{name}")
    def get(name: str, actor: Annotated[Actor, requires_node()]) -> str:
        return name

    key, node_id = SigningKey.generate(), new_id()
    known = {node_id: NodeKey(two_tenants.a, "东门", bytes(key.verify_key))}
    parts.nodes = lambda db, asked: known.get(asked)
    parts.routers.append(router)
    app = create_app(parts, background=False)
    return Node(node_id, key, TestClient(app, base_url="http://localhost", raise_server_exceptions=False))


def why(answer) -> str:
    assert answer.status_code == 401, answer.text
    return answer.json()["detail"]


@pytest.mark.req("ADMIN-02")
def test_a_signed_request_is_taken_in_the_nodes_own_tenant(node):
    answer = node.send()
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told == {
        "kind": ActorKind.NODE, "id": str(node.id), "name": "东门", "logins": ["admin.a"], "body": {"a": "b"},
    }  # fmt: skip


def test_the_query_and_an_encoded_path_are_covered_as_sent(node):
    for target in ("/edge/v1/downlink?snapshot=318&wait=20", "/edge/v1/%E9%97%A8?a=%2F&a=b+c"):
        assert node.send("GET", target, b"").status_code == 200, target


@pytest.mark.parametrize("changed", ["method", "path", "query", "body", "time", "nonce", "key", "node"])
def test_what_is_covered_cannot_be_changed(node, changed):
    target, body = "/edge/v1/test", b'{"a":"b"}'
    at = int(time.time() * 1000)
    header = node.header("POST", target, body, at_ms=at, nonce="n" * 22)
    match changed:
        case "method":
            header = node.header("PUT", target, body)
        case "path":
            header = node.header("POST", "/edge/v1/other", body)
        case "query":
            header = node.header("POST", target + "?a=1", body)
        case "body":
            body = b'{"a":"c"}'
        case "time":
            header = header.replace(str(at), str(at + 1))
        case "nonce":
            header = header.replace("n" * 22, "m" * 22)
        case "key":
            node.key = SigningKey.generate()
            header = node.header("POST", target, body)
        case "node":
            node.id = new_id()
            header = node.header("POST", target, body)
    assert "签名不对" in why(node.send(body=body, header=header))


def test_a_request_counts_once(node):
    header = node.header("POST", "/edge/v1/test", b'{"a":"b"}')
    assert node.send(header=header).status_code == 200
    assert "已经用过" in why(node.send(header=header))


def test_another_node_may_use_the_same_nonce_and_the_same_node_may_not(node):
    body = b'{"a":"b"}'
    first = node.header("POST", "/edge/v1/test", body, nonce="n" * 22)
    again = node.header("POST", "/edge/v1/test", body, nonce="n" * 22, at_ms=int(time.time() * 1000) + 5)
    assert node.send(header=first).status_code == 200
    assert "已经用过" in why(node.send(header=again))


@pytest.mark.parametrize("side", [-1, 1], ids=["behind", "ahead"])
def test_a_clock_may_be_five_minutes_off_and_no_more(node, side):
    assert timedelta(minutes=5) == SKEW_MAX
    now_ms = int(time.time() * 1000)
    near = node.header("POST", "/edge/v1/test", b'{"a":"b"}', at_ms=now_ms + side * 290_000)
    far = node.header("POST", "/edge/v1/test", b'{"a":"b"}', at_ms=now_ms + side * 310_000)
    assert node.send(header=near).status_code == 200
    refused = node.send(header=far)
    assert "校时" in why(refused) and "server_time" in refused.json()


def test_a_nonce_is_kept_for_as_long_as_its_time_could_be_accepted(node, database, two_tenants):
    node.send()
    for minutes, left in ((9, 1), (11, 0)):
        with tenant_session(database.engine, two_tenants.a) as db:
            sweep_nonces(db, clock.now() + timedelta(minutes=minutes))
            assert db.scalar(text("SELECT count(*) FROM node_nonce")) == left


def test_without_a_lookup_no_node_is_known(node):
    node.client.app.state.nodes = None
    assert "签名不对" in why(node.send())


@pytest.mark.req("SEC-10")
def test_a_refused_request_has_used_up_its_nonce(node):
    refused = node.header("POST", "/edge/v1/test", b"[]", nonce="n" * 22)
    assert node.send(body=b"[]", header=refused).status_code == 422
    assert "已经用过" in why(node.send(body=b"[]", header=refused))


def test_a_request_that_was_not_the_nodes_uses_up_nothing(node):
    body = b'{"a":"b"}'
    good = node.header("POST", "/edge/v1/test", body, nonce="n" * 22)
    assert "签名不对" in why(node.send(body=b'{"a":"c"}', header=good))
    assert node.send(header=good).status_code == 200


@pytest.mark.req("SEC-04")
def test_a_cookie_opens_no_nodes_route(node, someone):
    person = someone("administrator")
    node.client.cookies.set("menting_session", person.token)
    answer = node.client.post("/edge/v1/test", json={"a": "b"})
    assert "节点签名" in why(answer)


HEADERS = [
    None, "", "Menting-Node", "Bearer x", "Menting-Node a.b.c.d", f"Menting-Node {new_id()}.1.n.s",
    f"Menting-Node {new_id()}.1700000000000.{'n' * 22}.{'*' * 86}",
    f"menting-node {new_id()}.1700000000000.{'n' * 22}.{'s' * 86}",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_other_headers_are_refused(header):
    with pytest.raises(Unauthenticated):
        read_header(header)


@given(st.text(max_size=300))
def test_no_header_breaks_the_reader(header):
    with pytest.raises(Unauthenticated):
        read_header(f"Menting-Node {header}")


@given(
    st.uuids(),
    st.integers(10**12, 10**13 - 1),
    st.binary(min_size=64, max_size=64),
    st.text("abcXYZ019_-", min_size=16, max_size=64),
)
def test_a_wellformed_header_reads_back(node_id, unix_ms, signature, nonce):
    shown = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    signed = read_header(f"Menting-Node {node_id}.{unix_ms}.{nonce}.{shown}")
    assert (signed.node_id, signed.unix_ms, signed.nonce, signed.signature) == (node_id, unix_ms, nonce, signature)


def test_the_covered_text_is_the_contracts():
    covered = signed_text("POST", "/edge/v1/batches?a=1", 1700000000000, "nonce", b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert covered == f"POST\n/edge/v1/batches?a=1\n1700000000000\nnonce\n{empty}".encode()

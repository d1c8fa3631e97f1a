"""A node gets its identity once, with the key that never left it."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from edge.health.clock import Clock
from edge.store.files import FileExposed
from edge.store.keys import KeyRing
from edge.sync.client import InsecureAddress, Offline
from edge.sync.enrol import AlreadyEnrolled, Node, NotEnrolled, NotTaken, enrol, load_node
from edge.sync.enrol_words import told_beside
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import EnrolLane, EnrolRefusal, EnrolReply, EnrolRequest

TOKEN = "one-time-token-0123456789"
LANES = [EnrolLane(code="east-in", name="东门进", direction="in")]


class Central:
    def __init__(self) -> None:
        self.asked: list[EnrolRequest] = []
        self.reply = EnrolReply(
            node_id=new_id(), site_id=new_id(), tenant_id=new_id(), central_key="cd" * 32, server_time=utc_now(),
            lanes=(Lane(lane_id=new_id(), code="east-in", name="东门进", gate_id=new_id(), gate_number=0,
                        direction=Direction.IN),),
        )  # fmt: skip

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/edge/v1/enrol")
        assert "authorization" not in request.headers
        self.asked.append(EnrolRequest.model_validate_json(request.content))
        return httpx.Response(201, content=self.reply.model_dump_json())


def enrolled(path: Path, central: httpx.MockTransport, keys: KeyRing, url: str = "https://central.example/") -> Node:
    return enrol(path, url, TOKEN, "东门", "0.1.0", LANES, keys, Clock(), transport=central)


def test_a_node_is_enrolled_once_and_knows_itself_afterwards(tmp_path: Path, keys: KeyRing) -> None:
    central, path = Central(), tmp_path / "node" / "node.json"
    node = enrolled(path, httpx.MockTransport(central), keys)
    assert load_node(path) == node
    assert (node.node_id, node.central_key, node.central_url) == (
        central.reply.node_id, "cd" * 32, "https://central.example"
    )  # fmt: skip
    assert node.lanes == central.reply.lanes and node.name == "东门"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert central.asked[0].public_key == keys.public_key.hex() and central.asked[0].token == TOKEN
    assert TOKEN not in path.read_text() and bytes(keys.signing_key).hex() not in path.read_text()
    with pytest.raises(AlreadyEnrolled):
        enrolled(path, httpx.MockTransport(central), keys)
    assert len(central.asked) == 1


def test_nothing_is_kept_when_central_says_no_or_nothing(tmp_path: Path, keys: KeyRing) -> None:
    path = tmp_path / "node.json"

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    with pytest.raises(Offline):
        enrolled(path, httpx.MockTransport(gone), keys)
    with pytest.raises(NotTaken, match="other gate"):
        answer = {"type": "urn:menting:problem:conflict", "title": "lane of an other gate"}
        enrolled(path, httpx.MockTransport(lambda _: httpx.Response(409, json=answer)), keys)
    assert not path.exists()


def test_a_used_or_expired_token_is_refused_in_the_nodes_own_words_in_both_languages(
    tmp_path: Path, keys: KeyRing
) -> None:
    answer = {"type": "urn:menting:problem:gone", "title": "已失效", "detail": "注册码已用过或已过期，请重新生成。"}
    with pytest.raises(NotTaken) as refused:
        enrolled(tmp_path / "node.json", httpx.MockTransport(lambda _: httpx.Response(410, json=answer)), keys)
    zh, en = str(refused.value).split(" / ")
    assert "注册码已用过或已过期" in zh and "重新生成" in zh
    assert "was used or is too old" in en and "make a new one" in en and en.isascii()


@pytest.mark.req("SYNC-18")
@pytest.mark.parametrize("why", EnrolRefusal)
def test_each_refusal_is_told_in_both_languages_with_what_to_do(
    tmp_path: Path, keys: KeyRing, why: EnrolRefusal
) -> None:
    answer = {"type": "urn:menting:problem:conflict", "title": "x", "detail": "中心的话", "why": why, "lane": "east-in"}
    with pytest.raises(NotTaken) as refused:
        enrolled(tmp_path / "node.json", httpx.MockTransport(lambda _: httpx.Response(409, json=answer)), keys)
    zh, en = str(refused.value).split(" / ")
    assert en.isascii() and "中心的话" not in zh and len(zh) > 10, "no sentence of central's is needed"
    of_one_lane = why in (EnrolRefusal.LANE_ELSEWHERE, EnrolRefusal.LANE_DIRECTION)
    assert ("east-in" in zh) == ("east-in" in en) == of_one_lane


@pytest.mark.req("SYNC-18")
def test_that_the_gate_has_a_node_is_told_and_not_kept(tmp_path: Path, keys: KeyRing) -> None:
    central = Central()
    central.reply = central.reply.model_copy(update={"beside": ("东门岗", "old")})
    node = enrolled(tmp_path / "node.json", httpx.MockTransport(central), keys)
    assert node.beside == ("东门岗", "old") and load_node(tmp_path / "node.json").beside == ()
    zh, en = told_beside(node.beside).splitlines()
    assert "东门岗、old" in zh and "停用" in zh and "东门岗, old" in en and "retire it" in en


def test_a_token_is_never_shown_to_an_unsafe_address(tmp_path: Path, keys: KeyRing) -> None:
    central = Central()
    with pytest.raises(InsecureAddress):
        enrolled(tmp_path / "node.json", httpx.MockTransport(central), keys, url="http://central.example")
    assert not central.asked


def test_an_identity_that_is_missing_damaged_or_exposed_is_told(tmp_path: Path, keys: KeyRing, node_id: UUID) -> None:
    path = tmp_path / "node.json"
    with pytest.raises(NotEnrolled, match="not enrolled"):
        load_node(path)
    enrolled(path, httpx.MockTransport(Central()), keys)
    path.chmod(0o644)
    with pytest.raises(FileExposed):
        load_node(path)
    path.chmod(0o600)
    path.write_text("{")
    with pytest.raises(NotEnrolled, match="damaged"):
        load_node(path)

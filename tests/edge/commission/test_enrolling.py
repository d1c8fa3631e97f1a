"""Enrolling from the page: what is refused, in which words, at which field, and what is written before it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from edge.site import read_site
from edge.sync.enrol import load_node
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import EnrolReply
from tests.central.base.tls.making import NOW, TestAuthority, write_pair
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_serving import GOOD
from tests.edge.sync.test_reach import answering

TOKEN = "t" * 43


def reply(**more: object) -> bytes:
    """What central says to a node whose lane is `a`."""
    lane = Lane(lane_id=new_id(), code="a", name="进", gate_id=new_id(), gate_number=0, direction=Direction.IN)
    told = EnrolReply.model_validate(
        {"node_id": new_id(), "site_id": new_id(), "tenant_id": new_id(), "central_key": "cd" * 32,
         "server_time": utc_now(), "lanes": (lane,)} | more
    )  # fmt: skip
    return told.model_dump_json().encode()


Answers = Callable[[], tuple[int, bytes]]


class Central(HTTPServer):
    """Answers every enrolment with what `answers` says, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: Answers = lambda: (200, reply())
        self.asked: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Central

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status, content = self.server.answers()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def central() -> Iterator[Central]:
    made = Central()
    running = threading.Thread(target=made.serve_forever)
    running.start()
    yield made
    made.shutdown()
    running.join()
    made.server_close()


@pytest.fixture
def inside(page: Page) -> Page:
    page.enter()
    page.desk.change(GOOD)
    return page


def send(page: Page, url: str, token: str = TOKEN, **more: str) -> Any:
    return page.client.post("/checklist/enrol", data={"central.url": url, "token": token, **more}, timeout=30)


@pytest.mark.req("ACC-23", "SYNC-18")
def test_an_enrolment_writes_the_file_first_and_ends_with_its_point_done(
    inside: Page, central: Central, tmp_path: Path
) -> None:
    done = send(inside, central.url)
    assert done.status_code == 303 and done.headers["location"] == "/checklist#enrolled"
    assert read_site(tmp_path / "site.toml").central.url == central.url
    assert load_node(tmp_path / "node" / "node.json").central_url == central.url
    (asked,) = central.asked
    assert (asked["token"], asked["name"], [lane["code"] for lane in asked["lanes"]]) == (TOKEN, "门", ["a"])
    listed = inside.client.get("/checklist").text
    assert "启动节点后，规则就从中心下来" in listed and TOKEN not in listed
    assert send(inside, central.url).status_code == 303, "pressed twice"
    assert len(central.asked) == 1


def refused(status: int, why: str = "") -> Answers:
    return lambda: (status, json.dumps({"title": "x", "why": why} if why else {"title": "x"}).encode())


@pytest.mark.parametrize(
    ("answers", "words", "kept"),
    [
        (refused(401), "注册码不正确", False),
        (refused(410), "注册码已用过或已过期", False),
        (refused(409, "key_taken"), "数据文件夹多半是复制来的", False),
        (refused(503), "中心暂时无法处理", True),
        (lambda: (200, b"<html>log in to the hotel"), "中心的回答无法理解", True),
    ],
)
def test_what_central_refuses_is_told_at_its_field_and_the_address_stays(
    inside: Page, central: Central, answers: Answers, words: str, kept: bool
) -> None:
    central.answers = answers
    told = send(inside, central.url)
    assert told.status_code == 409 and words in told.text and 'id="wrong"' in told.text
    assert f'value="{central.url}"' in told.text and (TOKEN in told.text) == kept
    assert not (inside.desk.keeping.data / "node.json").exists()
    assert inside.client.get("/language?to=en&back=/checklist").status_code == 303
    assert "/language?to=en&amp;back=/checklist" in told.text, "the other language is asked of a page that is there"


def test_what_is_typed_wrong_is_told_before_anything_is_asked(inside: Page, central: Central, tmp_path: Path) -> None:
    for form, words in (
        ({"url": ""}, "请填写中心的地址"),
        ({"url": "http://central.example"}, "必须使用 https"),
        ({"url": central.url, "token": ""}, "请填写注册码"),
        ({"url": central.url, "token": "short"}, "注册码不完整"),
        ({"url": central.url, "central.ca": str(tmp_path / "no.pem")}, "没有这个文件"),
        ({"url": central.url, "central.ca": "ca.pem"}, "请写完整路径"),
    ):
        told = send(inside, **form)
        assert told.status_code == 409 and words in told.text, words
        assert told.text.count('aria-invalid="true"') == 1
    assert central.asked == []


def test_a_draft_with_another_mistake_is_mended_first(inside: Page, central: Central, tmp_path: Path) -> None:
    inside.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "fail": "never"}]})
    told = send(inside, central.url)
    assert told.status_code == 409 and "草稿还不能写入" in told.text and "/site#problems" in told.text
    assert central.asked == [] and not (tmp_path / "site.toml").exists()


def test_why_central_is_not_reached_is_told_in_the_words_of_the_page(inside: Page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    told = send(inside, f"http://127.0.0.1:{port}")
    assert "无法连接中心" in told.text and "请核对中心的地址" in told.text and "站点文件 [central]" not in told.text
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        assert "这个端口不是 https" in send(inside, f"https://127.0.0.1:{other}").text


@pytest.mark.req("SEC-03")
@pytest.mark.parametrize(
    ("own", "days", "words"),
    [(False, 0, "“给中心签证书的机构”里填写它的文件"), (True, 2, "请先看本机时间"), (True, 0, "")],
)
def test_a_certificate_that_is_not_believed_is_told(
    inside: Page, tmp_path: Path, own: bool, days: int, words: str
) -> None:
    authority = TestAuthority()
    begins = NOW + timedelta(days=days) if days else NOW - timedelta(days=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_pair(tmp_path, authority.issue("127.0.0.1", begins=begins)))
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.root)
    with answering(b"", context) as port:
        told = send(inside, f"https://127.0.0.1:{port}", **({"central.ca": str(ca)} if own else {}))
    assert told.status_code == 409 and (words or "无法连接中心") in told.text


def test_a_wrong_clock_and_a_node_that_was_there_are_told_with_the_success(inside: Page, central: Central) -> None:
    central.answers = lambda: (200, reply(server_time=utc_now() + timedelta(hours=3), beside=("旧岗亭",)))
    assert send(inside, central.url).status_code == 303
    listed = inside.client.get("/checklist").text
    assert "时钟比中心慢" in listed and "旧岗亭" in listed
    inside.client.cookies.set("menting_language", "en")
    english = inside.client.get("/checklist").text
    assert "behind central" in english and "Take it off the doors" in english


def test_a_simulated_gate_enrols_nowhere(inside: Page, central: Central) -> None:
    inside.desk.simulated = True
    assert send(inside, central.url).status_code == 404 and central.asked == []

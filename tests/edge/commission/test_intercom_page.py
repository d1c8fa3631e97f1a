"""A door's intercom on the page: by contact or by network, its secret shown once, a test that waits for its call."""

from __future__ import annotations

import http.client
import re
import socket
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.commission.checklist import Item, points_of
from edge.commission.intercom import shown
from edge.commission.reached import own_address
from edge.intercom.digest import Peer, respond
from edge.site import site_of
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page

LANE: dict[str, Any] = {
    "code": "a", "name": "东门", "direction": "in", "fail": "safe", "scanner": "scanner+serial:///dev/s",
    "relay": "modbus+serial:///dev/x?profile=waveshare-8",
}  # fmt: skip
TREE: dict[str, Any] = {"node": {"name": "门"}, "lane": [LANE]}
FORM = {"code": "a", "address": "127.0.0.1", "user": "east", "listen": "127.0.0.1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def refusal(text: str) -> str:
    return text.split('id="lane.1.intercom.wrong"')[1].split("</span>")[0]


def table(page: Page) -> dict[str, Any]:
    made: dict[str, Any] = page.desk.kept.tree["lane"][0]["intercom"]
    return made


@pytest.mark.req("INT-12")
def test_the_dry_contact_is_chosen_among_the_free_inputs_and_refused_where_one_is_taken(page: Page) -> None:
    page.enter()
    page.desk.change(TREE)
    card = page.client.get("/site").text.split('id="lane.1.intercom"')[1].split("</details>")[0]
    assert "3 · 已接消防<" in card and 'value="4" selected' in card and "4 · 空" in card and "没有装" in card
    taken = page.client.post("/site/intercom/contact", data={"code": "a", "input": "3"})
    assert taken.status_code == 409 and "输入 3 已接" in refusal(taken.text)
    assert page.client.post("/site/intercom/contact", data={"code": "a", "input": "9"}).status_code == 409
    assert page.desk.kept.tree == TREE
    assert page.client.post("/site/intercom/contact", data={"code": "a", "input": "4"}).status_code == 303
    assert page.desk.kept.tree["lane"][0]["contacts"]["intercom"] == 4
    assert "干接点，输入 4" in page.client.get("/site").text
    assert Item.INTERCOM in {one.item for one in points_of(page.desk.kept.tree)}
    page.client.post("/site/intercom/drop", data={"code": "a"})
    assert shown(page.desk.kept.tree, page.desk.kept.tree["lane"][0]).by == ""


@pytest.mark.req("INT-12", "SEC-06")
def test_a_secret_is_made_here_written_for_the_node_alone_and_shown_a_single_time(page: Page, tmp_path: Path) -> None:
    page.enter()
    page.desk.change({**TREE, "lane": [{**LANE, "contacts": {"intercom": 4}}]})
    answer = page.client.post("/site/intercom/network", data=FORM | {"calls": "on"})
    where = answer.headers["location"]
    path = Path(table(page)["secret_file"])
    secret = path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.parent == tmp_path / "secrets" and len(secret) >= 16
    assert table(page)["calls"] is True and page.desk.kept.tree["lane"][0]["contacts"]["intercom"] == 0
    first, again = page.client.get(where).text, page.client.get(where).text
    assert secret in first and "密钥只显示这一次" in first and secret not in again and "只在做成的那一次显示" in again
    assert "http://127.0.0.1:8091/intercom/a" in first and "127.0.0.1 只有本机自己叫得到" in first
    for page_of in ("/site", "/checklist", "/intercom?lane=a"):
        assert secret not in page.client.get(page_of).text
    assert secret.encode() not in page.client.get("/report.zip").content
    assert page.client.post("/site/write").status_code == 303
    site = site_of(page.desk.keeping.site_file.read_text("utf-8"), page.desk.keeping.site_file)
    assert site.lane[0].intercom is not None and site.lane[0].intercom.peer("a").secret == secret
    page.client.post("/site/intercom/network", data=FORM | {"user": "west"})
    assert table(page)["secret_file"] == str(path) and table(page)["user"] == "west" and "calls" not in table(page)
    page.client.post("/site/intercom/network", data=FORM | {"renew": "on"})
    assert table(page)["secret_file"] != str(path) and path.read_text("utf-8") == secret, "the written file goes on"


@pytest.mark.req("INT-12")
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"address": "door.local"}, "要写 IP 地址"),
        ({"user": "东门"}, "只用字母、数字"),
        ({"listen": "x"}, "要写 IP 地址"),
    ],
)
def test_what_the_site_check_refuses_of_a_call_is_refused_in_its_words_and_no_secret_is_made(
    page: Page, tmp_path: Path, form: dict[str, str], said: str
) -> None:
    page.enter()
    page.desk.change({"lane": [{"code": "a", "name": "东门"}]})
    before = page.desk.kept.tree
    answer = page.client.post("/site/intercom/network", data=FORM | form)
    assert answer.status_code == 409 and said in refusal(answer.text) and page.desk.kept.tree == before
    assert not (tmp_path / "secrets").exists()
    for path in ("/site/intercom/network", "/site/intercom/contact", "/site/intercom/drop", "/intercom/begin"):
        assert page.client.post(path, data=FORM | {"code": "another"}).status_code == 404
    assert page.client.get("/intercom?lane=a").status_code == 404 == page.client.get("/intercom?lane=z").status_code


def test_a_secret_lies_beside_the_site_file_whatever_the_draft_calls_the_lane(page: Page, tmp_path: Path) -> None:
    page.enter()
    page.desk.change({"lane": [{**LANE, "code": "../../x/y"}]})
    page.client.post("/site/intercom/network", data=FORM | {"code": "../../x/y"})
    assert Path(table(page)["secret_file"]).parent == tmp_path / "secrets"
    assert not own_address("door.local") and own_address("127.0.0.1") == "127.0.0.1"


class Intercom:
    """One that calls the page's own trial."""

    def __init__(self, port: int, peer: Peer) -> None:
        self.port, self.peer, self.uri = port, peer, "/intercom/a"

    def call(self, uri: str = "", authorization: str | None = None) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request("POST", uri or self.uri, headers={"Authorization": authorization} if authorization else {})
        answer = line.getresponse()
        answer.read()
        found = re.search(r'nonce="([0-9a-f]+)"', answer.headers.get("WWW-Authenticate", ""))
        line.close()
        return answer.status, found[1] if found else ""

    def proves(self, uri: str = "", **other: str) -> int:
        _, nonce = self.call(uri)
        return self.call(uri, respond(replace(self.peer, **other), uri or self.uri, nonce))[0]


def begun(page: Page, **more: Any) -> Intercom:
    """The intercom of lane `a` is waited for at a free port."""
    port = free_port()
    page.desk.change({**TREE, "intercoms": {"port": port}})
    page.client.post("/site/intercom/network", data=FORM | more)
    assert page.client.post("/intercom/begin", data={"code": "a"}).status_code == 303
    assert eventually(lambda: page.desk.intercom is not None and page.desk.intercom.state().listening)
    secret = Path(table(page)["secret_file"]).read_text("utf-8")
    return Intercom(port, Peer("a", "127.0.0.1", "east", secret))


def state(page: Page) -> Any:
    assert page.desk.intercom is not None
    return page.client.get("/intercom/state", params={"lane": "a", "test": page.desk.intercom.id}).json()


@pytest.mark.req("INT-12")
def test_the_test_waits_for_the_call_and_says_who_came_and_why_it_was_refused(page: Page) -> None:
    page.enter()
    intercom = begun(page)
    assert state(page)["came"] == [] and "正在等" in state(page)["doing"]
    assert "○" in page.point("intercom.a") and "实测" not in page.point("intercom.a")
    said: list[str] = []
    for call in (
        lambda: intercom.call(), lambda: intercom.proves(secret="quite-another-secret"),
        lambda: intercom.proves(user="west"), lambda: intercom.call("/intercom/b"), lambda: intercom.call("/"),
        lambda: intercom.call("/intercom/a?name=x"),
    ):  # fmt: skip
        call()
        said.append(state(page)["came"][0]["what"])
        assert not state(page)["came"][0]["works"]
    told_as = ("没有带证明", "登录名对，密钥不对", "登录名是“west”，应是“east”", "别的路径", "别的路径", "读不懂")
    for told, words in zip(said, told_as, strict=True):
        assert words in told and "127.0.0.1" in told, told
    assert intercom.proves("/intercom/a?call=7&answered=1102") == 204
    newest = state(page)["came"][0]
    assert newest["works"] and "证明正确，请求开门" in newest["what"] and "通话 7 · 接听 1102" in newest["more"]
    assert "实测" in page.point("intercom.a") and "证明正确" in page.point("intercom.a")
    page.tick("intercom.a", by="陈工")
    assert "✓" in page.point("intercom.a")
    page.desk.rename("a", "b")
    assert "确认之后改过" in page.point("intercom.b") and "实测" not in page.point("intercom.b"), "another path to call"
    page.desk.rename("b", "a")
    intercom.proves()
    page.client.post("/site/intercom/network", data=FORM | {"renew": "on"})
    assert "实测" not in page.point("intercom.a")


@pytest.mark.req("INT-12")
def test_one_that_tells_of_its_calls_is_told_that_none_is_in_progress_and_another_address_that_it_is_a_stranger(
    page: Page,
) -> None:
    page.enter()
    intercom = begun(page, calls="on")
    assert intercom.proves("/intercom/a?call=7") == 409
    assert "没有正在进行的通话" in state(page)["came"][0]["what"]
    assert intercom.proves("/intercom/a?event=begin&call=7") == 204 == intercom.proves("/intercom/a?call=7")
    assert "请求开门" in state(page)["came"][0]["what"]
    page.desk.change({**TREE, "intercoms": {"port": intercom.port}})
    page.client.post("/site/intercom/network", data=FORM | {"address": "192.0.2.50"})
    page.client.post("/intercom/begin", data={"code": "a"})
    assert eventually(lambda: page.desk.intercom is not None and page.desk.intercom.state().listening)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        intercom.call()
    assert eventually(lambda: bool(state(page)["came"]))
    assert "不是填写的地址" in state(page)["came"][0]["what"] and not state(page)["came"][0]["works"]


@pytest.mark.req("INT-12", "ACC-23")
def test_what_keeps_it_from_waiting_is_said_and_another_test_ends_it(page: Page) -> None:
    page.enter()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        page.desk.change({**TREE, "intercoms": {"port": taken.getsockname()[1]}})
        page.client.post("/site/intercom/network", data=FORM)
        page.client.post("/intercom/begin", data={"code": "a"})
        assert eventually(lambda: "不能在这个地址等" in state(page)["why"])
        assert page.desk.intercom is not None
        mine = {"lane": "a", "test": page.desk.intercom.id}
        assert page.client.post("/intercom/stop", data={"lane": "a", "test": "x"}).status_code == 409
        assert page.client.post("/intercom/stop", data=mine).status_code == 303
    assert page.client.get("/intercom/state", params=mine).json() == {"over": True, "doing": "已停止"}
    Path(table(page)["secret_file"]).unlink()
    page.client.post("/intercom/begin", data={"code": "a"})
    assert eventually(lambda: "不能开始" in state(page)["why"] and state(page)["over"])
    mine = {"lane": "a", "test": page.desk.intercom.id}
    page.client.post("/setup", data={"scheme": "scanner+serial", "where": "/dev/none"})
    told = page.client.get("/intercom/state", params=mine).json()
    assert told["over"] and told["way"] == ["去看现在的测试", "/trial"] and page.desk.intercom is None

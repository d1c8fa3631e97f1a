"""The page over real HTTP: who may use it, what is refused, what is written and what is kept."""

from __future__ import annotations

import re
import socket
import stat
import threading
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from devices.capture import from_text
from devices.sim.onvif_camera import OnvifCameraSim
from edge.commission import serving
from edge.commission.command import commission, serve
from edge.commission.desk import Desk
from edge.commission.found import Found, Plug
from edge.commission.keeping import Keeping
from edge.commission.picker import options
from edge.commission.words import PAGE
from edge.folder import NodeFolder
from edge.site import read_site
from edge.site_problem import SiteError
from models.values.time import utc_now
from tests.edge.commission.conftest import Page, enrol

GOOD = {
    "node": {"name": "门"},
    "lane": [
        {"code": "a", "name": "进", "direction": "in", "fail": "safe",
         "relay": "modbus+serial:///dev/x?profile=waveshare-8", "camera": "rtsp://gate:own-secret-9@cam/live"},
    ],
}  # fmt: skip


def test_the_page_takes_so_many_connections_and_no_more(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.local_http.CONNECTIONS_MAX", 0)
    with pytest.raises(httpx.TransportError):
        page.client.get("/enter")


def test_nobody_gets_in_without_the_code_and_a_used_one_opens_nothing(page: Page) -> None:
    for path in ("/", "/devices", "/trial/state", "/report.zip", "/photo/x.jpg"):
        answer = page.client.get(path)
        assert answer.status_code == 303 and urlsplit(answer.headers["location"]).path == "/enter"
    assert page.client.post("/trial/pulse", data={"channel": "1", "sure": "yes"}).status_code == 401
    code = page.codes[-1]
    page.enter()
    devices = page.client.get("/devices")
    assert devices.status_code == 200 and "没有软件应答" in devices.text and page.codes[-1] != code
    stranger = httpx.Client(base_url=page.url, headers={"Origin": page.url})
    told = stranger.post("/enter", data={"code": code})
    assert told.status_code == 403 and "代码不对" in told.text
    for _ in range(5):
        told = stranger.post("/enter", data={"code": "AAAA-AAAA"})
    assert told.status_code == 429 and stranger.post("/enter", data={"code": page.codes[-1]}).status_code == 429


@pytest.mark.req("SEC-04")
def test_another_sites_form_or_name_moves_nothing(page: Page) -> None:
    page.enter()
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {"Origin": ""}):
        assert page.client.post("/site/node", data={"name": "x"}, headers=headers).status_code == 403
    assert page.client.get("/devices", headers={"Host": "evil.example"}).status_code == 400
    assert page.desk.kept.tree == {}
    answer = page.client.get("/devices")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "httponly" in page.client.post("/enter", data={"code": page.codes[-1]}).headers["set-cookie"].lower()


def test_inputs_are_bounded_and_wrong_ones_are_answered_in_words(page: Page) -> None:
    page.enter()
    assert page.client.post("/site/node", data={"name": "x" * 100_000}).status_code == 413
    assert page.client.post("/site/node", content=iter([b"name=x"])).status_code == 413, "without a length"
    assert page.client.get("/photo/..%2f..%2fstate.json").status_code == 404
    assert page.client.post("/checklist/tick", data={"key": "../x", "by": "y"}).status_code == 404
    assert page.client.get("/language?to=en&back=//evil.example").headers["location"] == "/"
    bad = page.client.post("/setup", data={"scheme": "modbus+serial", "where": "/dev/x", "profile": "no-such"})
    assert bad.status_code == 400 and "waveshare-8" in bad.text
    board = {"scheme": "modbus+serial", "where": "/dev/x", "profile": "waveshare-8", "unit": "1o"}
    bad = page.client.post("/setup", data=board)
    field = bad.text[bad.text.index('id="unit"') :].split("</label>")[0]
    assert bad.status_code == 400 and 'value="1o"' in field and "Only this is allowed here: 1 to 255" in field
    assert page.client.post("/trial/pulse", data={"channel": "1", "sure": "yes"}).status_code == 409
    page.desk.change(GOOD)
    for key, content, status, words in (
        ("sign.a", b"no picture", 422, "This is no photo; choose a JPEG or PNG"),
        ("fail_state.a", bytes(40_000_000), 413, "The photo is larger than 15 MB; send a smaller one"),
        ("sign.a", bytes(15_010_000), 422, "larger than 15 MB"),
    ):
        sent = page.client.post("/checklist/photo", params={"key": key}, files={"photo": ("a.jpg", content)})
        point = sent.text[sent.text.index(f'id="{key}"') :].split("</li>")[0]
        assert sent.status_code == status and words in point and 'name="note"' in point
    assert page.desk.keeping.photos() == ()
    assert page.client.post("/checklist/photo", params={"key": "x"}, files={"photo": b""}).status_code == 404


def test_a_port_that_is_not_there_is_told_and_what_passed_can_be_kept(page: Page, tmp_path: Path) -> None:
    page.enter()
    form = {"scheme": "modbus+serial", "where": str(tmp_path / "none"), "profile": "waveshare-8"}
    assert page.client.post("/setup", data=form).status_code == 303
    trial = page.desk.trial
    assert trial is not None
    trial.join(20)
    state = page.state()
    assert state["doing"] == "over" and "端口不在" in state["findings"][0]["what"]
    trial.recording.asked("read_inputs", (), {"error": "Unreachable"})
    page.ask("/trial/record")
    (kept,) = page.desk.keeping.captures()
    assert from_text(kept.read_text("utf-8")).simulated is False


def test_a_site_file_is_written_whole_with_the_old_one_beside_it_or_not_at_all(page: Page, tmp_path: Path) -> None:
    page.enter()
    path = tmp_path / "site.toml"
    path.write_text("# mine\n")
    path.chmod(0o640)
    page.desk.take_file()
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "fail": "never"}]})
    refused = page.client.post("/site/write")
    assert refused.status_code == 409 and 'href="#lane.1.fail"' in refused.text and path.read_text() == "# mine\n"
    page.desk.change(GOOD)
    assert page.client.post("/site/write").status_code == 303
    assert read_site(path).lane[0].camera == "rtsp://gate:own-secret-9@cam/live"
    (before,) = tmp_path.glob("site.toml.by-hand-*")
    assert before.read_text() == "# mine\n" and stat.S_IMODE(path.stat().st_mode) == 0o640
    for where in ("/site", "/checklist"):
        assert "own-secret-9" not in page.client.get(where).text
    assert b"own-secret-9" not in page.client.get("/report.zip").content


def test_a_gate_that_was_never_enrolled_is_told_so_everywhere_with_what_to_do(page: Page, tmp_path: Path) -> None:
    page.enter()
    page.desk.change(GOOD)
    assert page.client.post("/site/write").status_code == 303
    told = page.client.get("/site?written=1").text
    assert "登记之前谁也进不来" in told and "/checklist#enrolled" in told and "独立运行" not in told
    listed = page.client.get("/checklist").text
    assert 'name="central.url" value=""' in listed and 'name="token" value=""' in listed
    assert "中心的“节点”页" in listed and "○ 节点已在中心登记" in listed
    page.desk.change({**GOOD, "central": {"url": "https://central.example"}})
    assert "草稿还没有写入" in page.client.get("/checklist").text
    page.client.post("/site/write")
    listed = page.client.get("/checklist").text
    assert 'name="central.url" value="https://central.example"' in listed and "✓ 站点文件已写入" in listed
    enrol(tmp_path / "node", "b")
    listed = page.client.get("/checklist").text
    assert "有通道是登记以后加的" in listed and "把整个文件夹移开" in listed and 'name="token"' not in listed
    enrol(tmp_path / "node", "a")
    listed = page.client.get("/checklist").text
    assert "✓ 节点已在中心登记" in listed and "已登记，名称“n”" in listed and 'name="token"' not in listed
    assert "登记之前" not in page.client.get("/site").text
    assert page.client.post("/checklist/tick", data={"key": "enrolled", "by": "陈"}).status_code == 404


def test_the_checkers_name_is_typed_once(page: Page) -> None:
    page.enter()
    page.desk.change(GOOD)
    assert 'value="陈工"' not in page.client.get("/checklist").text
    ticked = page.tick("sign.a", by="陈工")
    assert "max-age" not in ticked.headers["set-cookie"].lower() and "expires" not in ticked.headers["set-cookie"]
    assert page.client.get("/checklist").text.count('name="by" value="陈工"') == 8
    page.client.post("/checklist/tick", data={"key": "sign.a", "undo": "1"})
    assert page.client.get("/checklist").text.count('name="by" value="陈工"') == 9


def test_only_a_device_that_works_is_used_for_a_lane(
    page: Page, tmp_path: Path, until: Callable[[Callable[[], object]], None]
) -> None:
    page.enter()
    page.desk.change(GOOD)
    board = {"scheme": "modbus+serial", "where": str(tmp_path / "none"), "unit": "7", "profile": "waveshare-8"}
    page.client.post("/setup", data=board)
    until(lambda: page.state()["doing"] == "over")
    state = page.state()
    assert not state["usable"] and state["findings"][0]["links"] == [
        {"text": "设备", "href": "/devices"},
        {"text": "修改“位置”", "href": f"/setup?again={page.meant['test']}#where"},
    ]  # fmt: skip
    refused = page.ask("/trial/keep", lane="a")
    assert refused.status_code == 409 and "这个端口不在了" in refused.text.split('id="refused"')[1].split("</p>")[0]
    assert page.desk.kept.tree == GOOD
    again = page.client.get("/setup", params={"again": page.meant["test"]}).text
    assert str(tmp_path / "none") in again and 'id="unit" name="unit" value="7"' in again
    page.client.post("/setup", data={"scheme": "rtsp", "where": "gate:own-secret-9@127.0.0.1:9/live"})
    again = page.client.get("/setup", params={"again": page.meant["test"]}).text
    assert "127.0.0.1:9/live" in again and "own-secret-9" not in again and "请重新填写" in again
    before = page.desk.trial
    assert page.ask("/trial/again").status_code == 303 and page.desk.trial is not before
    assert page.desk.trial is not None and page.desk.trial.address.startswith("rtsp://gate:own-secret-9@")


def test_every_device_of_the_registry_can_be_set_up(page: Page) -> None:
    page.enter()
    for option in options():
        assert page.client.get("/setup", params={"scheme": option.scheme}).status_code == 200, option.scheme


def test_what_was_kept_outlives_the_page_and_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "node", tmp_path / "site.toml")
    Desk(keeping, tuple, utc_now).tick("passwords", "陈", "")
    assert keeping.load().done["passwords"].by == "陈"
    state = keeping.folder / "state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    state.write_text("{")
    assert keeping.load().done == {} and list(keeping.folder.glob("state.json.damaged-*"))
    with pytest.raises(SiteError):
        keeping.write_site({}, "")
    assert not keeping.site_file.exists()


def test_a_gate_that_runs_in_the_same_folder_is_told_to_be_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = NodeFolder(tmp_path / "node")
    try:
        assert commission(tmp_path / "site.toml", None, 0) == 2
    finally:
        held.close()
    said = capsys.readouterr().err
    assert "请先停止它" in said and "Stop it" in said


def test_a_port_that_is_taken_is_told_in_each_language_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert commission(tmp_path / "site.toml", None, taken.getsockname()[1]) == 2
    zh, en = capsys.readouterr().err.split(" / ")
    assert "已被别的程序占用" in zh and "Address" not in zh and "Address already in use" in en


@pytest.mark.parametrize("simulated", [True, False])
def test_that_the_gate_is_stopped_is_said_where_there_is_a_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], simulated: bool
) -> None:
    stop = threading.Event()
    stop.set()
    desk = Desk(Keeping(tmp_path / "node", tmp_path / "site.toml"), tuple, utc_now, simulated)
    serving = threading.Thread(target=serve, args=(desk, 0, stop))  # signals are the main thread's
    serving.start()
    serving.join()
    told = capsys.readouterr().out
    assert "现场调试" in told
    assert (PAGE["gate_off"].zh in told, PAGE["gate_off"].en in told) == (not simulated, not simulated)


def test_a_camera_tells_its_streams_and_the_chosen_one_is_tried_with_a_password_that_no_page_shows(page: Page) -> None:
    page.enter()
    camera = OnvifCameraSim(user="gate", password="own-secret-9", rtsp_port=9)
    try:
        form = {"plug": "network", "where": camera.host, "scheme": "rtsp"}
        assert "问摄像头有哪些码流" in page.client.get("/setup", params=form).text
        wrong = page.client.post("/streams", data=form | {"user": "gate", "password": "wrong"})
        assert wrong.status_code == 400 and "does not take this user and password" in wrong.text
        told = page.client.post("/streams", data=form | {"user": "gate", "password": "own-secret-9"})
        assert told.status_code == 200 and "rtsp://127.0.0.1:9/" in told.text and "own-secret-9" not in told.text
        shown = unescape(re.findall(r'name="address" value="([^"]+)"', told.text)[0])
    finally:
        camera.close()
    assert page.client.post("/streams/take", data={"address": shown}).headers["location"] == "/trial"
    assert page.desk.trial is not None and page.desk.trial.address.startswith("rtsp://gate:own-secret-9@127.0.0.1:9/")
    assert "own-secret-9" not in page.desk.trial.shown
    other = page.client.post("/streams/take", data={"address": "rtsp://another.example/live"})
    assert other.headers["location"].startswith("/devices")


def test_why_a_camera_shows_nothing_is_told_in_its_own_words(
    page: Page, until: Callable[[Callable[[], object]], None]
) -> None:
    page.enter()
    page.client.post("/setup", data={"scheme": "rtsp", "where": "gate:own-secret-9@127.0.0.1:9/live"})
    until(lambda: "nothing listens there" in str(page.state()))
    assert "own-secret-9" not in str(page.state())


LANE_FORM = {"code": "a", "name": "进", "direction": "in", "fail": "safe", "lock": "1", "door": "2", "exit": "3"}


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("wrong", ["x", "1o", "", "2.5", "33", "-1"])
def test_a_letter_in_place_of_a_number_is_refused_at_its_field_and_never_the_old_number_kept(
    page: Page, wrong: str
) -> None:
    page.enter()
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "contacts": {"door": 2}}]})
    assert page.client.post("/site/lane", data=LANE_FORM | {"door": wrong}).status_code == 303
    told = page.client.get("/site").text
    field = told[told.index('id="lane.1.contacts.door"') :].split("</label>")[0]
    assert f'value="{wrong}"' in field and 'aria-invalid="true"' in field and 'role="alert"' in field
    assert "不加引号" not in field and ("请填整数" in field or "0 到 32" in field)
    assert page.client.post("/site/write").status_code == 409 and not page.desk.keeping.site_file.exists()
    page.client.post("/site/lane", data=LANE_FORM | {"door": "4", "fire": "5"})
    assert page.desk.kept.tree["lane"][0]["contacts"]["door"] == 4
    assert 'aria-invalid="true"' not in page.client.get("/site").text


@pytest.mark.parametrize(
    ("answer", "said"), [((), "没有网络摄像头应答"), (("10.0.0.9", "10.0.0.8"), "有 2 台网络摄像头应答")]
)
def test_a_search_of_the_network_says_what_answered_also_beside_simulated_cameras(
    page: Page, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, ...], said: str
) -> None:
    found = tuple(Found(Plug.NETWORK, each, each) for each in answer)
    monkeypatch.setattr(serving, "look_on_the_network", lambda: found)
    monkeypatch.setattr(page.desk, "look", lambda: (Found(Plug.NETWORK, "127.0.0.1:9", "simulated"),))
    page.enter()
    text = page.client.get("/devices?network=1").text
    assert said in text and all(each in text for each in answer)
    assert "摄像头应答" not in page.client.get("/devices").text

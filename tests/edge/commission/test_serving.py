"""The page over real HTTP: who may use it, what is refused, what is written and what is kept."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from devices.capture import from_text
from devices.sim.onvif_camera import OnvifCameraSim
from edge.commission.command import commission, serve
from edge.commission.desk import Desk
from edge.commission.keeping import Keeping
from edge.commission.words import PAGE
from edge.folder import NodeFolder
from edge.site import read_site
from edge.site_problem import SiteError
from models.values.time import utc_now
from tests.edge.commission.conftest import Page

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
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}):
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
    assert page.client.post("/trial/pulse", data={"channel": "1", "sure": "yes"}).status_code == 409
    page.desk.change(GOOD)
    sent = page.client.post("/checklist/photo", data={"key": "sign.a"}, files={"photo": ("a.jpg", b"no picture")})
    assert sent.status_code == 422 and "This is no photo" in sent.text and page.desk.keeping.photos() == ()


def test_a_port_that_is_not_there_is_told_and_what_passed_can_be_kept(page: Page, tmp_path: Path) -> None:
    page.enter()
    form = {"scheme": "modbus+serial", "where": str(tmp_path / "none"), "profile": "waveshare-8"}
    assert page.client.post("/setup", data=form).status_code == 303
    trial = page.desk.trial
    assert trial is not None
    trial.join(20)
    state = page.client.get("/trial/state").json()
    assert state["doing"] == "over" and "端口不在" in state["findings"][0]["what"]
    trial.recording.asked("read_inputs", (), {"error": "Unreachable"})
    page.client.post("/trial/record")
    (kept,) = page.desk.keeping.captures()
    assert from_text(kept.read_text("utf-8")).simulated is False


def test_a_site_file_is_written_whole_with_the_old_one_beside_it_or_not_at_all(page: Page, tmp_path: Path) -> None:
    page.enter()
    path = tmp_path / "site.toml"
    path.write_text("# mine\n")
    path.chmod(0o640)
    page.desk.change({**GOOD, "lane": [{**GOOD["lane"][0], "fail": "never"}]})
    refused = page.client.post("/site/write")
    assert refused.status_code == 409 and "lane.1.fail" in refused.text and path.read_text() == "# mine\n"
    page.desk.change(GOOD)
    assert page.client.post("/site/write").status_code == 303
    assert read_site(path).lane[0].camera == "rtsp://gate:own-secret-9@cam/live"
    assert (tmp_path / "site.toml.bak").read_text() == "# mine\n" and stat.S_IMODE(path.stat().st_mode) == 0o640
    for where in ("/site", "/checklist"):
        assert "own-secret-9" not in page.client.get(where).text
    assert b"own-secret-9" not in page.client.get("/report.zip").content


def test_what_was_kept_outlives_the_page_and_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "node", tmp_path / "site.toml")
    Desk(keeping, tuple, utc_now).tick("passwords", "陈", "")
    assert keeping.load().done["passwords"].by == "陈"
    state = keeping.folder / "state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    state.write_text("{")
    assert keeping.load().done == {} and list(keeping.folder.glob("state.json.damaged-*"))
    with pytest.raises(SiteError):
        keeping.write_site({})
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
    finally:
        camera.close()
    assert page.client.post("/streams/0").headers["location"] == "/trial"
    assert page.desk.trial is not None and page.desk.trial.address.startswith("rtsp://gate:own-secret-9@127.0.0.1:9/")
    assert "own-secret-9" not in page.desk.trial.shown
    assert page.client.post("/streams/9").headers["location"].startswith("/devices")


def test_why_a_camera_shows_nothing_is_told_in_its_own_words(
    page: Page, until: Callable[[Callable[[], object]], None]
) -> None:
    page.enter()
    page.client.post("/setup", data={"scheme": "rtsp", "where": "gate:own-secret-9@127.0.0.1:9/live"})
    until(lambda: "nothing listens there" in page.client.get("/trial/state").text)
    assert "own-secret-9" not in page.client.get("/trial/state").text

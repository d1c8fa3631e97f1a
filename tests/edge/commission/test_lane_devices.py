"""What a vehicle lane has besides its barrier, and the companion of a camera: picked and tried as all other devices."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from devices.diagnose import Finding
from devices.sim.lane_board import LaneBoardSim
from devices.sim.plate_camera import PlateCameraSim
from devices.sim.pty import PtyLine
from models.values.time import utc_now
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page

WIRES = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "up": 4, "down": 5}
CAR_LANE: dict[str, Any] = {
    "code": "car", "name": "车行", "direction": "in", "fail": "safe", "barrier": WIRES,
    "relay": "modbus+serial:///dev/x?profile=waveshare-8",
}  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@pytest.mark.req("LANE-08", "SEC-06")
def test_a_plate_cameras_push_is_waited_for_and_shown_with_the_reply_and_its_secret_is_made_here(
    page: Page, tmp_path: Path
) -> None:
    page.enter()
    page.desk.change({"node": {"name": "门"}, "lane": [CAR_LANE]})
    port = free_port()
    form = {"scheme": "lpr+vzenith", "where": "127.0.0.1", "serial": "SIM-0001", "listen": str(port), "key_file": ""}
    wrong = page.client.post("/setup", data=form | {"serial": "?"})
    assert wrong.status_code == 400 and not (tmp_path / "secrets").exists(), "no secret for what is no address"
    where = page.client.post("/setup", data=form).headers["location"]
    (path,) = (tmp_path / "secrets").iterdir()
    secret = path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, again = page.client.get(where).text, page.client.get(where).text
    assert f"http://127.0.0.1:{port}/{secret}" in first and "密钥只显示这一次" in first
    assert secret not in again and f"http://127.0.0.1:{port}/…" in again
    trial = page.desk.trial
    assert trial is not None and eventually(lambda: [one.finding for one in trial.state().told] == [Finding.NO_PUSH])
    assert "还没有推送" in page.state()["findings"][0]["what"] and not page.state()["usable"]
    assert page.ask("/trial/keep", lane="car").status_code == 409
    camera = PlateCameraSim("vzenith", port, secret)
    told = camera.push(camera.see("川A00001", "blue", utc_now()))
    assert told.status == 200 and not told.opened
    assert eventually(lambda: bool(page.state()["usable"]))
    pushes = page.state()["pushes"]
    assert pushes["plate"] == "川A00001" and "秒前" in pushes["line"] and "本机的应答：收到" in pushes["told"][0]
    assert pushes["clock"]["works"]
    kept = camera.see("川A00002", "blue", utc_now())
    assert camera.push(kept, stored=True).status == 503, "left with the camera, for the gate to have"
    stranger = PlateCameraSim("vzenith", port, "quite-another-secret")
    assert stranger.push(stranger.see("川A00003", "blue", utc_now())).status == 404
    assert eventually(lambda: len(page.state()["pushes"]["told"]) == 3)
    assert page.state()["pushes"]["plate"] == "川A00001"
    assert "路径不对" in str(page.state()["pushes"]["told"]) and "1 条旧记录" in str(page.state()["pushes"]["told"])
    page.state()
    assert page.ask("/trial/keep", lane="car").status_code == 303
    address = page.desk.kept.tree["lane"][0]["plate_camera"]
    assert address.startswith("lpr+vzenith://127.0.0.1?") and f"key_file={path}" in address
    assert "✓ car · 车牌相机" in page.client.get("/checklist").text
    assert secret not in page.client.get("/site").text


def test_a_port_that_is_taken_is_said_with_where_to_change_it(page: Page) -> None:
    page.enter()
    with socket.create_server(("", 0)) as taken:
        form = {"scheme": "lpr+huaxia", "where": "127.0.0.1", "serial": "SIM-0001"}
        page.client.post("/setup", data=form | {"listen": str(taken.getsockname()[1]), "key_file": ""})
        assert eventually(lambda: page.state()["doing"] == "over")
        (finding,) = page.state()["findings"]
        assert "已有程序在用" in finding["what"] and "本机在哪个端口等它推送" in finding["do"]
        assert finding["links"][0]["href"].endswith("#listen")


@pytest.fixture
def led(tmp_path: Path) -> Iterator[tuple[str, LaneBoardSim]]:
    line = PtyLine(tmp_path / "led")
    board, stop = LaneBoardSim(line), threading.Event()

    def hear() -> None:
        while not stop.is_set():
            board.hear(0.1)

    thread = threading.Thread(target=hear)
    thread.start()
    yield str(line.path), board
    stop.set()
    thread.join()
    line.close()


@pytest.mark.req("LANE-23", "ACC-23")
def test_a_drivers_board_shows_and_says_a_test_text_and_works_once_a_person_has_seen_it(
    page: Page, led: tuple[str, LaneBoardSim]
) -> None:
    page.enter()
    where, board = led
    page.desk.change({"node": {"name": "门"}, "lane": [CAR_LANE]})
    page.client.post("/setup", data={"scheme": "led+serial", "where": where, "profile": "lines-6f"})
    trial = page.desk.trial
    assert trial is not None and eventually(lambda: page.state()["doing"] == "running")
    assert board.spoken == [] and page.ask("/trial/moved", moved="yes").status_code == 409, "opening says nothing"
    assert eventually(lambda: "自己不报告" in str(page.state()["findings"]))
    assert page.ask("/trial/show").status_code == 200
    assert eventually(lambda: any("欢迎光临" in said for said in board.spoken))
    assert eventually(lambda: "欢迎光临" in page.state()["shown"]) and page.state()["asks"]
    assert not page.state()["usable"]
    assert page.ask("/trial/moved", moved="no").status_code == 200
    assert eventually(lambda: "没有看到也没有听到" in str(page.state()["findings"])) and not page.state()["usable"]
    page.client.cookies.set("menting_language", "en", domain="127.0.0.1")
    assert page.ask("/trial/show").status_code == 200
    assert eventually(lambda: any("Welcome" in said for said in board.spoken))
    assert eventually(lambda: bool(page.state()["asks"])), "asked anew of another text"
    assert page.ask("/trial/moved", moved="yes").status_code == 200
    assert eventually(lambda: bool(page.state()["usable"]))
    assert page.ask("/trial/keep", lane="car").status_code == 303
    assert page.desk.kept.tree["lane"][0]["board"] == f"led+serial://{where}?profile=lines-6f"
    page.client.post("/setup", data={"scheme": "scanner+serial", "where": "/dev/none"})
    assert page.ask("/trial/show").status_code == 409, "no board is on trial"


@pytest.mark.req("ACC-07", "ACC-23")
def test_a_camera_is_used_as_the_companion_of_the_first_with_its_picture_seen_and_the_file_in_order(
    page: Page, tmp_path: Path
) -> None:
    page.enter()
    pictures = tmp_path / "nir"
    pictures.mkdir()
    pixels = np.full((120, 160, 3), 60, np.uint8)
    cv2.circle(pixels, (80, 60), 40, (200, 200, 200), -1)
    cv2.imwrite(str(pictures / "1.png"), pixels)
    lane = {
        "code": "a", "name": "门", "direction": "in", "fail": "safe", "camera": "rtsp://cam/live",
        "relay": "modbus+serial:///dev/x?profile=waveshare-8",
    }  # fmt: skip
    page.desk.change({"node": {"name": "门"}, "lane": [lane]})
    page.client.post("/setup", data={"scheme": "camera+folder", "where": str(pictures), "loop": "1", "fps": "5"})
    assert eventually(lambda: bool(page.state()["usable"])) and page.state()["age_s"] is not None
    assert "作为近红外摄像头" in page.client.get("/trial").text
    assert page.ask("/trial/keep", lane="a", **{"as": "camera_nir"}).status_code == 303
    (made,) = page.desk.kept.tree["lane"]
    assert made["camera"] == "rtsp://cam/live" and made["camera_nir"].startswith("camera+folder://")
    assert made["liveness"] == "nir" and page.desk.problems() == ()
    page.desk.change({"node": {"name": "门"}, "lane": [{**lane, "liveness": "challenge"}]})
    page.ask("/trial/keep", lane="a", **{"as": "camera_nir"})
    assert page.desk.kept.tree["lane"][0]["liveness"] == "challenge", "another way that was chosen stays"
    assert "要么都写" in page.client.get("/site").text


def test_a_device_is_taken_off_a_lane_and_each_lane_lists_what_it_can_have(page: Page) -> None:
    page.enter()
    board = "led+serial:///dev/led?profile=lines-6f"
    door = {**CAR_LANE, "code": "door", "scanner": "scanner+serial:///dev/s"}
    del door["barrier"]
    page.desk.change({"node": {"name": "门"}, "lane": [{**CAR_LANE, "board": board}, door]})
    text = page.client.get("/site").text
    assert 'id="lane.1.plate_camera"' in text and 'id="lane.1.scanner"' not in text
    assert 'id="lane.2.scanner"' in text and 'id="lane.2.plate_camera"' not in text
    assert page.client.post("/site/lane", data={"code": "car", "take_off": "board"}).status_code == 303
    assert page.desk.kept.tree["lane"][0] == CAR_LANE and page.desk.kept.tree["lane"][1] == door
    page.client.post("/site/lane", data={"code": "car", "name": "车行", "take_off": "barrier"})
    assert page.desk.kept.tree["lane"][0]["barrier"] == WIRES, "only devices are"

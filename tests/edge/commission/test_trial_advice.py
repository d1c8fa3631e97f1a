"""What the page of a trial tells to do: by what was heard, by what was searched, and where it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.diagnose import Finding, heard_end
from devices.sim.lcus import LcusPort
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from edge.commission.serving import told
from edge.commission.simulated import BoardAtSpeed
from edge.commission.trial import Doing, Trial
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_serving import GOOD


@pytest.fixture
def line(tmp_path: Path) -> Iterator[PtyLine]:
    made = PtyLine(tmp_path / "line")
    yield made
    made.close()


def first(trial: Trial, language: str = "zh") -> dict[str, Any]:
    found: dict[str, Any] = told(trial, trial.state(), language)["findings"][0]
    return found


@pytest.mark.parametrize(
    ("heard", "end"),
    [(b"AB\rCD\r", "cr"), (b"AB\nCD\n", "lf"), (b"AB\r\nCD\r\n", "crlf"), (b"ABCD", "idle"), (b"A\nB\rC\r", "cr")],
)
def test_the_end_of_a_code_is_named_by_what_was_heard(heard: bytes, end: str) -> None:
    assert heard_end(heard) == end


@pytest.mark.req("INT-06")
@pytest.mark.parametrize(("sent", "field"), [("cr", "lf"), ("lf", "cr"), ("lf", "crlf"), ("", "cr")])
def test_a_field_that_does_not_fit_the_scanner_is_set_to_what_the_scanner_sends(
    line: PtyLine, sent: str, field: str
) -> None:
    trial, ends = Trial(f"scanner+serial://{line.path}?end={field}"), {"cr": b"\r", "lf": b"\n", "": b""}
    trial.start()
    right = sent or "idle"
    try:
        assert eventually(lambda: trial.state().doing is Doing.RUNNING)
        line.write(b"MT1:6BFOXN" + ends[sent])
        assert eventually(lambda: Finding.NO_END in {one.finding for one in trial.state().told}), trial.state()
        zh, en = first(trial), first(trial, "en")
        assert f"设为 {right}" in zh["do"] and f"to {right}" in en["do"] and (not sent or sent.upper() in en["do"])
        assert zh["links"] == [{"text": f"把“结束符”设为 {right}", "href": f"/setup?again={trial.id}&end={right}#end"}]
    finally:
        trial.stop()


@pytest.mark.req("INT-06")
def test_what_is_too_long_with_the_right_end_is_not_blamed_on_the_end(line: PtyLine) -> None:
    trial = Trial(f"scanner+serial://{line.path}?end=cr")
    trial.start()
    try:
        assert eventually(lambda: trial.state().doing is Doing.RUNNING)
        line.write(b"9" * 600 + b"\r")
        assert eventually(lambda: Finding.TOO_LONG in {one.finding for one in trial.state().told})
        assert "结束符" not in first(trial)["do"] and "set" not in first(trial, "en")["do"].lower()
    finally:
        trial.stop()


@pytest.mark.req("GEN-08")
@pytest.mark.parametrize(("baud", "found"), [(19200, True), (1, False)])
def test_a_board_at_another_speed_is_found_and_where_none_fits_the_speed_is_not_blamed_again(
    line: PtyLine, baud: int, found: bool
) -> None:
    serving = Serving(BoardAtSpeed(line, baud), line)
    trial = Trial(f"modbus+serial://{line.path}?profile=waveshare-8", search=True, budget_s=60)
    trial.start()
    try:
        assert eventually(lambda: trial.state().doing is Doing.OVER)
        assert ("baud=19200" in (trial.state().better or "")) is found
        if not found:
            zh, en = first(trial), first(trial, "en")
            assert "多半是“波特率”" not in zh["do"] and "都读不懂" in zh["do"] and "none makes sense" in en["do"]
            assert [one["href"] for one in zh["links"]] == [f"/setup?again={trial.id}"]
    finally:
        trial.stop()
        serving.close()


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("kind", ["board", "scanner"])
def test_a_device_that_is_plugged_in_again_is_tested_on_and_moves_nothing_that_was_asked_before(
    tmp_path: Path, kind: str
) -> None:
    before, after = PtyLine(tmp_path / "line"), None
    address = "modbus+serial://LINE?profile=waveshare-8" if kind == "board" else "scanner+serial://LINE"
    trial, board = Trial(address.replace("LINE", str(before.path))), RelayBoardSim()
    serving = Serving(board, before)
    trial.start()
    try:
        assert eventually(lambda: trial.state().doing is Doing.RUNNING)
        if kind == "board":
            assert eventually(lambda: trial.state().works)
        serving.close()
        before.close()
        assert eventually(lambda: Finding.UNPLUGGED in {one.finding for one in trial.state().told}), trial.state()
        assert trial.state().doing is Doing.RUNNING and "自己接着测" in first(trial)["do"]
        after = PtyLine(tmp_path / "line")
        serving = Serving(board, after) if kind == "board" else serving
        scanner = ScannerSim(after)
        if kind == "board":
            assert eventually(lambda: trial.state().works), trial.state()
            assert board.edges() == ()
        else:
            assert eventually(lambda: (scanner.present("MT1:1"), trial.state().works)[1]), trial.state()
    finally:
        trial.stop()
        serving.close()
        if after is not None:
            after.close()


@pytest.mark.req("ACC-23")
def test_a_question_that_was_answered_is_asked_no_more_until_the_next_output(tmp_path: Path) -> None:
    port = LcusPort(tmp_path / "lcus")
    trial = Trial(port.address)
    trial.start()
    try:
        assert eventually(lambda: len(trial.state().outputs) == 4) and not trial.asks()
        trial.pulse(1)
        assert eventually(trial.asks) and told(trial, trial.state(), "zh")["asks"]
        assert trial.saw(True) and not trial.asks()
        trial.pulse(2)
        assert eventually(lambda: trial.state().pulsed == 2) and trial.asks()
    finally:
        trial.stop()
        port.close()


def test_a_recording_of_no_bytes_is_said_to_be_none(page: Page, tmp_path: Path) -> None:
    page.enter()
    page.client.post("/setup", data={"scheme": "camera+folder", "where": str(tmp_path)})
    answer = page.ask("/trial/record")
    assert "没有可保存的字节" in page.client.get(answer.headers["location"]).text
    assert "没有可保存的字节" not in page.client.get("/trial").text


def test_after_a_device_was_taken_for_a_lane_the_next_step_is_offered(page: Page, line: PtyLine) -> None:
    page.enter()
    page.desk.change(GOOD)
    serving = Serving(RelayBoardSim(), line)
    try:
        page.client.post("/setup", data={"scheme": "modbus+serial", "where": line.path, "profile": "waveshare-8"})
        assert eventually(lambda: page.state()["usable"])
        answer = page.ask("/trial/keep", lane="a")
        told_ = page.client.get(answer.headers["location"]).text
        assert 'href="/site#lane.1.contacts.lock"' in told_ and "下一台设备" in told_ and 'href="/site">' in told_
    finally:
        page.desk.close()
        serving.close()

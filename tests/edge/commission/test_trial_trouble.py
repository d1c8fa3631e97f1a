"""What goes wrong while a device is tried: it is said in words with what to do, and nothing counts as working."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.diagnose import Finding
from devices.reader.wiegand import FORMATS, encode
from devices.sim.card_reader import ConverterSim
from devices.sim.lcus import LcusSim
from devices.sim.osdp_reader import OsdpReaderSim
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.rtsp_camera import RtspCameraSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from edge.commission.serving import told
from edge.commission.simulated_more import _drawn
from edge.commission.trial import Doing, Trial
from tests.conformance.panels import private
from tests.conformance.rigs import eventually

KEY = bytes(range(1, 17))
CARD = encode(123, 45678, FORMATS[26])


class Bench:
    """One line in a folder, what hangs on it, and the trial of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.line = folder, PtyLine(folder / "line")
        self.trial: Trial | None = None
        self._close: list[Callable[[], None]] = []

    def serve(self, device: RelayBoardSim | LcusSim) -> None:
        self._close.append(Serving(device, self.line).close)

    def beside(self, close: Callable[[], None]) -> None:
        self._close.append(close)

    def start(self, address: str) -> Trial:
        self.trial = Trial(address.replace("LINE", str(self.line.path)))
        self.trial.start()
        return self.trial

    def found(self) -> set[Finding]:
        assert self.trial is not None
        return {one.finding for one in self.trial.state().told}

    def says(self) -> dict[str, str]:
        """The first finding in both languages; that it names nothing unknown and leaves no gap is looked at here."""
        assert self.trial is not None
        state = self.trial.state()
        zh, en = (told(self.trial, state, language) for language in ("zh", "en"))
        assert not zh["usable"] and not any(one["works"] for one in zh["findings"])
        both = {"zh": zh["findings"][0], "en": en["findings"][0]}
        for one in both.values():
            assert one["what"] and one["do"] and "{" not in one["what"] + one["do"]
        return {language: f"{one['what']} {one['do']}" for language, one in both.items()}

    def links(self) -> list[dict[str, str]]:
        """Where the first finding is mended."""
        assert self.trial is not None
        found: list[dict[str, str]] = told(self.trial, self.trial.state(), "zh")["findings"][0]["links"]
        return found

    def close(self) -> None:
        if self.trial is not None:
            self.trial.stop()
        for close in reversed(self._close):
            close()
        self.line.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.mark.req("ACC-23", "INT-08")
@pytest.mark.parametrize(
    ("fault", "finding", "words"),
    [
        (Fault.SPEED, Finding.NOT_ITS_LANGUAGE, "波特率"),
        (Fault.ANOTHER, Finding.OTHER_UNIT, "地址 7"),
        (Fault.SECOND, Finding.TWO_DEVICES, "两台设备"),
        (Fault.GARBLED, Finding.BAD_CRC, "CRC"),
    ],
)
def test_what_the_line_of_a_board_shows_is_named_and_once_it_is_mended_the_board_works(
    bench: Bench, fault: Fault, finding: Finding, words: str
) -> None:
    """A wrong speed, a board that answers for another, two devices on one port, noise."""
    board = RelayBoardSim()
    board.fault(fault)
    bench.serve(board)
    trial = bench.start("modbus+serial://LINE?profile=waveshare-8")
    assert eventually(lambda: bench.found() == {finding}), bench.found()
    assert words in bench.says()["zh"]
    board.fault()
    assert eventually(lambda: trial.state().works)
    assert board.edges() == (), "looking moves nothing"


UNPLUGGED = {Finding.UNPLUGGED, Finding.NO_PORT}


@pytest.mark.req("ACC-23", "GEN-08")
@pytest.mark.parametrize("kind", ["scanner", "converter", "osdp", "lcus"])
def test_a_device_that_is_unplugged_while_it_is_tried_is_told_whatever_it_is(bench: Bench, kind: str) -> None:
    match kind:
        case "scanner":
            trial = bench.start("scanner+serial://LINE")
            sim = ScannerSim(bench.line)
            assert eventually(lambda: (sim.present("MT1:1"), trial.state().works)[1])
        case "converter":
            trial = bench.start("wiegand+serial://LINE?line=hex")
            converter = ConverterSim(bench.line)
            assert eventually(lambda: (converter.card(123, 45678), trial.state().works)[1])
        case "osdp":
            reader = OsdpReaderSim(bench.line, key=KEY)
            reader.start()
            bench.beside(reader.close)
            key = private(bench.folder / "osdp.key", KEY.hex())
            trial = bench.start(f"osdp+serial://LINE?card=uid&key_file={key}")
            assert eventually(lambda: (reader.card(CARD, 26), trial.state().works)[1])
        case _:
            bench.serve(LcusSim())
            trial = bench.start("lcus+serial://LINE?channels=4")
            assert eventually(lambda: len(trial.state().outputs) == 4)
    bench.line.close()
    assert eventually(lambda: bool(bench.found() & UNPLUGGED)), trial.state()
    assert "USB" in bench.says()["en"] or "Devices" in bench.says()["en"]


@pytest.mark.req("INT-06", "INT-07")
@pytest.mark.parametrize("kind", ["reader", "panel"])
def test_an_osdp_line_on_which_nobody_speaks_is_told_as_silent_and_not_as_one_that_cannot_be_opened(
    bench: Bench, kind: str
) -> None:
    key = private(bench.folder / "osdp.key", KEY.hex())
    card = private(bench.folder / "panel.card", "123,45678")
    what = "osdp+serial://LINE?card=uid&" if kind == "reader" else f"panel+osdp://LINE?card_file={card}&"
    bench.start(f"{what}key_file={key}")
    assert eventually(lambda: bench.found() == {Finding.SILENT}), bench.found()
    assert "没有应答" in bench.says()["zh"]
    if kind == "reader":
        assert "设备地址" in bench.says()["zh"] and "拨码" not in bench.says()["zh"]
        assert [one["text"] for one in bench.links()] == ["修改“设备地址”"]


@pytest.mark.req("INT-06")
def test_a_key_file_that_is_not_there_is_no_port_that_was_unplugged(bench: Bench) -> None:
    bench.start(f"osdp+serial://LINE?card=uid&key_file={bench.folder}/none.key")
    assert eventually(lambda: bench.found() == {Finding.NOT_SET_UP}), bench.found()
    assert "none.key" in bench.says()["zh"] and "Plug it in" not in bench.says()["en"]
    assert [one["text"] for one in bench.links()] == ["修改“密钥文件”"]


@pytest.mark.req("ACC-23")
def test_a_board_on_the_network_that_refuses_is_told_as_that_and_not_as_silent(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    bench.start(f"modbus+tcp://127.0.0.1:{port}?profile=waveshare-8")
    assert eventually(lambda: bench.found() == {Finding.NOT_LISTENING}), bench.found()
    assert "拒绝连接" in bench.says()["zh"] and "power light" not in bench.says()["en"]
    assert [one["text"] for one in bench.links()] == ["修改“位置”"]


@pytest.mark.req("SEC-12")
def test_what_an_osdp_reader_says_of_its_case_is_told_in_words_beside_its_cards(bench: Bench) -> None:
    reader = OsdpReaderSim(bench.line, key=KEY)
    reader.start()
    bench.beside(reader.close)
    key = private(bench.folder / "osdp.key", KEY.hex())
    trial = bench.start(f"osdp+serial://LINE?card=uid&key_file={key}")
    assert eventually(lambda: len(trial.state().seen) == 1)
    reader.tamper(True)
    assert eventually(lambda: len(trial.state().seen) == 2)
    reader.card(CARD, 26)
    assert eventually(lambda: len(trial.state().seen) == 3)
    assert told(trial, trial.state(), "zh")["seen"] == ["读卡器外壳完好", "读卡器被打开或拆下", "wiegand26 123-45678"]
    assert "torn off" in told(trial, trial.state(), "en")["seen"][1]


@pytest.mark.req("INT-06", "ACC-28")
def test_a_reader_with_another_key_is_told_as_a_refusal_and_a_key_file_that_others_read_as_ours_to_mend(
    bench: Bench,
) -> None:
    reader = OsdpReaderSim(bench.line, key=bytes(range(2, 18)))
    reader.start()
    bench.beside(reader.close)
    key = private(bench.folder / "osdp.key", KEY.hex())
    bench.start(f"osdp+serial://LINE?card=uid&key_file={key}")
    assert eventually(lambda: bench.found() == {Finding.REFUSES}), bench.found()
    assert "no secure channel" in bench.says()["en"] and "relay board" not in bench.says()["en"]
    assert "读卡器里的密钥要和它一样" in bench.says()["zh"]
    assert [one["text"] for one in bench.links()] == ["修改“密钥文件”"]
    assert bench.trial is not None
    bench.trial.stop()
    key.chmod(0o644)
    bench.start(f"osdp+serial://LINE?card=uid&key_file={key}")
    assert eventually(lambda: bench.found() == {Finding.NOT_SET_UP}), bench.found()
    assert "别人也能读" in bench.says()["zh"] and "chmod 600" in bench.says()["en"]
    assert KEY.hex() not in bench.says()["en"]


@pytest.mark.req("GUARD-12", "INT-05")
def test_a_network_camera_that_is_cut_off_while_it_is_tried_shows_no_picture_as_if_it_were_new(bench: Bench) -> None:
    camera = RtspCameraSim([_drawn(number) for number in range(5)], fps=5)
    try:
        trial = bench.start(f"rtsp://{camera.where}")
        assert eventually(lambda: trial.state().works)
    finally:
        camera.close()
    assert eventually(lambda: bool(bench.found() & {Finding.NO_PICTURE, Finding.OLD_PICTURE}))
    assert "摄像头" in bench.says()["zh"]


@pytest.mark.req("INT-06")
def test_a_scanner_at_another_speed_is_no_code_and_points_at_the_speed(bench: Bench) -> None:
    trial = bench.start("scanner+serial://LINE")
    garbled = bytes(0x80 | byte >> 1 for byte in b"MT1:6BFOXN") + b"\r"
    assert eventually(lambda: (bench.line.write(garbled), Finding.NOT_ITS_LANGUAGE in bench.found())[1])
    assert "波特率" in bench.says()["zh"] and trial.state().seen == ()


@pytest.mark.req("ACC-21", "ACC-27")
def test_a_keypad_whose_key_is_held_down_is_told_until_it_is_let_go_and_no_digit_is_shown(bench: Bench) -> None:
    trial, pressed = bench.start("wiegand+serial://LINE?line=keys"), threading.Event()

    def hold() -> None:
        while not pressed.wait(0.05):
            bench.line.write(b"7")

    finger = threading.Thread(target=hold)
    finger.start()
    try:
        assert eventually(lambda: bench.found() == {Finding.KEY_HELD})
        assert "一直按着" in bench.says()["zh"] and "7" not in "".join(trial.state().seen)
    finally:
        pressed.set()
        finger.join()
    assert eventually(lambda: trial.state().works) and trial.state().doing is Doing.RUNNING


@pytest.mark.req("ACC-23")
def test_a_search_that_hears_something_says_what_and_never_that_nothing_answers(bench: Bench) -> None:
    board = RelayBoardSim()
    board.fault(Fault.SECOND)
    bench.serve(board)
    trial = Trial(f"modbus+serial://{bench.line.path}?profile=waveshare-8", search=True, budget_s=2)
    bench.trial = trial
    trial.start()
    assert eventually(lambda: trial.state().doing is Doing.OVER)
    says = bench.says()
    assert trial.state().better is None and "两台设备" in says["zh"] and "9600" in says["zh"]
    assert "two devices" in says["en"] and "No answer" not in says["en"]

"""`scripts/capture` as a technician meets it: a recording without anybody's code in it, and mistakes in words."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devices.capture import Moved, from_text
from devices.sim.card_reader import ConverterSim
from devices.sim.pty import PtyLine
from devices.sim.scanner import ScannerSim
from devices.transport.serial import SerialLine
from scripts.capture_cli import main


@pytest.mark.req("PRIV-14")
def test_a_code_that_was_shown_is_not_in_the_recording(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "port")
    person = threading.Timer(0.2, ScannerSim(line).present, ("0012345678",))
    person.start()
    out = tmp_path / "out.jsonl"
    call = ["record", f"scanner+serial://{tmp_path}/port", "--device", "D 1", "--out", str(out), "--seconds", "2"]
    assert main(call) == 0
    person.join()
    line.close()
    capture = from_text(out.read_text("utf-8"))
    heard = b"".join(moment.data for moment in capture.moments if isinstance(moment, Moved))
    assert len(heard) == 11 and b"0012345678" not in heard and not capture.simulated


def test_a_device_that_sends_nothing_or_is_taken_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, out = PtyLine(tmp_path / "port"), tmp_path / "out.jsonl"
    call = ["record", f"scanner+serial://{line.path}", "--device", "D 1", "--seconds", "1", "--out"]
    try:
        assert main([*call, str(out)]) == 1
        told = capsys.readouterr().err
        assert "没有发来任何字节" in told and "sent no byte" in told and out.exists()
        (tmp_path / "gone").mkdir()
        threading.Timer(0.3, (tmp_path / "gone").rmdir).start()  # while it is listened to
        assert main([*call, str(tmp_path / "gone" / "out.jsonl")]) == 2
        told = capsys.readouterr().err
        assert "请检查路径和权限" in told and "was not written: No such file" in told and "Errno" not in told
        held = SerialLine(str(line.path), baud=9600)
        assert main([*call, str(out)]) == 1
        told = capsys.readouterr().err
        assert "线路被另一个程序占用；请先停止那个程序" in told and "open in another program" in told
        held.close()
    finally:
        line.close()


@pytest.mark.req("PRIV-14")
def test_a_reader_that_answered_is_not_called_silent_though_its_bytes_are_withheld(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, out = PtyLine(tmp_path / "port"), tmp_path / "out.jsonl"
    person = threading.Timer(0.2, ConverterSim(line).card, (123, 45678))
    person.start()
    call = ["record", f"wiegand+serial://{line.path}?line=hex", "--device", "D 1", "--out", str(out), "--seconds", "2"]
    assert main(call) == 0
    person.join()
    line.close()
    moved = [one for one in from_text(out.read_text("utf-8")).moments if isinstance(one, Moved)]
    heard = sum(one.withheld for one in moved)
    assert heard and not any(one.data for one in moved) and f"{heard} bytes from the device" in capsys.readouterr().out


def test_mistakes_are_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--device", "D", "--out", str(tmp_path / "o")]
    for address in ("nothing", "rtsp://cam/x", f"scanner+serial://{tmp_path}/none"):
        with pytest.raises(SystemExit) as ended:
            main(["record", address, *asked])
        assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("help:") == 3 and "Traceback" not in said

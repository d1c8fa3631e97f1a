"""`scripts/capture` as a technician meets it: a recording without anybody's code in it, and mistakes in words."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devices.capture import Moved, from_text
from devices.sim.pty import PtyLine
from devices.sim.scanner import ScannerSim
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


def test_mistakes_are_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--device", "D", "--out", str(tmp_path / "o")]
    assert main(["record", "rtsp://cam/x", *asked]) == 2
    for address in ("nothing", f"scanner+serial://{tmp_path}/none"):
        with pytest.raises(SystemExit) as ended:
            main(["record", address, *asked])
        assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("help:") == 2 and "Traceback" not in said

"""`scripts/capture`: the conversation with a device, recorded and redacted; the list of what recordings prove."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from devices.capture import Capture, CaptureError, Moved, Way, from_text, redact, secrecy_of, to_text
from devices.catalogue import Kind, kind_of, open_device, parse
from devices.errors import AddressError, DeviceError, said
from devices.fault_words import cause_zh
from devices.ports import Garbage, Scan
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from devices.transport.tap import Recording, Tapped
from models.command_line import until_interrupted
from models.values.time import site_time, utc_now
from scripts.options import capture

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "tests" / "fixtures" / "captures"
HARDWARE = ROOT / "devices" / "HARDWARE.md"
Call = tuple[str, tuple[Any, ...]]


def play(device: Any, calls: Sequence[Call], note: Callable[[str, tuple[Any, ...], Any], None]) -> None:
    """Make each call and note what came of it, in words that hold nothing of a person."""
    for call, given in calls:
        try:
            answered = shape(getattr(device, call)(*given))
        except DeviceError as error:
            answered = {"error": type(error).__name__}
        note(call, given, answered)


def shape(value: Any) -> Any:
    """What a driver answered, fit for a recording: levels as they are, codes by their length only."""
    match value:
        case Scan(text):
            return {"scan": len(text)}
        case Garbage(reason, length):
            return {"garbage": reason.value, "length": length}
        case tuple():
            return list(value)
        case None:
            return None
    return {"event": type(value).__name__}


def record(address: str, device: str, calls: Sequence[Call], *, simulated: bool, shown: str | None = None) -> Capture:
    """Open, call, redact. Raises AddressError, DeviceError."""
    recording = Recording()
    opened = open_device(address, Tapped(recording))
    try:
        play(opened, calls, recording.asked)
    finally:
        opened.close()
    moments = redact(recording.moments(), secrecy_of(parse(address).scheme), secrets.token_bytes(32))
    return Capture(simulated, device, shown or str(parse(address)), site_time(utc_now()).strftime("%Y-%m-%d"), moments)


def hardware_list(folder: Path) -> str:
    """The text of devices/HARDWARE.md: what recordings prove, and nothing else."""
    captures = [(path.name, from_text(path.read_text("utf-8"))) for path in sorted(folder.glob("*.jsonl"))]
    lines = [
        "# Hardware that recordings exist of",
        "",
        "Made by `scripts/capture hardware` from `tests/fixtures/captures/`; each is replayed through its driver in",
        "the tests. A simulated device proves the driver against our own reading of the protocol, never a product.",
        "",
    ]
    for title, simulated in (("## Real devices", False), ("## Simulated devices", True)):
        rows = [(name, capture) for name, capture in captures if capture.simulated is simulated]
        lines += [title, ""]
        if not rows:
            lines += ["None. No real device has been attached to this version.", ""]
            continue
        lines += ["| device | scheme | recorded | file |", "|---|---|---|---|"]
        lines += [
            f"| {capture.device} | `{capture.address.partition('://')[0]}` | {capture.recorded} | `{name}` |"
            for name, capture in rows
        ]
        lines.append("")
    return "\n".join(lines)


READS: tuple[Call, ...] = (("read_inputs", ()), ("read_outputs", ()))
SIMULATED: tuple[tuple[str, str, tuple[Fault, ...], int, str, tuple[Call, ...]], ...] = (
    (
        "board",
        "relay board waveshare-8",
        (),
        8,
        "",
        (*READS, ("pulse", (1, 500)), ("set", (8, True)), ("set", (8, False))),
    ),
    (
        "board-echo",
        "relay board behind an echoing adapter",
        (Fault.ECHOING,),
        8,
        "&echo=1",
        (*READS, ("pulse", (2, 500))),
    ),
    ("board-crc", "relay board on a noisy line", (Fault.GARBLED,), 8, "&tries=1", READS[:1]),
    ("board-silent", "relay board without an answer", (Fault.SILENT,), 8, "&tries=1", READS[:1]),
    ("board-stuck", "relay board whose outputs do not move", (Fault.STUCK,), 8, "", (("pulse", (1, 500)),)),
    ("board-small", "relay board with four channels, asked for eight", (), 4, "&tries=1", READS),
)


def simulate(folder: Path) -> list[Path]:
    """Make every simulated fixture anew; file names and heads say that they are simulated."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, device, faults, channels, more, calls in SIMULATED:
        with tempfile.TemporaryDirectory() as place:
            line = PtyLine(Path(place) / "port")
            board = RelayBoardSim(outputs=channels, inputs=channels)
            board.set_inputs([True, False, True])
            board.fault(*faults)
            serving = Serving(board, line)
            shown = f"modbus+serial:///dev/simulated?profile=waveshare-8&timeout_ms=300{more}"
            made.append(_keep(folder, name, device, line.path, shown, calls))
            serving.close()
            line.close()
    for end, stx in (("cr", 0), ("lf", 0), ("crlf", 0), ("cr", 1)):
        with tempfile.TemporaryDirectory() as place:
            line = PtyLine(Path(place) / "port")
            # After the port was opened: opening throws away what came before.
            person = threading.Timer(0.3, _shows, (ScannerSim(line, end=end, stx=stx == 1),))
            person.start()
            device = f"code scanner ending with {end}{', STX' if stx else ''}"
            shown = f"scanner+serial:///dev/simulated?end={end}&stx={stx}"
            name = f"scanner-{end}{'-stx' if stx else ''}"
            made.append(_keep(folder, name, device, line.path, shown, (("read", (3.0,)),) * 2))
            person.join()
            line.close()
    return made


def _shows(scanner: ScannerSim) -> None:
    scanner.present("MT1:SAMPLE-00417")
    scanner.send_control()


def _keep(folder: Path, name: str, device: str, port: str, shown: str, calls: Sequence[Call]) -> Path:
    address = shown.replace("/dev/simulated", port)
    capture = record(address, f"{device} (simulated)", calls, simulated=True, shown=shown)
    path = folder / f"simulated-{name}.jsonl"
    path.write_text(to_text(capture), "utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 the device cannot be opened or sent nothing, 2 the call was wrong."""
    options = capture().parse_args(arguments)
    return until_interrupted(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        return COMMANDS[options.command](options)
    except (AddressError, CaptureError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    except DeviceError as error:
        print(f"打不开：{cause_zh(said(error))}\ncannot be opened: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"没有写入 {error.filename}，请检查路径和权限\n{error.filename} was not written: {error.strerror}",
            file=sys.stderr,
        )
        return 2


def _record(options: argparse.Namespace) -> int:
    kind = kind_of(parse(options.address).scheme)
    rounds = max(1, int(options.seconds / 0.5))
    calls: Sequence[Call] = READS if kind is Kind.RELAY else (("read", (0.5,)),) * rounds
    began = time.monotonic()
    capture = record(options.address, options.device, calls, simulated=False)
    options.out.write_text(to_text(capture), "utf-8")
    took = f"{time.monotonic() - began:.1f}"
    heard = sum(
        moment.withheld or len(moment.data)  # of a reader only how much is kept
        for moment in capture.moments
        if isinstance(moment, Moved) and moment.way is Way.HEARD
    )
    if not heard:
        print(
            f"{options.out}: 写下了，但 {took} 秒里设备没有发来任何字节；请检查供电、接线、波特率和地址\n"
            f"{options.out}: written, but in {took} s the device sent no byte; check power, wiring, speed and number",
            file=sys.stderr,
        )
        return 1
    print(
        f"{options.out}: 录下 {took} 秒，设备发来 {heard} 字节；卡号和码已去掉，交出之前请自己再看一遍\n"
        f"{options.out}: recorded {took} s, {heard} bytes from the device; card numbers and codes are taken out, look "
        "through it yourself before you hand it on"
    )
    return 0


def _simulate(_: argparse.Namespace) -> int:
    for path in simulate(CAPTURES):
        print(path.name)
    return _hardware(_)


def _hardware(_: argparse.Namespace) -> int:
    HARDWARE.write_text(hardware_list(CAPTURES), "utf-8")
    print(HARDWARE.name)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "record": _record, "simulate": _simulate, "hardware": _hardware,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

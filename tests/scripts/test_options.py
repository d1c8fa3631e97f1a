"""The programs that a person runs explain themselves in both languages, at once, before anything is set up."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.catalogue import grammars
from devices.registry import check_address
from scripts import bench_cli, options
from scripts.bench_cli import MEASURES
from scripts.capture_cli import COMMANDS
from scripts.setup import ROOT
from tests.scripts.test_words import in_both

PROGRAMS = ("run", "test", "bench", "calibrate", "capture", "chaos")


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """One parser, and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from parsers(command)


@pytest.mark.parametrize("program", [*PROGRAMS, "setup"])
def test_every_option_is_explained_in_both_languages(program: str) -> None:
    for parser in parsers(getattr(options, program)()):
        assert in_both(parser.description or ""), parser.prog
        told = [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]
        assert [f"{parser.prog} {action.dest}" for action in told if not in_both(action.help or "")] == []
    assert "130" in (getattr(options, program)().epilog or "")


def test_every_bench_and_command_that_is_explained_is_there() -> None:
    assert set(options.BENCHES) == set(MEASURES)
    assert all(in_both(text) for text in options.BENCHES.values())
    for name in COMMANDS:
        assert name in options.CAPTURE


@pytest.fixture(scope="module")
def fresh_clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone: no environment, no packages."""
    clone = tmp_path_factory.mktemp("clone")
    for folder in ("scripts", "models"):
        shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return clone


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_fresh_clone_explains_itself_without_setting_anything_up(fresh_clone: Path, program: str) -> None:
    bare = [sys.executable, "-S", "-B", str(fresh_clone / "scripts" / program)]
    helped = subprocess.run([*bare, "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0 and in_both(helped.stdout) and "--help" in helped.stdout, helped.stderr
    wrong = subprocess.run([*bare, "--hlep"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and in_both(wrong.stderr) and "Traceback" not in wrong.stderr
    assert sorted(path.name for path in fresh_clone.iterdir()) == ["models", "scripts"], "nothing was set up"


MISTAKES = {
    "bench without its name": ("bench",),
    "a bench nobody has": ("bench", "jurnal"),
    "what does not go together": ("bench", "qr", "--cold"),
    "figures with nowhere to go": ("bench", "qr", "--json", "/no/such/folder/rows.json"),
    "a picture of no kind": ("bench", "qr", "--plot", "plot.doc"),
    "a port that is none": ("run", "--port", "99999"),
    "a board that is not plugged in": ("run", "--relay", "modbus+serial:///dev/no-such-line?profile=waveshare-8"),
    "a scanner that is no address": ("run", "--scanner", "ttyUSB0"),
    "a camera that is nowhere": ("run", "--camera", "no-such-file.mp4"),
    "calibrate without a folder": ("calibrate",),
    "a folder that is not there": ("calibrate", "--data", "/no/such/folder"),
    "capture without its command": ("capture",),
    "a device that is none": ("capture", "record", "nonsense://x", "--device", "d", "--out", "/tmp/r.jsonl"),
    "a device without bytes": ("capture", "record", "rtsp://cam/live", "--device", "d", "--out", "/tmp/r.jsonl"),
    "a seed that is none": ("chaos", "--seed", "x"),
    "a word for pytest without --": ("test", "-k", "passes"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_call_is_told_in_both_languages_before_anything_is_set_up(fresh_clone: Path, mistake: str) -> None:
    program, *words = MISTAKES[mistake]
    bare = [sys.executable, "-S", "-B", str(fresh_clone / "scripts" / program), *words]
    ended = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and in_both(ended.stderr) and "Traceback" not in ended.stderr, ended.stderr
    assert sorted(path.name for path in fresh_clone.iterdir()) == ["models", "scripts"], "nothing was set up"


@pytest.mark.parametrize(
    ("option", "given", "ready"),
    [
        ("--relay", "/dev/ttyUSB3", "modbus+serial:///dev/ttyUSB3?profile=waveshare-8"),
        ("--scanner", "/dev/ttyACM0", "scanner+serial:///dev/ttyACM0"),
        ("--scanner", "foo", "scanner+serial:///dev/ttyUSB0"),
    ],
)
def test_who_writes_a_bare_line_is_given_the_address_that_would_do(
    capsys: pytest.CaptureFixture[str], option: str, given: str, ready: str
) -> None:
    with pytest.raises(SystemExit):
        options.run().parse_args([option, given])
    told = capsys.readouterr().err
    assert told.count(ready) == 2 and in_both(told)
    check_address(ready)


def test_what_can_be_recorded_is_every_device_whose_bytes_pass_through_a_line_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unheard = ("camera", "lpr", "led")  # pictures, pushes over HTTP, and a board that is told and says nothing
    lines = {one for one in grammars() if "+" in one and not one.startswith(unheard) and not one.endswith("+hid")}
    assert set(options.RECORDED) == lines
    with pytest.raises(SystemExit):
        options.capture().parse_args(["record", "rtsp://gate:own-secret-9@cam/live", "--device", "d", "--out", "r"])
    told = capsys.readouterr().err
    assert all(told.count(one) == 2 for one in options.RECORDED) and "own-secret-9" not in told


def test_the_list_of_benches_needs_no_set_up(fresh_clone: Path) -> None:
    bare = [sys.executable, "-S", "-B", str(fresh_clone / "scripts" / "bench"), "--list"]
    ended = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and all(name in ended.stdout for name in options.BENCHES)
    assert sorted(path.name for path in fresh_clone.iterdir()) == ["models", "scripts"]


def test_the_second_face_backend_is_installed_only_where_it_is_asked_for() -> None:
    asked = [options.run().parse_args(call).face for call in ([], ["--face", "dlib"], ["--check", "--face=dlib"])]
    assert asked == ["sface", "dlib", "dlib"]


def test_a_bench_without_its_name_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["scripts/bench"])
    with pytest.raises(SystemExit) as ended:
        bench_cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 2 and "journal" in told.out
    assert "缺少 NAME" in told.err and "NAME is missing" in told.err


def test_an_option_of_pytest_and_a_camera_that_is_none_are_told_how_to_write_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for program, call, ready in (
        (options.test(), ["-k", "passes"], "scripts/test -- -k passes"),
        (options.test(), ["--quick", "-x"], "scripts/test -- -x"),
        (options.test(), ["tests/edge"], "scripts/test -- tests/edge"),
        (options.run(), ["--camera", "77x"], "rtsp://"),
        (options.run(), ["--camera", "rtsp:/x"], "rtsp://"),
    ):
        with pytest.raises(SystemExit):
            program.parse_args(call)
        told = capsys.readouterr().err
        assert told.count(ready) == 2 and in_both(told), told


def test_what_is_after_the_dashes_is_pytests_and_a_second_bench_is_asked_for_by_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert options.test().parse_args(["--quick", "--", "tests/edge", "-x"]).pytest == ["tests/edge", "-x"]
    with pytest.raises(SystemExit):
        options.bench().parse_args(["qr", "journal"])
    told = capsys.readouterr().err
    assert "一次一个 NAME" in told and "one NAME at a time; call it again for journal" in told
    with pytest.raises(SystemExit):
        options.test().parse_args(["quick"])
    assert "--quick" in capsys.readouterr().err

"""A command line speaks both languages: its help, and every complaint that argparse of this Python can make."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.command_line import (
    INTERRUPTED,
    UNREAD,
    Parser,
    columns,
    number_between,
    port_number,
    said,
    until_interrupted,
    wrapped,
)

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def parser() -> Parser:
    made = Parser("gate", "开门 · opens the gate", "退出码 0 · exit code 0")
    commands = made.add_subparsers(title="命令 commands", metavar="COMMAND", required=True)
    lane = commands.add_parser("lane", help="一条通道 · one lane", description="一条通道 · one lane")
    lane.add_argument("--code", required=True, help="编号 · its code")
    lane.add_argument("--port", type=port_number(1), help="端口 · its port")
    lane.add_argument("--times", type=int, help="几次 · how often")
    lane.add_argument("--pair", nargs=2, help="两个 · two of them")
    lane.add_argument("--many", nargs="+", help="若干 · some")
    lane.add_argument("--side", choices=("in", "out"), help="方向 · direction")
    lane.add_argument("--quiet", action="store_true", help="少说 · say less")
    either = lane.add_mutually_exclusive_group()
    either.add_argument("--open", action="store_true", help="开 · open")
    either.add_argument("--shut", action="store_true", help="关 · shut")
    return made


WRONG = [
    # the call, and what both languages must name
    ([], ["COMMAND"]),
    (["lame"], ["lame", "lane"]),
    (["lane"], ["--code"]),
    (["lane", "--code"], ["--code"]),
    (["lane", "--code", "a", "--prot", "1"], ["--prot", "--port"]),
    (["lane", "--cod", "a", "--prot", "1"], ["--prot", "--port"]),
    # a mistyped option is named before what it causes
    (["lane", "--coed", "a"], ["--coed", "--code"]),
    (["lane", "--coed=a"], ["--coed", "--code"]),
    (["--coed", "a"], ["--coed", "--code"]),
    (["lane", "--code", "a", "--sdie", "in", "--side", "inn"], ["--sdie", "--side"]),
    (["lane", "--side", "in"], ["--code"]),
    (["lane", "--code", "a", "b"], ["b"]),
    (["lane", "--code", "a", "--port", "65536"], ["65536", "65535"]),
    (["lane", "--code", "a", "--times", "x"], ["--times", "x"]),
    (["lane", "--code", "a", "--pair", "x"], ["--pair", "2"]),
    (["lane", "--code", "a", "--many"], ["--many"]),
    (["lane", "--code", ""], ["--code"]),
    (["lane", "--code= "], ["--code"]),
    (["lane", "--code", "a", "--many", "b", ""], ["--many"]),
    (["lane", "--code", "a", "--side", "inn"], ["--side", "inn", "out"]),
    (["lane", "--code", "a", "--quiet=1"], ["--quiet", "1"]),
    (["lane", "--code", "a", "--open", "--shut"], ["--open", "--shut"]),
    (["lane", "--code", "a", "--p", "1"], ["--p", "--port", "--pair"]),
]


@pytest.mark.parametrize(("call", "names"), WRONG, ids=lambda value: " ".join(value))
def test_what_is_wrong_with_a_call_is_said_in_both_languages(
    capsys: pytest.CaptureFixture[str], call: list[str], names: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(call)
    assert ended.value.code == 2
    zh, en, where = capsys.readouterr().err.splitlines()[-3:]
    assert CHINESE.search(zh) and "用法不对" not in zh, "argparse says something new: models.command_line.COMPLAINTS"
    assert not CHINESE.search(en) and "invalid" not in en
    assert all(name in zh and name in en for name in names)
    assert "--help" in where


def test_an_option_that_is_empty_by_default_may_be_left_out_or_be_empty() -> None:
    made = Parser("gate", "开门 · opens the gate")
    made.add_argument("--mail", default="", help="邮箱 · mail")
    made.add_argument("rest", nargs="*", help="其余 · the rest")
    assert made.parse_args([]).mail == made.parse_args(["--mail", ""]).mail == ""
    assert made.parse_args(["--", "-k", ""]).rest == ["-k", ""]


def test_every_line_of_help_has_a_language_that_was_written_here() -> None:
    told = parser().format_help()
    assert told.startswith("用法 usage: gate")
    for english in ("options:\n", "positional arguments", "show this help message"):
        assert english not in told.replace("选项 options:", "")
    assert "一条通道\n" in told, "each language begins on a line of its own"


def test_a_complaint_that_nobody_foresaw_is_passed_on_as_it_is() -> None:
    zh, en = said("the moon is full")
    assert "the moon is full" in zh and CHINESE.search(zh) and en == "the moon is full"


@pytest.mark.parametrize("text", ["-1", "0", "65536", "", "８０", "1e3", "99999999999999"])
def test_a_port_out_of_range_is_refused_with_its_range(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"1 到 65535.* from 1 to 65535"):
        port_number(1)(text)
    assert port_number()("0") == 0 and number_between(1, 5, "天", "days")("5") == 5


@given(st.text("门庭 ，。gate-in", max_size=60), st.integers(6, 40))
def test_no_line_is_wider_than_asked_and_no_word_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # a word, or a sign with the stops after it, is never cut
    assert all(columns(line) <= width for line in lines if " " in line.strip())


def test_an_interrupted_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert until_interrupted(interrupted) == INTERRUPTED == 130
    told = capsys.readouterr().err
    assert "已中断" in told and "interrupted" in told and "Traceback" not in told
    assert until_interrupted(lambda: 3) == 3


ENDLESS = """
import sys
from models.command_line import until_interrupted
def talk():
    while True:
        print("gate", flush=True)
sys.exit(until_interrupted(talk))
"""


def test_a_command_whose_output_nobody_reads_any_more_ends_without_a_complaint() -> None:
    talking = subprocess.Popen(
        [sys.executable, "-P", "-c", ENDLESS], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with talking:
        assert talking.stdout is not None and talking.stderr is not None
        assert talking.stdout.readline() == "gate\n"
        talking.stdout.close()
        assert talking.stderr.read() == "" and talking.wait() == UNREAD


AT_ONCE = """
import sys
from models.command_line import until_interrupted
sys.exit(until_interrupted(lambda: print("gate\\n" * int(sys.argv[1])) or 0))
"""


@pytest.mark.parametrize("lines", [10, 100_000], ids=["all of it waits to the end", "more than the buffer holds"])
def test_neither_does_one_that_says_all_at_once(lines: int) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-P", "-c", AT_ONCE, str(lines)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=write,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (UNREAD, "")


def test_another_pipe_that_breaks_is_a_fault_as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> int:
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(BrokenPipeError):
            until_interrupted(broken)


def test_an_output_without_chinese_shows_the_english_and_does_not_break() -> None:
    call = [sys.executable, "-P", "-m", "edge", "--help"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(call, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and "The node at a gate" in done.stdout

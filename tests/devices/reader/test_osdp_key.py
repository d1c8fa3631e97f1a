"""The key of a secure channel: from a file that nobody else can read, and never the one that everybody knows."""

from pathlib import Path

import pytest

from devices.errors import Refused, Unreachable
from devices.reader.osdp_key import DEFAULT_KEY, OsdpKey, read_key

GOOD = "00112233445566778899aabbccddeeff"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "east.key"
    path.write_text(GOOD + "\n")
    path.chmod(0o600)
    return path


def test_a_good_key_is_read_and_shown_by_nothing(key_file: Path) -> None:
    key = read_key(str(key_file))
    assert key.secret == bytes.fromhex(GOOD)
    assert repr(key) == str(key) == "OsdpKey()"


@pytest.mark.req("SEC-06", "ACC-28")
def test_the_key_that_everybody_knows_is_refused(key_file: Path) -> None:
    key_file.write_text(DEFAULT_KEY.hex())
    with pytest.raises(Refused, match="SCBK-D"):
        read_key(str(key_file))
    with pytest.raises(Refused, match="SCBK-D"):
        OsdpKey(DEFAULT_KEY)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(Refused, match=r"chmod 600 east\.key"):
        read_key(str(key_file))


@pytest.mark.parametrize("text", ["", GOOD[:-1], GOOD + "0", "not a key", "00" * 16, "门" * 32])
def test_what_is_no_key_is_refused_without_repeating_it(key_file: Path, text: str) -> None:
    key_file.write_text(text)
    with pytest.raises(Refused) as refused:
        read_key(str(key_file))
    assert not text or text not in str(refused.value)


def test_a_missing_file_a_folder_and_a_link_are_told(key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.key"
    link.symlink_to(key_file)
    for path in (tmp_path / "nowhere", link):
        with pytest.raises(Unreachable, match="cannot be opened"):
            read_key(str(path))
    with pytest.raises(Refused):
        read_key(str(tmp_path))

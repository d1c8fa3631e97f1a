"""Two packages call themselves `osdp`. Whichever wins, an OSDP line is opened with libosdp or not at all, in words."""

import subprocess
import sys
from pathlib import Path

import pytest

from devices.diagnose import Finding, diagnose_error
from devices.errors import NotSetUp, said
from devices.fault_words import cause_zh
from devices.reader.osdp_package import BOTH, BROKEN, osdp_trouble
from edge.commission.found_words import say
from tests.conformance.panels import private

ROOT = Path(__file__).resolve().parents[3]
MEND = "delete the folder .venv and run python3 scripts/setup.py"
OPEN = """
import sys
from devices.errors import DeviceError, said
from devices.registry import open_reader, open_relay_board
from devices.transport.memory import Cable, Cables

cables = Cables()
for name in ("reader", "panel"):
    cables.register(name, Cable().a)
for open_it, address in (
    (open_reader, "osdp+memory://reader?card=proved&key_file=" + sys.argv[1]),
    (open_relay_board, f"panel+osdp+memory://panel?card_file={sys.argv[2]}&key_file={sys.argv[1]}"),
):
    try:
        open_it(address, cables=cables).close()
        print("opened")
    except DeviceError as error:
        print(said(error))
"""


@pytest.fixture
def intruder(tmp_path: Path) -> Path:
    """What PyPI's `osdp` 1.6 puts beside the packages: a module of that name with names of its own, and its record."""
    folder = tmp_path / "site-packages"
    (folder / "osdp").mkdir(parents=True)
    (folder / "osdp" / "__init__.py").write_text("class ControlPanel: ...\nclass Device: ...\n")
    record = folder / "osdp-1.6.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: osdp\nVersion: 1.6\n")
    return folder


def opened(tmp_path: Path, *first: Path) -> list[str]:
    """What opening a reader and a panel says in a Python that looks for packages in `first` before all else."""
    key, card = private(tmp_path / "osdp.key", "0123456789abcdef" * 2), private(tmp_path / "panel.card", "123,45678")
    path = ":".join(map(str, (*first, ROOT)))
    run = subprocess.run(
        [sys.executable, "-P", "-c", OPEN, str(key), str(card)],
        cwd=ROOT, env={"PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_here_it_is_libosdp_alone(tmp_path: Path) -> None:
    assert osdp_trouble() is None
    assert opened(tmp_path) == ["opened", "opened"]


@pytest.mark.req("INT-06", "ACC-28")
def test_with_both_packages_no_line_is_opened_and_what_to_do_is_said(tmp_path: Path, intruder: Path) -> None:
    told = opened(tmp_path, intruder)
    assert told == [f"NotSetUp: {BOTH[1]}"] * 2 and MEND in told[0]


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("left", ["another's", "nothing"])
def test_what_an_uninstalled_osdp_leaves_behind_is_told_too(tmp_path: Path, intruder: Path, left: str) -> None:
    (intruder / "osdp-1.6.dist-info" / "METADATA").unlink()
    (intruder / "osdp-1.6.dist-info").rmdir()
    if left == "nothing":
        (intruder / "osdp" / "__init__.py").write_text("raise ImportError('gone')\n")
    assert opened(tmp_path, intruder) == [f"NotSetUp: {BROKEN[1]}"] * 2


@pytest.mark.parametrize("trouble", [BOTH, BROKEN])
def test_it_is_told_in_both_languages_and_not_as_the_devices_refusal(trouble: tuple[str, str]) -> None:
    error = NotSetUp(trouble[1])
    (found,) = (diagnose_error(error),)
    words = say(found, {})
    assert found.finding is Finding.NOT_SET_UP and MEND in words.what.en and "设备应答" not in words.what.zh
    assert ".venv" in words.what.zh and "setup.py" in words.what.zh.split("（")[0]
    assert "删除 .venv" in cause_zh(said(error)) and "删除 .venv" in trouble[0]

"""One suite per port, on simulated wires always and on real hardware where an address is given.

    pytest tests/conformance --real-relay 'modbus+serial:///dev/ttyUSB0?profile=waveshare-8'
    pytest tests/conformance --real-scanner 'scanner+serial:///dev/ttyUSB1?end=cr' -s
    pytest tests/conformance --real-reader 'osdp+serial:///dev/ttyUSB2?key_file=/etc/menting/osdp.key&card=proved' -s
    pytest tests/conformance --real-camera 'camera+v4l2:///dev/video0'

--real-relay MOVES EVERY RELAY of the board: disconnect locks and barriers first. Without an option its rig is not
there at all, so that no report shows untried hardware as anything.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.address import redact
from tests.conformance.panels import PanelRig, simulated_panel
from tests.conformance.readers import ReaderRig, simulated_reader
from tests.conformance.rigs import BOARDS, BoardRig, ScannerRig, ToldRig, Wire, simulated_board, told_board

OTHER_PROFILES = [name for name in BOARDS if name != "waveshare-8"]
RIGS = {
    "board": (
        "--real-relay",
        [
            *("memory", "pty", "tcp", "gpio", "gpio active low", "gpio pulled down"),
            *(f"{wire} {name}" for wire in ("memory", "pty") for name in OTHER_PROFILES),
        ],
    ),
    "simulated": (None, ["memory", "pty", "tcp", "memory lctech-8"]),
    "told": (None, ["memory", "pty"]),
    "panel": (None, ["wiegand-memory", "wiegand-pty", "osdp-memory", "osdp-pty"]),
    "echoing": (None, ["memory", "pty"]),
    "codes": (None, ["memory", "pty"]),
    "real_scanner": ("--real-scanner", []),
    "cards": (None, ["wiegand-memory", "wiegand-pty", "typing-memory", "osdp-memory", "osdp-pty"]),
    "real_reader": ("--real-reader", []),
    "typing_keyboard": (None, ["uinput"] if os.access("/dev/uinput", os.W_OK) else []),
    "camera_address": ("--real-camera", ["folder-loop", "folder-newest", "video", "rtsp"]),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, what in (
        ("relay", "relay board"),
        ("scanner", "code scanner"),
        ("reader", "card reader"),
        ("camera", "camera"),
    ):
        parser.addoption(f"--real-{name}", default=None, metavar="ADDRESS", help=f"also test this real {what}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, (option, kinds) in RIGS.items():
        if fixture in metafunc.fixturenames:
            address = metafunc.config.getoption(option, default=None) if option else None
            rigs = [*kinds, *([f"real {address}"] if address else [])]
            metafunc.parametrize(fixture, rigs, indirect=True, ids=[redact(rig) for rig in rigs])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what has no rig at all; pytest would list it as skipped, which looks like something tried."""
    absent = {"real_scanner", "real_reader", "typing_keyboard"}
    without = [item for item in items if "NOTSET" in item.name and absent & set(getattr(item, "fixturenames", ()))]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


@pytest.fixture
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BoardRig]:
    """A relay board that works."""
    kind: str = request.param
    rig = BoardRig(kind.removeprefix("real ")) if kind.startswith("real ") else simulated_board(kind, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def simulated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BoardRig]:
    """A relay board to which faults can be given."""
    rig = simulated_board(request.param, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ToldRig]:
    """A board that can only be told."""
    rig = told_board(request.param, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def panel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PanelRig]:
    """An existing access panel that is shown cards."""
    rig = simulated_panel(request.param, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def echoing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BoardRig]:
    """The same, behind an adapter that can echo: only a serial line has one."""
    rig = simulated_board(request.param, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def codes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScannerRig]:
    """A code scanner."""
    rig = ScannerRig(Wire(request.param, tmp_path))
    yield rig
    rig.close()


@pytest.fixture
def cards(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReaderRig]:
    """A reader, and somebody who holds cards to it."""
    rig = simulated_reader(request.param, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def real_reader(request: pytest.FixtureRequest) -> str:
    """The address of a real reader."""
    return str(request.param).removeprefix("real ")


@pytest.fixture
def typing_keyboard(request: pytest.FixtureRequest) -> str:
    """Only where the kernel makes keyboards for us."""
    return str(request.param)


@pytest.fixture
def real_scanner(request: pytest.FixtureRequest) -> str:
    """The address of a real code scanner."""
    return str(request.param).removeprefix("real ")

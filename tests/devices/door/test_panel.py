"""The other end is a panel's own reader input: what it reads must be the configured card, once for each grant."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.door.panel import PanelOutput
from devices.errors import Refused, Unreachable
from devices.ports import CardRead
from devices.reader.line_reader import LineReader
from devices.reader.lines import Profile
from devices.reader.wiegand import FORMATS
from devices.registry import open_relay_board, relay_board_facts
from devices.scanner.framing import End, Framing
from devices.transport.memory import Cable, Cables


def a_file(folder: Path, text: str = "123,45678", mode: int = 0o600) -> Path:
    path = folder / "panel.card"
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


def _open(path: Path, more: str = "") -> tuple[PanelOutput, Cable]:
    cable, cables = Cable(), Cables()
    cables.register("panel", cable.a)
    board = open_relay_board(f"panel+memory://panel?card_file={path}{more}", cables=cables)
    assert isinstance(board, PanelOutput)
    return board, cable


@pytest.mark.req("INT-07")
@pytest.mark.parametrize(("bits", "end"), [(26, "cr"), (34, "crlf")])
def test_a_pulse_shows_the_panel_its_card_once(tmp_path: Path, bits: int, end: str) -> None:
    board, cable = _open(a_file(tmp_path), f"&bits={bits}&end={end}")
    panel = LineReader(cable.b, Framing(end=End(end)), Profile("hex", FORMATS[bits]), repeat_s=0)
    assert panel.read(0.01) is None, "opening shows nothing (S10)"
    board.pulse(1, 5000)
    seen = panel.read(1.0)
    assert isinstance(seen, CardRead) and (seen.facility, seen.number) == (123, 45678)
    board.set(1, False)
    assert panel.read(0.01) is None, "ending a pulse shows nothing"


@pytest.mark.req("INT-07")
def test_the_strike_is_the_panels_nothing_is_held_and_nothing_is_claimed(tmp_path: Path) -> None:
    board, cable = _open(a_file(tmp_path))
    with pytest.raises(Refused, match="fire must be wired to the panel"):
        board.set(1, True)
    with pytest.raises(Refused):
        board.read_outputs()
    assert board.timed and not board.reads_back and cable.b.read(64, 0) == b""
    with pytest.raises(ValueError, match="output 2"):
        board.pulse(2, 500)


def test_an_unplugged_converter_is_noticed_before_a_grant(tmp_path: Path) -> None:
    board, cable = _open(a_file(tmp_path))
    cable.cut()
    with pytest.raises(Unreachable):
        board.read_inputs()


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("123,45678", 0o644, "open to others"),
        ("123-45678", 0o600, "FACILITY,NUMBER"),
        ("256,45678", 0o600, "no room"),
    ],
)
def test_a_card_that_is_none_or_lies_open_is_refused_and_never_shown(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        _open(a_file(tmp_path, text, mode))
    assert "45678" not in str(refused.value)


def test_its_facts_are_those_of_an_output_that_times_itself_and_has_no_contacts() -> None:
    facts = relay_board_facts("panel+serial:///dev/ttyUSB4?card_file=/etc/menting/panel.card")
    assert (facts.outputs, facts.inputs, facts.timed, facts.reads_back) == (1, 0, True, False)

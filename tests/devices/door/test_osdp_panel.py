"""The node as an OSDP reader before libosdp's own panel: sealed with its own key or nothing, and no card late."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from devices.door.osdp_panel import OsdpPanelOutput
from devices.errors import Refused, Unreachable
from devices.reader.osdp_key import OsdpKey
from devices.reader.wiegand import FORMATS, encode
from devices.sim.osdp_panel import OsdpPanelSim
from devices.transport.memory import Cable
from tests.conformance.rigs import eventually

KEY, OTHER = bytes(range(1, 17)), bytes(range(2, 18))
CARD = encode(123, 45678, FORMATS[34])


class Rig:
    def __init__(self) -> None:
        self.cable = Cable()
        self.board = OsdpPanelOutput(self.cable.a, 0, OsdpKey(KEY), CARD, FORMATS[34])
        self.panels: list[OsdpPanelSim] = []

    def panel(self, key: bytes | None = KEY) -> OsdpPanelSim:
        self.panels.append(OsdpPanelSim(self.cable.b, key=key))
        self.panels[-1].start()
        return self.panels[-1]

    def close(self) -> None:
        self.board.close()
        for panel in self.panels:
            panel.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


@pytest.mark.req("INT-07", "SEC-06")
@pytest.mark.parametrize("key", [OTHER, None], ids=["another key", "fresh from its box"])
def test_a_panel_without_this_key_is_told_nothing(rig: Rig, key: bytes | None) -> None:
    panel = rig.panel(key)
    told: list[str] = []

    def refused() -> bool:  # first it does not ask at all, and then not as it must
        try:
            rig.board.pulse(1, 500)
        except (Refused, Unreachable) as error:
            told.append(str(error))
        return "without a secure channel" in told[-1]

    assert eventually(refused)
    assert not panel.cards() and not panel.secure()


@pytest.mark.req("SEC-06")
def test_a_key_is_not_changed_over_the_line(rig: Rig) -> None:
    panel = rig.panel()
    assert eventually(panel.secure)
    panel.change_key(OTHER)
    assert eventually(lambda: panel.refused == 1)
    panel.close()
    again = rig.panel(KEY)
    assert eventually(again.secure), "its own key is still good"


@pytest.mark.req("INT-07", "ACC-23")
def test_a_card_that_the_panel_does_not_fetch_at_once_is_never_fetched_later(rig: Rig) -> None:
    panel = rig.panel()
    assert eventually(panel.secure)
    panel.silent = True
    with pytest.raises(Unreachable, match=r"did not fetch|does not ask"):
        rig.board.pulse(1, 500)
    panel.close()
    again = rig.panel()
    assert eventually(again.secure)
    rig.board.pulse(1, 500)
    assert eventually(lambda: bool(again.cards()))
    assert (panel.cards(), again.cards()) == ([], [(34, CARD)])


@pytest.mark.req("INT-07")
def test_that_a_panel_is_off_is_known_within_seconds_and_that_it_is_back_too(rig: Rig) -> None:
    assert rig.board.silence() is None, "it was opened a moment ago"
    assert eventually(lambda: isinstance(rig.board.silence(), Unreachable)), "it never asked"
    panel = rig.panel()
    assert eventually(lambda: panel.secure() and rig.board.silence() is None)
    panel.close()
    assert eventually(lambda: isinstance(rig.board.silence(), Unreachable))
    assert rig.board.read_inputs() == (), "the contacts beside it are read all the while"
    again = rig.panel()
    assert eventually(lambda: again.secure() and rig.board.silence() is None)


@pytest.mark.req("INT-07", "SEC-06")
def test_a_panel_that_asks_with_another_key_is_told_before_anybody_comes(rig: Rig) -> None:
    rig.panel(OTHER)
    assert eventually(lambda: rig.board.silence() is not None), "it asks without the key, or gives up asking"


def test_a_panel_that_is_off_keeps_no_contact_from_being_read_and_is_told_at_the_grant(rig: Rig) -> None:
    assert rig.board.read_inputs() == ()
    with pytest.raises(Unreachable, match="does not ask"):
        rig.board.pulse(1, 500)


def test_one_that_was_closed_is_kept_by_nobody(rig: Rig) -> None:
    board = OsdpPanelOutput(Cable().a, 0, OsdpKey(KEY), CARD, FORMATS[34])
    gone = weakref.ref(board)
    board.close()
    board.close()
    del board
    gc.collect()
    assert gone() is None

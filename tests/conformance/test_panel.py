"""What showing a card to an existing panel must do, by a Wiegand converter and by OSDP: it never drives the strike."""

import pytest

from devices.errors import Refused, Unreachable
from devices.registry import relay_board_facts
from tests.conformance.panels import PanelRig
from tests.conformance.rigs import eventually

pytestmark = pytest.mark.req("GEN-08")
CARD = (123, 45678)


@pytest.mark.req("INT-07")
def test_each_grant_shows_the_panel_its_card_once_and_nothing_else_does(panel: PanelRig) -> None:
    board = panel.open()
    board.set(1, False)
    assert board.read_inputs() == ()
    board.pulse(1, 5000)
    assert panel.cards(1) == [CARD]
    board.pulse(1, 500)
    assert panel.cards(2) == [CARD, CARD]


@pytest.mark.req("INT-07")
def test_nothing_is_held_and_nothing_is_claimed(panel: PanelRig) -> None:
    board = panel.open()
    with pytest.raises(Refused, match="fire must be wired to the panel"):
        board.set(1, True)
    with pytest.raises(Refused, match="door's contact"):
        board.read_outputs()
    assert (board.outputs, board.inputs, board.timed, board.reads_back) == (1, 0, True, False)
    facts = relay_board_facts(panel.address())
    assert (facts.outputs, facts.inputs, facts.timed, facts.reads_back) == (1, 0, True, False)
    for channel in (0, 2):
        with pytest.raises(ValueError, match="does not exist"):
            board.pulse(channel, 500)


def test_a_line_that_is_gone_is_noticed_before_a_grant(panel: PanelRig) -> None:
    board = panel.open()
    panel.unplug()

    def told() -> bool:
        try:
            board.read_inputs()
        except Unreachable:
            return True
        return False

    assert eventually(told)
    with pytest.raises(Unreachable):
        board.pulse(1, 500)

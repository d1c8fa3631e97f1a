"""What a board's address says about it before anything is opened."""

import pytest

from devices.errors import AddressError
from devices.registry import relay_board_facts


@pytest.mark.parametrize(("waits", "tries", "seen"), [(150, 2, True), (200, 2, True), (201, 2, False), (500, 1, False)])
def test_a_board_that_is_waited_for_longer_than_a_press_lasts_is_refused(waits: int, tries: int, seen: bool) -> None:
    for begins in ("modbus+serial:///dev/ttyUSB0?", "modbus+tcp://192.168.1.5:502?"):
        address = f"{begins}profile=waveshare-8&timeout_ms={waits}&tries={tries}"
        if seen:
            assert relay_board_facts(address).timed
        else:
            with pytest.raises(AddressError, match=f"timeout_ms={waits} times tries={tries} is more than 400 ms"):
                relay_board_facts(address)

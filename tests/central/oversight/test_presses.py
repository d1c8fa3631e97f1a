"""Asking a channel for a way to pay: one place for a stay, and a fair share for each company."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from central.base.kernel.errors import TooMany
from central.oversight.console.driver.limits import AT_ONCE, AT_ONCE_OF_A_TENANT, Presses, UnderWay
from models.values.ids import new_id

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.req("SEC-05")
def test_one_stay_has_one_place_and_a_slow_channel_leaves_room_for_other_companies():
    presses, one, other, stay = Presses(), new_id(), new_id(), new_id()
    with ExitStack() as asking:
        asking.enter_context(presses.place("198.51.100.1", one, stay, NOW))
        with pytest.raises(UnderWay), presses.place("198.51.100.2", one, stay, NOW):
            pass
        for _ in range(AT_ONCE_OF_A_TENANT - 1):
            asking.enter_context(presses.place("198.51.100.3", one, new_id(), NOW))
        with pytest.raises(TooMany), presses.place("198.51.100.4", one, new_id(), NOW):
            pass
        for _ in range(AT_ONCE - AT_ONCE_OF_A_TENANT):
            asking.enter_context(presses.place("198.51.100.5", other, new_id(), NOW))
    with presses.place("198.51.100.2", one, stay, NOW):
        pass

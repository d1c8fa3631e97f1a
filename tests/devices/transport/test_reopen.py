"""Opening again: patiently, and for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Unreachable
from devices.transport.reopen import Backoff, Reopening


@given(st.integers(1, 5000), st.floats(0, 1))
def test_waits_double_up_to_the_cap_and_jitter_only_shortens(failures: int, chance: float) -> None:
    backoff = Backoff(failures=failures)
    wait_s = backoff.wait_s(chance)
    assert 0.375 <= wait_s <= 30
    assert wait_s <= 0.5 * 2.0 ** min(failures - 1, 40)
    assert backoff.failed().wait_s(0) >= backoff.wait_s(0)
    assert backoff.worked().wait_s(chance) == 0


class Thing:
    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_a_lost_device_is_closed_and_opened_again_only_when_its_time_has_come() -> None:
    now = 0.0
    opened: list[Thing] = []
    plugged_in = True

    def open_device() -> Thing:
        if not plugged_in:
            raise Unreachable("no such port")
        opened.append(Thing())
        return opened[-1]

    device = Reopening(open_device, clock=lambda: now, chance=lambda: 0.0)
    first = device.get()
    assert device.get() is first
    plugged_in = False
    device.lost(Unreachable("it was pulled"))
    assert first.closed
    with pytest.raises(Unreachable, match="it was pulled"):
        device.get()
    now = 0.5
    with pytest.raises(Unreachable, match="no such port"):
        device.get()
    now = 1.4  # the second wait is 1 s
    with pytest.raises(Unreachable, match="next try in"):
        device.get()
    plugged_in = True
    now = 1.5
    assert device.get() is opened[-1] is not first
    device.works()
    device.lost()
    now = 2.0
    assert not device.get().closed
    device.close()
    assert opened[-1].closed

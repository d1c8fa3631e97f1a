"""The simulated network camera's packets."""

from hypothesis import given
from hypothesis import strategies as st

from devices.sim.h264 import PAYLOAD_MAX, packets, payloads


@given(st.integers(0, 127), st.integers(1, 4 * PAYLOAD_MAX))
def test_a_unit_in_parts_is_the_same_unit(first: int, size: int) -> None:
    unit = bytes([first]) + bytes(n % 251 for n in range(size - 1))
    parts = list(payloads(unit))
    assert all(len(part) <= PAYLOAD_MAX for part in parts)
    if len(parts) == 1:
        assert parts == [unit]
        return
    assert [part[1] >> 6 for part in parts] == [2, *[0] * (len(parts) - 2), 1]
    whole = bytes([(parts[0][0] & 0xE0) | (parts[0][1] & 0x1F)]) + b"".join(part[2:] for part in parts)
    assert whole == unit


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=4), st.integers(0, 70_000))
def test_only_the_last_packet_of_a_picture_is_marked_and_numbers_go_on(units: list[bytes], sequence: int) -> None:
    sent = packets(tuple(units), sequence, 1000, 7)
    assert [packet[1] >> 7 for packet in sent] == [*[0] * (len(sent) - 1), 1]
    numbers = [int.from_bytes(packet[2:4], "big") for packet in sent]
    assert numbers == [(sequence + step) % 65536 for step in range(len(sent))]

"""The cable: clean, damaged, cut, and named without any global state."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import AddressError, Busy, Unreachable
from devices.transport.memory import Cable, Cables, Late


def everything(end: object, count: int) -> bytes:
    got = b""
    while len(got) < count:
        piece = end.read(7, 5)
        assert piece, "nothing more came"
        got += piece
    return got


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_a_clean_cable_carries_every_byte_in_order_both_ways(pieces: list[bytes]) -> None:
    cable = Cable()
    for piece in pieces:
        cable.a.write(piece)
        cable.b.write(piece[::-1])
    sent = b"".join(pieces)
    assert everything(cable.b, len(sent)) == sent
    assert everything(cable.a, len(sent)) == b"".join(piece[::-1] for piece in pieces)
    assert cable.a.read(1, 0) == cable.b.read(1, 0) == b""


def test_the_hand_on_the_cable_splits_garbles_and_drops() -> None:
    cable = Cable(to_b=lambda data: [data[:1], b"?" + data[2:]])
    cable.a.write(b"abc")
    assert (cable.b.read(9, 1), cable.b.read(9, 1)) == (b"a", b"?c")
    cable.to_b = lambda data: []
    cable.a.write(b"abc")
    assert cable.b.read(9, 0) == b""
    cable.to_b = None
    cable.a.write(b"abc")
    assert cable.b.read(9, 0) == b"abc"


def test_what_is_late_survives_a_drain_and_arrives() -> None:
    cable = Cable(to_b=lambda data: [data, Late(data.upper(), by_s=0.2)])
    cable.a.write(b"x")
    cable.b.drain()
    assert cable.b.read(9, 0) == b""
    assert cable.b.read(9, 10) == b"X"


@pytest.mark.parametrize("how", ["close", "cut"])
def test_a_reader_that_waits_learns_that_the_line_is_gone(how: str) -> None:
    cable = Cable()
    seen: list[Exception] = []

    def wait() -> None:
        try:
            cable.a.read(1, 60)
        except Unreachable as error:
            seen.append(error)

    reader = threading.Thread(target=wait)
    reader.start()
    cable.a.close() if how == "close" else cable.cut()
    reader.join(10)
    assert not reader.is_alive()
    assert len(seen) == 1
    with pytest.raises(Unreachable):
        cable.a.write(b"x")


def test_names_live_in_their_own_cables_only() -> None:
    cables, others, cable = Cables(), Cables(), Cable()
    cables.register("gate", cable.a)
    with pytest.raises(ValueError, match="already"):
        cables.register("gate", cable.b)
    with pytest.raises(AddressError):
        others.take("gate")
    end = cables.take("gate")
    with pytest.raises(Busy):
        cables.take("gate")
    end.close()
    cable.b.write(b"said while nobody listened")
    assert cables.take("gate").read(99, 0) == b""
    cables.unregister("gate")
    with pytest.raises(AddressError, match="registered: none"):
        cables.take("gate")

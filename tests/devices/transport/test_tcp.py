"""A TCP connection, on this machine, with the simulated device's end of it."""

import socket
from collections.abc import Iterator

import pytest

from devices.errors import Unreachable
from devices.sim.tcp import TcpServerLine
from devices.transport.tcp import TcpLine


@pytest.fixture
def server() -> Iterator[TcpServerLine]:
    line = TcpServerLine()
    yield line
    line.close()


def test_bytes_travel_unchanged_both_ways(server: TcpServerLine) -> None:
    line = TcpLine("127.0.0.1", server.port)
    line.write(bytes(range(256)))
    got = b""
    while len(got) < 256 and (piece := server.read(256, 5)):
        got += piece
    assert got == bytes(range(256))
    server.write(b"answer")
    assert line.read(3, 5) == b"ans"
    line.drain()
    assert line.read(9, 0) == b""
    line.close()


def test_silence_is_nothing_and_a_driver_that_left_may_come_again(server: TcpServerLine) -> None:
    first = TcpLine("127.0.0.1", server.port)
    first.write(b"1")
    assert server.read(9, 5) == b"1"
    first.close()
    first.close()
    assert server.read(9, 0) == b""
    second = TcpLine("127.0.0.1", server.port)
    second.write(b"2")
    assert server.read(9, 5) == b"2"
    second.close()


def test_an_end_of_the_other_side_is_unreachable_and_so_is_everything_after(server: TcpServerLine) -> None:
    line = TcpLine("127.0.0.1", server.port)
    line.write(b"1")
    assert server.read(9, 5) == b"1"
    server.close()
    with pytest.raises(Unreachable):
        line.read(9, 5)
    line.close()
    for act in (lambda: line.read(1, 0), lambda: line.write(b"x"), line.drain):
        with pytest.raises(Unreachable, match="closed"):
            act()


def test_nobody_there_is_unreachable_with_the_place_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} cannot be reached: "):
        TcpLine("127.0.0.1", port)


def test_a_host_that_takes_no_connection_is_given_up_after_the_time_out() -> None:
    """A listener whose queue is full answers no further knock, like a host that is switched off."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        with pytest.raises(Unreachable, match="cannot be reached"):
            for _ in range(16):
                waiting.append(TcpLine("127.0.0.1", full.getsockname()[1], connect_timeout_s=0.05))
        for line in waiting:
            line.close()

"""So many connections and no more, also before a handshake; one source leaves room for the others (SEC-08)."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
import uvloop

from central.base.web import connections
from central.base.web.connections import Acceptor, Places, raise_file_limit

pytestmark = pytest.mark.req("SEC-08")


def taken(places, address, times):
    return sum(places.take(address) is not None for _ in range(times))


def test_one_source_gets_its_share_and_leaves_room_for_another():
    places = Places(1024)
    assert taken(places, "203.0.113.7", 300) == 200
    assert taken(places, "198.51.100.1", 10) == 10
    places.give_back("203.0.113.7")
    assert taken(places, "203.0.113.7", 2) == 1


def test_a_household_s_network_is_one_source_and_so_is_an_address_in_either_form():
    places = Places(1024, of_one=2)
    assert [taken(places, f"2001:db8:0:1::{host}", 1) for host in (1, 2, 3)] == [1, 1, 0]
    assert taken(places, "2001:db8:0:2::1", 1) == 1
    assert taken(places, "203.0.113.7", 1) + taken(places, "::ffff:203.0.113.7", 2) == 2


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "fd00::5"])
def test_many_stand_behind_a_named_proxy_or_this_machine_and_may_have_half(address):
    places = Places(1000, ("10.1.2.0/24", "fd00::5"), of_one=3)
    assert taken(places, address, 400) == 350
    assert taken(places, "203.0.113.7", 4) == 3


def test_in_all_files_are_left_for_the_database():
    places = Places(100)
    assert sum(taken(places, f"198.51.100.{number}", 10) for number in range(10)) == 70


def test_refusals_are_told_once_a_minute(caplog):
    caplog.set_level(logging.WARNING)
    now = [0.0]
    places = Places(1024, of_one=1, clock=lambda: now[0])
    assert taken(places, "203.0.113.7", 50) == 1
    now[0] = 61.0
    assert taken(places, "203.0.113.7", 1) == 0
    assert [(line.refused, line.of_source, line.source) for line in caplog.records] == [
        (1, 1, "203.0.113.7"), (49, 1, "203.0.113.7"),
    ]  # fmt: skip
    assert all("of this source" in line.message for line in caplog.records)


def test_the_limit_of_files_is_raised_as_far_as_may_be():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        assert raise_file_limit() >= 512
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Greeter(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"welcome")


@asynccontextmanager
async def accepting(places, context=None):
    """The port of an acceptor."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = Acceptor(listener, Greeter, context, places)
        try:
            yield listener.getsockname()[1]
        finally:
            acceptor.close()
            await acceptor.wait_closed()


async def ended(reader):
    """Everything that came until the other side closed."""
    try:
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionResetError:
        return b""


async def comes_in(port):
    """Opens connections until one is let in: a place is given back a moment after the other end closed."""
    async with asyncio.timeout(30):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            if await reader.read(7):
                return writer
            writer.close()


async def until(is_so):
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - what is counted tells nobody
            await asyncio.sleep(0.01)


LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@LOOPS
def test_one_connection_too_many_is_closed_as_it_comes_and_a_free_place_is_used_again(loop):
    async def story():
        async with accepting(Places(3)) as port:  # two places
            first = await comes_in(port)
            await comes_in(port)
            reader, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await ended(reader) == b""
            first.close()
            await comes_in(port)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(story())


@LOOPS
def test_who_leaves_the_handshake_undone_holds_a_place_and_not_for_long(loop, monkeypatch):
    monkeypatch.setattr(connections, "HANDSHAKE_S", 0.2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    async def story():
        places = Places(3)
        async with accepting(places, context) as port:
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await until(lambda: places._total == 2)
            late, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await ended(late) == b""
            assert [await ended(reader) for reader, _ in idle] == [b"", b""]
            await until(lambda: places._total == 0)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(story())

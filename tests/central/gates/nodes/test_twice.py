"""When polls of one node that wait at once are those of two machines."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from central.gates.nodes.twice import OVERLAPS, WITHIN, Polls

AT = datetime(2026, 11, 23, tzinfo=UTC)
NODE = uuid4()
pytestmark = pytest.mark.req("SEC-10")


async def there():
    return False


async def hung_up():
    return True


def comes(polls, seconds):
    return [asyncio.run(polls.comes(NODE, AT + timedelta(seconds=second))) for second in seconds]


def test_one_machine_asks_for_more_when_it_has_its_answer():
    polls = Polls()
    for second in range(60):
        assert comes(polls, [second]) == [False]
        with polls.waits(NODE, there):
            pass


def test_a_poll_whose_line_broke_is_none():
    polls = Polls()
    with polls.waits(NODE, hung_up), polls.waits(uuid4(), there):
        assert not any(comes(polls, range(60)))


def test_two_machines_are_told_and_then_counted_anew():
    polls = Polls()
    with polls.waits(NODE, there):
        assert comes(polls, range(2 * OVERLAPS)) == ([False] * (OVERLAPS - 1) + [True]) * 2


def test_now_and_then_is_nothing():
    polls, seldom = Polls(), WITHIN.total_seconds() / (OVERLAPS - 1) + 1
    with polls.waits(NODE, there):
        assert not any(comes(polls, [number * seldom for number in range(30)]))

"""Alarms behind an outage are announced before the backlog, and come again in their place in an unbroken chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from edge.journal.journal import Entry, Journal
from edge.journal.pictures import Pictures
from edge.sync.ahead import standing
from edge.sync.client import CentralClient, Offline
from edge.sync.uplink import Uplink
from models.values.ids import new_id
from models.wire.envelope import first_break, genesis
from models.wire.events import Alarm, AlarmKind

Write = Callable[[int], None]


@pytest.fixture
def uplink(journal: Journal, pictures: Pictures, client: CentralClient) -> Uplink:
    return Uplink(journal, pictures, client)


@pytest.fixture
def alarm(journal: Journal) -> Callable[..., int]:
    def raised(kind: AlarmKind, over: bool = False, device: str | None = None) -> int:
        (event,) = journal.append(Entry(Alarm(alarm=kind, over=over, device=device), correlation=new_id()))
        return event.seq

    return raised


def drain(uplink: Uplink) -> None:
    while uplink.step():
        pass


@pytest.mark.req("SYNC-11", "ACC-20")
def test_what_stands_is_told_before_the_backlog_duress_first_and_the_chain_stays_whole(
    uplink: Uplink, central: Any, write: Write, alarm: Callable[..., int], node_id: UUID
) -> None:
    write(1200)
    forced = alarm(AlarmKind.FORCED)
    alarm(AlarmKind.TAMPER)
    alarm(AlarmKind.TAMPER, over=True)
    duress = alarm(AlarmKind.DURESS, device="pin")
    uplink.step()
    assert (central.ahead, central.sizes) == ([(duress, forced)], []), "before the first batch, and not what is over"
    drain(uplink)
    assert len(central.ahead) == 1 and len(central.events) == 1204
    assert first_break(central.events.values(), genesis(node_id), 1) is None


@pytest.mark.req("SYNC-11")
def test_an_alarm_raised_while_the_backlog_drains_overtakes_what_is_left(
    uplink: Uplink, central: Any, write: Write, alarm: Callable[..., int]
) -> None:
    write(1600)
    uplink.step()
    fire = alarm(AlarmKind.FIRE)
    uplink.step()
    assert central.ahead == [(fire,)] and central.sizes == [500]


@pytest.mark.req("SYNC-11")
def test_a_lost_answer_costs_a_second_announcement_and_nothing_else(
    uplink: Uplink, central: Any, write: Write, alarm: Callable[..., int]
) -> None:
    write(600)
    forced = alarm(AlarmKind.FORCED)
    central.swallow = 1
    with pytest.raises(Offline):
        uplink.step()
    drain(uplink)
    assert central.ahead == [(forced,), (forced,)] and len(central.events) == 601


def test_a_short_queue_needs_no_announcement(
    uplink: Uplink, central: Any, write: Write, alarm: Callable[..., int]
) -> None:
    write(10)
    alarm(AlarmKind.FORCED)
    drain(uplink)
    assert central.ahead == [] and central.sizes == [11]


def test_a_central_that_knows_no_announcements_gets_everything_in_its_turn(
    uplink: Uplink, central: Any, write: Write, alarm: Callable[..., int], refuse: Callable[..., Any]
) -> None:
    write(700)
    alarm(AlarmKind.FORCED)
    central.answers = [refuse(404, "not-found")]
    drain(uplink)
    assert central.ahead == [] and len(central.events) == 701


def test_only_the_alarm_that_was_ended_is_over(journal: Journal, alarm: Callable[..., int]) -> None:
    alarm(AlarmKind.TAMPER, device="reader")
    stays = alarm(AlarmKind.TAMPER)
    alarm(AlarmKind.TAMPER, over=True, device="reader")
    assert [event.seq for event in standing(journal.read(0, 10))] == [stays]

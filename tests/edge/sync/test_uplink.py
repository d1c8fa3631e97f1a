"""Events up: each at central exactly once, whatever happens on the way; pictures behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from edge.journal.journal import Journal
from edge.journal.pictures import Pictures
from edge.sync.client import CentralClient, Garbled, Offline, Refused
from edge.sync.status import Backoff
from edge.sync.uplink import PICTURE_TRIES, Uplink
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.envelope import first_break, genesis

Write = Callable[[int], None]
Refuse = Callable[..., Callable[[httpx.Request], httpx.Response]]


@pytest.fixture
def uplink(journal: Journal, pictures: Pictures, client: CentralClient) -> Uplink:
    return Uplink(journal, pictures, client, send_pictures=lambda: True)


def at_once() -> Backoff:
    return Backoff(first_s=0.0, most_s=0.0)


def drain(uplink: Uplink) -> None:
    while uplink.step():
        pass


@pytest.mark.req("SYNC-07")
def test_central_gets_the_whole_chain(
    uplink: Uplink, journal: Journal, central: Any, write: Write, node_id: UUID
) -> None:
    write(1203)
    drain(uplink)
    assert central.sizes == [500, 500, 203]
    assert first_break(central.events.values(), genesis(node_id), 1) is None and len(central.events) == 1203
    assert journal.acked_seq == 1203 and uplink.status().queue == 0
    assert uplink.status().online_since is not None and uplink.status().last_error is None


@pytest.mark.req("SYNC-08")
def test_a_lost_reply_costs_a_second_sending_and_nothing_else(
    uplink: Uplink, journal: Journal, central: Any, write: Write
) -> None:
    write(10)
    central.swallow = 3
    for _ in range(3):
        with pytest.raises(Offline):
            uplink.step()
        assert journal.acked_seq == 0, "what was not acknowledged is not taken for acknowledged"
        assert uplink.status().queue == 10
    drain(uplink)
    assert central.sizes == [10, 10, 10, 10] and len(central.events) == 10 and journal.acked_seq == 10


def test_a_gap_at_central_is_filled_from_the_journal(
    uplink: Uplink, journal: Journal, central: Any, write: Write
) -> None:
    write(8)
    journal.mark_acked(5)
    anew = Uplink(journal, None, uplink._client)
    drain(anew)  # central was restored from a backup and lacks 1 to 5
    assert sorted(central.events) == list(range(1, 9)) and not central.given_up


@pytest.mark.req("SYNC-07")
def test_a_journal_that_central_knows_otherwise_is_an_alarm_in_words(
    journal: Journal, client: CentralClient, central: Any, write: Write
) -> None:
    def parked(request: httpx.Request) -> httpx.Response:
        reasons = [{"seq": 1, "reason": "fork"}, {"seq": 2, "reason": "unreadable"}]
        return httpx.Response(200, json={"v": 1, "acked_seq": 2, "parked": reasons, "server_time": str(utc_now())})

    write(2)
    central.answers = [parked]
    told: list[str | None] = []
    uplink = Uplink(journal, None, client, alarm=told.append)
    drain(uplink)
    write(1)
    drain(uplink)
    assert len(told) == 1, "what is taken afterwards does not end it"
    assert told[0] and "another event 1:" in told[0] and "序号" in told[0] and len(told[0]) <= 300
    write(1)
    drain(Uplink(journal, None, client, alarm=told.append))
    assert told[1:] == [None], "a node that was started anew and is taken does"


def test_what_the_journal_no_longer_has_is_said_to_be_lost(
    journal: Journal, client: CentralClient, central: Any, write: Write
) -> None:
    write(8)
    journal.mark_acked(5)
    journal.drop_acked(keep=0)
    drain(Uplink(journal, None, client))
    assert sorted(central.events) == [6, 7, 8] and central.given_up == {1, 2, 3, 4, 5}
    write(2)
    drain(Uplink(journal, None, client))
    assert sorted(central.events) == [6, 7, 8, 9, 10]


@pytest.mark.parametrize("expected", [None, "5", 0, -3, 99])
def test_a_gap_that_makes_no_sense_is_told_and_tried_again(
    uplink: Uplink, central: Any, write: Write, refuse: Refuse, expected: object
) -> None:
    write(3)
    central.answers = [refuse(409, "gap", expected_seq=expected)] * 3
    for _ in range(2):
        with pytest.raises(Refused):
            uplink.step()
    central.answers = []
    drain(uplink)
    assert len(central.events) == 3


def test_a_batch_that_is_refused_is_halved_until_it_passes(
    uplink: Uplink, central: Any, write: Write, refuse: Refuse
) -> None:
    write(40)
    central.answers = [refuse(413, "too-large"), refuse(413, "too-large"), None]
    for _ in range(2):
        with pytest.raises(Refused):
            uplink.step()
    assert uplink.status().last_error is None  # `step` raises; `run` is what remembers
    drain(uplink)
    assert central.sizes == [10, 20, 10] and len(central.events) == 40


def test_one_bad_answer_never_ends_the_thread(
    journal: Journal, client: CentralClient, central: Any, write: Write, refuse: Refuse
) -> None:
    write(3)

    def cut(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    central.answers = [
        refuse(500, "fault"), refuse(422, "invalid"), refuse(401, "unauthenticated"), cut,
        lambda _: httpx.Response(200, text="<html>"), lambda _: httpx.Response(200, json={"acked_seq": 10**30}),
    ]  # fmt: skip
    uplink = Uplink(journal, None, client, backoff=at_once())
    stop = threading.Event()
    thread = threading.Thread(target=uplink.run, args=(stop,))
    thread.start()
    until(lambda: journal.acked_seq == 3)
    write(1)  # and it wakes for news
    until(lambda: journal.acked_seq == 4)
    stop.set()
    thread.join(30)
    assert not thread.is_alive() and sorted(central.events) == [1, 2, 3, 4] and not central.answers


def test_an_answer_that_claims_too_much_is_not_believed(
    uplink: Uplink, journal: Journal, central: Any, write: Write
) -> None:
    write(2)
    central.answers = [lambda _: httpx.Response(200, json={"acked_seq": 99, "server_time": "2026-01-01T00:00:00Z"})]
    uplink.step()
    assert journal.acked_seq == 2
    write(1)
    central.answers = [lambda _: httpx.Response(200, json={"acked_seq": 0, "server_time": "2026-01-01T00:00:00Z"})]
    uplink.step()
    assert journal.acked_seq == 2


def test_garbled_answers_have_their_type(uplink: Uplink, central: Any, write: Write) -> None:
    write(1)
    central.answers = [lambda _: httpx.Response(200, text="hello")]
    with pytest.raises(Garbled):
        uplink.step()


# -- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_go_after_events_and_one_at_a_time(
    uplink: Uplink, central: Any, pictures: Pictures, write: Write
) -> None:
    ids = [new_id() for _ in range(3)]
    for event_id in ids:
        pictures.keep(event_id, b"jpeg of " + event_id.bytes)
    write(600)
    uplink.step()
    uplink.step()
    uplink.step()
    write(1)
    drain(uplink)
    kinds = ["picture" if "/pictures/" in target else "batch" for _, target in central.asked]
    assert kinds == ["batch", "batch", "picture", "batch", "picture", "picture"]
    assert central.pictures == {str(i): b"jpeg of " + i.bytes for i in ids} and pictures.waiting() == 0


def test_pictures_stay_where_the_community_does_not_send_them(
    journal: Journal, pictures: Pictures, client: CentralClient, central: Any
) -> None:
    pictures.keep(new_id(), b"jpeg")
    uplink = Uplink(journal, pictures, client, send_pictures=lambda: False)
    assert not uplink.step() and central.asked == [] and uplink.status().pictures == 1


def test_a_refused_picture_holds_up_no_event_and_is_set_aside_at_last(
    uplink: Uplink, central: Any, pictures: Pictures, journal: Journal, write: Write, refuse: Refuse
) -> None:
    uplink._pictures_backoff = at_once()
    bad, good = new_id(), new_id()
    pictures.keep(bad, b"bad")
    pictures.keep(good, b"good")
    for tried in range(PICTURE_TRIES):
        central.answers = [refuse(404, "not-found")]
        assert not uplink.step()
        write(1)
        assert uplink.step() and journal.acked_seq == tried + 1
    assert pictures.pending(9) == (good,) and pictures.take(bad) == b"bad"
    drain(uplink)
    assert list(central.pictures) == [str(good)]


def test_a_picture_whose_reply_was_lost_is_sent_again(uplink: Uplink, central: Any, pictures: Pictures) -> None:
    event_id = new_id()
    pictures.keep(event_id, b"jpeg")
    central.swallow = 1
    with pytest.raises(Offline):
        uplink.step()
    assert pictures.pending(9) == (event_id,)
    drain(uplink)
    assert pictures.waiting() == 0 and len(central.pictures) == 1


def until(true: Callable[[], bool], deadline_s: float = 60) -> None:
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)

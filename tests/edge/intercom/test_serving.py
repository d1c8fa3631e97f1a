"""An intercom over a real socket: asked, it proves itself, and the lane hears of it."""

from __future__ import annotations

import http.client
import queue
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from edge.intercom.digest import Peer, respond
from edge.intercom.serving import IntercomThread
from edge.lane.inbox import AlarmNote, Item, Note, OpenAsked
from models.access.credential import Kind
from models.values.ids import new_id
from models.wire.events import LaneCall

Until = Callable[[Callable[[], object]], None]
PEER = Peer("east-in", "127.0.0.1", "east", "a-secret-of-its-own")
URI = "/intercom/east-in"
LANES = {"east-in": new_id()}


@pytest.fixture
def inbox() -> queue.Queue[Item]:
    return queue.Queue()


@pytest.fixture
def thread(inbox: queue.Queue[Item], until: Until) -> Iterator[IntercomThread]:
    thread = IntercomThread("127.0.0.1", 0, {"east-in": PEER}, inbox, LANES.__getitem__)
    thread.start()
    until(lambda: thread.port)
    yield thread
    thread.stop()
    thread.join()


def _post(thread: IntercomThread, uri: str = URI, authorization: str | None = None) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection("127.0.0.1", thread.port or 0, timeout=10)
    line.request("POST", uri, headers={"Authorization": authorization} if authorization else {})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def _nonce(answer: http.client.HTTPResponse) -> str:
    found = re.search(r'nonce="([0-9a-f]+)"', answer.headers["WWW-Authenticate"])
    assert found is not None
    return found[1]


@pytest.mark.req("INT-12")
def test_an_intercom_that_proves_itself_asks_for_its_own_lane(thread: IntercomThread, inbox: queue.Queue[Item]) -> None:
    first = _post(thread)
    assert first.status == 401 and len(first.headers.get_all("WWW-Authenticate") or ()) == 2
    proof = respond(PEER, URI, _nonce(first))
    assert _post(thread, authorization=proof).status == 204
    asked = inbox.get(timeout=10)
    assert isinstance(asked, OpenAsked) and (asked.lane, asked.kind) == ("east-in", Kind.INTERCOM)
    assert _post(thread, authorization=proof).status == 401, "played back"
    assert inbox.empty()


@pytest.mark.req("INT-12")
def test_the_call_and_who_answered_go_to_the_lane_and_a_door_that_is_asked_for_without_a_call_is_an_alarm(
    inbox: queue.Queue[Item], until: Until
) -> None:
    peer = replace(PEER, calls=True)
    thread = IntercomThread("127.0.0.1", 0, {"east-in": peer}, inbox, LANES.__getitem__)
    thread.start()
    until(lambda: thread.port)
    try:
        statuses = []
        for query in ("?call=7", "?event=begin&call=7", "?call=7&answered=5-2-1102", "?call=7&name=x"):
            first = _post(thread, URI + query)
            proof = respond(peer, URI + query, _nonce(first)) if first.status == 401 else None
            statuses.append(_post(thread, URI + query, proof).status)
        assert statuses == [409, 204, 204, 400]
    finally:
        thread.stop()
        thread.join()
    alarm, over, began, answered, asked = (inbox.get(timeout=10) for _ in range(5))
    assert isinstance(alarm, AlarmNote) and "without a call" in (alarm.detail or "")
    assert isinstance(over, AlarmNote) and over.over, "it is told again when it happens again"
    assert isinstance(began, Note) and isinstance(answered, Note)
    assert began.entry.body == LaneCall(what="began", by="intercom")
    assert answered.entry.body == LaneCall(what="answered", by="intercom", answered_by="5-2-1102")
    assert began.entry.correlation == answered.entry.correlation and began.entry.lane_id == LANES["east-in"]
    assert isinstance(asked, OpenAsked) and asked.detail == {"call": "7", "answered_by": "5-2-1102"}
    assert inbox.empty()


@pytest.mark.req("INT-12")
def test_other_paths_and_wrong_secrets_open_nothing_and_a_person_is_told(
    thread: IntercomThread, inbox: queue.Queue[Item]
) -> None:
    assert (_post(thread, "/intercom/west-in").status, _post(thread, "/").status) == (403, 403)
    wrong, answer = replace(PEER, secret="quite-another-secret"), _post(thread)
    for _ in range(5):
        answer = _post(thread, authorization=respond(wrong, URI, _nonce(answer)))
    assert _post(thread).status == 429
    alarm = inbox.get(timeout=10)
    assert isinstance(alarm, AlarmNote) and alarm.device == "intercom east-in"
    assert inbox.get(timeout=10) == AlarmNote(alarm.alarm, over=True, device=alarm.device) and inbox.empty()


@pytest.mark.req("INT-12")
def test_whoever_is_no_intercom_of_this_node_is_not_even_heard(inbox: queue.Queue[Item], until: Until) -> None:
    thread = IntercomThread("127.0.0.1", 0, {"east-in": replace(PEER, address="192.0.2.50")}, inbox, LANES.__getitem__)
    thread.start()
    until(lambda: thread.port)
    try:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            _post(thread)
    finally:
        thread.stop()
        thread.join()


@pytest.mark.req("INT-12", "LANE-26")
def test_the_intercom_of_a_barrier_tells_of_its_calls_and_opens_nothing(inbox: queue.Queue[Item], until: Until) -> None:
    peer = replace(PEER, opens=False)
    thread = IntercomThread("127.0.0.1", 0, {"east-in": peer}, inbox, LANES.__getitem__)
    thread.start()
    until(lambda: thread.port)
    try:
        statuses = []
        for query in ("?event=begin&call=7", "?event=answer&call=7&answered=post-2", "?call=7", "?event=end&call=7"):
            first = _post(thread, URI + query)
            statuses.append(_post(thread, URI + query, respond(peer, URI + query, _nonce(first))).status)
        assert statuses == [204, 204, 403, 204]
    finally:
        thread.stop()
        thread.join()
    told = [inbox.get(timeout=10) for _ in range(3)]
    bodies = [note.entry.body for note in told if isinstance(note, Note)]
    assert [body.what for body in bodies if isinstance(body, LaneCall)] == ["began", "answered", "ended"]
    assert inbox.empty(), "and nothing asked to open"

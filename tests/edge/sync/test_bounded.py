"""No answer fills a node's memory: each is read up to what its route can have, and told in words beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
import pytest

from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.sync import bounded
from edge.sync.client import CentralClient
from edge.sync.errors import Garbled, Refused, SyncError, TooLong
from models.values.time import utc_now
from models.wire.commands import Downlink
from models.wire.faces import FaceMail, SealedTemplate

pytestmark = pytest.mark.req("SEC-10")
PART = b" " * 50_000
SENT = SealedTemplate(node_id=UUID(int=1), cardholder_id=UUID(int=2), sealed=b"t" * 60)


class Endless(httpx.SyncByteStream):
    """Goes on for ever; counts what was read, and whether somebody hung up."""

    def __init__(self) -> None:
        self.read, self.closed = 0, False

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.read += len(PART)
            yield PART

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("ask", "status", "most"),
    [
        (lambda client: client.wait_for_downlink(0, 0), 200, bounded.RULES_MAX),
        (lambda client: client.face_mail(), 200, bounded.MAIL_MAX),
        (lambda client: client.watch_mail(), 200, bounded.MAIL_MAX),
        (lambda client: client.template_settled(SENT, None), 204, bounded.OTHERWISE_MAX),
        (lambda client: client.face_mail(), 404, bounded.REFUSAL_MAX),
        (lambda client: client.face_mail(), 503, bounded.REFUSAL_MAX),
    ],
)
def test_what_never_ends_is_cut_off_and_told_in_words(
    node_id: UUID, keys: KeyRing, clock: Clock, ask: Callable[[CentralClient], object], status: int, most: int
) -> None:
    answers = [Endless()]

    def answer(_: httpx.Request) -> httpx.Response:
        if answers[-1].read:
            return httpx.Response(200, content=Downlink(server_time=utc_now()).model_dump_json())
        return httpx.Response(status, stream=answers[-1])

    client = CentralClient("https://central.example", node_id, keys, clock, transport=httpx.MockTransport(answer))
    with pytest.raises(TooLong, match="was not used") as told:
        ask(client)
    assert isinstance(told.value, SyncError) and told.value.retry_helps
    assert answers[0].closed and most < answers[0].read <= most + 2 * len(PART)
    assert client.wait_for_downlink(0, 0).snapshot is None, "and the next answer is read as ever"


def test_what_is_as_long_as_it_may_be_is_read(node_id: UUID, keys: KeyRing, clock: Clock) -> None:
    mail = FaceMail(server_time=utc_now()).model_dump_json().encode()
    padded = mail + b" " * (bounded.MAIL_MAX - len(mail))
    answers = iter([httpx.Response(200, content=padded), httpx.Response(200, content=padded + b" ")])
    client = CentralClient(
        "https://central.example", node_id, keys, clock, transport=httpx.MockTransport(lambda _: next(answers))
    )
    assert client.face_mail().jobs == ()
    with pytest.raises(TooLong):
        client.face_mail()


def test_nothing_compressed_is_unpacked(node_id: UUID, keys: KeyRing, clock: Clock) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["accept-encoding"])
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Endless())

    client = CentralClient("https://central.example", node_id, keys, clock, transport=httpx.MockTransport(answer))
    with pytest.raises(Garbled, match="compressed"):
        client.face_mail()
    assert asked == ["identity"]


def test_a_refusal_is_still_told_with_its_reason(node_id: UUID, keys: KeyRing, clock: Clock) -> None:
    told = {"type": "urn:menting:problem:gap", "title": "gap", "status": 409, "expected_seq": 7}
    client = CentralClient(
        "https://central.example", node_id, keys, clock,
        transport=httpx.MockTransport(lambda _: httpx.Response(409, json=told)),
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        client.face_mail()
    assert refusal.value.problem.slug == "gap" and refusal.value.problem.extra == {"expected_seq": 7}


def test_the_photos_of_two_people_and_the_templates_of_a_hundred_have_room() -> None:
    photos = 2 * bounded.PHOTOS_MAX * (bounded.SEALED_PHOTO_MAX * 4 // 3 + 1000)
    assert photos + 100 * (8_000 * 4 // 3 + 1000) < bounded.MAIL_MAX

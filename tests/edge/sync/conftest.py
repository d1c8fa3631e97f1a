"""A node with a journal, and a small central that behaves as the contract says: exactly once, gaps refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from nacl.signing import SigningKey

from edge.health.clock import Clock
from edge.journal.journal import Entry, Journal
from edge.journal.pictures import Pictures
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.signing import read_authorization
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.envelope import AlarmsAhead, Batch, BatchReceipt, Event
from models.wire.events import Scanned


def problem(status: int, slug: str, **extra: Any) -> httpx.Response:
    content = {"type": f"urn:menting:problem:{slug}", "title": slug, "status": status, "detail": "", "trace": "t1"}
    return httpx.Response(status, json=content | extra)


@dataclass
class FakeCentral:
    """`answers`: what to say instead, one per request; None lets it answer by itself. Keeps what it was told."""

    node_id: UUID
    public_key: bytes
    events: dict[int, Event] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    ahead: list[tuple[int, ...]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    answers: list[Callable[[httpx.Request], httpx.Response | None] | None] = field(default_factory=list)
    swallow: int = 0
    nonces: set[str] = field(default_factory=set)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        self.asked.append((request.method, target))
        claim = read_authorization(request.headers.get("authorization", ""))
        if claim is None or claim.node_id != self.node_id or claim.nonce in self.nonces:
            return problem(401, "unauthenticated")
        if not claim.is_signed(request.method, target, request.content, self.public_key):
            return problem(401, "unauthenticated")
        self.nonces.add(claim.nonce)
        instead = self.answers.pop(0) if self.answers else None
        said = instead(request) if instead is not None else None
        if said is None:
            said = self.answer(request, target)
        if self.swallow:
            self.swallow -= 1
            raise httpx.ReadError("the reply was lost")
        return said

    def answer(self, request: httpx.Request, target: str) -> httpx.Response:
        if target.startswith("/edge/v1/pictures/"):
            self.pictures[target.rpartition("/")[2].partition("?")[0]] = request.content
            return httpx.Response(204)
        if target == "/edge/v1/alarms":
            told = AlarmsAhead.model_validate_json(request.content)
            self.ahead.append(tuple(event.seq for event in told.events))
            return httpx.Response(204)
        batch = Batch.model_validate_json(request.content)
        return self.take(batch)

    def take(self, batch: Batch) -> httpx.Response:
        self.sizes.append(len(batch.events))
        expected = self.acked + 1
        first = batch.events[0].seq
        if first > expected:
            if not batch.lost_before:
                return problem(409, "gap", expected_seq=expected)
            self.given_up.update(range(expected, first))
        duplicates = sum(event.seq in self.events for event in batch.events)
        for event in batch.events:
            assert event.is_intact() or event.prev == bytes(32), "only behind a row that is missing"
            self.events.setdefault(event.seq, event)
        receipt = BatchReceipt(acked_seq=batch.events[-1].seq, duplicates=duplicates, server_time=utc_now())
        return httpx.Response(200, content=receipt.model_dump_json())

    @property
    def acked(self) -> int:
        return max((*self.events, *self.given_up), default=0)


@pytest.fixture
def node_id() -> UUID:
    return new_id()


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyRing]:
    ring = KeyRing.open(tmp_path / "keys")
    yield ring
    ring.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, node_id: UUID, keys: KeyRing, clock: Clock) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", node_id, keys, skew_ms=clock.skew_ms, reserve_bytes=4096)
    yield opened
    opened.close()


@pytest.fixture
def pictures(tmp_path: Path, keys: KeyRing) -> Pictures:
    return Pictures.open(tmp_path / "pictures", keys, floor_bytes=0)


@pytest.fixture
def central(node_id: UUID, keys: KeyRing) -> FakeCentral:
    return FakeCentral(node_id, keys.public_key)


@pytest.fixture
def client(central: FakeCentral, node_id: UUID, keys: KeyRing, clock: Clock) -> Iterator[CentralClient]:
    made = CentralClient("https://central.example", node_id, keys, clock, transport=httpx.MockTransport(central))
    yield made
    made.close()


@pytest.fixture
def central_signs() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def write(journal: Journal) -> Callable[[int], None]:
    def append(count: int) -> None:
        for number in range(count):
            journal.append(Entry(Scanned(why="x", length=number), correlation=new_id()))

    return append


@pytest.fixture
def refuse() -> Callable[..., Callable[[httpx.Request], httpx.Response]]:
    """`refuse(409, "gap", expected_seq=3)`: an answer for `central.answers`."""

    def answering(status: int, slug: str, **extra: Any) -> Callable[[httpx.Request], httpx.Response]:
        return lambda _: problem(status, slug, **extra)

    return answering

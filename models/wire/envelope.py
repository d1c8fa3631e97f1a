"""The envelope around an event, the chain that binds a node's events, and the batch that carries them.

    hash[n] = SHA-256( CBOR canonical [ version, node, seq, id, at µs, skew ms, correlation, lane, body,
                                        SHA-256(sealed), hash[n-1] ] )

`body` is hashed as the exact text the node wrote, so that a reader who does not know a newer field can still prove the
chain. `sealed` (names, tokens: anything personal) is hashed as ciphertext, so that erasing a person's key erases the
person and leaves the proof whole (promise 4). The first event chains to a hash of the node's own id.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import cbor2
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from models.values.frozen import WireValue
from models.values.time import Instant, micros

WIRE_VERSION = 1
BATCH_MAX = 500
AHEAD_MAX = 100


def _bytes_in(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("bytes travel as base64 text")  # not TypeError: pydantic refuses on ValueError alone
    return base64.b64decode(value, validate=True)


B64 = Annotated[
    bytes, BeforeValidator(_bytes_in), PlainSerializer(lambda b: base64.b64encode(b).decode(), return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]  # fmt: skip
"""Bytes as base64 text. A field's bounds count the bytes; a PlainValidator here let every length through."""


class Event(WireValue):
    """One line of a node's journal. `seq` has no gap and starts at 1; `skew_ms` is the node's clock minus central's."""

    v: int = WIRE_VERSION
    node_id: UUID
    seq: int = Field(ge=1)
    event_id: UUID
    at: Instant
    skew_ms: int | None = Field(default=None, description="None: the clock was never compared with central's")
    correlation: UUID
    lane_id: UUID | None = None
    body: str = Field(max_length=16_000, description="JSON of an EventBody, exactly as hashed")
    sealed: B64 | None = None
    prev: B64
    hash: B64

    def is_intact(self) -> bool:
        """Whether the content still gives the hash written beside it."""
        return self.hash == chain_hash(self)


def genesis(node_id: UUID) -> bytes:
    """What a node's first event chains to (32 bytes)."""
    return hashlib.sha256(b"menting-journal-1" + node_id.bytes).digest()


def chain_hash(event: Event) -> bytes:
    """The 32-byte link of an event to everything before it."""
    return link(
        event.v, event.node_id, event.seq, event.event_id, event.at, event.skew_ms, event.correlation, event.lane_id,
        event.body, event.sealed, event.prev,
    )  # fmt: skip


def link(
    v: int, node_id: UUID, seq: int, event_id: UUID, at: datetime, skew_ms: int | None, correlation: UUID,
    lane_id: UUID | None, body: str, sealed: bytes | None, prev: bytes,
) -> bytes:  # fmt: skip
    """SHA-256 over the canonical CBOR of the fields drawn above, in that order."""
    fields = [
        v,
        node_id.bytes,
        seq,
        event_id.bytes,
        micros(at),
        skew_ms,
        correlation.bytes,
        lane_id.bytes if lane_id else None,
        body,
        hashlib.sha256(sealed).digest() if sealed is not None else None,
        prev,
    ]
    return hashlib.sha256(cbor2.dumps(fields, canonical=True)).digest()


def first_break(events: Iterable[Event], prev: bytes, next_seq: int) -> int | None:
    """The seq at which the chain breaks, or None. `prev` and `next_seq` are what the first event must continue."""
    for event in events:
        if event.seq != next_seq or event.prev != prev or not event.is_intact():
            return event.seq
        prev, next_seq = event.hash, event.seq + 1
    return None


class Batch(WireValue):
    """Consecutive events of one node, oldest first. `lost_before`: the node no longer has the ones central lacks."""

    v: Literal[1] = 1
    node_id: UUID
    sent_at: Instant
    lost_before: bool = False
    events: tuple[Event, ...] = Field(min_length=1, max_length=BATCH_MAX)


class AlarmsAhead(WireValue):
    """Alarms that wait far behind in the journal, told at once (SYNC-11). Each comes again in its batch, same id."""

    v: Literal[1] = 1
    node_id: UUID
    sent_at: Instant
    events: tuple[Event, ...] = Field(min_length=1, max_length=AHEAD_MAX)


class Parked(WireValue):
    """An event that central keeps but could not read; a person sees it and decides."""

    seq: int
    reason: str


class BatchReceipt(WireValue):
    """Everything up to `acked_seq` is durable at central. Doubled events are counted, not stored again."""

    acked_seq: int
    duplicates: int = 0
    parked: tuple[Parked, ...] = ()
    server_time: Instant

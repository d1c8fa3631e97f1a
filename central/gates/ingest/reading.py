"""A batch read so that one bad event costs itself and nothing else (SYNC-10).

What is no batch at all is refused. An event that cannot be read, or holds a number that no column holds, becomes
`Unreadable`: its place in the journal is known from its neighbours, and what came is kept as it came.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from central.base.kernel.errors import Invalid
from central.gates.ingest.rules import INT4, INT8, Item, Unreadable
from models.values.time import Instant
from models.wire.envelope import B64, BATCH_MAX, Batch, Event

_INSTANT = TypeAdapter[datetime](Instant)
_BYTES = TypeAdapter[bytes](B64)
DIGITS_MAX = 40
"""Longer numbers are kept as text: nothing here could count that far."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a node sent: at least one item, oldest first."""

    node_id: UUID
    lost_before: bool
    items: tuple[Item, ...]

    @property
    def skew_ms(self) -> int | None:
        """The newest that the node's clock was measured at."""
        return next((item.skew_ms for item in reversed(self.items) if isinstance(item, Event)), None)


def read_batch(body: bytes) -> Sent:
    """Raises `Invalid` for what is no batch."""
    try:
        return sent_of(Batch.model_validate_json(body))
    except ValidationError as error:
        found = {".".join(str(part) for part in one["loc"]) or "body": one["msg"] for one in error.errors()[:20]}
        try:
            sent = _leniently(body)
        except RecursionError:  # nested so deep that it could be read, and not written down again
            sent = None
        if sent is None:
            raise Invalid("ingest.no_batch", fields=found) from error
        return sent


def sent_of(batch: Batch) -> Sent:
    """A batch whose events could all be read; what cannot be stored is set apart."""
    return Sent(batch.node_id, batch.lost_before, tuple(_storable(event) for event in batch.events))


class _Cover(BaseModel):
    """A batch without its events; what else it says does not matter here."""

    node_id: UUID
    sent_at: Instant
    lost_before: bool = False


def _leniently(body: bytes) -> Sent | None:
    try:
        told = json.loads(body, parse_int=_int, parse_float=str, parse_constant=str)
        cover = _Cover.model_validate(told)
        lines = told["events"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    if told.get("v", 1) != 1 or not isinstance(lines, list) or not 1 <= len(lines) <= BATCH_MAX:
        return None
    events = [_event(line) for line in lines]
    first = next((event.seq - place for place, event in enumerate(events) if event is not None), None)
    if first is None:
        first = lines[0].get("seq") if isinstance(lines[0], dict) else None
    if type(first) is not int or first < 1:
        return None  # nothing says where in the journal this stands
    items = [
        _storable(event) if event is not None else _unreadable(first + place, line)
        for place, (event, line) in enumerate(zip(events, lines, strict=True))
    ]
    return Sent(cover.node_id, cover.lost_before, tuple(items))


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= DIGITS_MAX else digits


def _event(line: Any) -> Event | None:
    try:
        return Event.model_validate_json(json.dumps(line))
    except ValidationError:
        return None


def _storable(event: Event) -> Item:
    """The event, or what keeps it whole when a column is too small for one of its numbers."""
    for name, value, most in (("v", event.v, INT4), ("skew_ms", event.skew_ms or 0, INT8)):
        if abs(value) > most:
            return Unreadable(
                node_id=event.node_id, seq=event.seq, why=f"{name}: out of range",
                raw=event.model_dump_json().encode(), hash=event.hash, event_id=event.event_id, at=event.at,
            )  # fmt: skip
    return event


def _unreadable(seq: int, line: Any) -> Unreadable:
    fields = line if isinstance(line, dict) else {}
    return Unreadable(
        node_id=None, seq=seq, why=_why(line), raw=json.dumps(line).encode(), hash=_read(_BYTES, fields.get("hash")),
        event_id=_read(TypeAdapter(UUID), fields.get("event_id")), at=_read(_INSTANT, fields.get("at")),
    )  # fmt: skip


def _read(kind: TypeAdapter[Any], value: Any) -> Any:
    """A field by itself, None when it cannot be read either."""
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None


def _why(line: Any) -> str:
    try:
        Event.model_validate_json(json.dumps(line))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        words = f"{'.'.join(str(part) for part in first['loc']) or 'event'}: {first['msg']}"[:200]
        return words.encode("utf-8", "replace").decode()
    raise AssertionError("asked only of what cannot be read")


def plainly(raw: bytes) -> Any:
    """What was parked, for people and programs to look at: parsed, or as its text when it could not be sent on so."""
    text = raw.decode("ascii", "backslashreplace")
    try:
        told = json.loads(raw)
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return told

"""The chain: what is hashed, and that no flip, deletion, cut, reordering or insertion goes unseen."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.wire.envelope import BATCH_MAX, Batch, Event, chain_hash, first_break, genesis, link
from models.wire.events import EVENT_BODY
from tests.models.making import LANE_ID, MONDAY_NOON, NODE_ID, uuid

GENESIS = genesis(NODE_ID)


def an_event(seq: int, prev: bytes, **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "v": 1,
        "node_id": NODE_ID,
        "seq": seq,
        "event_id": uuid(0xE0000 + seq),
        "at": MONDAY_NOON + timedelta(seconds=seq, microseconds=seq),
        "skew_ms": None if seq % 2 else -12,
        "correlation": uuid(0xB),
        "lane_id": LANE_ID if seq % 3 else None,
        "body": json.dumps({"kind": "sensed", "position": "open", "n": seq}),
        "sealed": bytes([seq]) * 9 if seq % 4 == 0 else None,
        "prev": prev,
        **changes,
    }
    return Event(**fields, hash=link(**{**fields, "at": fields["at"].astimezone(UTC)}))


def a_journal(length: int) -> list[Event]:
    events, prev = [], GENESIS
    for seq in range(1, length + 1):
        events.append(an_event(seq, prev))
        prev = events[-1].hash
    return events


def cbor(value: Any) -> bytes:
    """CBOR written a second time, by hand, for the few kinds the chain uses (RFC 8949)."""
    if value is None:
        return b"\xf6"
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(cbor(item) for item in value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(s for s in (1, 2, 4, 8) if number < 1 << 8 * s)
    return bytes([major << 5 | 24 + size.bit_length() - 1]) + number.to_bytes(size, "big")


@pytest.mark.req("SYNC-07")
def test_the_hash_is_what_the_drawing_says() -> None:
    for event in a_journal(12):
        micros = (event.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        sealed = None if event.sealed is None else hashlib.sha256(event.sealed).digest()
        lane = None if event.lane_id is None else event.lane_id.bytes
        drawn = [event.v, event.node_id.bytes, event.seq, event.event_id.bytes, micros, event.skew_ms]
        drawn += [event.correlation.bytes, lane, event.body, sealed, event.prev]
        assert event.hash == hashlib.sha256(cbor(drawn)).digest()


@pytest.mark.req("SYNC-07")
def test_the_first_links_of_a_known_journal_never_change() -> None:
    """Written once. A journal hashed by last year's node must still prove itself to next year's verifier."""
    assert GENESIS.hex() == "181c77eb32ff18c42c3180e50f509221fd237005dab6b0b80e4d1843dd40df43"
    assert [event.hash.hex() for event in a_journal(4)] == [
        "9ee8f007cf04c1117fd7591501a5dde287cb065fe273e418a8b45e4bad920e01",
        "43c5bcbd4218a577029cd941efbbcff1400996eca681314caf1ceabfa03e804c",
        "41e2c6c99094e3bebfbad26ee93e96e06c2a0ae0c0792ab113c14bb5b76cb334",
        "969b4b7be7fde61261314c3c0b34feac2ee503b6ea95b337480d527b2fb64c72",
    ]


@pytest.mark.req("SYNC-07")
def test_a_whole_journal_and_every_stretch_of_it_hold() -> None:
    journal = a_journal(9)
    assert first_break(journal, GENESIS, 1) is None
    for start in range(1, 9):
        assert first_break(journal[start:], journal[start - 1].hash, start + 1) is None
    assert first_break([], GENESIS, 1) is None


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "v": st.just(2),
    "node_id": st.just(uuid(0xEE)),
    "event_id": st.just(uuid(0xDD)),
    "at": st.integers(1, 10**12).map(lambda micros: MONDAY_NOON + timedelta(days=1, microseconds=micros)),
    "skew_ms": st.just(77),
    "correlation": st.just(uuid(0xCC)),
    "lane_id": st.just(uuid(0xAA)),
    "body": st.text(max_size=40),
    "sealed": st.binary(max_size=12),
    "prev": st.binary(max_size=33),
    "hash": st.binary(max_size=33),
}


@pytest.mark.req("SYNC-07")
@given(st.integers(0, 8), st.data())
def test_a_change_of_any_field_is_found_at_its_event(index: int, data: st.DataObject) -> None:
    journal = a_journal(9)
    field = data.draw(st.sampled_from(sorted(FIELDS)))
    journal[index] = journal[index].model_copy(update={field: data.draw(FIELDS[field])})
    assert first_break(journal, GENESIS, 1) == index + 1


@pytest.mark.req("SYNC-07")
@pytest.mark.parametrize("field", ["prev", "hash", "sealed", "body"])
def test_every_flipped_bit_is_found(field: str) -> None:
    journal = a_journal(4)
    for index, event in enumerate(journal):
        value = getattr(event, field)
        raw = value.encode() if isinstance(value, str) else value
        for position in range(len(raw or b"") * 8):
            flipped = bytearray(raw)
            flipped[position // 8] ^= 1 << position % 8
            other = flipped.decode("latin-1") if isinstance(value, str) else bytes(flipped)
            spoiled = [*journal[:index], event.model_copy(update={field: other}), *journal[index + 1 :]]
            assert first_break(spoiled, GENESIS, 1) == event.seq


@pytest.mark.req("SYNC-07")
@given(st.integers(0, 8), st.integers(1, 8))
def test_a_deletion_is_found_unless_it_is_the_tail_which_the_next_batch_tells(start: int, count: int) -> None:
    journal = a_journal(9)
    left = journal[:start] + journal[start + count :]
    if start + count < 9:
        assert first_break(left, GENESIS, 1) == start + count + 1
    else:
        assert first_break(left, GENESIS, 1) is None
        later = an_event(10, journal[-1].hash)
        assert first_break([*left, later], GENESIS, 1) == 10


@pytest.mark.req("SYNC-07")
@given(st.permutations(range(7)))
def test_another_order_is_found_at_the_first_event_out_of_place(order: list[int]) -> None:
    journal = a_journal(7)
    expected = next((event + 1 for place, event in enumerate(order) if place != event), None)
    assert first_break([journal[i] for i in order], GENESIS, 1) == expected


@pytest.mark.req("SYNC-07")
@given(st.integers(0, 6), st.integers(0, 6))
def test_an_inserted_copy_is_found(place: int, source: int) -> None:
    journal = a_journal(7)
    journal.insert(place, journal[source])
    assert first_break(journal, GENESIS, 1) is not None


@pytest.mark.req("SYNC-07")
@given(st.integers(0, 6), st.text(max_size=20))
def test_an_event_made_up_with_a_right_hash_of_its_own_is_found_at_the_one_after_it(place: int, body: str) -> None:
    journal = a_journal(7)
    prev = journal[place - 1].hash if place else GENESIS
    made_up = an_event(place + 1, prev, body=body)
    assert first_break([*journal[:place], made_up, *journal[place + 1 :]], GENESIS, 1) == (
        place + 2 if place < 6 else None  # the newest event is proved by the one that follows, and by the signed head
    )


@pytest.mark.req("SYNC-07")
def test_a_number_left_out_is_a_break_even_where_the_hashes_hold() -> None:
    journal = a_journal(3)
    assert first_break([*journal, an_event(5, journal[-1].hash)], GENESIS, 1) == 5
    assert first_break([*journal, an_event(3, journal[-1].hash)], GENESIS, 1) == 3
    assert first_break(journal[1:], journal[0].hash, 1) == 2


@pytest.mark.req("SYNC-07")
def test_a_journal_does_not_continue_another_nodes() -> None:
    assert first_break(a_journal(2), genesis(uuid(0xEE)), 1) == 1


@pytest.mark.req("SYNC-07")
@given(
    st.text(max_size=60),
    st.none() | st.binary(max_size=40),
    st.integers(0, 4_000_000_000_000_000),
    st.integers(-720, 840),
    st.none() | st.integers(-(1 << 40), 1 << 40),
)
def test_an_event_keeps_its_hash_over_the_wire_and_in_any_time_zone(
    body: str, sealed: bytes | None, micros: int, zone: int, skew: int | None
) -> None:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(
        timezone(timedelta(minutes=zone))
    )
    event = an_event(1, GENESIS, body=body, sealed=sealed, at=at, skew_ms=skew)
    received = Event.model_validate_json(event.model_dump_json())
    assert received == event
    assert received.is_intact()
    assert chain_hash(received) == event.hash


@pytest.mark.req("SYNC-07")
def test_fields_of_a_newer_writer_are_passed_over_and_the_chain_still_proves_itself() -> None:
    """In the body they are part of the text that was hashed; beside it they are not part of version 1's hash."""
    body = json.dumps({"kind": "sensed", "position": "closed", "confidence": 0.8})
    event = an_event(1, GENESIS, body=body)
    newer = {**json.loads(event.model_dump_json()), "altitude_m": 4}
    received = Event.model_validate(newer)
    assert first_break([received], GENESIS, 1) is None
    assert received.body == body
    assert EVENT_BODY.validate_json(received.body).kind == "sensed"


@pytest.mark.req("SYNC-07")
@pytest.mark.parametrize("field", ["prev", "hash", "sealed"])
@pytest.mark.parametrize("wrong", [5, 1.5, True, [], {}, "!", "QQ", "QQ==\n", "QQ==QQ==", "é", "\ud800"])
def test_what_is_not_base64_is_refused_and_not_a_crash(field: str, wrong: object) -> None:
    plain = json.loads(a_journal(1)[0].model_dump_json())
    with pytest.raises(ValidationError):
        Event.model_validate({**plain, field: wrong})


@pytest.mark.parametrize(
    "wrong",
    [{"seq": 0}, {"seq": None}, {"at": "2026-03-02T12:00:00"}, {"prev": None}, {"hash": None}, {"body": "x" * 16_001}],
)
def test_an_envelope_that_says_too_little_or_too_much_is_refused(wrong: dict[str, object]) -> None:
    plain = json.loads(a_journal(1)[0].model_dump_json())
    with pytest.raises(ValidationError):
        Event.model_validate({**plain, **wrong})


def test_a_batch_has_at_least_one_event_and_at_most_five_hundred() -> None:
    one = a_journal(1)[0]
    for count, good in ((0, False), (1, True), (BATCH_MAX, True), (BATCH_MAX + 1, False)):
        fields = {"node_id": NODE_ID, "sent_at": MONDAY_NOON, "events": (one,) * count}
        if good:
            assert len(Batch.model_validate(fields).events) == count
        else:
            with pytest.raises(ValidationError):
                Batch.model_validate(fields)

"""A snapshot is applied at its own node, while it lasts, and never after a newer one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.wire.snapshot import Snapshot, SnapshotRefusal, judge
from tests.models.making import MONDAY_NOON, NODE_ID, SITE, uuid

TICK = timedelta(microseconds=1)


def a_snapshot(version: int = 5, **changes: object) -> Snapshot:
    fields: dict[str, object] = {
        "tenant_id": uuid(0x7E),
        "site_id": SITE,
        "node_id": NODE_ID,
        "version": version,
        "issued_at": MONDAY_NOON,
        "expires_at": MONDAY_NOON + timedelta(days=3),
    }
    return Snapshot.model_validate({**fields, **changes})


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize(
    ("version", "have", "now", "expected"),
    [
        (5, 0, MONDAY_NOON, None),
        (5, 4, MONDAY_NOON, None),
        (5, 5, MONDAY_NOON, None),  # the same one again: harmless
        (5, 6, MONDAY_NOON, SnapshotRefusal.OLDER),
        (5, 5000, MONDAY_NOON, SnapshotRefusal.OLDER),
        (5, 4, MONDAY_NOON + timedelta(days=3) - TICK, None),
        (5, 4, MONDAY_NOON + timedelta(days=3), SnapshotRefusal.EXPIRED),
        (5, 4, MONDAY_NOON - timedelta(hours=1), None),  # a node whose clock is behind must still learn revocations
        (5, 6, MONDAY_NOON + timedelta(days=9), SnapshotRefusal.OLDER),
    ],
)
def test_when_a_snapshot_is_refused(version: int, have: int, now: datetime, expected: SnapshotRefusal | None) -> None:
    assert judge(a_snapshot(version), NODE_ID, have, now) is expected


@pytest.mark.req("SEC-10")
def test_the_snapshot_of_another_node_is_refused_however_new() -> None:
    assert judge(a_snapshot(99), uuid(0xEE), 1, MONDAY_NOON) is SnapshotRefusal.WRONG_NODE


@pytest.mark.req("SEC-10")
@given(st.lists(st.integers(1, 20), min_size=1, max_size=30))
def test_yesterdays_snapshot_never_follows_todays_whatever_is_replayed(versions: list[int]) -> None:
    have, applied = 0, []
    for version in versions:
        if judge(a_snapshot(version), NODE_ID, have, MONDAY_NOON) is None:
            have = version
            applied.append(version)
    assert applied == sorted(applied)
    assert have == max(versions)


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize("wrong", [{"version": 0}, {"expires_at": "2026-03-05T12:00:00"}, {"revoked": ["not-an-id"]}])
def test_a_snapshot_without_version_or_end_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        a_snapshot(**wrong)

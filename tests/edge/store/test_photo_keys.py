"""A key for photos comes and goes: one an hour, none destroyed that a photo on the way may need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.store.database import Database
from edge.store.keys import KeyRing
from edge.store.photo_keys import OFFERED_FOR, ON_THE_WAY, PhotoKeys

T0 = datetime(2026, 11, 29, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def photo_keys(tmp_path: Path) -> Iterator[PhotoKeys]:
    ring, database = KeyRing.open(tmp_path / "keys"), Database(tmp_path / "templates.db", "", shared=True)
    yield PhotoKeys(database, ring)
    database.close()
    ring.close()


@pytest.mark.req("PRIV-05")
def test_a_key_serves_for_an_hour_and_is_destroyed_an_hour_after_the_next_was_told(photo_keys: PhotoKeys) -> None:
    first = photo_keys.newest(T0)
    photo_keys.told(first, T0)
    assert photo_keys.newest(T0 + OFFERED_FOR - MINUTE) == first
    later = T0 + OFFERED_FOR
    second = photo_keys.newest(later)
    assert second != first
    photo_keys.told(second, later)
    assert photo_keys.destroy_over(later + ON_THE_WAY - MINUTE) == 0 and photo_keys.all() == (first, second)
    assert photo_keys.destroy_over(later + ON_THE_WAY) == 1 and photo_keys.all() == (second,)


def test_a_key_stays_while_central_knows_no_later_one(photo_keys: PhotoKeys) -> None:
    """The node was away for days, and a phone sealed a photo to the last key that central had heard of."""
    first = photo_keys.newest(T0)
    photo_keys.told(first, T0)
    later = T0 + timedelta(days=3)
    second = photo_keys.newest(later)
    assert photo_keys.newest(later + MINUTE) == second, "made once, however often telling it is tried"
    assert photo_keys.destroy_over(later + ON_THE_WAY * 2) == 0 and first in photo_keys.all()


def test_a_clock_that_went_back_makes_a_new_key_at_once(photo_keys: PhotoKeys) -> None:
    ahead = photo_keys.newest(T0 + timedelta(days=400))
    now = photo_keys.newest(T0)
    assert photo_keys.newest(T0 + MINUTE) == now
    photo_keys.told(now, T0)
    assert ahead != now
    photo_keys.destroy_over(T0 + ON_THE_WAY)
    assert photo_keys.all() == (now,)

"""The disk is full: new rules are in force all the same, and are written as soon as there is room (S20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from edge.store.keys import KeyRing
from edge.store.store import Store
from models.values.ids import new_id
from models.wire.signed import Signed
from models.wire.snapshot import SnapshotRefusal
from tests.edge.full_disk import no_more_room, room_again

MakeSnapshot = Callable[..., Signed]


@pytest.fixture
def open_store(tmp_path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened.append(Store.open(tmp_path / "store.db", node_id, central_key, keys))
        return opened[-1]

    yield again
    opened[-1].close()


@pytest.mark.req("SYNC-13", "SEC-10")
def test_what_new_rules_revoke_is_revoked_though_the_disk_takes_nothing(
    open_store: Callable[[], Store], snapshot: MakeSnapshot, now: datetime
) -> None:
    store, pass_id = open_store(), new_id()
    assert store.apply(snapshot(1), now) is None and store.unkept() is None
    no_more_room(store)
    newer = snapshot(2, revoked=[pass_id, *(new_id() for _ in range(500))])
    assert store.apply(newer, now) is None
    assert store.view().is_revoked(pass_id) and store.view().version == 2
    assert "full" in (store.unkept() or "") and store.signed() == newer
    assert store.apply(snapshot(1), now) is SnapshotRefusal.OLDER
    store.keep()
    assert store.unkept() is not None, "there is no room yet"
    room_again(store)
    store.keep()
    assert store.unkept() is None and store.signed() == newer
    assert open_store().view().is_revoked(pass_id)


def test_a_restart_begins_with_what_is_on_disk_and_says_that_version_to_central(
    open_store: Callable[[], Store], snapshot: MakeSnapshot, now: datetime
) -> None:
    store = open_store()
    store.apply(snapshot(1), now)
    no_more_room(store)
    newer = snapshot(2, revoked=[new_id() for _ in range(500)])
    store.apply(newer, now)
    again = open_store()
    assert again.view().version == 1 and again.unkept() is None
    assert again.apply(newer, now) is None and again.unkept() is None, "and takes the newer one again"


@pytest.mark.req("PRIV-04")
def test_rules_whose_erasures_the_disk_does_not_take_hold_but_are_not_written_before_them(
    open_store: Callable[[], Store], snapshot: MakeSnapshot, now: datetime
) -> None:
    """Else a power cut would leave the new version on disk, and the order would never come again."""
    store, erased = open_store(), [OSError(28, "No space left on device"), None]

    def erase(_: object) -> None:
        if error := erased.pop(0):
            raise error

    store.before_applying = erase
    assert store.apply(snapshot(1), now) is None
    assert store.view().version == 1 and "No space left" in (store.unkept() or "")
    assert len(erased) == 1
    store.keep()
    assert store.unkept() is None and open_store().view().version == 1

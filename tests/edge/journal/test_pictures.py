"""Event pictures: encrypted, bounded, and never at the cost of an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from edge.journal.pictures import JPEG_MAX, Kept, Pictures
from edge.store.keys import KeyRing
from models.access.decision import Outcome
from models.access.pictures import Keeping, Pictured, Shows
from models.values.ids import new_id

JPEG = b"\xff\xd8\xff" + b"somebody's face" * 50


@pytest.fixture
def pictures(tmp_path: Path, keys: KeyRing) -> Pictures:
    return Pictures.open(tmp_path / "pictures", keys, max_count=5, floor_bytes=0)


def test_a_picture_is_kept_encrypted_and_comes_back(pictures: Pictures, tmp_path: Path, keys: KeyRing) -> None:
    event_id = new_id()
    assert pictures.keep(event_id, JPEG) == Kept(stored=True)
    content = b"".join(path.read_bytes() for path in (tmp_path / "pictures").iterdir())
    assert b"somebody" not in content and b"\xff\xd8\xff" not in content
    anew = Pictures.open(tmp_path / "pictures", keys)
    assert anew.take(event_id) == JPEG and anew.pending(9) == (event_id,)
    anew.sent(event_id)
    assert anew.pending(9) == () and anew.take(event_id) == JPEG and anew.waiting() == 0
    assert Pictures.open(tmp_path / "pictures", keys).pending(9) == ()


def test_room_is_made_by_what_was_sent_then_by_the_oldest_and_losses_are_told(pictures: Pictures) -> None:
    ids = [new_id() for _ in range(7)]
    for event_id in ids[:5]:
        pictures.keep(event_id, JPEG)
    pictures.sent(ids[3])
    assert pictures.keep(ids[5], JPEG) == Kept(stored=True, lost_unsent=0)
    assert pictures.take(ids[3]) is None and pictures.take(ids[0]) == JPEG
    assert pictures.keep(ids[6], JPEG) == Kept(stored=True, lost_unsent=1)
    assert pictures.pending(9) == (ids[1], ids[2], ids[4], ids[5], ids[6])


def test_the_bound_in_bytes_holds(tmp_path: Path, keys: KeyRing) -> None:
    pictures = Pictures.open(tmp_path / "p", keys, max_bytes=3 * (len(JPEG) + 64), floor_bytes=0)
    lost = sum(pictures.keep(new_id(), JPEG).lost_unsent for _ in range(10))
    assert lost == 7 and pictures.waiting() == 3
    assert sum(path.stat().st_size for path in (tmp_path / "p").iterdir()) <= 3 * (len(JPEG) + 64)


def test_a_full_disk_costs_the_picture_and_is_told(tmp_path: Path, keys: KeyRing) -> None:
    pictures = Pictures.open(tmp_path / "p", keys, floor_bytes=1 << 62)
    kept = pictures.keep(new_id(), JPEG)
    assert not kept.stored and kept.why and pictures.pending(9) == ()


def test_a_folder_that_cannot_be_written_costs_the_picture_and_is_told(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.journal.pictures.write_private", full)
    kept = pictures.keep(new_id(), JPEG)
    assert not kept.stored and kept.why is not None and "No space" in kept.why and pictures.waiting() == 0


def test_a_picture_that_is_too_large_is_refused(pictures: Pictures) -> None:
    assert not pictures.keep(new_id(), b"x" * (JPEG_MAX + 1)).stored


def test_a_torn_picture_is_gone_and_does_not_wait_for_ever(pictures: Pictures, tmp_path: Path) -> None:
    event_id = new_id()
    pictures.keep(event_id, JPEG)
    (path,) = (tmp_path / "pictures").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert pictures.take(event_id) is None and pictures.pending(9) == () and not path.exists()


def test_a_picture_put_under_another_event_does_not_open(pictures: Pictures, tmp_path: Path, keys: KeyRing) -> None:
    mine, other = new_id(), new_id()
    pictures.keep(mine, JPEG)
    (path,) = (tmp_path / "pictures").iterdir()
    path.rename(path.with_name(path.name.replace(str(mine), str(other))))
    assert Pictures.open(tmp_path / "pictures", keys).take(other) is None


CROP_OF_A_REFUSAL = Pictured(shows=Shows.CROP, outcome=Outcome.DENY)
WHEN = datetime(2026, 11, 23, tzinfo=UTC)


def made_at(at: datetime) -> UUID:
    return new_id(now_ns=int(at.timestamp()) * 10**9)


@pytest.mark.req("PRIV-08")
def test_after_its_time_no_byte_of_a_picture_is_left(pictures: Pictures, tmp_path: Path, keys: KeyRing) -> None:
    refused, sent, passed = (made_at(WHEN) for _ in range(3))
    pictures.keep(refused, JPEG, CROP_OF_A_REFUSAL)
    pictures.keep(sent, JPEG, CROP_OF_A_REFUSAL)
    pictures.keep(passed, JPEG)
    pictures.sent(sent)
    pictures = Pictures.open(tmp_path / "pictures", keys)  # what a name says outlives a restart
    assert pictures.sweep(WHEN + timedelta(seconds=59), Keeping()) == 0
    assert pictures.sweep(WHEN + timedelta(seconds=60), Keeping()) == 2, "central keeps what it has by the same rule"
    assert pictures.pending(9) == (refused,) and pictures.about(refused) == CROP_OF_A_REFUSAL
    assert pictures.sweep(WHEN + timedelta(days=7), Keeping()) == 1
    assert list((tmp_path / "pictures").iterdir()) == []
    assert not pictures.erase(refused)


@pytest.mark.req("PRIV-08")
def test_an_alarm_holds_a_picture_until_central_has_it(pictures: Pictures, tmp_path: Path, keys: KeyRing) -> None:
    event_id = made_at(WHEN)
    pictures.keep(event_id, JPEG, held=True)
    pictures = Pictures.open(tmp_path / "pictures", keys)
    assert pictures.sweep(WHEN + timedelta(days=8), Keeping()) == 0
    pictures.sent(event_id)
    assert pictures.sweep(WHEN + timedelta(days=8), Keeping()) == 1


def test_a_picture_of_an_older_version_counts_as_the_shortest_kept(
    pictures: Pictures, tmp_path: Path, keys: KeyRing
) -> None:
    event_id = made_at(WHEN)
    pictures.keep(event_id, JPEG, CROP_OF_A_REFUSAL)
    (path,) = (tmp_path / "pictures").iterdir()
    path.rename(path.with_name(f"{event_id}.new"))
    pictures = Pictures.open(tmp_path / "pictures", keys)
    assert pictures.take(event_id) == JPEG
    assert pictures.sweep(WHEN + timedelta(minutes=2), Keeping()) == 1


def test_only_sent_ones_are_given_up_for_events(pictures: Pictures) -> None:
    ids = [new_id() for _ in range(3)]
    for event_id in ids:
        pictures.keep(event_id, JPEG)
    assert not pictures.give_up_sent()
    pictures.sent(ids[0])
    pictures.sent(ids[2])
    assert pictures.give_up_sent() and pictures.take(ids[0]) is None and pictures.take(ids[2]) == JPEG


def test_refused_ones_no_longer_wait_and_are_kept(pictures: Pictures) -> None:
    event_id = new_id()
    pictures.keep(event_id, JPEG)
    pictures.refused(event_id)
    assert pictures.pending(9) == () and pictures.take(event_id) == JPEG

"""What central told of the car park, on the node's disk: sealed, whole after a restart, refused when not ours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from edge.store.database import DatabaseCorrupt, connect
from edge.store.keys import KeyRing
from edge.store.stays import ToldStays
from models.parking.inside import Told
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.signed import Signed, sign
from models.wire.snapshot import SnapshotRefusal
from models.wire.stays import Owed, StaysTold, ToldStay
from tests.edge.full_disk import no_more_room, room_again

NODE, CENTRAL = new_id(), SigningKey.generate()
MINE, OTHER = "川A12345", "川B8K3H5"


def opened(folder: Path, keys: KeyRing) -> ToldStays:
    return ToldStays.open(folder / "stays.db", NODE, bytes(CENTRAL.verify_key), keys)


def stay(plate: str = MINE) -> ToldStay:
    return ToldStay(stay_id=new_id(), plate=plate, entered_at=utc_now() - timedelta(hours=1), tariff_version=1)


def news(after: int, number: int, *stays: ToldStay, key: SigningKey = CENTRAL, **more: object) -> Signed:
    told = StaysTold(node_id=NODE, after=after, number=number, heard_seq=number, stays=stays, **more)
    return sign(told.model_dump_json(), "stays", key)


@pytest.mark.req("SEC-10")
def test_only_centrals_newest_word_counts(tmp_path: Path, keys: KeyRing) -> None:
    told = opened(tmp_path, keys)
    mine = news(0, 5, stay())
    assert told.take(mine) is None and told.take(news(5, 6)) is None
    assert told.take(news(5, 6)) is SnapshotRefusal.OLDER and told.take(mine) is SnapshotRefusal.OLDER
    assert told.take(news(6, 7, key=SigningKey.generate())) is SnapshotRefusal.BAD_SIGNATURE
    as_command = sign(mine.payload, "command", CENTRAL)
    assert told.take(as_command) is SnapshotRefusal.BAD_SIGNATURE, "what was signed for another use"
    assert told.take(sign("{}", "stays", CENTRAL)) is SnapshotRefusal.UNREADABLE
    assert told.told().number == 6 and len(told.told().stays) == 1
    told.close()


@pytest.mark.req("PARK-05")
def test_changes_are_there_after_a_restart_and_no_plate_lies_open(tmp_path: Path, keys: KeyRing) -> None:
    told, mine, other = opened(tmp_path, keys), stay(), stay(OTHER)
    owed = Owed(stay_id=new_id(), plate=OTHER, fen=13_00)
    for one in (news(0, 5, mine, other), news(5, 7, owed=(owed,)), news(7, 9, gone=frozenset({mine.stay_id}))):
        assert told.take(one) is None
    now = told.told()
    assert (now.stays, now.owed_on(OTHER), now.owed_on(MINE)) == ({other.stay_id: other}, 13_00, 0)
    told.close()
    again = opened(tmp_path, keys)
    assert again.told() == now
    assert again.take(news(9, 11, gone=frozenset({owed.stay_id}))) is None and again.told().owed == {}
    again.close()
    assert OTHER.encode() not in b"".join(one.read_bytes() for one in tmp_path.glob("stays.db*"))


@pytest.mark.req("PARK-15")
def test_a_debt_that_somebody_denies_is_neither_owed_nor_forgotten(tmp_path: Path, keys: KeyRing) -> None:
    told, debt = opened(tmp_path, keys), Owed(stay_id=new_id(), plate=OTHER, fen=13_00, since=utc_now())
    assert told.take(news(0, 5, owed=(debt,))) is None
    assert told.take(news(5, 6, denied=(debt,), gone=frozenset({debt.stay_id}))) is None
    for now in (told.told(), _again(told, tmp_path, keys)):
        assert (now.owed_on(OTHER), now.denied_on(OTHER), now.denied_since(OTHER)) == (0, 13_00, debt.since)
    back = opened(tmp_path, keys)
    assert back.take(news(6, 7, owed=(debt,))) is None
    assert (back.told().owed_on(OTHER), back.told().denied_on(OTHER)) == (13_00, 0), "somebody looked: it stands"
    assert back.take(news(7, 8, denied=(debt,), gone=frozenset({debt.stay_id}))) is None
    assert back.take(news(8, 9, gone=frozenset({debt.stay_id}))) is None
    assert (back.told().owed, back.told().denied) == ({}, {}), "or it was struck off"
    assert _again(back, tmp_path, keys) == back.told()


def _again(told: ToldStays, path: Path, keys: KeyRing) -> Told:
    """What is there after a restart."""
    told.close()
    again = opened(path, keys)
    found = again.told()
    again.close()
    return found


def test_a_row_that_was_moved_to_another_stay_does_not_open(tmp_path: Path, keys: KeyRing) -> None:
    told = opened(tmp_path, keys)
    assert told.take(news(0, 5, stay())) is None
    told.close()
    with connect(tmp_path / "stays.db") as file:
        file.execute("UPDATE told SET stay_id=?", (new_id().bytes,))
    with pytest.raises(DatabaseCorrupt):
        opened(tmp_path, keys)


def test_what_a_full_disk_did_not_take_is_brought_there_with_the_next_telling(tmp_path: Path, keys: KeyRing) -> None:
    told, mine, other = opened(tmp_path, keys), stay(), stay(OTHER)
    assert told.take(news(0, 5)) is None
    no_more_room(told)
    assert told.take(news(5, 7, *(stay(f"川A{n:05d}") for n in range(400)))) is None
    assert told.told().number == 7 and len(told.told().stays) == 400, "it counts all the same"
    room_again(told)
    assert told.take(news(7, 9, mine, other)) is None
    now = told.told()
    told.close()
    again = opened(tmp_path, keys)
    assert again.told() == now and len(now.stays) == 402
    again.close()

"""The node's copy of the rules: whole or not at all, proved on every load; and commands that run at most once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from edge.store.database import DatabaseBusy
from edge.store.keys import KeyRing
from edge.store.store import ATTEMPTS_MAX, Store, view_on_disk
from models.access.attempts import Attempts
from models.access.decision import Reason
from models.values.ids import new_id
from models.wire.commands import Action, Command
from models.wire.signed import Signed
from models.wire.snapshot import Snapshot, SnapshotRefusal

MakeSnapshot = Callable[..., Signed]
OpenStore = Callable[[], Store]


@pytest.fixture
def open_store(tmp_path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> Iterator[OpenStore]:
    opened: list[Store] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened.append(Store.open(tmp_path / "store.db", node_id, central_key, keys))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


def test_without_a_snapshot_the_view_is_empty(store: Store) -> None:
    view = store.view()
    assert (view.snapshot, view.version, view.issued_at, view.rules) == (None, 0, None, ())
    assert not view.is_revoked(new_id()) and view.cardholder_of(new_id()) is None and view.lane(new_id()) is None


def test_a_store_that_the_node_is_making_at_this_moment_has_no_rules_yet(
    tmp_path: Path, node_id: UUID, central_key: bytes, keys: KeyRing
) -> None:
    path = tmp_path / "store.db"
    assert view_on_disk(path, node_id, central_key, keys).version == 0
    sqlite3.connect(path).execute("PRAGMA journal_mode=WAL").connection.close()
    assert path.exists() and view_on_disk(path, node_id, central_key, keys).version == 0


def test_an_applied_snapshot_answers_and_survives_a_restart(
    open_store: OpenStore, snapshot: MakeSnapshot, now: datetime
) -> None:
    holder, visitor, revoked, lane_id = new_id(), new_id(), new_id(), new_id()
    signed = snapshot(
        7,
        cardholders=[{"cardholder_id": holder, "groups": ["resident"]}],
        credentials=[{"credential_id": visitor, "cardholder_id": holder}],
        revoked=[revoked],
        pass_keys=[{"key_id": 3, "public_key": "ab" * 32}],
        lanes=[{"lane_id": lane_id, "code": "east-in", "name": "东门进", "gate_id": new_id(), "gate_number": 4,
                "direction": "in"}],
        holidays=["2026-10-01"],
    )  # fmt: skip
    store = open_store()
    before = store.view()
    assert store.apply(signed, now) is None
    assert before.version == 0, "a view that was handed out never changes"
    for view in (store.view(), open_store().view()):
        assert view.version == 7 and view.issued_at == now and view.expires_at == now + timedelta(days=3)
        found = view.cardholder_of(visitor)
        assert found is not None and found.cardholder_id == holder and found == view.cardholder(holder)
        assert view.is_revoked(revoked) and not view.is_revoked(visitor)
        assert view.pass_keys == {3: bytes.fromhex("ab" * 32)} and view.lane(lane_id).gate_number == 4
        assert len(view.holidays) == 1
        with pytest.raises(TypeError):
            view.pass_keys[3] = b""


@pytest.mark.req("SEC-10")
def test_an_older_foreign_expired_or_forged_snapshot_changes_nothing(
    open_store: OpenStore, snapshot: MakeSnapshot, now: datetime
) -> None:
    store = open_store()
    yesterday = snapshot(4)
    assert store.apply(yesterday, now) is None
    assert store.apply(snapshot(5), now) is None
    good = snapshot(9)
    refused = {
        SnapshotRefusal.OLDER: yesterday,  # a replay would bring a revoked pass back to life
        SnapshotRefusal.WRONG_NODE: snapshot(9, node_id=new_id()),
        SnapshotRefusal.EXPIRED: snapshot(9, expires_at=now),
        SnapshotRefusal.BAD_SIGNATURE: Signed(payload=good.payload.replace('"version":9', '"version":10'),
                                              signature=good.signature),
        SnapshotRefusal.UNREADABLE: None,
    }  # fmt: skip
    for refusal, signed in refused.items():
        if signed is not None:
            assert store.apply(signed, now) is refusal
            assert store.view().version == 5
    assert store.apply(snapshot(9, key=SigningKey.generate()), now) is SnapshotRefusal.BAD_SIGNATURE
    assert open_store().view().version == 5
    assert open_store().apply(yesterday, now) is SnapshotRefusal.OLDER
    assert open_store().apply(snapshot(5), now) is None, "an equal version is not older"


def test_a_snapshot_that_cannot_be_read_is_refused(store: Store, central: SigningKey, now: datetime) -> None:
    from models.wire.signed import sign

    assert store.apply(sign('{"version": 1}', "snapshot", central), now) is SnapshotRefusal.UNREADABLE


def test_an_expired_snapshot_is_still_loaded_at_start(
    open_store: OpenStore, snapshot: MakeSnapshot, now: datetime
) -> None:
    """What is allowed when the rules are old is for the policy to say, not for the disk."""
    open_store().apply(snapshot(3, expires_at=now + timedelta(seconds=1)), now)
    assert open_store().view().version == 3


def test_nothing_of_a_person_lies_readable_on_disk(
    store: Store, snapshot: MakeSnapshot, now: datetime, tmp_path: Path
) -> None:
    holder = new_id()
    store.apply(snapshot(1, cardholders=[{"cardholder_id": holder, "groups": ["householders"]}]), now)
    store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    assert str(holder).encode() not in content and holder.bytes not in content and b"householders" not in content


def test_a_snapshot_changed_on_disk_is_refused_at_start(
    open_store: OpenStore, snapshot: MakeSnapshot, now: datetime, tmp_path: Path, keys: KeyRing
) -> None:
    store = open_store()
    store.apply(snapshot(2), now)
    store.close()

    def put(sealed: bytes) -> None:
        with sqlite3.connect(tmp_path / "store.db") as db:
            db.execute("UPDATE snapshot SET sealed=?", (sealed,))
        db.close()

    with sqlite3.connect(tmp_path / "store.db") as db:
        genuine = db.execute("SELECT sealed FROM snapshot").fetchone()[0]
    db.close()
    forged = snapshot(3, key=SigningKey.generate())  # by somebody who has the node's key, but not central's
    for sealed in (
        genuine[:-1] + bytes([genuine[-1] ^ 1]),
        b"",
        keys.seal(forged.model_dump_json().encode(), b"menting-snapshot-1"),
    ):
        put(sealed)
        store = open_store()
        assert store.refused_at_open is SnapshotRefusal.BAD_SIGNATURE and store.view().snapshot is None
        store.close()
    store = open_store()
    assert store.apply(snapshot(3), now) is None and store.refused_at_open is None
    assert open_store().view().version == 3


APPLIER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from edge.store.keys import KeyRing
from edge.store.store import Store
from models.wire.signed import Signed

folder = Path(sys.argv[1])
store = Store.open(folder / "store.db", UUID(sys.argv[2]), bytes.fromhex(sys.argv[3]), KeyRing.open(folder / "keys"))
now = datetime.fromisoformat(sys.argv[4])
for line in (folder / "snapshots").read_text().splitlines():
    signed = Signed.model_validate_json(line)
    if store.apply(signed, now) is None:
        os.write(1, b"applied %d\\n" % store.view().version)
"""


def test_a_kill_leaves_the_old_rules_or_the_new_never_a_mix(
    tmp_path: Path, node_id: UUID, central_key: bytes, open_store: OpenStore, snapshot: MakeSnapshot, now: datetime
) -> None:
    signed = {v: snapshot(v, revoked=[new_id() for _ in range(100)]) for v in range(1, 150)}
    (tmp_path / "snapshots").write_text("\n".join(one.model_dump_json() for one in signed.values()))
    chance, applied = random.Random(3), 0
    for _ in range(5):
        command = [sys.executable, "-c", APPLIER, str(tmp_path), str(node_id), central_key.hex(), now.isoformat()]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
        assert child.stdout is not None
        stop_at = applied + chance.randint(1, 25)
        for told in child.stdout:
            applied = int(told.split()[1])
            if applied >= stop_at:
                break
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        store = open_store()
        assert store.refused_at_open is None and store.view().version >= applied
        assert store.view().snapshot == Snapshot.model_validate_json(signed[store.view().version].payload)
        store.close()


# -- commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(node_id: UUID, now: datetime) -> Callable[..., Command]:
    def make(number: int = 1, **fields: Any) -> Command:
        content: dict[str, Any] = {
            "command_id": new_id(), "number": number, "node_id": node_id, "lane_id": new_id(), "action": Action.OPEN,
            "nonce": new_id().hex, "issued_at": now, "ttl_s": 5, "actor_id": new_id(), "role": "guard",
            "reason": "visitor at the gate", "correlation": new_id(),
        }  # fmt: skip
        return Command.model_validate(content | fields)

    return make


@pytest.mark.req("SEC-10")
def test_a_command_is_accepted_once_also_across_restarts(
    open_store: OpenStore, command: Callable[..., Command], now: datetime
) -> None:
    one, two, three = command(1), command(2), command(3)
    store = open_store()
    assert store.judge_and_remember(two, now) is Reason.OK
    for _ in range(2):
        assert store.judge_and_remember(two, now) is Reason.REPLAYED
        assert store.judge_and_remember(one, now) is Reason.REPLAYED  # reordered
        assert store.judge_and_remember(command(9, nonce=two.nonce), now) is Reason.REPLAYED
        store = open_store()
    assert store.ledger().highest == 2
    assert store.judge_and_remember(three, now) is Reason.OK


def test_ok_is_said_only_when_it_is_remembered(store: Store, command: Callable[..., Command], now: datetime) -> None:
    """S8: a fault of the disk lets no command through, and not later either: central was told no."""
    one, two = command(1), command(2)
    store._database.connection.execute("PRAGMA query_only=ON")
    with pytest.raises(sqlite3.OperationalError):
        store.judge_and_remember(one, now)
    store._database.connection.execute("PRAGMA query_only=OFF")
    assert store.judge_and_remember(one, now) is Reason.REPLAYED
    assert store.judge_and_remember(two, now) is Reason.OK


def test_a_late_command_stays_late_when_the_clock_is_set_back(
    open_store: OpenStore, command: Callable[..., Command], now: datetime
) -> None:
    one = command(1)
    assert open_store().judge_and_remember(one, now + timedelta(seconds=6)) is Reason.LATE
    assert open_store().judge_and_remember(one, now) is Reason.REPLAYED


def test_a_command_for_another_node_is_not_remembered(
    store: Store, command: Callable[..., Command], now: datetime
) -> None:
    assert store.judge_and_remember(command(50, node_id=new_id()), now) is Reason.WRONG_POINT
    assert store.judge_and_remember(command(1), now) is Reason.OK


# -- wrong attempts --------------------------------------------------------------------------------------------------


def test_attempts_survive_a_restart_and_are_bounded(open_store: OpenStore, now: datetime) -> None:
    store = open_store()
    assert store.attempts("lane:east") == Attempts()
    some = Attempts(wrong_at=(now, now + timedelta(seconds=4)), alarmed_at=now)
    store.save_attempts("lane:east", some)
    store = open_store()
    assert store.attempts("lane:east") == some
    store.save_attempts("lane:east", Attempts())
    assert store.attempts("lane:east") == Attempts()
    for number in range(ATTEMPTS_MAX + 5):
        store.save_attempts(f"pass:{number}", some)
    assert store.attempts("pass:0") == Attempts() and store.attempts(f"pass:{ATTEMPTS_MAX + 4}") == some
    count = store._database.connection.execute("SELECT count(*) FROM attempts").fetchone()[0]
    assert count <= ATTEMPTS_MAX
    level = store._database.connection.execute("PRAGMA synchronous").fetchone()[0]
    assert level == 2, "what must be durable must stay so afterwards"


def test_only_one_process_owns_the_store(
    store: Store, tmp_path: Path, node_id: UUID, central_key: bytes, keys: KeyRing
) -> None:
    with pytest.raises(DatabaseBusy):
        Store.open(tmp_path / "store.db", node_id, central_key, keys)

"""Whatever is wrong with the node's disk, people get out: exit buttons and fire on real lines and simulated boards."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from edge.bootstrap import RunningNode
from edge.egress import Egress
from edge.folder import FolderInUse, NodeFolder, refuse_held
from edge.lane.inbox import Stop
from edge.lane.node_fire import Fires
from edge.lane.states import Phase
from edge.serve import whole_node
from scripts.rig import Rig

MakeRig = Callable[..., Rig]
Until = Callable[[Callable[[], object]], None]
ROOT = Path(__file__).resolve().parents[2]


class Served:
    """`whole_node` in a thread of its own, tried again at once."""

    def __init__(self, rig: Rig):
        self.rig, self.data = rig, rig.folder / "node"
        self.gate = rig.world.lanes["east-in"].gate
        self.stop = threading.Event()
        self.node: RunningNode | None = None
        self.thread = threading.Thread(target=self._serve)

    def start(self) -> None:
        self.thread.start()

    def _serve(self) -> None:
        self.node = whole_node(self.rig.site, self.data, self.rig.weights, self.stop, again_s=0.5)

    def close(self) -> None:
        self.stop.set()
        if self.thread.ident is not None:
            self.thread.join()
        if self.node is not None:  # never run: only what it opened is to be closed
            self.node.journal.close()
            self.node.store.close()

    def releases(self) -> int:
        return [edge.on for edge in self.gate.board.edges()].count(True)


@pytest.fixture
def served(make_rig: MakeRig, until: Until) -> Iterator[Served]:
    """A node that has run once and was stopped: it has a journal, rules and keys."""
    rig = make_rig()
    rig.start()
    until(lambda: rig.node is not None and rig.node.gate.lane("east-in").door.phase is Phase.SECURED)
    rig.stop()
    made = Served(rig)
    yield made
    made.close()


def no_folder(data: Path) -> None:
    shutil.rmtree(data)


def folder_is_a_file(data: Path) -> None:
    shutil.rmtree(data)
    data.write_bytes(b"")


def rubbish(name: str) -> Callable[[Path], None]:
    def spoil(data: Path) -> None:
        (data / name).unlink(missing_ok=True)
        (data / name).write_bytes(b"rubbish" * 999)
        (data / name).chmod(0o600)

    return spoil


def journal_gone(data: Path) -> None:
    for path in data.glob("journal.db*"):
        path.unlink()


def journal_empty(data: Path) -> None:
    journal_gone(data)
    (data / "journal.db").write_bytes(b"")


def keys_gone(data: Path) -> None:
    shutil.rmtree(data / "keys")


def bad_ledger(data: Path) -> None:
    with sqlite3.connect(data / "store.db") as db:
        db.execute("INSERT OR REPLACE INTO ledger VALUES (1, 'rubbish')")
    db.close()


def bad_chain_row(data: Path) -> None:
    with sqlite3.connect(data / "journal.db") as db:
        db.execute("UPDATE chain SET node_id=x'0102'")
    db.close()


DAMAGE = [
    no_folder, folder_is_a_file, journal_gone, journal_empty, keys_gone, bad_ledger, bad_chain_row,
    *(rubbish(name) for name in ("journal.db", "store.db", "node.json", "keys/node.key")),
]  # fmt: skip
NAMES = ["no folder", "folder is a file", "journal gone", "journal empty", "keys gone", "ledger", "chain row",
         "journal", "store", "node.json", "node.key"]  # fmt: skip


def files(data: Path) -> dict[str, bytes]:
    """What no start may change. SQLite's own side files come and go with every opening."""
    skipped = ("-wal", "-shm", ".lock", "lock", ".reserve")
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and not path.name.endswith(skipped)
    }


@pytest.mark.req("ACC-22", "ACC-23")
@pytest.mark.parametrize("damage", DAMAGE, ids=NAMES)
def test_exit_and_fire_are_answered_whatever_is_broken_and_nobody_is_let_in(
    served: Served, until: Until, damage: Callable[[Path], None]
) -> None:
    damage(served.data)
    finger = Finger(served.gate)
    served.start()
    served.gate.present(served.rig.authority.a_pass()[1])
    until(finger.opened)
    until(lambda: not served.gate.board.output(1))
    served.gate.do(Deed.FIRE)
    until(lambda: served.gate.board.output(1))
    served.gate.do(Deed.FIRE_OVER)
    served.close()
    assert served.node is None and served.gate.board.output(1)
    assert served.releases() <= finger.presses + 1, "each was the button, or the fire"


READS = 8
"""After so many questions to the board its contacts are surely known: two reads that agree are enough."""


class Finger:
    """Presses an exit button again and again, as people do: a press before the board was first read is none."""

    def __init__(self, gate: SimulatedGate):
        self.gate, self.presses, self._next = gate, 0, 0.0
        self._read_from = len(gate.board.requests()) + READS

    def opened(self) -> bool:
        """Press once more, unless the door was released; it leaves the button by itself in between."""
        released = any(edge.on for edge in self.gate.board.edges())
        read = len(self.gate.board.requests()) >= self._read_from
        if not released and read and time.monotonic() >= self._next:
            self._next = time.monotonic() + 1.5
            self.presses += 1
            self.gate.do(Deed.PRESS_EXIT)
        return released


def test_a_start_that_failed_writes_nothing_and_leaves_nothing_open(served: Served, until: Until) -> None:
    rubbish("store.db")(served.data)
    before = files(served.data)
    finger = Finger(served.gate)
    served.start()
    until(finger.opened)
    served.close()
    assert files(served.data) == before
    folder = NodeFolder(served.data)  # and it can be locked again
    folder.close()


@pytest.mark.req("ACC-23")
def test_when_the_disk_is_mended_the_node_goes_over_to_the_whole_without_moving_a_door(
    served: Served, until: Until
) -> None:
    store = served.data / "store.db"
    kept = store.read_bytes()
    rubbish("store.db")(served.data)
    served.start()
    served.gate.do(Deed.FIRE)
    until(lambda: served.gate.board.output(1))
    served.gate.do(Deed.FIRE_OVER)
    store.write_bytes(kept)
    until(lambda: served.node is not None)
    assert served.node is not None
    served.node.start()
    gate = threading.Thread(target=served.node.gate.run)
    gate.start()
    until(lambda: served.node is not None and served.node.gate.lane("east-in").door.board_ok)
    assert served.node.gate.lane("east-in").door.phase is Phase.FIRE, "the hold goes on until a person ends it"
    assert [edge.on for edge in served.gate.board.edges()] == [True], "and the door did not move"
    assert (served.data / "fire-hold-east-in").exists(), "nor would it through another restart"
    served.node.inbox.put(Stop())
    gate.join()
    served.node.end()


def test_a_fire_hold_of_before_goes_on_and_one_that_cannot_be_read_moves_nothing(
    served: Served, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubbish("store.db")(served.data)
    (served.data / "fire-hold-east-in").touch()
    served.start()
    until(lambda: served.gate.board.output(1))
    served.close()

    def unreadable(_: Path) -> bool:
        raise PermissionError("no")

    monkeypatch.setattr(Path, "exists", unreadable)
    egress = Egress(served.rig.site, served.data)
    monkeypatch.undo()
    egress.start()
    assert egress.works and egress.end() == Fires()


@pytest.mark.req("ACC-22")
def test_a_damaged_row_of_the_journal_does_not_keep_the_node_from_starting(served: Served, until: Until) -> None:
    with sqlite3.connect(served.data / "journal.db") as db:
        seq = db.execute("SELECT head_seq FROM chain").fetchone()[0]
        body = '{"kind":"decision"}'
        db.execute(
            "INSERT INTO events VALUES (?, 1, x'00', 0, NULL, x'0102', x'03', CAST(x'FF' || ? AS TEXT), NULL, x'00')",
            (seq + 1, body),
        )
    db.close()
    served.start()
    until(lambda: served.node is not None)
    assert served.node is not None and served.node.journal.unfinished() == ()


def test_another_process_in_the_folder_ends_the_call(served: Served) -> None:
    folder = NodeFolder(served.data)
    with pytest.raises(FolderInUse, match="node that is running"):
        whole_node(served.rig.site, served.data, served.rig.weights, threading.Event())
    folder.close()


@pytest.mark.req("ACC-23")
def test_a_node_that_is_not_enrolled_yet_does_not_start_beside_a_commissioning_page(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    """The page holds the folder before the node is known to central: two would drive the same doors."""
    rig = make_rig()
    folder = NodeFolder(tmp_path / "fresh")
    with pytest.raises(FolderInUse, match="commissioning page"):
        whole_node(rig.site, tmp_path / "fresh", rig.weights, threading.Event())
    folder.close()
    refuse_held(tmp_path / "fresh")
    refuse_held(tmp_path / "none")
    assert not (tmp_path / "none").exists()


SITE = """\
[node]
name = "East gate"
[[lane]]
code = "east-in"
name = "East in"
direction = "in"
fail = "secure"
relay = "{relay}"
scanner = "scanner+serial:///dev/ttyUSB1"
"""


@pytest.mark.req("ACC-22")
def test_the_command_itself_says_why_and_serves_the_way_out_of_a_node_that_was_never_enrolled(
    make_rig: MakeRig, until: Until, tmp_path: Path
) -> None:
    """What is not enrolled looks like what is not mounted. It makes no folder in the place of the missing one."""
    gate = make_rig().world.lanes["east-in"].gate
    site = tmp_path / "alone" / "site.toml"
    site.parent.mkdir()
    site.write_text(SITE.format(relay=gate.board_address))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "edge", f"--site={site}"], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        gate.do(Deed.FIRE)
        until(lambda: gate.board.output(1))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "节点无法启动" in said and "The node does not start: " in said and "not enrolled" in said
    assert "only exit buttons and fire are answered" in said
    assert not (site.parent / "node").exists() and gate.board.output(1)


def test_two_doors_of_an_interlock_keep_each_other_shut_here_too(make_rig: MakeRig, until: Until) -> None:
    rig = make_rig(codes=("outer", "inner"))
    groups = {"interlock": [{"lanes": ["outer", "inner"]}]}
    site = type(rig.site).model_validate(rig.site.model_dump(mode="json", exclude_unset=True) | groups)
    outer, inner = (rig.world.lanes[code].gate for code in ("outer", "inner"))
    egress = Egress(site, rig.folder / "nowhere")
    egress.start()

    inner.do(Deed.HOLD)
    inner.do(Deed.FORCE)
    until(lambda: egress._doors["inner"].position == "open" and egress._doors["outer"].position == "closed")
    outer.do(Deed.PRESS_EXIT)
    until(lambda: egress._doors["outer"].exit_pressed)
    time.sleep(1.0)  # nothing is waited for: what must not happen has this long to happen
    assert not outer.board.edges(), "the other door stood open when the button was pressed"
    inner.do(Deed.FIRE)
    until(lambda: inner.board.output(1) and outer.board.output(1))
    egress.end()

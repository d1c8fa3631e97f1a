"""What the node finds wrong with itself reaches the gate as alarms, each once raised and once over."""

from __future__ import annotations

import queue
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from edge.health.clock import Clock
from edge.health.disk import DiskWatch
from edge.health.watch import HealthThread
from edge.journal.journal import Entry, Journal
from edge.lane.inbox import AlarmNote, Item, Note
from edge.store.keys import KeyRing
from edge.sync.letters import Letters
from models.values.ids import new_id
from models.wire.events import AlarmKind, NodeNews, Scanned


@pytest.fixture
def inbox() -> queue.Queue[Item]:
    return queue.Queue()


@pytest.fixture
def health(tmp_path: Path, inbox: queue.Queue[Item]) -> HealthThread:
    return HealthThread(tmp_path, Clock(), inbox, Letters(tmp_path / "letters"))


def raised(inbox: queue.Queue[Item]) -> dict[str | None, str | None]:
    """Device and words of the alarms that stand after everything in the inbox."""
    standing: dict[str | None, str | None] = {}
    while not inbox.empty():
        note = inbox.get_nowait()
        assert isinstance(note, AlarmNote)
        standing.pop(note.device, None)
        if not note.over:
            standing[note.device] = note.detail
    return standing


@pytest.mark.req("SYNC-13")
def test_a_disk_is_alarmed_at_80_percent_and_again_more_urgently_at_95(
    health: HealthThread, inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    used = 0
    health._disk = DiskWatch(tmp_path, lambda _: (used, 100 - used))
    seen = []
    for used in (79, 80, 94, 95, 94, 92, 50):  # noqa: B007 - the disk reads it
        health._look_at_disk()
        seen.append(sorted(str(device) for device in raised(inbox)))
    assert seen == [[], ["disk"], ["disk"], ["disk", "disk_full"], ["disk", "disk_full"], ["disk"], []]
    used = 96
    health._look_at_disk()
    words = raised(inbox)
    assert words["disk"] == "96 % full" and "nearly full" in str(words["disk_full"])


def test_a_folder_that_is_gone_is_an_alarm_and_not_the_end_of_the_thread(
    inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    health = HealthThread(tmp_path / "gone", Clock(), inbox, Letters(tmp_path / "letters"))
    health._look_at_disk()
    assert list(raised(inbox)) == ["folder"]


@pytest.mark.req("SYNC-10")
def test_dead_letters_are_one_alarm_with_the_reason_until_the_last_is_taken(
    health: HealthThread, inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    health._look_at_letters()
    assert raised(inbox) == {}
    keys = KeyRing.open(tmp_path / "keys")
    journal = Journal.open(tmp_path / "journal.db", UUID(int=1), keys)
    (event,) = journal.append(Entry(Scanned(why="x", length=1), correlation=new_id()))
    journal.close()
    keys.close()
    Letters(tmp_path / "letters").keep(event, "HTTP 422 no")
    health._look_at_letters()
    assert raised(inbox) == {"letters": "1: event 1: HTTP 422 no"}
    (tmp_path / "letters" / "1.json").write_bytes(b"rubbish")
    health._look_at_letters()
    words = str(raised(inbox)["letters"])
    assert words.startswith("1: ") and "letters/1.json " in words and "cannot be read" in words
    (tmp_path / "letters" / "1.json").unlink()
    health._look_at_letters()
    assert raised(inbox) == {}


def test_an_event_damaged_in_the_journal_is_an_alarm_until_a_person_takes_what_is_left_of_it(
    health: HealthThread, inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    Letters(tmp_path / "letters").keep_damaged(7, {"seq": 7}, "event 7 is damaged")
    health._look_at_letters()
    words = str(raised(inbox)["letters"])
    assert words.startswith("1: ") and "event 7 is damaged in the journal: look at letters/7.damaged" in words
    (tmp_path / "letters" / "7.damaged").unlink()
    health._look_at_letters()
    assert raised(inbox) == {}


class Machine:
    """A node's clocks, to be set by the test; central's is right."""

    def __init__(self) -> None:
        self.true_s, self.off = 100.0, timedelta(0)
        self.clock = Clock(lambda: self.central() + self.off, lambda: self.true_s)

    def central(self) -> datetime:
        return datetime(2026, 3, 2, 4, tzinfo=UTC) + timedelta(seconds=self.true_s)


def about_the_clock(machine: Machine, inbox: queue.Queue[Item], folder: Path) -> tuple[str | None, list[str]]:
    """What the alarm says after a look, None when it is over, and by how much the clock is told to have jumped."""
    HealthThread(folder, machine.clock, inbox, Letters(folder / "letters"))._look_at_clock()
    jumps, alarm = [], None
    while not inbox.empty():
        item = inbox.get_nowait()
        if isinstance(item, Note):
            assert isinstance(item.entry.body, NodeNews) and item.entry.body.what == "clock_jump"
            jumps.append(item.entry.body.detail["seconds"])
        else:
            assert isinstance(item, AlarmNote) and item.alarm is AlarmKind.CLOCK
            alarm = None if item.over else item.detail
    return alarm, jumps


@pytest.mark.req("GEN-02", "SYNC-16")
def test_a_clock_that_was_set_is_told_in_words_until_it_is_right_again(
    inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    machine = Machine()
    machine.clock.exchanged(machine.true_s, machine.true_s, machine.central())
    assert about_the_clock(machine, inbox, tmp_path) == (None, [])
    machine.off = timedelta(minutes=-2)
    alarm, jumps = about_the_clock(machine, inbox, tmp_path)
    assert jumps == ["-120.0"]
    assert alarm is not None and alarm.startswith("时钟比中心慢 120.0 秒") and "120.0 s behind central's" in alarm
    machine.off = timedelta(seconds=9)
    alarm, jumps = about_the_clock(machine, inbox, tmp_path)
    assert jumps == ["129.0"] and alarm is not None and "快 9.0 秒" in alarm and "9.0 s ahead of central's" in alarm
    machine.off = timedelta(0)
    assert about_the_clock(machine, inbox, tmp_path) == (None, ["-9.0"])


@pytest.mark.req("GEN-02")
def test_a_clock_behind_what_was_written_is_told_although_central_was_never_reached(
    inbox: queue.Queue[Item], tmp_path: Path
) -> None:
    machine = Machine()
    machine.clock.not_before(machine.central())
    machine.off = timedelta(days=-9000)
    alarm, _ = about_the_clock(machine, inbox, tmp_path)
    assert alarm is not None and "777600000 秒" in alarm and "777600000 s behind what was written" in alarm
    assert len(alarm) <= 300, "an alarm's words fit the wire"
    machine.clock.exchanged(machine.true_s, machine.true_s, machine.central())
    alarm, _ = about_the_clock(machine, inbox, tmp_path)
    assert alarm is not None and "behind central's" in alarm

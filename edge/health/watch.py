"""The thread that looks after the node itself: clock and disk. What it finds goes to the gate's journal as alarms."""

import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from edge.health.clock import Clock
from edge.health.disk import DiskLevel, DiskWatch
from edge.journal.journal import Entry, JournalError
from edge.lane.inbox import AlarmNote, Item, Note
from edge.sync.letters import Letters
from models.values.ids import new_id
from models.wire.events import AlarmKind, NodeNews

EVERY_S = 5.0
TIDY_EVERY = 120
"""Rounds between two tidyings: ten minutes."""

log = logging.getLogger(__name__)


class HealthThread(threading.Thread):
    """`tidy` lets go of what has been kept for long enough; it may take its time, nothing waits for it."""

    def __init__(
        self, folder: Path, clock: Clock, inbox: "queue.Queue[Item]", letters: Letters,
        tidy: Callable[[], None] = lambda: None,
    ):  # fmt: skip
        super().__init__(name="health", daemon=True)
        self._letters = letters
        self._clock, self._disk, self._inbox = clock, DiskWatch(folder), inbox
        self._tidy = tidy
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        rounds = 0
        while not self._stopping.wait(EVERY_S):
            self._look_at_clock()
            self._look_at_disk()
            self._look_at_letters()
            rounds += 1
            if rounds % TIDY_EVERY == 0:
                try:
                    self._tidy()
                except (JournalError, OSError) as error:
                    log.error("what was kept for long enough cannot be let go: %s", error)
                    self._inbox.put(AlarmNote(AlarmKind.DISK, device="tidy", detail=str(error)[:300]))
                else:
                    self._inbox.put(AlarmNote(AlarmKind.DISK, over=True, device="tidy"))

    def _look_at_clock(self) -> None:
        jump = self._clock.jump()
        if jump is not None:
            log.warning("the clock was moved by %s", jump)
            body = NodeNews(what="clock_jump", detail={"seconds": f"{jump.total_seconds():.1f}"})
            self._inbox.put(Note(Entry(body=body, correlation=new_id())))
        found = self._clock.finding()
        self._inbox.put(AlarmNote(AlarmKind.CLOCK, over=found is None, detail=found))

    def _look_at_letters(self) -> None:
        """What is kept aside is one alarm until the last of it was taken; `python -m edge letters` lists it."""
        try:
            letters, unread, damaged = self._letters.held()
        except OSError as error:
            log.error("the dead letters cannot be read: %s", error)
            return
        words = []
        if letters:
            words.append(f"event {letters[-1].event.seq}: {letters[-1].reason}"[:90])
        if unread:
            words.append(f"letters/{unread[-1]}.json 无法读取，请取走或重启 / cannot be read: restart, or take it away")
        if damaged:
            words.append(
                f"日志中事件 {damaged[-1]} 已损坏，残余在 letters/{damaged[-1]}.damaged，看过后请取走 / event "
                f"{damaged[-1]} is damaged in the journal: look at letters/{damaged[-1]}.damaged, then take it away"
            )
        detail = f"{len(letters) + len(unread) + len(damaged)}: {'; '.join(words)}"[:300] if words else None
        self._inbox.put(AlarmNote(AlarmKind.JOURNAL, over=not words, device="letters", detail=detail))

    def _look_at_disk(self) -> None:
        try:
            reading = self._disk.read()
        except OSError as error:
            self._inbox.put(AlarmNote(AlarmKind.DISK, device="folder", detail=str(error)[:300]))
            return
        self._inbox.put(AlarmNote(AlarmKind.DISK, over=True, device="folder"))
        detail = f"{reading.used_percent:.0f} % full"
        self._inbox.put(AlarmNote(AlarmKind.DISK, reading.level is DiskLevel.OK, "disk", detail))
        full = f"磁盘将满，事件可能无法保存 / nearly full, and events may soon not be kept: {detail}"
        self._inbox.put(AlarmNote(AlarmKind.DISK, reading.level is not DiskLevel.FULL, "disk_full", full))

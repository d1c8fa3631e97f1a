"""The barrier-safety invariants of doors, each by its number, on the real lane code.

Random histories over two doors that are an interlock: contacts, boards that vanish and come back, scans, buttons, a
guard's commands, clocks that jump, disks that fill, restarts. After every step the promises are looked at. S1 to S3,
S14 and S15 concern the arm and the plates of vehicle lanes, and come with those; S5 and S11 are the board's own timer
and the wiring (tests/devices/door, test_board.py), S6 the site file's (tests/edge/test_site.py), S12 and S13 the
wire's (tests/devices/door/test_modbus_board.py), S20 the journal's beside this one (tests/edge/journal). S17 counts
pulses in test_passing.py; S18 comes with PINs.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.journal.journal import JournalFull
from edge.lane.inbox import BoardDown, CommandIn
from edge.lane.states import Phase
from models.access.credential import Kind
from models.access.decision import Outcome
from models.wire.commands import Action, Command
from models.wire.events import CommandDone, DecisionMade, Position
from tests.edge.lane.bench import Bench

DOORS = ("outer", "inner")
WORDS = (
    "open", "shut", "press", "fire", "calm", "lost", "scan", "guard", "again", "late", "end_fire", "wait", "long",
    "jump_on", "jump_back", "full", "room", "restart", "beam", "tamper",
)  # fmt: skip
STORY = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(DOORS)), min_size=1, max_size=25)


class Story:
    """Plays words on a bench of two doors and remembers every release of the whole story, through restarts."""

    def __init__(self, folder: Path):
        self.bench = Bench(folder, codes=DOORS, interlocks=(frozenset(DOORS),))
        self.bench.rules()
        self.levels = {code: {"closed": True, "pressed": False, "fire": False} for code in DOORS}
        self.burning: set[str] = set()
        self.released: list[UUID] = []
        self.late: list[UUID] = []
        self.given: list[Command] = []
        self.pulses_before = dict.fromkeys(DOORS, 0)
        for code in DOORS:
            self.bench.contacts(lane=code)

    def play(self, word: str, door: str) -> None:
        bench, level = self.bench, self.levels[door]
        self.pulses_before = {d: len(bench.locks[d].pulses) for d in DOORS}
        match word:
            case "open" | "shut":
                self._read(door, closed=word == "shut")
            case "press":
                self._read(door, pressed=True)
                self._read(door, pressed=False)
            case "fire" | "calm":
                (self.burning.add if word == "fire" else self.burning.discard)(door)
                for each in DOORS:  # the boards of a node share what they know of fire
                    self._read(each, fire=bool(self.burning))
            case "beam" | "tamper":
                bench.contacts(**level, lane=door, **{word: True})
                bench.contacts(**level, lane=door)
            case "lost":
                bench.gate.handle(BoardDown(door, "unplugged"))
            case "scan":
                bench.scan(bench.authority.a_pass()[1], door)
            case "guard":
                self.given.append(bench.order(bench.command(lane=door)))
            case "again" if self.given:
                bench.order(self.given[-1])
            case "late":
                command = bench.command(lane=door)
                self.late.append(command.correlation)
                bench.gate.handle(CommandIn(command, bench.mono - 0.1))
            case "end_fire":
                bench.order(bench.command(Action.END_FIRE_HOLD, lane=door))
            case "wait":
                bench.wait(1.0)
            case "long":
                bench.wait(31.0)
            case "jump_on" | "jump_back":  # the wall clock alone
                bench.began += timedelta(hours=1 if word == "jump_on" else -1)
            case "full" | "room":
                bench.refusing = JournalFull if word == "full" else None
            case "restart":
                self._remember()
                bench.refusing = None  # what waits for room in memory does not outlive the process
                bench.gate.tick()
                bench.start()
                self.pulses_before = dict.fromkeys(DOORS, 0)
        self._look(word)

    def _read(self, door: str, **changed: bool) -> None:
        self.levels[door] |= changed
        self.bench.contacts(**self.levels[door], lane=door)

    def _remember(self) -> None:
        self.released += [one for lock in self.bench.locks.values() for one in lock.pulses]

    def _look(self, word: str) -> None:
        """What must hold after every word."""
        bench = self.bench
        new = sum(len(bench.locks[d].pulses) - self.pulses_before[d] for d in DOORS)
        if word not in ("scan", "press", "guard"):
            assert new == 0, f"S7, S8, S9, S10, S17, S19: {word} released a door"
        assert new <= 1, "S8: one recognition, one release"
        for door in DOORS:
            lane = bench.gate.lane(door).door
            if lane.fire:
                assert lane.holds_open and bench.locks[door].holds[-1], "S4: fire opens and holds"
            if lane.phase is Phase.FIRE:
                assert lane.holds_open and not lane.grants
        if new:
            (door,) = (d for d in DOORS if len(bench.locks[d].pulses) > self.pulses_before[d])
            other = bench.gate.lane(DOORS[1 - DOORS.index(door)]).door
            assert other.position is Position.CLOSED and not other.lets_through, "S16: only beside a door that is shut"

    def end(self) -> None:
        """What must hold of the story as a whole."""
        bench = self.bench
        bench.refusing = None
        self._remember()
        bench.wait(0.2)
        assert len(self.released) == len(set(self.released)), "S8: twice for one recognition, also across restarts"
        assert not set(self.released) & set(self.late), "S9: too late opens nothing"
        late = [one for one in bench.said(CommandDone) if one.reason == "late"]
        assert len(late) == len(self.late), "S9: each is recorded"
        decided = [(e.correlation, b.decision) for e, b in bench.events() if isinstance(b, DecisionMade)]
        may = {c for c, d in decided if d.outcome is Outcome.GRANT or d.kind is Kind.EXIT_BUTTON}
        assert set(self.released) <= may, "nothing was released that is not in the journal"


@pytest.mark.req("ACC-18", "ACC-19", "ACC-22", "ACC-23", "ACC-25")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=STORY)
def test_s4_s7_s8_s9_s10_s16_s17_s19_hold_after_every_step_of_any_story(story: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Story(Path(folder))
        try:
            for word, door in story:
                told.play(word, door)
            told.end()
        finally:
            told.bench.close()
            told.bench.keys.close()

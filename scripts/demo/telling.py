"""What whoever watches the check sees: each arrival once it is over, wrong ones marked, and how far it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Lock
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.demo.arrivals import Arrival
from scripts.demo.cars import CarArrival, Way
from scripts.demo.rows import Row, judged, too_busy

WIDTH = 30


class Telling:
    """`total`: how many arrivals there will be. A line for each arrival goes wherever the console goes; the bar below
    them only to a terminal, where it moves. Threads of all lanes call it."""

    def __init__(self, console: Console, total: int):
        self.total, self.done, self.wrong, self.load = total, 0, 0, 0.0
        self._console, self._one_by_one, self._said_busy = console, Lock(), False
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total}"),
            BarColumn(WIDTH),
            TextColumn("[{task.fields[colour]}]{task.fields[wrong]} 次不符 not as expected[/]"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, wrong=0, colour="green")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tell(self, row: Row) -> None:
        """One arrival. What its passage will be is not known yet, and is judged at the end."""
        wrong = [*row.wrong, *judged(row, over=False)]
        said = row.visit["reason"] if row.visit else "中心没有 not at central"
        with self._one_by_one:
            self.done += 1
            self.wrong += bool(wrong)
            self.load = max(self.load, os.getloadavg()[0])
            self._console.print(f"  {row.arrival.zh} · {row.arrival.en}: {said}")
            for one in wrong:
                self._console.print(f"  [red]✗ {escape(one)}")
            if wrong and not self._said_busy:
                self.say_busy()
            self._bar.update(self._task, completed=self.done, wrong=self.wrong, colour="red" if self.wrong else "green")

    def say_busy(self) -> None:
        """What to think of what is wrong, where this machine has had too much else to do so far; else nothing."""
        if (busy := too_busy(self.load, os.cpu_count() or 1)) is not None:
            self._console.print(busy)
            self._said_busy = True


def rows_of(cars: Iterable[Arrival]) -> int:
    """How many rows these arrivals make: a car that waits makes one more as it is let in, one who follows, too,
    and a driver who calls."""
    return sum(1 + (isinstance(one, CarArrival) and one.way in (Way.STAYS, Way.FOLLOWED, Way.CALLS)) for one in cars)

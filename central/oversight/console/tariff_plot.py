"""The fee by the hour as a picture: one stepped line for each version, over the same hours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from central.gates.parking.tariffs.simulating import Curve

WIDTH, HEIGHT = 960, 200
HOUR = timedelta(hours=1)
ROWS_MAX = 24


@dataclass(frozen=True, slots=True)
class Plot:
    """`lines`: paths in the picture's own units. `top`: fen at the upper edge. `ticks`: hours at the lower edge.
    `stay`: where the stay that was asked about ends, None beyond the edge. `rows`: (hours, fees), for who cannot see
    lines."""

    lines: tuple[str, ...]
    top: int
    ticks: tuple[int, ...]
    stay: float | None
    rows: tuple[tuple[int, tuple[int, ...]], ...]


def plot_of(curves: Sequence[Curve], stay: timedelta) -> Plot:
    """Each point is the fee of a stay exactly so long: what begins with it is charged until the next one."""
    lengths = curves[0].lengths
    longest = lengths[-1]
    top = nice_top(max(fee for curve in curves for fee in curve.fees))
    hours = longest // HOUR
    every = -(-hours // ROWS_MAX)
    at = {length: index for index, length in enumerate(lengths)}
    rows = tuple(
        (hour, tuple(curve.fees[at[hour * HOUR]] for curve in curves)) for hour in range(every, hours + 1, every)
    )
    place = round(stay / longest * WIDTH, 1) if stay <= longest else None
    return Plot(
        tuple(_path(curve, longest, top) for curve in curves), top, tuple(hours * part // 4 for part in range(5)),
        place, rows,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DaysPlot:
    """Two incomes by the day, as `Plot` has its lines. `rows`: the days on which anything came in."""

    lines: tuple[str, ...]
    top: int
    days: tuple[date, ...]
    rows: tuple[tuple[date, tuple[int, int]], ...]


def days_plot(days: Sequence[date], sums: Mapping[date, tuple[int, int]]) -> DaysPlot:
    """Each day is a step as wide as any other."""
    edges = tuple(timedelta(days=n) for n in range(len(days) + 1))
    both = [sums.get(day, (0, 0)) for day in days]
    top = nice_top(max(max(pair) for pair in both))
    paths = tuple(
        _path(Curve(edges, (*(pair[which] for pair in both), both[-1][which])), edges[-1], top) for which in (0, 1)
    )
    return DaysPlot(paths, top, tuple(days), tuple((day, sums[day]) for day in days if day in sums))


def nice_top(fen: int) -> int:
    """The lowest of 1, 2, 4 and 10 times a power of ten yuan that is not below: half of it is round, too."""
    scale = 100
    while True:
        for times in (1, 2, 4):
            if fen <= scale * times:
                return scale * times
        scale *= 10


def _path(curve: Curve, longest: timedelta, top: int) -> str:
    y = [round(HEIGHT - fee / top * HEIGHT, 1) for fee in curve.fees]
    steps = [f"M0 {y[0]:g}"]
    for index, length in enumerate(curve.lengths):
        if index and y[index] != y[index - 1]:
            steps.append(f"V{y[index]:g}")
        steps.append(f"H{length / longest * WIDTH:g}")
    return "".join(steps)

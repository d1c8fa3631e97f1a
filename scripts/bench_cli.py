"""`scripts/bench`: figures, each beside the limit or the peer it is measured against in the same run."""

import argparse
import json
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from models.command_line import until_interrupted
from scripts.options import bench
from scripts.setup import CACHE

Row = dict[str, Any]
Step = Callable[[int, int], None]


def qr(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_qr_path, bench_qr_scenes

    rows = bench_qr_path.rows(bench_qr_path.measure(CACHE / "weights", 40 if quick else 300, step))
    measured = bench_qr_scenes.measure(60 if quick else 480)
    whole = {row["decoder"]: row for row in measured if row["kind"] == "all"}
    ours = next(iter(whole.values()))
    peers = [row for row in whole.values() if row is not ours and not row["absent"]]
    best = max((row["rate"] for row in peers), default=0.0)
    for row in whole.values():
        rows.append(_decoder_row(row, best if row is ours else None))
    return rows


def _decoder_row(row: Row, best_peer: float | None) -> Row:
    if row["absent"]:
        return {"figure": f"decoded, {row['decoder']}", "measured": "absent on this machine", "goal": "–", "peer": "–",
                "ratio": None, "met": None}  # fmt: skip
    measured = (
        f"{row['read']} of {row['scenes']} ({row['rate']:.0%}), {row['wrong']} wrong; "
        f"median {row['median_ms']:.1f} ms, p95 {row['p95_ms']:.1f} ms"
    )
    if best_peer is None:
        return {"figure": f"decoded, {row['decoder']}", "measured": measured, "goal": "–", "peer": "a peer",
                "ratio": row["rate"], "met": None}  # fmt: skip
    return {
        "figure": f"decoded, {row['decoder']}",
        "measured": measured,
        "goal": "at least the best peer, none wrong",
        "peer": f"best peer {best_peer:.0%}",
        "ratio": row["rate"],
        "goal_ratio": best_peer,
        "met": row["rate"] >= best_peer and row["wrong"] == 0,
    }


def journal(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_journal

    with tempfile.TemporaryDirectory(prefix="menting-bench-", dir=Path.cwd()) as folder:
        measured = bench_journal.bench_journal(Path(folder), **({"singles": 200, "groups": 30} if quick else {}))
    return [_journal_row(row) for row in measured]


def _journal_row(row: Row) -> Row:
    if "ratio" not in row:
        return {"figure": row["what"], "measured": f"{row['per_second']:.0f}/s", "goal": "–", "peer": "a probe",
                "ratio": None, "met": None}  # fmt: skip
    return {
        "figure": f"durable appends, {row['what']}",
        "measured": f"{row['per_second']:.0f}/s",
        "goal": f"at least {row['goal']} of the peer",
        "peer": f"bare SQLite, same rows and commits: {row['bare_per_second']:.0f}/s, ratio {row['ratio']}",
        "ratio": row["ratio"],
        "goal_ratio": row["goal"],
        "met": row["met"],
    }


def start(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_start

    return bench_start.measure(2 if quick else 5, step)


def cold(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_cold

    return bench_cold.measure(step)


def live(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_live

    return bench_live.measure(10 if quick else 60, 5 if quick else 30, step)


def who(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_who

    return bench_who.measure(5 if quick else 30, step)


def wires(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_wires

    return bench_wires.measure(CACHE / "weights", 20 if quick else 100, step)


def tariff(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_tariff

    return bench_tariff.measure(*((500, 20) if quick else (10_000, 1_000)), step)


def soak(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_soak

    return bench_soak.measure(600.0 if quick else bench_soak.DAY_S, 6.0 if quick else 60.0, step)


def face(quick: bool, step: Step) -> list[Row]:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # numpy reads them when it is first imported
        os.environ[name] = "1"
    from scripts import bench_face

    return bench_face.measure(CACHE, quick, step)


def lane(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_lane

    return bench_lane.measure(CACHE / "weights", *((20, 10) if quick else (200, 60)), step)


def plate(quick: bool, step: Step) -> list[Row]:
    from scripts import bench_plate

    return bench_plate.measure(CACHE / "plate_weights", quick, step)


def stills(quick: bool, step: Step, keep: Path | None = None) -> list[Row]:
    from scripts import bench_face_stills
    from scripts.bench_stills_kept import OtherAttempts

    try:
        return bench_face_stills.measure(quick, step, keep)
    except OtherAttempts as other:
        print(f"scripts/bench: {other}", file=sys.stderr)
        sys.exit(2)


MEASURES: dict[str, Callable[[bool, Step], list[Row]]] = {
    "qr": qr, "journal": journal, "start": start, "live": live, "who": who, "wires": wires, "tariff": tariff,
    "soak": soak, "lane": lane, "plate": plate, "face": face, "stills": stills,
}  # fmt: skip
"""What each name of `scripts.options.BENCHES` runs."""


def main() -> int:
    options = bench().parse_args()
    return until_interrupted(lambda: _measured(options))


def _measured(options: argparse.Namespace) -> int:
    measured, name = (cold, "start --cold") if options.cold else (MEASURES[options.name], options.name)
    if options.keep is not None:
        measured = partial(stills, keep=options.keep)
    logging.getLogger("edge.sync").setLevel(logging.ERROR)  # most benches have no central: that is no news
    console = Console()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        rows = measured(options.quick, lambda done, of: bar.update(task, completed=done, total=of))
    console.print(table(name, rows))
    if options.json:
        machine = {"machine": platform.machine(), "python": platform.python_version(), "quick": options.quick}
        options.json.write_text(json.dumps({"bench": name, **machine, "rows": rows}, indent=1, default=str))
    if options.plot:
        plot(options.plot, name, rows)
    return 0 if all(row["met"] is not False for row in rows) else 1


def table(name: str, rows: list[Row]) -> Table:
    shown = Table(title=f"scripts/bench {name}")
    for column in ("figure", "measured", "goal", "limit or peer, same run", ""):
        shown.add_column(column, overflow="fold")
    for row in rows:
        mark = "" if row["met"] is None else "[green]met[/]" if row["met"] else "[red]missed[/]"
        mark = "[yellow]not run[/]" if row.get("not_run") else mark
        shown.add_row(row["figure"], row["measured"], row["goal"], row["peer"], mark)
    return shown


def plot(path: Path, name: str, rows: list[Row]) -> None:
    """Each ratio as a bar, with a mark at its goal; whether more or less is better stands beside its name.

    Rows that carry a `det`, false accepts against false rejects, are drawn as curves below.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    drawn = [row for row in rows if row.get("ratio") is not None]
    curves = [row for row in rows if row.get("det")]
    high = 1.2 + 0.5 * len(drawn)
    figure = plt.figure(figsize=(9, high + (6 if curves else 0)))
    axes = figure.add_subplot(2, 1, 1) if curves else figure.add_subplot()
    if curves:
        det_curves(figure.add_subplot(2, 1, 2), curves)
    colours = ["#2f9e44" if row["met"] is not False else "#e03131" for row in drawn]
    names = [row["figure"] if row["met"] is None else f"{row['figure']}\n({row['goal']})" for row in drawn]
    axes.barh(names, [row["ratio"] for row in drawn], color=colours)
    for place, row in enumerate(drawn):
        if row.get("goal_ratio") is not None:
            axes.plot([row["goal_ratio"]] * 2, [place - 0.4, place + 0.4], color="black")
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.set_xlabel("ratio to the limit or peer of the same run")
    axes.set_title(f"scripts/bench {name}")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def det_curves(axes: Any, rows: list[Row]) -> None:
    """Detection error trade-off, both axes logarithmic: further down and to the left is better."""
    for row in rows:
        accepts, rejects = zip(*row["det"], strict=True)
        axes.plot(accepts, rejects, label=row["figure"])
    axes.set(xscale="log", yscale="log", xlabel="false accepts (FPIR, or FMR one to one)", ylabel="false rejects")
    axes.axvline(0.01, color="grey", linewidth=0.8)
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend(fontsize="small")


if __name__ == "__main__":
    sys.exit(main())

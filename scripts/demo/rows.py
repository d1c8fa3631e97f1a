"""One line of the check's table: what was expected, what came of it, and what of that is not as it must be."""

from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from models.access.decision import Reason
from scripts.demo.arrivals import Arrival

NOT_PLAYED = {
    Reason.SECOND_FACTOR: ("只是中间一步，不是结论", "a step on the way, never the last word"),
    Reason.TAILGATE: ("尾随只报警，不是通行决定", "tailgating is an alarm, and decides nothing"),
    Reason.STALE_RULES: ("规则要断网 72 小时才过期，另有测试", "rules end after 72 hours without a link; tested apart"),
    Reason.PASSBACK: ("防返传区域，另有测试", "anti-passback zones; tested apart"),
    Reason.LOCKDOWN: ("封控须两人批准，另有测试", "a lockdown takes two persons; tested apart"),
}
"""What no arrival of the check brings about, and why. Stale rules are a story of tests/scenarios, in real processes."""


@dataclass
class Row:
    """`before` is how many decisions the lane had; `wrong` what is not as expected. `visit` is what central has: of a
    command that was refused, its fate."""

    arrival: Arrival
    at: float
    moved_ms: float | None
    before: int
    visit: dict[str, Any] | None = None
    wrong: list[str] = field(default_factory=list)


def judged(row: Row) -> list[str]:
    """What is not as expected in one row."""
    arrival, visit = row.arrival, row.visit
    if visit is None:
        return ["never arrived at central"]
    wrong = []
    for name, expected, found in (
        ("decision", arrival.word, visit["outcome"]),
        ("reason", arrival.reason.value, visit["reason"]),
        ("kind", arrival.kind.value, visit["kind"]),
        ("relay moved", arrival.moves, row.moved_ms is not None),
        ("passed", arrival.passes, visit["passed"]),
    ):
        if expected != found:
            wrong.append(f"{name}: expected {expected}, found {found}")
    if arrival.moves and not visit["actuation_confirmed"]:
        wrong.append("central does not know that the lock was released")
    return wrong


def table(rows: list[Row]) -> Table:
    shown = Table(title="门庭 scripts/run --check", title_justify="left")
    for column in ("arrival", "expected", "decision", "reason", "relay", "passed", "central", "ms to relay"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        arrival, visit = row.arrival, row.visit or {}
        style = "red" if row.wrong else None
        shown.add_row(
            f"{arrival.zh}\n[dim]{arrival.en}[/]",
            f"{arrival.word} {arrival.reason.value}",
            str(visit.get("outcome", "–")),
            str(visit.get("reason", "–")),
            "moved" if row.moved_ms is not None else "–",
            {True: "yes", False: "no", None: "–"}[visit.get("passed")],
            "yes" if visit else "no",
            f"{row.moved_ms:.0f}" if row.moved_ms is not None else "–",
            style=style,
        )
    return shown


def not_played() -> str:
    """The reasons that are not in the table, each with why."""
    lines = [f"  {one.value:16}{zh} · {en}" for one, (zh, en) in NOT_PLAYED.items()]
    return "\n".join(["不在表中的原因 · reasons that are not in the table:", *lines])


def forgotten(rows: list[Row]) -> list[str]:
    """The reasons that neither came about nor are explained: a table without them is not the whole table."""
    played = {row.arrival.reason for row in rows}
    return [
        f"{one.value}：没有一次到访演到，也没有说明 / no arrival plays it, and nothing says why not"
        for one in Reason
        if one not in played | NOT_PLAYED.keys()
    ]

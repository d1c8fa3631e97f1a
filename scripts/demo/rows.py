"""One line of the check's table: what was expected, what came of it, and what of that is not as it must be."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rich.table import Table

from central.base.kernel.i18n import CENTRAL, Text, read_catalogue
from devices.sim.relay_board import Fault
from models.access.decision import Outcome, Reason
from models.parking.admission import Case
from scripts.demo.arrivals import Arrival

NOT_PLAYED = {
    Reason.SECOND_FACTOR: (
        "中间一步；活体测不出时才是结论，另有测试",
        "a step on the way; last word where liveness is unmeasured, tested apart",
    ),
    Reason.CONSENT_ENDED: ("同意要到期或换了文本才会这样，另有测试", "a consent has to run out first; tested apart"),
    Reason.STALE_RULES: ("规则要断网 72 小时才过期，另有测试", "rules end after 72 hours without a link; tested apart"),
    Reason.PASSBACK: ("防返传区域，另有测试", "anti-passback zones; tested apart"),
    Reason.LOCKDOWN: ("封控须两人批准，另有测试", "a lockdown takes two persons; tested apart"),
}
"""What no arrival of the check brings about, and why. Stale rules are a story of tests/scenarios, in real processes."""


CASES_NOT_PLAYED = {
    Case.FIRE: ("火警时杆一直抬着，不看车牌", "in a fire the arm stays up, and no plate is looked at"),
    Case.LOCKDOWN: ("封控须两人批准，另有测试", "a lockdown takes two persons; tested apart"),
    Case.STORM: ("防汛会关闭整个入口，另有测试", "storm mode closes the whole way in; tested apart"),
    Case.JUST_BEFORE: (
        "相机把前一辆车又报了一次，另有测试",
        "a camera tells of the car before once more; tested apart",
    ),
    Case.WHITE_LIST: ("与名单上的救护车同一条路，另有测试", "goes the way of the listed ambulance; tested apart"),
    Case.TEMPORARY: ("此门名单外的车都问保安", "at this gate a guard is asked about every unlisted car"),
    Case.HOURS: ("示例车道不限时段，另有测试", "the demo's lanes let in at all hours; tested apart"),
    Case.CLASS: ("示例车道不限车型，另有测试", "the demo's lanes let in all classes; tested apart"),
    Case.SECOND_CAR: ("此门不收临时车，第二辆车也问保安", "this gate takes no temporary cars: a guard is asked"),
    Case.BOOKED: ("示例车场没有预约车位，另有测试", "nobody has booked a place at the demo's car park; tested apart"),
    Case.BAY_SHARED: ("示例车场没有人共享车位，另有测试", "nobody shares a bay at the demo's car park; tested apart"),
    Case.FULL: ("示例车场一直有空位", "the demo's car park always has a free place"),
    Case.ARREARS: ("没有车欠着以前的钱，另有测试", "no car owes for an earlier stay; tested apart"),
    Case.DENIED: ("没有司机否认过欠费，另有测试", "no driver has denied a debt; tested apart"),
    Case.INNER: ("示例车场没有内道，另有测试", "the demo's car park has no inner lane; tested apart"),
    Case.OWES: ("断网时才先离场后补，另有测试", "only a gate without a link lets a car owe; tested apart"),
}
"""The same of what a vehicle lane can say of a car."""

BUSY_PER_CORE = 2.0
"""The demo alone keeps a core or two at work; from here on as much again is waiting."""

COLUMNS = (
    "来访\narrival", "应为\nexpected", "判定\ndecision", "原因\nreason", "继电器、杆\nrelay, arm", "通过\npassed",
    "中心\ncentral", "毫秒\nms to relay",
)  # fmt: skip
WORDS: dict[object, str] = {
    "grant": "放行", "deny": "拒绝", "refer": "转交", "refused": "没有执行", "done": "已执行", "pass": "通行码",
    "card": "卡", "pin": "密码", "face": "人脸", "remote": "远程开门", "plate": "车牌", "kept": "只记下",
    "alarm": "报警", "no_vehicle": "地感上没有车", "fire_lane": "消防通道被占", True: "是", False: "否", None: "不知道",
}  # fmt: skip


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


def judged(row: Row, *, over: bool = True) -> list[str]:
    """What is not as expected in one row. over: whether the passage is; before that nobody knows what came of it."""
    arrival, visit = row.arrival, row.visit
    if visit is None:
        return ["没有到达中心 · never arrived at central"]
    wrong = []
    facts: list[tuple[str, str, object, object]] = [
        ("判定", "decision", arrival.word, visit["outcome"]),
        ("原因", "reason", arrival.why, visit["reason"]),
        ("凭证种类", "kind", arrival.kind.value, visit["kind"]),
        ("继电器动作", "relay moved", arrival.moves, row.moved_ms is not None),
    ]
    if over:
        facts.append(("通过", "passed", arrival.passes, visit["passed"]))
    for zh, name, expected, found in facts:
        if expected != found:
            wrong.append(f"{zh}：应为{_zh(expected)}，实为{_zh(found)} · {name}: expected {expected}, found {found}")
    if arrival.case is not None and visit["detail"].get("case") != arrival.case:
        found = visit["detail"].get("case")
        wrong.append(f"车道结论：应为{arrival.case}，实为{found} · case: expected {arrival.case}, found {found}")
    if over and arrival.moves and not visit["actuation_confirmed"]:
        wrong.append("中心不知道锁已放行 · central does not know that the lock was released")
    return wrong


def released(row: Row) -> bool:
    """Whether the relay had to move for what was decided, which need not be what was expected."""
    visit, arrival = row.visit or {}, row.arrival
    granted = visit.get("outcome") == Outcome.GRANT and visit["reason"] != Reason.FIRE
    return granted and arrival.fault is not Fault.STUCK


def relay_wrong(code: str, rows: list[Row], moved: int) -> list[str]:
    """Whether a lane's relay moved as often as what was decided and a fire ask for. A grant that was expected and not
    given is wrong in its own row; the relay has no part in it."""
    grants = sum(released(row) for row in rows if row.arrival.lane == code)
    fire = any(row.arrival.reason is Reason.FIRE for row in rows)  # it releases every door of the gate
    if moved == grants + fire:
        return []
    return [
        f"{code}：放行了 {grants} 次、火警 {int(fire)} 次，继电器应动 {grants + fire} 次，却动了 {moved} 次 · "
        f"{code}: {grants} grants and {int(fire)} fire make {grants + fire} moves of the relay; it moved {moved} times"
    ]


def too_busy(load: float, cores: int) -> str | None:
    """What to think of rows that are wrong where much more than the demo was waiting for this machine. `load`: the
    highest load average of a minute while people came."""
    if load < BUSY_PER_CORE * cores:
        return None
    return (
        f"这台机器当时太忙（负载 {load:.1f}，只有 {cores} 核）：节点可能来不及看够画面、听清地感，"
        "于是没看到脸、来迟了，或为安全多抬一次杆；请等它空下来再演一遍\n"
        f"this machine was too busy (load {load:.1f} on {cores} cores): the node may have looked at too few pictures "
        "or not heard its loops, so that a face was not seen, something came late, or an arm went up once more to be "
        "safe; play it again when the machine has nothing else to do"
    )


def table(rows: list[Row]) -> Table:
    shown = Table(title="门庭 scripts/run --check", title_justify="left")
    for column in COLUMNS:
        shown.add_column(column, overflow="fold")
    for row in rows:
        arrival, visit, kind = row.arrival, row.visit or {}, row.arrival.kind.value
        style = "red" if row.wrong else None
        shown.add_row(
            f"{'✗ ' if row.wrong else ''}{arrival.zh}\n[dim]{arrival.en}[/]",
            f"{_zh(arrival.word)}：{_why(arrival.why, arrival.case, kind)}".replace("\n", f"\n{arrival.word} "),
            _both(visit.get("outcome")),
            _why(visit.get("reason"), visit.get("detail", {}).get("case"), kind),
            "动了\nmoved" if row.moved_ms is not None else "–",
            {True: "是\nyes", False: "否\nno", None: "–"}[visit.get("passed")],
            "有\nyes" if visit else "没有\nno",
            f"{row.moved_ms:.0f}" if row.moved_ms is not None else "–",
            style=style,
        )
    return shown


def _why(reason: str | None, case: str | None, kind: str) -> str:
    """A reason in both languages, of what was shown where that has words of its own; of a car, what its lane says."""
    of_car = _cases().get(f"plate.{case}.what")
    if of_car is not None:
        return f"{of_car}\n{reason} {case}"
    of_kind = _reasons().get(f"reason.{reason}.{kind}.what")
    return _both(reason) if of_kind is None else f"{_open(of_kind)}\n{reason}"


def _both(word: str | None) -> str:
    return "–" if word is None else f"{_zh(word)}\n{word}"


def _zh(word: object) -> str:
    """A word of the wire in Chinese: a decision or a fate by its name here, a reason as central's own pages call it."""
    if word in WORDS:
        return WORDS[word]
    return _open(_reasons().get(f"reason.{word}.what", str(word)))


def _open(told: Text) -> str:
    """What a page would fill in is not known here."""
    return re.sub(r"（[^）]*\{[^）]*）|\{\w+\} ?", "", str(told))


@cache
def _reasons() -> dict[str, Text]:
    return read_catalogue(CENTRAL / "oversight" / "console", "zh_CN")[0]


@cache
def _cases() -> dict[str, Text]:
    return read_catalogue(CENTRAL / "oversight" / "console" / "pages", "zh_CN")[0]


def not_played() -> str:
    """The reasons that are not in the table, each with why."""
    lines = [f"  {one.value:16}{zh} · {en}" for one, (zh, en) in NOT_PLAYED.items()]
    cases = [f"  {one.value:16}{zh} · {en}" for one, (zh, en) in CASES_NOT_PLAYED.items()]
    return "\n".join(
        [
            "不在表中的原因 · reasons that are not in the table:", *lines,
            "不在表中的车道结论 · what no vehicle lane says in the table:", *cases,
        ]
    )  # fmt: skip


def forgotten(rows: list[Row]) -> list[str]:
    """The reasons that neither came about nor are explained: a table without them is not the whole table."""
    played = {row.arrival.why for row in rows}
    return [_forgotten(one) for one in Reason if one.value not in played and one not in NOT_PLAYED]


def forgotten_cases(rows: list[Row]) -> list[str]:
    """The same of what a vehicle lane says of a car."""
    played = {row.arrival.case for row in rows}
    return [_forgotten(one) for one in Case if one not in played | CASES_NOT_PLAYED.keys()]


def _forgotten(one: Reason | Case) -> str:
    return f"{one.value}：没有一次到访演到，也没有说明 / no arrival plays it, and nothing says why not"

"""What keeps a draft from being a site file, in the reader's words: the field as the page labels it, what is wrong, and
where on the page that is. Pure.

A mistake that no field of the page can mend keeps the words of the file, and leads to its line in the draft.
"""

import re
from dataclasses import dataclass

from devices.catalogue import Kind
from edge.commission import words
from edge.commission.draft import WIRES, Tree, lanes_of
from edge.commission.setting_words import OTHERS, SETTINGS
from edge.console.words import Line
from edge.site_problem import Location, Mistake, named

DEVICES = {
    **{kind.value: line for kind, line in words.KINDS.items()},
    **{key: SETTINGS[f"lane.{key}"] for key in ("inputs", "camera_nir")},
}
LANE = {name: words.PAGE[word] for name, word in {
    "code": "lane_code", "name": "lane_name", "direction": "direction", "fail": "fail", "escape_route": "escape_route",
}.items()}  # fmt: skip
NO_LANE = Line("还没有通道，请建一条。", "There is no lane yet: make one.")
FILL_IN = Line("请填写。", "Fill this in.")
WHOLE = Line("请填整数，例如 2。", "Fill in a whole number, such as 2.")
NUMBER = Line("请填数字，例如 2.5。", "Fill in a number, such as 2.5.")
NUMBERS = {
    "int_type": WHOLE, "int_parsing": WHOLE, "int_from_float": WHOLE, "float_type": NUMBER, "float_parsing": NUMBER,
    "finite_number": NUMBER,
}  # fmt: skip
"""A field knows no quotes: what the file calls a number without them is a number here."""
NO_DEVICE = Line(
    "还没有。到“设备”里选一台，测试正常后点“用于这条通道”。",
    'None yet. Choose one on "Devices", and once it works, "Use it for this lane".',
)
FOUND = Line("（现在写的是 {found}）", " (now: {found})")
BESIDE = Line("（见“{name}”）", ' (see "{name}")')


@dataclass(frozen=True, slots=True)
class Problem:
    """`field`: its label; `said`: what is wrong and what helps; `href`: where that is mended."""

    field: Line
    said: Line
    href: str

    @property
    def in_file(self) -> bool:
        """No field of the page holds it."""
        return self.href.startswith("#line-")


def problem_of(mistake: Mistake, tree: Tree) -> Problem:
    """The mistake in the page's words."""
    where = mistake.where
    href = f"#{named(where)}" if _short(where, tree) is not None else f"#line-{mistake.line}"
    if where[2:3] == ("barrier",) and (where[3:4] == () or where[3] in WIRES):
        href = "/barrier"
    if where[:1] == ("lane",) and where[2:3] in (("lift",), ("intercom",)):
        href = f"#{named(where[:3])}"
    field = _label(where, tree)
    if where[:1] == ("lane",) and len(where) == 1:
        return Problem(words.PAGE["lane"], NO_LANE, "#lane.new")
    if where == ("node",):
        return Problem(words.PAGE["node_name"], FILL_IN, "#node.name")
    if mistake.kind in ("missing", "string_too_short") and _short(where, tree) is not None:
        if str(where[-1]) in set(Kind):
            return Problem(field, NO_DEVICE, "/devices")
        return Problem(field, FILL_IN, href)
    zh, en = _in_labels(mistake.in_chinese(), "zh"), _in_labels(mistake.in_english(), "en")
    if mistake.kind in NUMBERS and _short(where, tree) is not None:
        zh, en = NUMBERS[mistake.kind].zh, NUMBERS[mistake.kind].en
    if mistake.beside is not None:
        beside = _label(mistake.beside[0], tree)
        zh, en = zh + BESIDE.zh.format(name=beside.zh), en + BESIDE.en.format(name=beside.en)
    if mistake.found:
        zh, en = zh + FOUND.zh.format(found=mistake.found), en + FOUND.en.format(found=mistake.found)
    return Problem(field, Line(zh, en), href)


def _label(where: Location, tree: Tree) -> Line:
    """The lane's name and the field's; a key that no form holds as the file writes it."""
    short = _short(where, tree)
    if len(where) < 2 or where[0] != "lane" or not isinstance(where[1], int):
        return short or Line(named(where), named(where))
    name = _lane_name(where[1], tree)
    if len(where) == 2:
        return Line(name, name)
    inner = short or Line(named(where[2:]), named(where[2:]))
    return Line(f"{name} · {inner.zh}", f"{name} · {inner.en}")


def _lane_name(index: int, tree: Tree) -> str:
    lanes = lanes_of(tree)
    lane = lanes[index] if index < len(lanes) else {}
    return str(lane.get("name") or lane.get("code") or index + 1)


def _short(where: Location, tree: Tree) -> Line | None:
    """The label of the field, without what it explains behind it; None where the page has no such field."""
    line: Line | None = None
    match where:
        case ("node", "name"):
            line = words.PAGE["node_name"]
        case ("lane", int(index)):
            line = Line(_lane_name(index, tree), _lane_name(index, tree))
        case ("lane", int(), "contacts", str(name)):
            line = words.CONTACTS.get(name)
        case ("lane", int(), "barrier", str(name)):
            line = OTHERS.get(f"lane.barrier.{name}")
        case ("lane", int(), "lift" | "liveness_model" as table, str(name), *_):
            line = OTHERS.get(f"lane.{table}.{name}")
        case ("lane", int(), "lift"):
            line = words.PAGE["lift"]
        case ("lane", int(), "intercom", str(name)):
            line = OTHERS.get(f"lane.intercom.{name}")
        case ("lane", int(), "intercom"):
            line = words.PAGE["intercom"]
        case ("interlock", int(), "lanes"):
            line = words.PAGE["interlock"]
        case ("lane", int(), "barrier"):
            line = words.PAGE["barrier"]
        case ("lane", int(), str(key)):
            line = LANE.get(key) or DEVICES.get(key) or SETTINGS.get(f"lane.{key}")
        case (str(table), str(key)):
            line = SETTINGS.get(f"{table}.{key}")
    return None if line is None else brief(line)


def brief(line: Line) -> Line:
    """A label without what it explains behind the name."""
    return Line(re.split("[（；]", line.zh)[0], re.split(r" \(|; ", line.en)[0])


VALUES = {"safe": words.PAGE["safe"], "secure": words.PAGE["secure"], "true": Line("勾选", "ticked")}
_NAMES = {
    **{name: line for name, line in {**LANE, **words.CONTACTS, **DEVICES}.items() if name not in ("code", "name")},
    **{key.removeprefix("lane."): line for key, line in SETTINGS.items() if key.startswith("lane.")},
}
_WRITTEN = re.compile(
    rf"""(?<![\w./+\-=&?:"])({"|".join(_NAMES)}) = ("[a-z]+"|\d+|[a-z]+)(?![\w.:/+\-])"""
    rf"""|(?<![\w./+\-=&?:"])({"|".join(_NAMES)})(?![\w./+\-=&?:"]| =)"""
)


def _in_labels(text: str, language: str) -> str:
    """`fail = "safe"` as the page has it. A bare key is a word of English, and is left there."""

    def put(found: re.Match[str]) -> str:
        key, value, bare = found[1], found[2], found[3]
        if bare is not None:
            return found[0] if language == "en" else f"“{brief(_NAMES[bare]).zh}”"
        plain = value.strip('"')
        told = getattr(brief(VALUES[plain]), language) if plain in VALUES else plain
        name = getattr(brief(_NAMES[key]), language)
        return f"“{name}”选“{told}”" if language == "zh" else f'"{name}": {told}'

    page = words.PAGE["barrier"]
    where = f"“{page.zh}”页" if language == "zh" else f'the page "{page.en}"'
    return _WRITTEN.sub(put, text.replace("[lane.barrier]", where))

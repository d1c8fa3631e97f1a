"""A list of houses as people paste it or save it from a spreadsheet: read line by line, nothing lost. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from central.people.community.rules import LABEL, floor_of, house_label

LINES_MAX = 5_000
HouseName = tuple[str, str, str]
"""Building, unit, number."""

PARTS = ("building", "unit", "number")

_BUILDING_WORD = r"(?:号楼|楼|栋|幢|座)"
_UNIT_WORD = r"(?:单元|门)"
_NUMBER_WORD = r"(?:室|号|户)"
_NUMBERED = r"([0-9A-Za-z一二三四五六七八九十百甲乙丙丁东南西北中]+)"
_WORDS = {
    "building": re.compile(rf"{_NUMBERED}\s*{_BUILDING_WORD}"),
    "unit": re.compile(rf"{_NUMBERED}\s*{_UNIT_WORD}"),
    "number": re.compile(rf"{_NUMBERED}\s*{_NUMBER_WORD}"),
}
_SAYS_WHAT = re.compile(rf"(?:{_BUILDING_WORD}|{_UNIT_WORD})$")
_HEADS = {"楼栋", "楼号", "楼", "栋", "building"}
_IN_WORDS = re.compile(
    rf"([^-\s]+?\s*{_BUILDING_WORD})[-\s]*([^-\s]+?\s*{_UNIT_WORD})[-\s]*([0-9A-Za-z]+\s*{_NUMBER_WORD}?)"
)
"""2栋1单元301室, as it stands on a door and in most lists of a property company."""
_FIRST_BUILDING = re.compile(rf"^{_NUMBERED}\s*{_BUILDING_WORD}[-\s]*")
_FIRST_UNIT = re.compile(rf"^([^-\s]+)-{_NUMBERED}\s*{_UNIT_WORD}[-\s]*")
_BETWEEN_CELLS = re.compile(r"[,;\t、]")
_BETWEEN_PARTS = re.compile(r"[-–—\s]+")


@dataclass(frozen=True, slots=True)
class HouseLine:
    """A line that says something. `place` counts from 1 as an editor does; `problem` is the catalogue key of what is
    wrong with it, and `house` is None then. `floor`: where the line says one. `passed_over`: what else stood in it."""

    place: int
    text: str
    house: HouseName | None
    problem: str | None = None
    floor: str | None = None
    passed_over: tuple[str, ...] = ()


def decode_list(content: bytes) -> str | None:
    """The text of a file: UTF-8, or GB 18030 as spreadsheets in Chinese save it. None when it is neither, or empty of
    sense: a picture, a workbook."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def label_said(text: str) -> str:
    """The label of a house, or how one begins, of what a person types to find it: 5-2-11 for 5栋2单元11.
    What says neither comes back as it was, narrow and without blanks around it."""
    said = _narrow(text).strip()
    if len(parts := _parts(said)) == len(PARTS) and not (house := read_house(*parts))[1]:
        return label_of(house[0])
    return _FIRST_UNIT.sub(r"\1-\2-", _FIRST_BUILDING.sub(r"\1-", said))


def read_house_list(text: str) -> list[HouseLine]:
    """`楼栋,单元,房号` on each line; the separator may also be a tab, a semicolon, or the hyphens of 5-2-1102, and the
    three may stand in one cell with their words: 5栋2单元1102室.

    A fourth cell is the floor: `5,2,1102,11`, or 5-2-1102,11. One that is none, and every further one (an area, an
    owner), is passed over: lists come as somebody else made them.
    """
    lines: list[HouseLine] = []
    for place, line in enumerate(text.splitlines(), start=1):
        said = line.strip()
        parts = _parts(said)
        if not said or not any(parts) or (not lines and parts[0].casefold() in _HEADS):
            continue
        lines.append(_read(place, said, parts))
    return lines


def _parts(line: str) -> list[str]:
    cells = [cell.strip().strip('"').strip() for cell in _BETWEEN_CELLS.split(_narrow(line))]
    while cells and not cells[-1]:
        cells.pop()
    if cells and (said := _IN_WORDS.fullmatch(cells[0])):
        return [*said.groups(), *cells[1:]]
    if cells and len(parts := _BETWEEN_PARTS.split(cells[0])) == 3:
        return parts + cells[1:]
    return cells if len(cells) > 1 else _BETWEEN_PARTS.split(cells[0]) if cells else []


def _read(place: int, said: str, parts: list[str]) -> HouseLine:
    if len(parts) < len(PARTS):
        return HouseLine(place, said, None, "community.line_three_parts")
    house, wrong = read_house(*parts[:3])
    if wrong:
        return HouseLine(place, said, None, next(iter(wrong.values())))
    floor = floor_of(parts[3]) if len(parts) > len(PARTS) else None
    beyond = parts[4:] if floor else parts[3:]
    return HouseLine(place, said, house, floor=floor, passed_over=tuple(cell for cell in beyond if cell))


def read_house(building: str, unit: str, number: str) -> tuple[HouseName, dict[str, str]]:
    """The house these three parts name, and what is wrong with them: catalogue keys by part of `PARTS`.

    A building is "1" whether 1号楼 or 1 栋 was written, and a unit likewise: pages and passes say the word themselves.
    A name (综合楼) stays as it is.
    """
    bare = {name: _bare(name, part) for name, part in zip(PARTS, (building, unit, number), strict=True)}
    wrong = {
        name: f"community.{name}_letters" if part else f"community.{name}_missing"
        for name, part in bare.items()
        if not re.fullmatch(LABEL, part)
    }
    return (bare["building"], bare["unit"], bare["number"]), wrong


def _bare(name: str, part: str) -> str:
    part = _narrow(part).strip()
    numbered = _WORDS[name].fullmatch(part) if name in _WORDS else None
    return numbered[1] if numbered else part


def _narrow(text: str) -> str:
    """Full-width digits and commas are what an input method leaves behind."""
    return unicodedata.normalize("NFKC", text)


def bare_of_zeros(part: str) -> str:
    """8 for 08: what lists of several hands write of one building, unit or house."""
    return re.sub(r"^0+(?=[0-9])", "", part)


def says_what(label: str) -> bool:
    """Whether a label says by itself that it is a building or a unit: 综合楼."""
    return _SAYS_WHAT.search(label) is not None


def label_of(house: HouseName) -> str:
    return house_label(*house)

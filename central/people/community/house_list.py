"""A list of houses as people paste it or save it from a spreadsheet: read line by line, nothing lost. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from central.people.community.rules import LABEL, house_label

LINES_MAX = 5_000
HouseName = tuple[str, str, str]
"""Building, unit, number."""

_HEADS = {"楼栋", "楼号", "楼", "栋", "building"}
_BETWEEN_CELLS = re.compile(r"[,;\t、]")
_BETWEEN_PARTS = re.compile(r"[-–—\s]+")


@dataclass(frozen=True, slots=True)
class HouseLine:
    """A line that says something. `place` counts from 1 as an editor does; `problem` is the catalogue key of what is
    wrong with it, and `house` is None then."""

    place: int
    text: str
    house: HouseName | None
    problem: str | None = None


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


def read_house_list(text: str) -> list[HouseLine]:
    """`楼栋,单元,房号` on each line; the separator may also be a tab, a semicolon, or the hyphens of 5-2-1102."""
    lines: list[HouseLine] = []
    for place, line in enumerate(text.splitlines(), start=1):
        said = line.strip()
        parts = _parts(said)
        if not said or not any(parts) or (not lines and parts[0].casefold() in _HEADS):
            continue
        lines.append(_read(place, said, parts))
    return lines


def _parts(line: str) -> list[str]:
    narrow = unicodedata.normalize("NFKC", line)  # full-width digits and commas are what an input method leaves behind
    cells = [cell.strip().strip('"').strip() for cell in _BETWEEN_CELLS.split(narrow)]
    while cells and not cells[-1]:
        cells.pop()
    return cells if len(cells) > 1 else _BETWEEN_PARTS.split(cells[0]) if cells else []


def _read(place: int, said: str, parts: list[str]) -> HouseLine:
    if len(parts) != 3:
        return HouseLine(place, said, None, "community.line_three_parts")
    if not all(re.fullmatch(LABEL, part) for part in parts):
        return HouseLine(place, said, None, "community.label_letters")
    building, unit, number = parts
    return HouseLine(place, said, (building, unit, number))


def label_of(house: HouseName) -> str:
    return house_label(*house)

"""How a site file that is no TOML, or names what is not there, is told: with the line, the key and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import site_of
from edge.site_problem import SiteError, line_of
from tests.edge.test_site_words import SITE

GOOD = SITE.format(line="")


def told(text: str) -> str:
    with pytest.raises(SiteError) as raised:
        site_of(text, Path("site.toml"))
    return str(raised.value)


def test_a_table_that_is_mistyped_in_the_last_lines_is_told_there() -> None:
    text = f"{GOOD}\n[lan.contacts]\nlock = 1\n"
    line = text.splitlines().index("[lan.contacts]") + 1
    assert told(text).startswith(f"site.toml:{line}: lan:")
    assert line_of(text, ("node", "name")) == 2 and line_of(text, ("lane", 0, "code")) == 4


@pytest.mark.parametrize(
    ("more", "own"),
    [
        ('[lane.lift]\nrestrict = 1\nfloors = {\n  "1" = 2,\n}\n', "[lane.lift.floors]"),
        ('[lane.lift]\nrestrict = 1\nfloors = { "1" = 2,  # ground\n  "2" = 3 }\n', "[lane.lift.floors]"),
        ("contacts = {\n  door = 1 }\n", "[lane.contacts]"),
    ],
)
def test_a_table_in_braces_over_several_lines_is_told_how_to_be_written(more: str, own: str) -> None:
    said = told(GOOD + more)
    line = next(number for number, each in enumerate((GOOD + more).splitlines(), 1) if "= {" in each)
    assert said.startswith(f"site.toml:{line}: ") and own in said and "stands on one line" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('name = "again"\n', "name is written twice; it stands in line 5 already"),
        ("[node]\n", "[node] is written twice; it stands in line 1 already"),
        ("[lane]\n", "each of them begins with [[lane]]"),
        ("contacts = { door = 1, door = 2 }\n", "door is written twice in one { … }"),
    ],
)
def test_what_is_written_twice_is_named_with_where_it_was_written_first(more: str, said: str) -> None:
    heard = told(GOOD + more)
    assert heard.startswith(f"site.toml:{len((GOOD + more).splitlines())}: ") and said in heard

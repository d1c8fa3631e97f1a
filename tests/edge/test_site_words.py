"""A value of the site file that is a word without quotes: told with its line, and with what was most likely meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import site_of
from edge.site_problem import SiteError

SITE = """\
[node]
name = "East gate"
[[lane]]
code = "east-in"
name = "East in"
direction = "in"
fail = "safe"
{line}
relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"
scanner = "scanner+serial:///dev/ttyUSB1"
"""


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("escape_route = True", "多半是 true", "here most likely true"),
        ("escape_route = TRUE  # on the way out", "多半是 true", "here most likely true"),
        ("escape_route = False", "多半是 false", "here most likely false"),
        ("escape_route = ture", "多半是 true", "here most likely true"),
        ("escape_route = flase", "多半是 false", "here most likely false"),
        ("escape_route = yes", "多半是 true", "here most likely true"),
        ("  escape_route=off", "多半是 false", "here most likely false"),
        ("escape_route = 是", "多半是 true", "here most likely true"),
        ("release_s = None", "不要写这一行", "delete this line"),
        ("release_s = null", "不要写这一行", "delete this line"),
        ("face_alone = refer", 'face_alone = "refer"', "words stand in double quotes"),
        ('escape_route = "true"', "是 true 或 false，不加引号", "must be true or false, without quotes"),
        ("escape_route = 1", "是 true 或 false，不加引号", "must be true or false, without quotes"),
    ],
)
def test_a_word_without_quotes_is_told_with_its_line_and_what_was_meant(line: str, zh: str, en: str) -> None:
    with pytest.raises(SiteError) as raised:
        site_of(SITE.format(line=line), Path("site.toml"))
    (told,) = raised.value.problems
    assert told.startswith("site.toml:8: ") and zh in told and en in told


@pytest.mark.parametrize(
    "line", ["escape_route = true", "escape_route = false # no", "release_s = 5", "release_s = 2.5"]
)
def test_what_is_written_well_is_taken(line: str) -> None:
    assert site_of(SITE.format(line=line), Path("site.toml")).lane[0].code == "east-in"


@pytest.mark.parametrize("line", ["escape_route =", "escape_route", "release_s = 5s", "a = b c"])
def test_anything_else_keeps_the_general_words(line: str) -> None:
    with pytest.raises(SiteError, match="这里看不懂"):
        site_of(SITE.format(line=line), Path("site.toml"))

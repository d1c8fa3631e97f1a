"""Words: both languages complete, and the forms of dates, money and durations."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from central.base.kernel.errors import Problem
from central.base.kernel.i18n import CENTRAL, LANGUAGES, Words, choose_language, read_catalogue, words_in

pytestmark = pytest.mark.req("ADMIN-14")

AT = datetime(2026, 11, 23, 0, 41, 7, tzinfo=UTC)
OURS = CENTRAL / "base"


def fields(text: str | tuple[str, ...]) -> set[str]:
    texts = (text,) if isinstance(text, str) else text
    return {name for one in texts for _, name, _, _ in string.Formatter().parse(one) if name}


def test_no_key_is_defined_twice():
    for language in LANGUAGES:
        assert read_catalogue(CENTRAL, language)[1] == []


def test_both_languages_have_every_key_with_the_same_blanks():
    (chinese, _), (english, _) = (read_catalogue(CENTRAL, language) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    for key, text in chinese.items():
        assert all(text) and all(english[key]), key
        assert fields(text) == fields(english[key]), key


def test_every_key_that_templates_and_code_of_the_base_name_has_words():
    texts, _ = read_catalogue(CENTRAL, "zh_CN")
    used: dict[str, Path] = {}
    for path in OURS.glob("**/*.html"):
        for key in re.findall(r"\bt\(\s*[\"']([a-z_.-]+)[\"']\s*[,)]", path.read_text()):
            used[key] = path
    for path in OURS.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and key_shaped(node.value):
                used[node.value] = path
    assert len(used) > 30
    assert {key: path.name for key, path in used.items() if key not in texts} == {}


NO_WORDS = {"identity.sweep_sessions", "identity.sweep_nonces"}
"""Names of timed work, which look alike."""


def key_shaped(text: str) -> bool:
    named = text.startswith(("problem.", "identity.")) and re.fullmatch(r"[a-z_-]+(\.[a-z_-]+)+", text) is not None
    return named and text not in NO_WORDS


def test_every_problem_has_a_title_and_a_detail():
    texts, _ = read_catalogue(CENTRAL, "zh_CN")
    kinds = list(Problem.__subclasses__())
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        if kind.__module__.startswith("central.base"):
            assert f"problem.{kind.slug}.title" in texts and f"problem.{kind.slug}.detail" in texts, kind


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_can_be_said(at):
    """A node's broken clock is shown, oddly, and takes no page down."""
    for words in (words_in("zh_CN"), words_in("en")):
        assert words.full(at) and words.date(at) and words.clock(at)


def test_dates_money_and_durations():
    chinese, english = words_in("zh_CN"), words_in("en")
    assert chinese.date(AT) == "11月23日 周一 08:41"
    assert english.date(AT) == "Mon 23 Nov 08:41"
    assert chinese.full(AT) == "2026年11月23日 周一 08:41:07"
    assert (chinese.short(AT), english.short(AT)) == ("11月23日 08:41", "23 Nov 08:41")
    assert (chinese.short_day(AT.date()), english.short_day(AT.date())) == ("11月23日", "23 Nov")
    assert chinese.clock(AT) == english.clock(AT) == "08:41:07"
    assert chinese.day(date(2026, 11, 23)) == "11月23日 周一"
    assert english.day(date(2026, 11, 23)) == "Mon 23 Nov"
    assert chinese.money(123450) == "¥1,234.50" and chinese.money(-5) == "-¥0.05" and english.money(0) == "¥0.00"


@pytest.mark.parametrize(
    ("length", "chinese", "english"),
    [
        (timedelta(hours=2, minutes=15), "2 小时 15 分", "2 h 15 min"),
        (59, "59 秒", "59 s"),
        (60, "1 分", "1 min"),
        (3600, "1 小时", "1 h"),
        (timedelta(days=3, hours=2, minutes=9), "3 天 2 小时", "3 d 2 h"),
    ],
)
def test_durations(length, chinese, english):
    assert words_in("zh_CN").duration(length) == chinese
    assert words_in("en").duration(length) == english


def test_plural_forms_go_by_n(tmp_path):
    folder = tmp_path / "x" / "i18n"
    folder.mkdir(parents=True)
    (folder / "en.po").write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "v.count"\nmsgid_plural "v.count"\nmsgstr[0] "{n} visit"\nmsgstr[1] "{n} visits"\n'
    )
    words = Words("en", read_catalogue(tmp_path, "en")[0])
    assert [words("v.count", n=n) for n in (0, 1, 2)] == ["0 visits", "1 visit", "2 visits"]


def test_a_key_defined_twice_is_named_with_both_files(tmp_path):
    for name in ("x", "y"):
        folder = tmp_path / name / "i18n"
        folder.mkdir(parents=True)
        (folder / "en.po").write_text(f'msgid ""\nmsgstr ""\n\nmsgid "a.b"\nmsgstr "{name}"\n')
    texts, faults = read_catalogue(tmp_path, "en")
    assert texts == {"a.b": "x"}
    assert faults == ["a.b is defined in x/i18n/en.po and again in y/i18n/en.po"]


@pytest.mark.parametrize(
    ("cookie", "accept", "chosen"),
    [
        ("en", "zh-CN", "en"),
        ("zh_CN", "en", "zh_CN"),
        ("klingon", "en", "en"),
        (None, "en;q=0.4,zh-TW;q=0.9", "zh_CN"),
        (None, "fr-FR, en;q=0.5", "en"),
        (None, "zh;q=0,en;q=x,de", "zh_CN"),
        (None, None, "zh_CN"),
        (None, "*", "zh_CN"),
    ],
)
def test_the_cookie_then_the_browser_then_chinese(cookie, accept, chosen):
    assert choose_language(cookie, accept) == chosen

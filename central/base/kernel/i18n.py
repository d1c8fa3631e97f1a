"""Words for people, zh_CN first and en beside it (ADMIN-14).

Message ids are short dotted keys ("pass.expired"): Chinese is written by thought and English says the same thing, so
neither can be the other's key. Each domain keeps `i18n/zh_CN.po` and `i18n/en.po`; all of them are read at start,
straight from the .po text, so no compiled file is kept. `{named}` braces are filled from the call. A message with
plural forms is chosen by the parameter `n`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date as Day
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po

from models.values.time import site_time

log = logging.getLogger(__name__)

LANGUAGES = ("zh_CN", "en")
FIRST = "zh_CN"
CENTRAL = Path(__file__).resolve().parents[2]

Text = str | tuple[str, ...]
Catalogue = Mapping[str, Text]


def read_catalogue(root: Path, language: str) -> tuple[dict[str, Text], list[str]]:
    """Every `i18n/<language>.po` below `root`, merged; and what is wrong with them.

    A key defined twice keeps its first text: words are no reason for a gate's centre to stand still. Tests are.
    """
    texts: dict[str, Text] = {}
    origin: dict[str, Path] = {}
    faults: list[str] = []
    for path in sorted(root.glob(f"**/i18n/{language}.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        for message in catalogue:
            key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
            if not key:
                continue
            if key in origin:
                faults.append(
                    f"{key} is defined in {origin[key].relative_to(root)} and again in {path.relative_to(root)}"
                )
                continue
            origin[key] = path
            texts[key] = tuple(message.string) if isinstance(message.string, (tuple, list)) else str(message.string)
    return texts, faults


@lru_cache(maxsize=4)
def _catalogue(language: str) -> Catalogue:
    texts, faults = read_catalogue(CENTRAL, language)
    for fault in faults:
        log.error("words are defined twice", extra={"language": language, "fault": fault})
    return texts


@lru_cache(maxsize=4)
def words_in(language: str) -> Words:
    """The words of a language of `LANGUAGES` (KeyError for another)."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Words(language, _catalogue(language))


class Words:
    """`words("pass.expired", at=…)` and the forms of dates, money and durations in one language."""

    def __init__(self, language: str, catalogue: Catalogue) -> None:
        self.language = language
        self._texts = catalogue
        self._locale = Locale.parse(language)

    @property
    def html_lang(self) -> str:
        return self.language.replace("_", "-")

    def has(self, key: str) -> bool:
        return key in self._texts

    def __call__(self, key: str, /, **params: object) -> str:
        text = self._texts.get(key)
        if text is None:
            log.warning("no words for %r in %s", key, self.language)
            return key
        if isinstance(text, tuple):
            text = text[min(self._plural(params.get("n")), len(text) - 1)]
        return text.format_map(params) if params else text

    def _plural(self, n: object) -> int:
        return 0 if self.language == "zh_CN" or n == 1 else 1

    def date(self, at: datetime) -> str:
        """11月23日 周一 08:41 / Mon 23 Nov 08:41, at the site's clock."""
        pattern = "M月d日 EEE HH:mm" if self.language == "zh_CN" else "EEE d MMM HH:mm"
        return self._at(at, pattern)

    def full(self, at: datetime) -> str:
        """2026年11月23日 周一 08:41:07 / Mon 23 Nov 2026 08:41:07."""
        pattern = "y年M月d日 EEE HH:mm:ss" if self.language == "zh_CN" else "EEE d MMM y HH:mm:ss"
        return self._at(at, pattern)

    def dated(self, at: datetime, now: datetime) -> str:
        """As `date`, with the year where it is not this one."""
        if site_time(at).year == site_time(now).year:
            return self.date(at)
        return self._at(at, "y年M月d日 EEE HH:mm" if self.language == "zh_CN" else "EEE d MMM y HH:mm")

    def short(self, at: datetime) -> str:
        """11月23日 08:41 / 23 Nov 08:41, at the site's clock: of a line among others of the same days."""
        return self._at(at, "M月d日 HH:mm" if self.language == "zh_CN" else "d MMM HH:mm")

    def short_day(self, day: Day) -> str:
        """11月23日 / 23 Nov: of a row or an axis among others of the same days."""
        return format_date(day, "M月d日" if self.language == "zh_CN" else "d MMM", locale=self._locale)

    def clock(self, at: datetime) -> str:
        """08:41:07, at the site's clock."""
        return site_time(at).strftime("%H:%M:%S")

    def day(self, day: Day) -> str:
        """11月23日 周一 / Mon 23 Nov."""
        pattern = "M月d日 EEE" if self.language == "zh_CN" else "EEE d MMM"
        return format_date(day, pattern, locale=self._locale)

    def year_day(self, at: datetime) -> str:
        """2028年11月23日 / 23 Nov 2028, at the site's clock: of what is a year or more away."""
        return self._at(at, "y年M月d日" if self.language == "zh_CN" else "d MMM y")

    def _at(self, at: datetime, pattern: str) -> str:
        return format_datetime(site_time(at).replace(tzinfo=None), pattern, locale=self._locale)

    def money(self, fen: int) -> str:
        """¥1,234.50 from 123450 fen."""
        sign, yuan, rest = "-" if fen < 0 else "", *divmod(abs(fen), 100)
        return f"{sign}¥{yuan:,}.{rest:02d}"

    def duration(self, length: timedelta | float) -> str:
        """2 小时 15 分 / 2 h 15 min. Below a minute in seconds; from a day on in days and hours."""
        seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
        day, hour, minute, second = ("天", "小时", "分", "秒") if self.language == "zh_CN" else ("d", "h", "min", "s")
        if seconds < 60:
            return f"{seconds} {second}"
        minutes = seconds // 60
        parts = ((minutes // 1440, day), (minutes // 60 % 24, hour), (minutes % 60, minute))
        shown = [f"{count} {unit}" for count, unit in (parts[:2] if minutes >= 1440 else parts) if count]
        return " ".join(shown)


def choose_language(cookie: str | None, accept: str | None) -> str:
    """The cookie's choice, else the best of Accept-Language, else zh_CN."""
    if cookie in LANGUAGES:
        return cookie
    for asked in _accepted(accept or ""):
        if asked.startswith("zh"):
            return "zh_CN"
        if asked.startswith("en"):
            return "en"
    return FIRST


def _accepted(header: str) -> list[str]:
    """Language tags, best first (RFC 9110, section 12.5.4); what cannot be read weighs nothing."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:200].split(",")):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        if tag and quality > 0:
            weighed.append((-quality, place, tag.strip().lower()))
    return [tag for _, _, tag in sorted(weighed)]

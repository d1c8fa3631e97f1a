"""When a rule applies: from a form and back, and in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from starlette.datastructures import FormData

from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import Words
from central.oversight.console.forms import all_of, text_of
from models.access.schedule import ALWAYS, HOLIDAY, Span

DAYS = tuple(range(1, HOLIDAY + 1))
"""Monday 1 … Sunday 7, holiday 8."""
ROWS = 3
"""Rows of times that a new rule offers; a rule with more is offered one more than it has."""
ROWS_MAX = 50
MIDNIGHT = 1440

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def spans_sent(sent: FormData, prefix: str = "") -> tuple[Span, ...]:
    """The schedule of a form: `when` is "always" or "times"; rows nobody filled are left out.

    A row without times is the whole day; an end at or before the start runs over midnight. `prefix`: of the names of
    its fields, where a form has several schedules.
    """
    if text_of(sent, f"{prefix}when") != "times":
        return ALWAYS
    spans = []
    for row in range(ROWS_MAX):
        days = {int(day) for day in all_of(sent, f"{prefix}days{row}") if day in map(str, DAYS)}
        start, end = text_of(sent, f"{prefix}start{row}"), text_of(sent, f"{prefix}end{row}")
        if not days and not start and not end:
            continue
        if not days:
            raise Invalid(fields={f"{prefix}days{row}": "setup.days_needed"})
        beside = f"{prefix}start{row}"
        spans.append(Span(days=frozenset(days), start_minute=_start(start, beside), end_minute=_end(end, beside)))
    if not spans:
        raise Invalid(fields={f"{prefix}days0": "setup.days_needed"})
    return tuple(spans)


def _start(text: str, beside: str) -> int:
    minute = _minute(text, beside) if text else 0
    return 0 if minute == MIDNIGHT else minute


def _end(text: str, beside: str) -> int:
    """00:00 as an end is the end of the day: a rule that ended before it began would say nothing."""
    return (_minute(text, beside) if text else MIDNIGHT) or MIDNIGHT


def _minute(text: str, beside: str) -> int:
    if not _CLOCK.fullmatch(text):
        raise Invalid(fields={beside: "setup.clock_needed"})
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def values_of(spans: Sequence[Span], prefix: str = "") -> dict[str, str | list[str]]:
    """A schedule as the form shows it."""
    if tuple(spans) == ALWAYS:
        return {f"{prefix}when": "always"}
    values: dict[str, str | list[str]] = {f"{prefix}when": "times"}
    for row, span in enumerate(spans):
        values[f"{prefix}days{row}"] = [str(day) for day in sorted(span.days)]
        values[f"{prefix}start{row}"] = clock_said(span.start_minute)
        values[f"{prefix}end{row}"] = clock_said(span.end_minute % MIDNIGHT)
    return values


def spans_said(t: Words, spans: Sequence[Span]) -> list[str]:
    """周一至周五 08:00–18:00 for each span; 任何时间 when it is always."""
    if tuple(spans) == ALWAYS:
        return [t("setup.always")]
    return [
        t("setup.span", days=days_said(t, span.days), start=clock_said(span.start_minute),
          end=clock_said(span.end_minute) if span.end_minute > span.start_minute
          else t("setup.next_day", clock=clock_said(span.end_minute)))
        for span in spans
    ]  # fmt: skip


def days_said(t: Words, days: Collection[int]) -> str:
    """Days in a row are said by the first and the last."""
    if set(days) == set(DAYS):
        return t("setup.every_day")
    runs: list[list[int]] = []
    for day in sorted(set(days) - {HOLIDAY}):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = [
        t("setup.day_run", first=t(f"day.{run[0]}"), last=t(f"day.{run[-1]}")) if len(run) > 2
        else t("setup.and").join(t(f"day.{day}") for day in run)
        for run in runs
    ]  # fmt: skip
    return t("setup.and").join([*said, *([t(f"day.{HOLIDAY}")] if HOLIDAY in days else [])])


def clock_said(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

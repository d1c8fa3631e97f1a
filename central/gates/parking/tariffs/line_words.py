"""Per what a line of a bill is charged, by the tariff that made it: a line alone tells how often and for how much.

Where a tariff has two blocks of one price and kind, and nothing in the line tells them apart, nothing is said of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from central.base.kernel.i18n import Words
from models.parking.bill import Line, Rule
from models.parking.tariff import DAY_MIN, Band, Block, PartUsed, PerUse, Rates, Stage, Tariff
from models.values.time import site_time


def named(t: Words, line: Line, start: datetime, tariff: Tariff | None) -> str:
    """What the line is called where its tariff tells more than its kind does; else ""."""
    if tariff is None:
        return ""
    if line.rule is Rule.VISITOR_MINUTES and tariff.visitor_free is not None:
        return t("parking.rule.visitor_minutes_of", minutes=tariff.visitor_free.minutes)
    if line.rule is Rule.BAND:
        bands = {(one.start, one.end) for one in _bands(tariff) if one.block.fen == line.unit and _holds(one, start)}
        if len(bands) == 1:
            ((begins, ends),) = bands
            return t("parking.rule.band_of", start=_clock(begins), end=_clock(ends))
    if line.rule is Rule.STAGE:
        stages = {(since, one.until) for since, one in _stages(tariff) if one.block.fen == line.unit}
        if len(stages) == 1:
            ((since, until),) = stages
            return t("parking.rule.stage_of" if until else "parking.rule.stage_from", since=since, until=until or 0)
    if line.rule is Rule.FIRST_BLOCK and (minutes := _minutes(line, tariff)):
        return t("parking.rule.first_of", minutes=minutes)
    return ""


def per_said(t: Words, line: Line, tariff: Tariff | None) -> str:
    """Behind "2 × ¥3.00"; "" where the tariff is not known or does not tell."""
    if tariff is None:
        return ""
    if line.rule is Rule.PER_MINUTE:
        return t("parking.per.minute")
    if line.rule is Rule.PER_USE:
        every = {one.once for one in _rates(tariff) if isinstance(one, PerUse) and one.fen == line.unit}
        return t(f"parking.per.{every.pop()}") if len(every) == 1 else ""
    minutes = _minutes(line, tariff)
    if not minutes or line.rule is Rule.FIRST_BLOCK:  # its name says so
        return ""
    begun = tariff.part_used is PartUsed.WHOLE and line.end - line.start < line.times * minutes
    return t("parking.per.begun" if begun else "parking.per.minutes", minutes=minutes)


def _minutes(line: Line, tariff: Tariff) -> int | None:
    found = {one.minutes for one in _blocks(line.rule, tariff) if one.fen == line.unit}
    return found.pop() if len(found) == 1 else None


def _blocks(rule: Rule, tariff: Tariff) -> Iterator[Block]:
    for rates in _rates(tariff):
        if rates.kind == "blocks":
            one = {Rule.FIRST_BLOCK: rates.first, Rule.BLOCKS: rates.next,
                   Rule.BEYOND: rates.beyond.block if rates.beyond is not None else None}.get(rule)  # fmt: skip
            if one is not None:
                yield one
    if rule is Rule.BAND:
        yield from (one.block for one in _bands(tariff))
    if rule is Rule.STAGE:
        yield from (one.block for _, one in _stages(tariff))


def _rates(tariff: Tariff) -> tuple[Rates, ...]:
    return tariff.rates, *(one.rates for one in tariff.other_days)


def _bands(tariff: Tariff) -> Iterator[Band]:
    for rates in _rates(tariff):
        if rates.kind == "bands":
            yield from rates.bands


def _stages(tariff: Tariff) -> Iterator[tuple[int, Stage]]:
    """Each with the minute at which it begins."""
    for rates in _rates(tariff):
        if rates.kind == "staged":
            yield from zip([0, *(one.until or 0 for one in rates.stages)], rates.stages, strict=False)


def _holds(band: Band, start: datetime) -> bool:
    at = site_time(start)
    return (at.hour * 60 + at.minute - band.start) % DAY_MIN < band.length


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

"""A tariff, a bill's line and what is wrong with a draft, as a person reads them: no JSON, no code, no sum unexplained.

Every parameter that differs from the usual has its sentence, so that who approves a version has read all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from central.base.kernel.i18n import Words
from central.gates.parking.tariffs.line_words import named, per_said
from central.gates.parking.tariffs.terms import Finding
from models.parking.bill import Exact, Line, Rule
from models.parking.charging_bay import Misused
from models.parking.pricing import price
from models.parking.scope import Group, Scope
from models.parking.tariff import (
    Bands,
    Blocks,
    Calendar,
    CapWindow,
    FreeMinutes,
    FreeMode,
    Granted,
    NoEntry,
    Payer,
    Rates,
    Staged,
    Stay,
    Tariff,
)
from models.values.plate import PlateColour
from models.values.time import SITE_TZ, site_day

_HUNDRED = Fraction(100)
LaneNames = Mapping[UUID, str]
LENGTHS_H = (1, 2, 5, 10, 24)
"""For so long a car of the board's examples stays: an errand, a visit, a working day, a night and a day."""
COMES_AT, MIDWEEK = 9, 2


@dataclass(frozen=True, slots=True)
class LineSaid:
    """`sum` is how the amount came to be ("2 × ¥2.00"), "" where nothing is multiplied."""

    what: str
    start: datetime
    end: datetime
    sum: str
    amount: str


# ── a tariff ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tariff_said(t: Words, tariff: Tariff, lanes: LaneNames | None = None) -> tuple[str, ...]:
    """The whole tariff in sentences. `lanes`: by their ids, as its scope is said."""
    scope = (for_whom(t, tariff, lanes or {}),) if tariff.scope.weight else ()
    return scope + prices_said(t, tariff) + terms_said(t, tariff)


def for_whom(t: Words, tariff: Tariff, lanes: LaneNames) -> str:
    """P01 in a sentence."""
    return t("parking.said.scope", cars=scope_said(t, tariff.scope, lanes))


def scope_said(t: Words, scope: Scope, lanes: LaneNames) -> str:
    """大型车；黄牌；从东门 · 入口进场；临时车. Each that it names, the kinds of one joined by "or"."""
    gone = t("parking.scope.lane_gone")
    kinds = (
        [t(f"parking.scope.group.{one}") for one in sorted(scope.groups)],
        [class_said(t, one) for one in sorted(scope.classes)],
        [t(f"parking.scope.colour.{one}") for one in sorted(scope.colours)],
        [t("parking.scope.lane", name=name) for name in sorted(lanes.get(one, gone) for one in scope.lanes)],
    )
    said = [t("parking.scope.or").join(names) for names in kinds if names]
    return t("parking.scope.and").join(said) or t("parking.scope.everybody")


def car_said(t: Words, vehicle_class: str, colour: PlateColour, group: Group | None) -> str:
    """What a lane told of a car: 大型车 · 黄牌 · 临时车."""
    seen = [t(f"parking.scope.colour.{colour}")] if colour is not PlateColour.UNKNOWN else []
    who = [t(f"parking.scope.group.{group}")] if group is not None else []
    return " · ".join([class_said(t, vehicle_class), *seen, *who])


def choice_said(t: Words, chosen: Tariff | None, others: Sequence[Tariff], lanes: LaneNames) -> str:
    """Which tariff a car has, and why. `others`: those in force that fit it too."""
    if chosen is None:
        return t("parking.choice.none")
    names = {"name": chosen.name, "version": chosen.version}
    said = t("parking.choice", **names, cars=scope_said(t, chosen.scope, lanes))
    if not others:
        return said + t("parking.choice.only")
    less = t("parking.said.comma").join(f"{one.name}（{scope_said(t, one.scope, lanes)}）" for one in others)
    return said + t("parking.choice.before", others=less)


def prices_said(t: Words, tariff: Tariff) -> tuple[str, ...]:
    """What a driver asks first: how time is priced, what is free, what is the most."""
    if tariff.ends:
        return (t("parking.said.ends"),)
    return (
        *_rates(t, tariff.rates, tariff.cap_window),
        *_other_days(t, tariff),
        *_free(t, tariff),
        *_caps(t, tariff),
    )


def terms_said(t: Words, tariff: Tariff) -> tuple[str, ...]:
    """The rest: coupons and classes, how minutes are counted, paying, permits, events."""
    if tariff.ends:
        return ()
    return (
        *_discounts(t, tariff),
        *_counting(t, tariff),
        *_leaving(t, tariff),
        *_owing(t, tariff),
        *_events(t, tariff),
        *_occupation(t, tariff),
        *_split(t, tariff),
    )


def board_said(t: Words, tariff: Tariff) -> tuple[str, ...]:
    """What a driver may know beside the prices: without how the income is shared, and up to what debt a gate opens by
    itself while its line is down."""
    return (
        *_discounts(t, tariff), *_counting(t, tariff), *_leaving(t, tariff), *_events(t, tariff),
        *_occupation(t, tariff),
    )  # fmt: skip


def examples_said(t: Words, tariff: Tariff) -> tuple[str, tuple[str, ...]]:
    """(for which car, what it pays for each length): by the very function that charges, on a day without an event."""
    plain = tariff.model_copy(update={"events": ()})
    day = site_day(tariff.starts_at)
    day += timedelta(days=(MIDWEEK - day.weekday()) % 7)
    entry = datetime(day.year, day.month, day.day, COMES_AT, tzinfo=SITE_TZ)
    said = []
    for hours in LENGTHS_H:
        length = timedelta(hours=hours)
        bill = price(Stay(entry=entry, exit=entry + length), plain, calendar=Calendar(holidays=frozenset()))
        said.append(t("parking.said.example", length=t.duration(length), price=t.money(bill.fee)))
    return t("parking.said.example_from", clock=f"{COMES_AT:02}:00"), tuple(said)


def _rates(t: Words, rates: Rates, window: CapWindow) -> Iterator[str]:
    match rates.kind:
        case "blocks":
            yield from _blocks(t, rates, window)
        case "per_use":
            yield t(f"parking.said.per_use.{rates.once}", price=t.money(rates.fen))
        case "per_minute":
            yield t("parking.said.per_minute", price=t.money(rates.fen))
        case "staged":
            yield from _stages(t, rates)
        case "bands":
            yield from _bands(t, rates)
        case "free":
            yield t("parking.said.no_charge")


def _blocks(t: Words, rates: Blocks, window: CapWindow) -> Iterator[str]:
    following = {"next": rates.next.minutes, "next_price": t.money(rates.next.fen)}
    if rates.first is None:
        yield t("parking.said.blocks", **following)
    else:
        yield t("parking.said.first_then", first=rates.first.minutes, first_price=t.money(rates.first.fen), **following)
        granted = f"parking.said.granted.{rates.first_granted}"
        yield t(f"{granted}.{window}" if rates.first_granted is Granted.WINDOW else granted)
    if rates.beyond is not None:
        after, block = rates.beyond.after, rates.beyond.block
        yield t("parking.said.beyond", after=after, minutes=block.minutes, price=t.money(block.fen))


def _stages(t: Words, rates: Staged) -> Iterator[str]:
    since = 0
    for stage in rates.stages:
        key = "parking.said.last_stage" if stage.until is None else "parking.said.stage"
        price = t.money(stage.block.fen)
        said = t(key, since=since, until=stage.until, minutes=stage.block.minutes, price=price)
        most = t("parking.said.at_most", price=t.money(stage.cap)) if stage.cap is not None else ""
        yield said + most + t("parking.said.stop")
        since = stage.until or since
    yield t("parking.said.stages_anew")


def _bands(t: Words, rates: Bands) -> Iterator[str]:
    for band in rates.bands:
        said = t(
            "parking.said.band", start=_clock(band.start), end=_clock(band.end), minutes=band.block.minutes,
            price=t.money(band.block.fen),
        )  # fmt: skip
        if band.cap is not None:
            said += t("parking.said.at_most", price=t.money(band.cap))
        if band.free:
            said += t("parking.said.band_free", minutes=band.free)
        yield said + t("parking.said.stop")


def _other_days(t: Words, tariff: Tariff) -> Iterator[str]:
    comma = t("parking.said.comma")
    for other in tariff.other_days:
        days = comma.join(t(f"parking.day.{day}") for day in sorted(other.days))
        yield t("parking.said.other_days", days=days, rates=" ".join(_rates(t, other.rates, tariff.cap_window)))
    if tariff.day_start:
        yield t("parking.said.day_start", clock=_clock(tariff.day_start))


def _free(t: Words, tariff: Tariff) -> Iterator[str]:
    yield from _free_minutes(t, tariff.free)
    if tariff.visitor_free is not None:
        yield t("parking.said.visitors", free=" ".join(_free_minutes(t, tariff.visitor_free)))
    if tariff.visitor_free is not None or tariff.visitor_payer is not Payer.VISITOR:
        yield t(f"parking.said.payer.{tariff.visitor_payer}")
    if tariff.drive_through:
        yield t("parking.said.drive_through", minutes=tariff.drive_through)


def _free_minutes(t: Words, free: FreeMinutes) -> Iterator[str]:
    if not free.minutes:
        yield t("parking.said.free_none") if free.mode is FreeMode.THRESHOLD else t("parking.said.free_none_deducted")
    else:
        yield t(f"parking.said.free.{free.mode}", minutes=free.minutes)
    if free.uses_a_day is not None:
        yield t("parking.said.free_uses", n=free.uses_a_day)
    if free.gap:
        yield t("parking.said.free_gap", minutes=free.gap)


def _caps(t: Words, tariff: Tariff) -> Iterator[str]:
    if tariff.cap is not None:
        yield t(f"parking.said.cap.{tariff.cap_window}", price=t.money(tariff.cap.fen))
        if tariff.cap.shared:
            yield t("parking.said.cap_shared")
        if tariff.cap.after_coupons:
            yield t("parking.said.cap_after_coupons")
    elif tariff.cap_window is not CapWindow.ROLLING:
        yield t(f"parking.said.window.{tariff.cap_window}")
    if tariff.minimum:
        yield t("parking.said.minimum", price=t.money(tariff.minimum))
    if tariff.maximum is not None:
        yield t("parking.said.maximum", price=t.money(tariff.maximum))


def _discounts(t: Words, tariff: Tariff) -> Iterator[str]:
    for each in tariff.classes:
        name = class_said(t, each.vehicle_class)
        if each.free_first:
            yield t("parking.said.class_free", name=name, minutes=each.free_first)
        if each.percent_off or not each.free_first:
            yield t("parking.said.class_percent", name=name, percent=each.percent_off)
    yield t(f"parking.said.stacking.{tariff.stacking}")
    if not tariff.coupon_reaches_free:
        yield t("parking.said.coupon_not_free")


def _counting(t: Words, tariff: Tariff) -> Iterator[str]:
    yield t("parking.said.begun_minute") if tariff.round_up else t("parking.said.whole_minutes")
    yield t(f"parking.said.part.{tariff.part_used}")
    yield t(f"parking.said.boundary.{tariff.boundary}")
    if tariff.rounding.to != 1 or tariff.rounding.down:
        way = "down" if tariff.rounding.down else "near"
        yield t(f"parking.said.rounding.{way}", unit=t.money(tariff.rounding.to))


def _leaving(t: Words, tariff: Tariff) -> Iterator[str]:
    yield t("parking.said.leave", minutes=tariff.leave_minutes) + t(f"parking.said.late.{tariff.late}")
    grace = "parking.said.grace" if tariff.permit_grace_days else "parking.said.grace_none"
    yield t(grace, n=tariff.permit_grace_days) + t(f"parking.said.permit_end.{tariff.permit_end}")
    yield t(f"parking.said.second_car.{tariff.second_car}")
    if tariff.without_entry is NoEntry.FLAT:
        yield t("parking.said.no_entry", price=t.money(tariff.no_entry_fen or 0))
    elif tariff.no_entry is not None:
        yield t(f"parking.said.no_entry.{tariff.no_entry}")


def _owing(t: Words, tariff: Tariff) -> Iterator[str]:
    yield t("parking.said.owe", price=t.money(tariff.owe_limit))
    yield t("parking.said.owe_days", n=tariff.owe_days)


def _events(t: Words, tariff: Tariff) -> Iterator[str]:
    for event in tariff.events:
        key = "parking.said.event" if event.fen else "parking.said.event_free"
        start, end = t.full(event.start), t.full(event.end)
        yield t(key, reason=event.reason, start=start, end=end, price=t.money(event.fen))


def _occupation(t: Words, tariff: Tariff) -> Iterator[str]:
    fee = tariff.occupation
    if fee is not None:
        most = t("parking.said.at_most", price=t.money(fee.cap)) if fee.cap is not None else ""
        yield t("parking.said.occupation", after=fee.after, minutes=fee.minutes, price=t.money(fee.fen), most=most)


def _split(t: Words, tariff: Tariff) -> Iterator[str]:
    if tariff.split.tax_percent or tariff.split.owners_percent:
        yield t("parking.said.split", tax=tariff.split.tax_percent, owners=tariff.split.owners_percent)


def class_said(t: Words, vehicle_class: str) -> str:
    """A class that has no words of its own is called what it is called."""
    key = f"parking.class.{vehicle_class}"
    return t(key) if t.has(key) else vehicle_class


# ── a bill ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def line_said(t: Words, line: Line, entry: datetime, tariff: Tariff | None = None) -> LineSaid:
    """A line with its instants; `entry` is that of the stay, from which a line counts its minutes. `tariff`: which made
    it, where that is known: then it says per what."""
    start, end = (entry + timedelta(minutes=minute) for minute in (line.start, line.end))
    note = line.note
    if line.rule in (Rule.CLASS_PERCENT, Rule.FIRST_MINUTES):
        note = class_said(t, note)
    what = named(t, line, start, tariff) or t(f"parking.rule.{line.rule}")
    if line.rule is Rule.OCCUPATION and (kept := _kept_bay(t, note)):
        what, note = kept, ""
    what += t("parking.note", note=note) if note else ""
    return LineSaid(what, start, end, _sum_said(t, line, tariff), exact_money(t, line.amount))


def _kept_bay(t: Words, note: str) -> str:
    """Which bay, and what was wrong there; "" where the note does not tell."""
    wrong, _, bay = note.partition(" ")
    return t(f"parking.rule.occupation.{wrong}", bay=bay) if bay and wrong in set(Misused) else ""


def _sum_said(t: Words, line: Line, tariff: Tariff | None) -> str:
    if line.rule in (Rule.CAP, Rule.STAGE_CAP, Rule.BAND_CAP, Rule.MINIMUM, Rule.MAXIMUM,
                     Rule.OCCUPATION_CAP):  # fmt: skip
        return t(f"parking.sum.{line.rule}", price=exact_money(t, line.unit))
    if not line.times or not line.unit or line.amount < 0 or line.rule is Rule.ROUNDING:
        return ""
    said = t("parking.sum", times=line.times, unit=exact_money(t, line.unit)) + per_said(t, line, tariff)
    return said if line.times * line.unit == line.amount else said + t("parking.sum.part")


def exact_money(t: Words, exact: Exact) -> str:
    """¥2.35; more digits where a fen is parted, and ≈ where no number of digits would end."""
    share = Fraction(exact)
    if share.denominator == 1:
        return t.money(int(share))
    yuan = abs(share) / _HUNDRED
    digits = f"{float(yuan):.4f}"
    about = "" if Fraction(digits) == yuan else "≈"
    return f"{about}{'-' if share < 0 else ''}¥{digits}"


def fen_text(exact: Exact) -> str:
    """Fen to the last part for a program: "235", or "705/2" where a fen is parted."""
    return str(Fraction(exact))


# ── a draft that cannot be taken ────────────────────────────────────────────────────────────────────────────────────


def finding_said(t: Words, finding: Finding) -> str:
    limit = str(next(iter(finding.limits.values()), ""))
    choices = limit.replace("'", "").replace(" or ", ", ").split(", ")  # as pydantic lists them, in English
    return t(f"parking.terms.{finding.word}", limit=t("parking.said.comma").join(choices))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

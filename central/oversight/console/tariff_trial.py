"""The simulator of the tariffs page: what was asked of it, and the bills and the plot that it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import Words
from central.gates.parking.rules import VersionState
from central.gates.parking.tariffs.queries import VersionView, choice, version_for
from central.gates.parking.tariffs.simulating import Asked, asked_problems, curve, curve_lengths, simulate, turned_away
from central.gates.parking.tariffs.words import LaneNames, LineSaid, choice_said, line_said
from central.oversight.console.forms import Filled, instant_of, local
from central.oversight.console.tariff_form import fen_of
from central.oversight.console.tariff_plot import Plot, plot_of
from models.parking.scope import Group
from models.parking.tariff import Calendar, Coupon
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.values.time import site_time

Choice = TypeVar("Choice", bound=StrEnum)
OTHER = "inside"
"""Another car of the bay is there already."""
INVITED = "yes"
USUAL_STAY = timedelta(hours=4, minutes=10)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a version makes of the stay."""

    view: VersionView
    lines: tuple[LineSaid, ...]
    fee: int
    minutes: int
    free: bool
    turned_away: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """`tried`: the version picked, and the one it is compared with; none where something asked cannot be read.
    `choice`: which tariff such a car has as it comes in, and why."""

    form: Filled
    tried: tuple[Tried, ...] = ()
    plot: Plot | None = None
    choice: str = ""


def trial_of(
    t: Words, versions: Sequence[VersionView], calendar: Calendar, asked: Mapping[str, str], lanes: LaneNames,
    now: datetime,
) -> Trial:  # fmt: skip
    """`asked`: the simulator's fields, where somebody filled them in; else a usual stay on today's version, with the
    version that would come next beside it."""
    values = _usual(versions, now) | {name: asked[name][:60] for name in _FIELDS if name in asked}
    try:
        stay = _asked(values)
        first = _picked(versions, values, "version") if values["version"] else _chosen(versions, stay)
        picked = [first, *([_picked(versions, values, "beside")] if values["beside"] else [])]
    except Invalid as problem:
        fields = {name: t(key, **problem.params) for name, key in problem.fields.items()}
        return Trial(Filled("trial", values, fields, problem.status))
    tried = []
    for view in picked:
        bill = simulate(view.tariff, stay, calendar)
        lines = tuple(line_said(t, line, stay.entry, view.tariff) for line in bill.lines)
        tried.append(Tried(view, lines, bill.fee, bill.minutes, bill.free, turned_away(view.tariff, stay)))
    length = stay.exit - stay.entry
    lengths = curve_lengths(length)
    curves = [curve(view.tariff, stay, calendar, lengths) for view in picked]
    said = choice_said(t, *choice(versions, stay.entry, stay.car), lanes)
    return Trial(Filled("trial", values), tuple(tried), plot_of(curves, length), said)


_FIELDS = (
    "version", "beside", "entry", "exit", "vehicle_class", "coupon_minutes", "coupon_percent", "coupon_yuan",
    "permit_until", "lane", "colour", "group", "other", "other_leaves", "invited",
)  # fmt: skip


def _usual(versions: Sequence[VersionView], now: datetime) -> dict[str, str]:
    """Today's version, and beside it the newest that is still to come; this morning's nine o'clock. Where there are
    several tariffs, whichever such a car has."""
    current = next((one for one in versions if one.state is VersionState.IN_FORCE), None)
    coming = [one for one in versions if one.state in (VersionState.WAITING, VersionState.PLANNED)]
    first = current or next(iter(coming), versions[0])
    beside = next((one for one in coming if one is not first), None)
    entry = site_time(now).replace(hour=9, minute=0, second=0, microsecond=0)
    several = len({one.tariff_id for one in versions}) > 1
    return {
        "version": "" if several else str(first.version_id), "beside": str(beside.version_id) if beside else "",
        "entry": local(entry), "exit": local(entry + USUAL_STAY), "vehicle_class": "small", "coupon_minutes": "",
        "coupon_percent": "", "coupon_yuan": "", "permit_until": "", "lane": "", "colour": PlateColour.UNKNOWN.value,
        "group": Group.TEMPORARY.value, "other": "", "other_leaves": "", "invited": "",
    }  # fmt: skip


def _picked(versions: Sequence[VersionView], values: Mapping[str, str], name: str) -> VersionView:
    try:
        wanted = UUID(values[name])
    except ValueError:
        wanted = None
    found = next((one for one in versions if one.version_id == wanted), None)
    if found is None:
        raise Invalid(fields={name: "parking.no_version"})
    return found


def _chosen(versions: Sequence[VersionView], stay: Asked) -> VersionView:
    found = version_for(versions, stay.entry, stay.car)
    if found is None:
        raise Invalid(fields={"version": "parking.none_in_force"})
    return found


def _lane(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(fields={"lane": "parking.scope_no_lane"}) from error


def _one_of(values: Mapping[str, str], name: str, kind: type[Choice]) -> Choice:
    try:
        return kind(values[name])
    except ValueError as error:
        raise Invalid(fields={name: "tariffs.choice_needed"}) from error


def _asked(values: Mapping[str, str]) -> Asked:
    coupons = (
        *_coupon(values, "coupon_minutes", "minutes", 30 * 1440),
        *_coupon(values, "coupon_percent", "percent_off", 100),
    )
    if values["coupon_yuan"].strip():
        fen = fen_of(values["coupon_yuan"])
        if fen is None:
            raise Invalid(fields={"coupon_yuan": "tariffs.yuan_needed"})
        coupons += (Coupon(coupon_id=new_id(), fen=fen),) if fen else ()
    until, leaves = values["permit_until"].strip(), values["other_leaves"].strip()
    asked = Asked(
        instant_of(values["entry"], "entry"), instant_of(values["exit"], "exit"),
        values["vehicle_class"].strip()[:30] or "small", coupons,
        instant_of(until, "permit_until") if until else None, _lane(values["lane"]),
        _one_of(values, "colour", PlateColour), _one_of(values, "group", Group), values["other"] == OTHER,
        instant_of(leaves, "other_leaves") if leaves else None, values["invited"] == INVITED,
    )  # fmt: skip
    if wrong := asked_problems(asked):
        raise Invalid(fields=wrong)
    return asked


def _coupon(values: Mapping[str, str], name: str, kind: str, most: int) -> tuple[Coupon, ...]:
    text = values[name].strip()
    if not text:
        return ()
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise Invalid(fields={name: "tariffs.coupon_needed"}, most=most)
    return (Coupon.model_validate({"coupon_id": new_id(), kind: int(text)}),) if int(text) else ()

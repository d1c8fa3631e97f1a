"""A tariff as a form asks for it, and back: yuan and clock times for people, the value's terms for the model.

The form holds what most car parks need. What it has no field for stands in `more`, as JSON, and goes over what the
fields say; so a copy of any version comes back whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from central.base.kernel.errors import Invalid
from central.gates.parking.tariffs.terms import read_terms, terms_of
from models.parking.charging_bay import Occupation
from models.parking.tariff import Tariff

MORE_MAX = 20_000
YUAN_MAX = 10_000
OTHER = "other"
"""Rates that the form has no fields for: they stand in `more`."""
Values = Mapping[str, str]

PLACES = {
    "rates.first.minutes": "first_minutes", "rates.next.minutes": "next_minutes",
    "rates.bands.0.block.minutes": "day_minutes", "rates.bands.1.block.minutes": "night_minutes",
    "rates.stages.0.until": "stage1_until", "rates.stages.0.block.minutes": "stage1_minutes",
    "rates.stages.1.block.minutes": "stage2_minutes", "free.minutes": "free_minutes",
    "visitor_free.minutes": "visitor_minutes", "leave_minutes": "leave_minutes",
    "occupation.fen": "occupation_yuan", "occupation.minutes": "occupation_minutes",
    "occupation.after": "occupation_after", "occupation.cap": "occupation_cap", "occupation": "occupation_yuan",
    "name": "name", "starts_at": "starts_at", "scope.lanes": "scope_lanes", "scope.classes": "scope_classes",
    "scope.colours": "scope_colours", "scope.groups": "scope_groups",
}  # fmt: skip
"""Which field a finding of the model belongs to; what is not here belongs to `more`."""


def fen_of(text: str) -> int | None:
    """250 of "2.50" or "¥2.5"; None of what is no sum up to 10,000 yuan."""
    found = re.fullmatch(r"¥?([0-9]{1,5})(?:\.([0-9]{1,2}))?", text.strip())
    fen = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
    return fen if 0 <= fen <= YUAN_MAX * 100 else None


class _Reader:
    """Reads fields and remembers which could not be read."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.wrong: dict[str, str] = {}

    def whole(self, name: str) -> int:
        text = self._values.get(name, "").strip()
        if not re.fullmatch(r"[0-9]{1,6}", text):
            self.wrong[name] = "form.number_needed"
            return 0
        return int(text)

    def fen(self, name: str) -> int:
        fen = fen_of(self._values.get(name, ""))
        if fen is None:
            self.wrong[name] = "tariffs.yuan_needed"
        return fen or 0

    def minute(self, name: str) -> int:
        found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", self._values.get(name, "").strip())
        if not found:
            self.wrong[name] = "tariffs.clock_needed"
            return 0
        return int(found[1]) * 60 + int(found[2])

    def block(self, name: str) -> dict[str, int]:
        return {"minutes": self.whole(f"{name}_minutes"), "fen": self.fen(f"{name}_yuan")}

    def cap(self, name: str) -> dict[str, int]:
        """Left empty, there is none."""
        return {"cap": self.fen(name)} if self._values.get(name, "").strip() else {}

    def one(self, name: str, default: str) -> str:
        return self._values.get(name, "").strip() or default


SCOPE = ("lanes", "classes", "colours", "groups")
"""What a tariff's scope names; a group of boxes each, as `scope_lanes`."""
ENDS = "ends"
"""The kind of a version that ends its tariff: nothing is asked of it but when."""


def place_of_finding(path: str) -> str:
    """The field that a finding about the value at `path` belongs to; "more" where there is none."""
    own = ".".join(path.split(".")[:2]) if path.startswith("scope.") else path  # "scope.lanes.0" is about the lanes
    return PLACES.get(own, "more")


def scope_sent(chosen: Callable[[str], list[str]]) -> dict[str, Any]:
    """The terms that the boxes say: none where nothing is chosen, for everybody. chosen: by the name of a field."""
    scope = {kind: found for kind in SCOPE if (found := chosen(f"scope_{kind}"))}
    return {"scope": scope} if scope else {}


def scope_values(tariff: Tariff) -> dict[str, list[str]]:
    """And back."""
    said = tariff.scope.model_dump(mode="json")
    return {f"scope_{kind}": said[kind] for kind in SCOPE}


def terms_sent(values: Values) -> dict[str, Any]:
    """The terms that a form says. Raises Invalid for fields that cannot be read."""
    read = _Reader(values)
    kind = read.one("kind", "blocks")
    if kind == ENDS:
        return {"rates": {"kind": "free"}, "ends": True}
    terms: dict[str, Any] = {
        "rates": _RATES[kind](read) if kind in _RATES else {"kind": kind},
        "free": {"minutes": read.whole("free_minutes"), "mode": read.one("free_mode", "threshold")},
        "cap_window": read.one("cap_window", "24h"),
        "boundary": read.one("boundary", "split"),
        "leave_minutes": read.whole("leave_minutes"),
    }
    if values.get("visitor_minutes", "").strip():
        terms["visitor_free"] = {
            "minutes": read.whole("visitor_minutes"), "mode": read.one("visitor_mode", "threshold")
        }  # fmt: skip
    if values.get("occupation_yuan", "").strip():
        terms["occupation"] = {
            "fen": read.fen("occupation_yuan"), "minutes": read.whole("occupation_minutes"),
            "after": read.whole("occupation_after"), **read.cap("occupation_cap"),
        }  # fmt: skip
    if cap := read.cap("cap_yuan"):
        terms["cap"] = {"fen": cap["cap"]}
    more = values.get("more", "").strip()
    if more:
        try:
            over = json.loads(more) if len(more) <= MORE_MAX else None
        except (ValueError, RecursionError):
            over = None
        if isinstance(over, dict):
            terms |= over
        else:
            read.wrong["more"] = "tariffs.more_unreadable"
    if read.wrong:
        raise Invalid(fields=read.wrong)
    return terms


def values_of(terms: Mapping[str, Any]) -> dict[str, str]:
    """The form that says these terms: fields where there are fields, the rest in `more`. The scope has boxes of its own
    (`scope_values`)."""
    known = _known(terms)
    if known.ends:
        return {"kind": ENDS, "more": ""}
    rates = known.rates
    values = {
        "kind": rates.kind, "free_minutes": str(known.free.minutes), "free_mode": known.free.mode.value,
        "cap_yuan": _yuan(known.cap.fen) if known.cap else "", "cap_window": known.cap_window.value,
        "boundary": known.boundary.value, "leave_minutes": str(known.leave_minutes),
        "visitor_minutes": str(known.visitor_free.minutes) if known.visitor_free else "",
        **_occupation(known.occupation),
        "visitor_mode": known.visitor_free.mode.value if known.visitor_free else "threshold",
    }  # fmt: skip
    values |= _fields(rates.model_dump(mode="json")) or {"kind": rates.kind if rates.kind == "free" else OTHER}
    wanted = {name: value for name, value in terms_of(known).items() if name != "scope"}
    said = terms_of(_known(terms_sent(values))) if values["kind"] != OTHER else {}
    rest = {name: value for name, value in wanted.items() if said.get(name) != value}
    return values | {"more": json.dumps(rest, ensure_ascii=False, indent=1) if rest else ""}


def _known(terms: Mapping[str, Any]) -> Tariff:
    read = read_terms(terms, "x", datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(read, Tariff), read  # of a version that is stored, or one of ours to begin with
    return read


def _fields(rates: Mapping[str, Any]) -> dict[str, str]:
    """What the form's fields can say of rates; more bands or stages than it has stay in `more`."""
    match rates["kind"]:
        case "blocks":
            first = rates["first"]
            return (
                _block("next", rates["next"])
                | (_block("first", first) if first else {"first_minutes": "", "first_yuan": ""})
                | {"first_granted": rates["first_granted"]}
            )
        case "bands" if len(rates["bands"]) == 2:
            day, night = rates["bands"]
            return (
                {"day_from": _clock(day["start"]), "day_until": _clock(day["end"])}
                | _block("day", day["block"])
                | _block("night", night["block"])
                | {"day_cap": _yuan(day["cap"]), "night_cap": _yuan(night["cap"])}
            )
        case "staged" if len(rates["stages"]) == 2:
            one, two = rates["stages"]
            return (
                {"stage1_until": str(one["until"])}
                | _block("stage1", one["block"])
                | _block("stage2", two["block"])
                | {"stage1_cap": _yuan(one["cap"]), "stage2_cap": _yuan(two["cap"])}
            )
        case "per_use":
            return {"use_yuan": _yuan(rates["fen"]), "use_once": rates["once"]}
        case "per_minute":
            return {"minute_yuan": _yuan(rates["fen"])}
        case _:
            return {}


def _blocks(read: _Reader) -> dict[str, Any]:
    """Without a length of a first block there is none."""
    first = {"first": read.block("first")} if read.one("first_minutes", "") or read.one("first_yuan", "") else {}
    return {
        "kind": "blocks", "first_granted": read.one("first_granted", "window"), "next": read.block("next"),
    } | first  # fmt: skip


def _bands(read: _Reader) -> dict[str, Any]:
    start, end = read.minute("day_from"), read.minute("day_until")
    day = {"start": start, "end": end, "block": read.block("day")} | read.cap("day_cap")
    night = {"start": end, "end": start, "block": read.block("night")} | read.cap("night_cap")
    return {"kind": "bands", "bands": [day, night]}


def _stages(read: _Reader) -> dict[str, Any]:
    one = {"until": read.whole("stage1_until"), "block": read.block("stage1")} | read.cap("stage1_cap")
    return {"kind": "staged", "stages": [one, {"block": read.block("stage2")} | read.cap("stage2_cap")]}


_RATES: Mapping[str, Callable[[_Reader], dict[str, Any]]] = {
    "blocks": _blocks,
    "bands": _bands,
    "staged": _stages,
    "per_use": lambda read: {"kind": "per_use", "fen": read.fen("use_yuan"), "once": read.one("use_once", "stay")},
    "per_minute": lambda read: {"kind": "per_minute", "fen": read.fen("minute_yuan")},
}


def _occupation(fee: Occupation | None) -> dict[str, str]:
    fee, price = fee or Occupation(fen=1), "" if fee is None else _yuan(fee.fen)
    return {
        "occupation_yuan": price, "occupation_minutes": str(fee.minutes), "occupation_after": str(fee.after),
        "occupation_cap": _yuan(fee.cap),
    }  # fmt: skip


def _block(name: str, block: Mapping[str, int]) -> dict[str, str]:
    return {f"{name}_minutes": str(block["minutes"]), f"{name}_yuan": _yuan(block["fen"])}


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"

"""Reads what somebody wrote down as a tariff; what the model cannot take is named at its place, for words. Pure.

The terms are the value `models.parking.tariff.Tariff` without what a version gets by being stored: tariff_id, version,
name, starts_at. A misspelt parameter is refused: left aside in silence, it would be missed on a driver's bill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.parking.tariff import Tariff

GIVEN = ("tariff_id", "version", "name", "starts_at")
UNNUMBERED = UUID(int=0)
"""The tariff of a draft that nobody has stored yet."""

KINDS = frozenset({"blocks", "per_use", "per_minute", "staged", "bands", "free"})

_BY_TYPE = {
    "missing": "missing",
    "greater_than_equal": "least",
    "less_than_equal": "most",
    "less_than": "below",
    "literal_error": "choice",
    "enum": "choice",
    "union_tag_invalid": "kind",
    "union_tag_not_found": "kind",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_too_long": "long",
    "string_too_short": "missing",
}
_BY_FAMILY = (("int", "whole"), ("bool", "yes_no"), ("datetime", "moment"), ("timezone", "moment"), ("date", "day"))
_LIMITS = ("ge", "le", "lt", "max_length", "min_length", "expected")

DISAGREEMENTS = {
    "every stage but the last says until which minute it goes, and the last has no end": "stages_end",
    "each stage ends later than the one before it": "stages_order",
    "the bands must fill the day without a gap and without overlapping": "bands_tile",
    "the bands must fill the day once": "bands_tile",
    "an event ends after its start": "event_order",
    "a day can have one other table of rates only": "days_twice",
    "a vehicle class can have one discount only": "class_twice",
    "the highest charge of a stay is below the lowest": "highest_low",
    "a cap that several stays share needs a window of a day or of 24 h": "cap_shared",
    "two events overlap": "events_overlap",
    "a flat sum for a car that nobody saw come in needs the sum": "no_entry_flat",
    "what a charging bay costs is in whole units of the rounding": "occupation_unit",
    "this instant lies outside the calendar of UTC": "moment",
}
"""What the model says of values that do not agree with each other, and the message that says it to a person."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at `path` ("rates.first.minutes"; "" is the whole). `word` makes the message
    `parking.terms.<word>`."""

    path: str
    word: str
    limits: Mapping[str, object] = field(default_factory=dict)


def read_terms(terms: Mapping[str, Any], name: str, starts_at: datetime) -> Tariff | tuple[Finding, ...]:
    """The tariff, not numbered yet; or everything that is wrong with it."""
    mine = tuple(Finding(key, "unknown") for key in terms if key in GIVEN)
    if mine:
        return mine
    try:
        read = Tariff.model_validate(
            {**terms, "tariff_id": UNNUMBERED, "version": 1, "name": name, "starts_at": starts_at}
        )
    except ValidationError as error:
        return tuple(_finding(one) for one in error.errors())
    strangers = tuple(Finding(path, "unknown") for path in _strange(terms, read.model_dump(mode="json"), ""))
    return strangers or read


def terms_of(tariff: Tariff) -> dict[str, Any]:
    """The terms of a tariff as they would be written down: without parameters that stand at their default."""
    usual = {name for name, about in Tariff.model_fields.items() if getattr(tariff, name) == about.default}
    return tariff.model_dump(mode="json", exclude={*GIVEN, *usual}, exclude_none=True)


def _finding(error: ErrorDetails) -> Finding:
    path = ".".join(str(part) for at, part in enumerate(error["loc"]) if not _tag(error["loc"], at))
    limits = {name: value for name, value in error.get("ctx", {}).items() if name in _LIMITS}
    kind = error["type"]
    if kind == "value_error":
        said = str(error.get("ctx", {}).get("error", ""))
        return Finding(path, DISAGREEMENTS.get(said, "other"))
    if kind in _BY_TYPE:
        return Finding(path, _BY_TYPE[kind], limits)
    word = next((word for family, word in _BY_FAMILY if kind.startswith(family)), "other")
    return Finding(path, word, limits)


def _tag(loc: tuple[int | str, ...], at: int) -> bool:
    """Whether pydantic, not the writer, put this part there: the kind chosen among the rates."""
    return at > 0 and loc[at - 1] == "rates" and loc[at] in KINDS


def _strange(given: object, read: object, path: str) -> Iterator[str]:
    """Paths of what was given and did not become part of the value."""
    if isinstance(given, Mapping) and isinstance(read, Mapping):
        for key, value in given.items():
            here = f"{path}.{key}" if path else str(key)
            if key in read:
                yield from _strange(value, read[key], here)
            else:
                yield here
    elif isinstance(given, list | tuple) and isinstance(read, list):
        for at, (one, other) in enumerate(zip(given, read, strict=False)):
            yield from _strange(one, other, f"{path}.{at}")

"""What a row of the audit says, in words: who, what was done, and which fields changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from central.base.kernel import clock
from central.base.kernel.actor import ActorKind
from central.base.kernel.i18n import Words
from central.oversight.console.names import Names
from central.oversight.console.phrases import dated
from central.oversight.console.setup.schedule import spans_said
from models.access.schedule import Span

VALUE_MAX = 60
FEW = 6
NAMED = ("gates", "lanes", "lane", "gate_id", "node_id")
"""Fields that hold ids, numbers or codes of what has a name."""
NAMELESS = Names()
_VALUES: Mapping[str, tuple[str, ...]] = {
    "kind": ("alarm.{}.what", "points.kind.{}"),
    "list": ("plates.kind.{}",),
    "effect": ("access.effect.{}",),
    "state": ("audit.parked.{}",),
    "reason": ("parked.why.{}",),
    "ground": ("watch.ground.{}",),
    "free": ("parking.free.{}",),
    "coupon": ("coupons.kind.{}",),
    "dimension": ("groups.ask.{}",),
    "group": ("group.{}", "groups.age.{}", "groups.sex.{}", "groups.skin.{}"),
    **{one: (f"audit.{one}.{{}}",) for one in ("age", "channel", "outcome", "cause", "why", "mode")},
}
"""Field -> where the words of its codes stand."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")


def actor_said(t: Words, name: str, kind: str) -> str:
    """The name of an account or node; what the program itself did is said by the part of it that did it."""
    key = f"audit.actor.{name}"
    return t(key) if kind == ActorKind.SYSTEM and t.has(key) else name


def deed_said(t: Words, what: str) -> str:
    """发出通行码 for "pass.issue"; a deed without words is shown by its name."""
    key = f"deed.{what}"
    return t(key) if t.has(key) else what


def changes(
    t: Words, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, names: Names = NAMELESS,
    community_id: UUID | None = None,
) -> list[tuple[str, str, str]]:  # fmt: skip
    """(field, was, is) of the fields that differ, in words. Ids of things are for programs and stay out, but for
    those that have a name here."""
    old, new = before or {}, after or {}
    fields = [name for name in dict.fromkeys((*old, *new)) if _is_for_people(name)]
    return [
        (
            field_said(t, name),
            _said(t, name, old.get(name), names, community_id),
            _said(t, name, new.get(name), names, community_id),
        )
        for name in fields
        if old.get(name) != new.get(name)
    ]


def _is_for_people(name: str) -> bool:
    return name in NAMED or not (name.endswith("_id") or name in ("correlation", "replaces"))


def field_said(t: Words, name: str) -> str:
    """The word of a field; where a lane takes several kinds of credential, each kind is one."""
    return next((t(key) for key in (f"field.{name}", f"kind.{name}") if t.has(key)), name)


def _said(t: Words, name: str, value: Any, names: Names, community_id: UUID | None) -> str:
    """As `value_said`, for fields whose values have words or names of their own."""
    if value is None:
        return ""
    if isinstance(value, str):
        keys = (where.format(value) for where in _VALUES.get(name, ()))
        if key := next((key for key in keys if t.has(key)), None):
            return t(key)
    if name.endswith("_fen") and isinstance(value, int):
        return t.money(value)
    if name == "uses" and value == 0:
        return t("passes.no_limit")
    if name == "schedule" or (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        return _schedule_said(t, value)
    if name in NAMED:
        value = (
            [names.of(one, community_id) for one in value] if isinstance(value, list) else names.of(value, community_id)
        )
        if name == "lanes" and not value:
            return t("setup.every_lane")
    return value_said(t, value)


def _schedule_said(t: Words, value: Any) -> str:
    try:
        return _short(t("audit.semicolon").join(spans_said(t, [Span.model_validate(one) for one in value])))
    except (ValidationError, TypeError):
        return _short(str(value))  # a schedule of another version


def value_said(t: Words, value: Any) -> str:
    """Instants at the site's clock, yes and no, known words as words; never longer than VALUE_MAX."""
    match value:
        case None:
            return ""
        case bool():
            return t("field.yes" if value else "field.no")
        case list():
            text = t("opening.and").join(value_said(t, one) for one in value[:FEW])
            if len(value) > FEW:
                return t("audit.several", some=_short(text), n=len(value))
        case str() if _INSTANT.fullmatch(value):
            text = dated(t, datetime.fromisoformat(value), clock.now())
        case _:
            known = (f"{kind}.{value}" for kind in ("role", "direction", "tie", "group", "passes.state", "field"))
            key = next((key for key in (*known, str(value)) if t.has(key)), None)
            text = t(key) if key else str(value)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"

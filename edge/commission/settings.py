"""Every setting that a site file may carry: those a form can hold, and those that only the file says. Pure.

Both lists are read off the models of `edge.site`, so that a key of a later version is offered the moment it is there.
What is a table or a list of its own has a form of its own, or stays in the file: the page then names and keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.barrier import BarrierSite
from edge.commission.draft import DEVICE_KEYS, WIRES, Tree, lanes_of, masked
from edge.commission.intercom import INTERCOM
from edge.commission.interlock import INTERLOCK
from edge.commission.lift import LIFT
from edge.site import LaneSite, Site

LANE = "lane"
ASKED_ELSEWHERE = frozenset({"code", "name", "direction", "fail", "escape_route", "contacts", "barrier", *DEVICE_KEYS})
"""Keys of a lane for which the page has a place of its own."""
OWN_FORMS = frozenset({INTERLOCK, LIFT, INTERCOM})
"""Tables and lists that have a form of their own, at the lane or beside them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. `words`: all that it may be, where that is a closed list. `usual`: what holds without it, "" for
    nothing. `least`, `most`: its limits, where it is a number."""

    table: str
    name: str
    words: tuple[str, ...]
    usual: str
    least: str
    most: str
    required: bool = False
    """By its table, where that stands in the file."""

    @property
    def key(self) -> str:
        """As the form names it: "central.url"."""
        return f"{self.table}.{self.name}"


def node_settings() -> tuple[Setting, ...]:
    """Those of the node's own tables; its name has a place of its own."""
    tables = [(name, _table_of(field)) for name, field in Site.model_fields.items() if name not in (LANE, "node")]
    return tuple(
        _setting(table, name, field)
        for table, model in tables if model is not None
        for name, field in model.model_fields.items()
    )  # fmt: skip


def lane_settings() -> tuple[Setting, ...]:
    """Those of each lane that fit in one field."""
    return tuple(
        _setting(LANE, name, field) for name, field in LaneSite.model_fields.items()
        if name not in ASKED_ELSEWHERE and _table_of(field) is None
    )  # fmt: skip


def every_setting() -> tuple[Setting, ...]:
    """All keys of the file, in its own order; those of tables within a table after its own."""
    return tuple(
        setting for name, field in Site.model_fields.items()
        for model in [_table_of(field) or _table_in(field)] if model is not None
        for setting in _within(name, model)
    )  # fmt: skip


def _within(table: str, model: type[BaseModel]) -> list[Setting]:
    own = [_setting(table, name, field) for name, field in model.model_fields.items() if _table_of(field) is None]
    for name, field in model.model_fields.items():
        if (inner := _table_of(field)) is not None:
            own += _within(f"{table}.{name}", inner)
    return own


def without_form() -> tuple[Setting, ...]:
    """The keys that no form of the page holds: who wants another value than the usual one writes it in the file."""
    tables = [
        (f"{LANE}.{name}", _table_of(field)) for name, field in LaneSite.model_fields.items()
        if name not in OWN_FORMS and name != "contacts"
    ]  # fmt: skip
    return tuple(
        setting for table, model in tables if model is not None
        for setting in _within(table, model) if model is not BarrierSite or setting.name not in WIRES
    )  # fmt: skip


def only_in_the_file(tree: Tree) -> tuple[str, ...]:
    """What this file says that no form can hold: kept as it is. As a technician finds it: `lane.barrier.look_s`."""
    lists = [
        name
        for name, field in Site.model_fields.items()
        if name != LANE and name not in OWN_FORMS and _table_of(field) is None
    ]
    tables = [
        name
        for name, field in LaneSite.model_fields.items()
        if _table_of(field) is not None and name not in ASKED_ELSEWHERE | OWN_FORMS
    ]
    found = [name for name in lists if name in tree]
    lanes = lanes_of(tree)
    barriers = [barrier for lane in lanes if isinstance(barrier := lane.get("barrier"), dict)]
    of_barriers = [name for name in BarrierSite.model_fields if name not in WIRES]  # those are asked for at /barrier
    found += [f"lane.{name}" for name in tables if any(name in lane for lane in lanes)]
    return (*found, *(f"lane.barrier.{name}" for name in of_barriers if any(name in one for one in barriers)))


def said(setting: Setting, table: object) -> str:
    """What the form shows: passwords in addresses left out. A table that is there holds its usual values too."""
    if not isinstance(table, Mapping):
        return ""
    value = table.get(setting.name)
    if value is None:
        return setting.usual if setting.table != LANE else ""
    return str(masked(value))


def with_node_settings(tree: Tree, form: Mapping[str, str]) -> dict[str, Any]:
    """The tree with what the form says of the node's tables. A table that is left with nothing is left out."""
    changed = dict(tree)
    for setting in node_settings():
        before = changed.get(setting.table)
        text = form.get(setting.key, "").strip()
        if setting.key not in form or text == said(setting, before):
            continue
        changed[setting.table] = _with(before if isinstance(before, dict) else {}, setting, text)
        if not changed[setting.table]:
            del changed[setting.table]
    return changed


def with_lane_settings(lane: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The lane with what the form says; a field that was emptied leaves its key out."""
    changed = dict(lane)
    for setting in lane_settings():
        text = form.get(setting.key, "").strip()
        if setting.key in form and text != said(setting, changed):  # untouched: its password stays with it
            changed = _with(changed, setting, text)
    return changed


def _with(table: Mapping[str, Any], setting: Setting, text: str) -> dict[str, Any]:
    rest = {key: value for key, value in table.items() if key != setting.name}
    return {**rest, setting.name: _value(setting, text)} if text else rest


def _value(setting: Setting, text: str) -> int | float | str:
    """A number where one is asked for; what is none stays as it was typed, and the check of the file says so."""
    return number_or_text(text) if setting.least else text


def number_or_text(text: str) -> int | float | str:
    """What was typed where a number belongs; text that is none is kept, so that the check of the file refuses it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _setting(table: str, name: str, field: FieldInfo) -> Setting:
    kind = field.annotation
    words = tuple(str(word) for word in get_args(kind)) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = tuple(str(word.value) for word in kind)
    usual = "" if field.is_required() or field.default is None else f"{field.default}"
    limits = {side: getattr(one, side) for one in field.metadata for side in ("ge", "le") if hasattr(one, side)}
    least, most = f"{limits.get('ge', '')}", f"{limits.get('le', '')}"
    return Setting(table, name, words, usual, least, most, field.is_required())


def _table_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model behind a key that is a table; None for a plain value and for a list."""
    return next((one for one in _kinds(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _table_in(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a list's tables: `[[lane]]`."""
    held = get_args(field.annotation)[:1]
    return held[0] if held and isinstance(held[0], type) and issubclass(held[0], BaseModel) else None


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The annotation itself, or what a choice like `LiftSite | None` is made of; never what a list holds."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    many = get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"
    return get_args(annotation) if many else (annotation,)

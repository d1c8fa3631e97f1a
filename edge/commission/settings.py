"""Every setting that a site file may carry, as the forms of the page hold it. Pure.

They are read off the models of `edge.site`, so that a key of a later version is offered the moment it is there.
What is a table or a list of its own has a form of its own, or stays in the file: the page then names and keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.commission.draft import DEVICE_KEYS, WIRES, Tree, masked
from edge.commission.intercom import INTERCOM
from edge.commission.interlock import INTERLOCK
from edge.commission.lift import LIFT
from edge.site import LaneSite, Site

LANE = "lane"
YES_OR_NO = ("true", "false")
ASKED_ELSEWHERE = frozenset({"code", "name", "direction", "fail", "escape_route", "contacts", "barrier", *DEVICE_KEYS})
"""Keys of a lane for which the page has a place of its own."""
OWN_FORMS = frozenset({INTERLOCK, LIFT, INTERCOM})
"""Tables and lists that have a form of their own, at the lane or beside them."""
WIRED = frozenset({"contacts"})
BARRIER, LIVES = "barrier", "liveness_model"


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
    number: bool = False

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


def table_settings(lane: Tree) -> tuple[tuple[str, Setting], ...]:
    """Those of the lane's own tables, each with its table's key: of a barrier what is no wire, and of a network of its
    own where faces are shown to be alive by one."""
    models = {name: model for name, field in LaneSite.model_fields.items() if (model := _table_of(field)) is not None}
    has = {name for name in models if name in lane} | ({LIVES} if lane.get("liveness") == "model" else set())
    return tuple(
        (name, setting) for name, model in models.items() if name in has and name not in WIRED | OWN_FORMS
        for setting in _within(f"{LANE}.{name}", model) if name != BARRIER or setting.name not in WIRES
    )  # fmt: skip


def said(setting: Setting, table: object) -> str:
    """What the form shows: passwords in addresses left out. A table that is there holds its usual values too."""
    if not isinstance(table, Mapping):
        return ""
    value = table.get(setting.name)
    if value is None:
        return setting.usual if setting.table != LANE else ""
    return str(value).lower() if isinstance(value, bool) else str(masked(value))


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
    if lane.get("liveness") == "model" != changed.get("liveness"):
        changed.pop(LIVES, None)  # another way was chosen, and no network goes with it
    for name, setting in table_settings(changed):
        before, text = changed.get(name), form.get(setting.key, "").strip()
        if setting.key in form and text != said(setting, before):
            changed[name] = _with(before if isinstance(before, dict) else {}, setting, text)
            if not changed[name] and name != BARRIER:
                del changed[name]
    return changed


def _with(table: Mapping[str, Any], setting: Setting, text: str) -> dict[str, Any]:
    rest = {key: value for key, value in table.items() if key != setting.name}
    return {**rest, setting.name: _value(setting, text)} if text else rest


def _value(setting: Setting, text: str) -> int | float | str | bool:
    """A number where one is asked for; what is none stays as it was typed, and the check of the file says so."""
    if setting.words == YES_OR_NO and text in YES_OR_NO:
        return text == YES_OR_NO[0]
    return number_or_text(text) if setting.number else text


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
    words = YES_OR_NO if kind is bool else words
    usual = "" if field.is_required() or field.default is None else f"{field.default}"
    usual = usual.lower() if kind is bool else usual
    limits = {side: getattr(one, side) for one in field.metadata for side in ("ge", "le") if hasattr(one, side)}
    least, most = f"{limits.get('ge', '')}", f"{limits.get('le', '')}"
    return Setting(table, name, words, usual, least, most, field.is_required(), kind in (int, float))


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

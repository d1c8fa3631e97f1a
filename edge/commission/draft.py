"""The site file in the making: a plain tree as TOML reads it, changed by steps and written as TOML. Pure.

What the page does not know (a table of a later version, a lane's model) is kept as it was. Comments are not: the file
from before stays beside the new one.
"""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from devices.address import redact
from devices.catalogue import Kind
from devices.errors import AddressError
from edge.contacts import Contacts
from edge.site import LaneSite

Tree = Mapping[str, Any]
DEVICE_KEYS = tuple(kind.value for kind in Kind if kind.value in LaneSite.model_fields)
"""The keys of a lane that name a device of the catalogue."""
INPUTS = "inputs"
"""The key of the board with a lane's contacts, where its relay board has none."""
NIR = "camera_nir"
"""The key of the near-infrared camera beside a lane's first one."""
WIRES = {"open": 1, "close": 2, "arming": 1, "safety": 2, "closing": 3, "beam": 0, "up": 4, "down": 5, "fire": 6} | {
    "water": 0,
    "call": 0,
    "ebike": 0,
    "fire_lane": 0,
}
"""What the form of a barrier's wiring begins with: a board with a barrier and nothing else."""
HIDDEN = "…"
"""What stands in a draft that is shown for parameters that are not: they may hold a secret."""


def lanes_of(tree: Tree) -> tuple[dict[str, Any], ...]:
    """The lanes that the tree holds, whatever state they are in."""
    lanes = tree.get("lane", ())
    return tuple(lane for lane in lanes if isinstance(lane, dict)) if isinstance(lanes, list) else ()


def with_node(tree: Tree, name: str) -> dict[str, Any]:
    return {**tree, "node": {**_table(tree, "node"), "name": name}}


def with_lane(
    tree: Tree,
    code: str,
    values: Mapping[str, Any],
    contacts: Mapping[str, int | float | str],
    gone: Collection[str] = (),
) -> dict[str, Any]:
    """The lane `code`, made or changed, without the keys that are `gone`. Its place in the file stays."""
    lanes = list(lanes_of(tree))
    index = next((i for i, lane in enumerate(lanes) if lane.get("code") == code), len(lanes))
    before = lanes[index] if index < len(lanes) else {"code": code}
    lane = {key: value for key, value in {**before, **values, "code": code}.items() if key not in gone}
    if contacts and not ("barrier" in before and "contacts" not in before):  # a vehicle lane has loops, and no contacts
        lane["contacts"] = {**_table(before, "contacts"), **contacts}
    lanes[index : index + 1] = [lane]
    return {**tree, "lane": lanes}


def with_code(tree: Tree, code: str, new: str) -> dict[str, Any]:
    """The lane `code` under a new one, wherever the file names it."""
    lanes = [{**lane, "code": new} if lane.get("code") == code else lane for lane in lanes_of(tree)]
    changed = {**tree, "lane": lanes}
    if isinstance(tree.get("interlock"), list):
        changed["interlock"] = [
            {**one, "lanes": [new if each == code else each for each in one["lanes"]]}
            if isinstance(one, dict) and isinstance(one.get("lanes"), list) else one
            for one in tree["interlock"]
        ]  # fmt: skip
    return changed


def without_lane(tree: Tree, code: str) -> dict[str, Any]:
    return {**tree, "lane": [lane for lane in lanes_of(tree) if lane.get("code") != code]}


def with_device(tree: Tree, code: str, key: str, address: str) -> dict[str, Any]:
    """The device at its place in a lane that is there."""
    return with_lane(tree, code, {str(key): address}, {})


def with_companion(tree: Tree, code: str, address: str) -> dict[str, Any]:
    """The near-infrared camera at its lane, whose faces are then shown to be alive by it; another way that the lane has
    stays, and the check of the file speaks."""
    lane = next((one for one in lanes_of(tree) if one.get("code") == code), {})
    lives = {} if lane.get("liveness", "none") != "none" else {"liveness": "nir"}
    return with_lane(tree, code, {NIR: address, **lives}, {})


def devices_of(tree: Tree) -> tuple[tuple[str, str, str], ...]:
    """(lane, key, address) for everything that the file names."""
    keys = (*DEVICE_KEYS, INPUTS, NIR)
    found = []
    for lane in lanes_of(tree):
        found += [(str(lane.get("code", "")), key, lane[key]) for key in keys if isinstance(lane.get(key), str)]
    return tuple(found)


def contact_defaults() -> dict[str, int]:
    """Every contact that the site file of this version can wire to one number, and where it is without a word."""
    return {name: field.default for name, field in Contacts.model_fields.items() if field.annotation is int}


def shown(tree: Tree) -> str:
    """As TOML for a screen or a report: passwords in addresses left out, and where more is, a sign of it."""
    return to_toml(masked(tree, f"?{HIDDEN}"))


def masked(value: Any, sign: str = "") -> Any:
    """The same without the passwords in its addresses. `sign`: what stands for parameters that are left out."""
    match value:
        case dict():
            return {key: masked(each, sign) for key, each in value.items()}
        case list():
            return [masked(each, sign) for each in value]
        case str() if "://" in value:
            told = _without_secret(value)
            return told + sign if "?" in value and "?" not in told else told
    return value


def _without_secret(address: str) -> str:
    from devices.catalogue import parse

    try:
        return str(parse(address))
    except AddressError:
        return redact(address)


def _table(tree: Tree, name: str) -> dict[str, Any]:
    table = tree.get(name)
    return table if isinstance(table, dict) else {}


def to_toml(tree: Tree) -> str:
    """The tree as TOML: one key a line, tables after their plain keys, as site files are written by hand."""
    return "\n".join(_lines(tree, ())).lstrip("\n") + "\n"


def _lines(table: Tree, path: tuple[str, ...]) -> list[str]:
    plain = [(key, value) for key, value in table.items() if not _is_table(value) and not _is_tables(value)]
    lines = [f"{_key(key)} = {to_value(value)}" for key, value in plain]
    for key, value in table.items():
        here = (*path, key)
        name = ".".join(_key(part) for part in here)
        if _is_tables(value):
            for each in value:
                lines += ["", f"[[{name}]]", *_lines(each, here)]
        elif _is_table(value):
            lines += ["", f"[{name}]", *_lines(value, here)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def to_value(value: Any) -> str:
    """One value as the file writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case float() if not math.isfinite(value):
            return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
        case int() | float():
            return repr(value)
        case list() | tuple():
            return "[" + ", ".join(to_value(each) for each in value) + "]"
        case dict():  # a table within a list that holds other things too
            return "{" + ", ".join(f"{_key(key)} = {to_value(each)}" for key, each in value.items()) + "}"
    return str(value.isoformat())  # dates and times, the only other thing that TOML reads

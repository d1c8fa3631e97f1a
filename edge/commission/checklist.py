"""What must have been seen before a gate is handed over, and what still is open. Pure.

A point is done when a named person ticked it and, where one is asked for, a photo is there. Two points a person cannot
tick: every device of the site file was tried and worked, and no address carries a maker's own password (SEC-06).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from edge.commission.draft import Tree, devices_of, lanes_of


class Item(StrEnum):
    """What is looked at. The order is that of a walk from the door to the paper."""

    FAIL_STATE = "fail_state"
    EGRESS = "egress"
    FIRE_POWER = "fire_power"
    LIFT = "lift"
    TAMPER = "tamper"
    SIGN = "sign"
    PRIVATE_VIEW = "private_view"
    PASSWORDS = "passwords"
    DEVICES = "devices"


WITH_PHOTO = frozenset({Item.FAIL_STATE, Item.EGRESS, Item.FIRE_POWER, Item.LIFT, Item.SIGN})


class Open(StrEnum):
    """Why a point is not done."""

    NOT_TICKED = "not_ticked"
    NO_PHOTO = "no_photo"
    DEFAULT_PASSWORD = "default_password"
    UNTRIED = "untried"
    NO_DEVICE = "no_device"


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the list; `lane` None: the node as a whole. `fail` is what the file says of that door."""

    item: Item
    lane: str | None = None
    fail: str = ""
    escape: bool = False

    @property
    def key(self) -> str:
        return self.item.value if self.lane is None else f"{self.item.value}.{self.lane}"

    @property
    def photo(self) -> bool:
        return self.item in WITH_PHOTO

    @property
    def ticked_by_a_person(self) -> bool:
        return self.item is not Item.DEVICES


@dataclass(frozen=True, slots=True)
class Done:
    """Who ticked a point, when (as shown), what they noted; photos are file names."""

    by: str = ""
    at: str = ""
    note: str = ""
    photos: tuple[str, ...] = ()


def points_of(tree: Tree) -> tuple[Point, ...]:
    """The list for this site file."""
    points: list[Point] = []
    for lane in lanes_of(tree):
        code, fail, escape = str(lane.get("code", "")), str(lane.get("fail", "")), lane.get("escape_route") is True
        points.append(Point(Item.FAIL_STATE, code, fail, escape))
        way_out = Item.LIFT if lane.get("lift") else Item.FIRE_POWER if fail == "safe" else Item.EGRESS
        points.append(Point(way_out, code, fail, escape))
        points.append(Point(Item.TAMPER, code))
        points.append(Point(Item.SIGN, code))
        if lane.get("camera"):
            points.append(Point(Item.PRIVATE_VIEW, code))
    return (*points, Point(Item.PASSWORDS), Point(Item.DEVICES))


def open_of(point: Point, tree: Tree, done: Mapping[str, Done], worked: Collection[str]) -> tuple[Open, ...]:
    """Why the point is not done yet; empty when it is. `worked`: names of devices that were tried and worked."""
    devices = devices_of(tree)
    if point.item is Item.DEVICES:
        if not devices:
            return (Open.NO_DEVICE,)
        return (Open.UNTRIED,) if any(name_of(address) not in worked for _, _, address in devices) else ()
    said = done.get(point.key, Done())
    reasons = []
    if point.item is Item.PASSWORDS and any(has_default_login(address) for _, _, address in devices):
        reasons.append(Open.DEFAULT_PASSWORD)
    if not said.by:
        reasons.append(Open.NOT_TICKED)
    if point.photo and not said.photos:
        reasons.append(Open.NO_PHOTO)
    return tuple(reasons)


def complete(tree: Tree, done: Mapping[str, Done], worked: Collection[str]) -> bool:
    """Everything on the list is done."""
    points = points_of(tree)
    return bool(lanes_of(tree)) and not any(open_of(point, tree, done, worked) for point in points)


def name_of(address: str) -> str:
    """An address as it may be kept and shown."""
    from edge.commission.draft import shown

    return shown({"at": address}).removeprefix('at = "').removesuffix('"\n')


_DEFAULTS = {
    "admin": {"", "admin", "12345", "123456", "1234", "password", "888888", "admin123", "9999", "admin12345"},
    "root": {"", "root", "pass", "admin", "12345", "123456", "password"},
    "888888": {"888888"},
    "666666": {"666666"},
    "user": {"user", "12345"},
    "guest": {"", "guest"},
    "service": {"service"},
    "operator": {"operator"},
    "supervisor": {"supervisor"},
    "ubnt": {"ubnt"},
}
"""Names (lower case) and passwords that makers print in their manuals. A judgement, not a complete list."""


def has_default_login(address: Any) -> bool:
    """The address carries a name and a password that everybody knows, or a name and no password."""
    try:
        parts = urlsplit(str(address))
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return False
    if not user:
        return False
    return not password or password.lower() == user.lower() or password in _DEFAULTS.get(user.lower(), set())

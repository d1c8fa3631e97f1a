"""What must have been seen before a gate is handed over, and what still is open. Pure.

A point is done when a named person ticked it and, where one is asked for, a photo is there. Some a person cannot tick
against the facts: every device of the site file was tried and worked, no address carries a maker's own password
(SEC-06), a tamper alarm has an input that it can come from, the file is written, and central knows the node: without
that it lets nobody in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from devices.errors import AddressError
from devices.registry import relay_board_facts
from edge.commission.draft import Tree, contact_defaults, devices_of, lanes_of
from edge.enrolled import Lack


class Item(StrEnum):
    """What is looked at. The order is that of a walk from the door to the paper."""

    FAIL_STATE = "fail_state"
    EGRESS = "egress"
    FIRE_POWER = "fire_power"
    LIFT = "lift"
    BY_HAND = "by_hand"
    LOOPS = "loops"
    ENDS = "ends"
    STAYS_UP = "stays_up"
    PLATES = "plates"
    DISPLAY = "display"
    TAMPER = "tamper"
    SIGN = "sign"
    PRIVATE_VIEW = "private_view"
    PASSWORDS = "passwords"
    DEVICES = "devices"
    WRITTEN = "written"
    ENROLLED = "enrolled"


BY_FACTS = frozenset({Item.DEVICES, Item.WRITTEN, Item.ENROLLED})
"""Nobody ticks these: they are so or not."""
WITH_PHOTO = frozenset(
    {Item.FAIL_STATE, Item.EGRESS, Item.FIRE_POWER, Item.LIFT, Item.SIGN, Item.BY_HAND, Item.DISPLAY}
)
MEASURED = {Item.LOOPS: "loops", Item.ENDS: "ends", Item.PLATES: "plates", Item.DISPLAY: "display"}
"""Under which name the trial of a vehicle lane has told what it saw of this point."""


class Open(StrEnum):
    """Why a point is not done."""

    NOT_TICKED = "not_ticked"
    NO_PHOTO = "no_photo"
    DEFAULT_PASSWORD = "default_password"
    UNTRIED = "untried"
    UNSWITCHED = "unswitched"
    NO_DEVICE = "no_device"
    NO_TAMPER_INPUT = "no_tamper_input"
    NOT_WRITTEN = "not_written"
    SIMULATED = "simulated"
    NO_CENTRAL = Lack.NO_CENTRAL.value
    NOT_ENROLLED = Lack.NOT_ENROLLED.value
    DAMAGED = Lack.DAMAGED.value
    NEW_LANES = Lack.NEW_LANES.value


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What holds of the node itself; unless it is known, nothing is presumed. `lack`: why it lets nobody in."""

    written: bool = False
    lack: Lack | None = Lack.NOT_ENROLLED
    simulated: bool = False


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
        return self.item not in BY_FACTS


@dataclass(frozen=True, slots=True)
class Done:
    """Who ticked a point, when (as shown), what they noted; photos are file names."""

    by: str = ""
    at: str = ""
    note: str = ""
    not_fitted: str = ""
    """Why what this point is about is not there: it counts as seen to by whoever ticked it."""
    photos: tuple[str, ...] = ()


def points_of(tree: Tree) -> tuple[Point, ...]:
    """The list for this site file."""
    points: list[Point] = []
    for lane in lanes_of(tree):
        code, fail, escape = str(lane.get("code", "")), str(lane.get("fail", "")), lane.get("escape_route") is True
        if isinstance(lane.get("barrier"), dict):
            points += _of_vehicles(lane, code)
            continue
        points.append(Point(Item.FAIL_STATE, code, fail, escape))
        way_out = Item.LIFT if lane.get("lift") else Item.FIRE_POWER if fail == "safe" else Item.EGRESS
        points.append(Point(way_out, code, fail, escape))
        points.append(Point(Item.TAMPER, code))
        points.append(Point(Item.SIGN, code))
        if lane.get("camera"):
            points.append(Point(Item.PRIVATE_VIEW, code))
    return (*points, *(Point(item) for item in (Item.PASSWORDS, Item.DEVICES, Item.WRITTEN, Item.ENROLLED)))


def _of_vehicles(lane: Tree, code: str) -> list[Point]:
    """A barrier has no lock and nobody behind it: what counts is that it comes down on nothing, and can be lifted."""
    items = [Item.LOOPS, Item.ENDS, Item.STAYS_UP, Item.BY_HAND, Item.TAMPER, Item.SIGN]
    if not lane["barrier"].get("up"):
        items.remove(Item.ENDS)
    items += [Item.PLATES] if lane.get("plate_camera") else []
    items += [Item.DISPLAY] if lane.get("board") else []
    items += [Item.PRIVATE_VIEW] if lane.get("camera") else []
    return [Point(item, code) for item in items]


def open_of(
    point: Point, tree: Tree, done: Mapping[str, Done], worked: Collection[str], node: NodeFacts = NodeFacts()
) -> tuple[Open, ...]:  # fmt: skip
    """Why the point is not done yet; empty when it is. `worked`: names of devices that were tried and worked."""
    devices = devices_of(tree)
    if point.item is Item.WRITTEN:
        return () if node.written else (Open.NOT_WRITTEN,)
    if point.item is Item.ENROLLED:
        if node.simulated:
            return (Open.SIMULATED,)
        return (Open(node.lack.value),) if node.lack is not None else ()
    if point.item is Item.DEVICES:
        if not devices:
            return (Open.NO_DEVICE,)
        untried = any(name_of(address) not in worked for _, _, address in devices)
        unswitched = any(each.key not in worked for each in lift_outputs(tree))
        return (*([Open.UNTRIED] if untried else []), *([Open.UNSWITCHED] if unswitched else []))
    said = done.get(point.key, Done())
    reasons = []
    if point.item is Item.PASSWORDS and any(has_default_login(address) for _, _, address in devices):
        reasons.append(Open.DEFAULT_PASSWORD)
    if point.item is Item.TAMPER and lacks_tamper_input(point.lane, tree) and not said.not_fitted:
        reasons.append(Open.NO_TAMPER_INPUT)
    if not said.by:
        reasons.append(Open.NOT_TICKED)
    if point.photo and not said.photos:
        reasons.append(Open.NO_PHOTO)
    return tuple(reasons)


def complete(tree: Tree, done: Mapping[str, Done], worked: Collection[str], node: NodeFacts = NodeFacts()) -> bool:
    """Everything on the list is done."""
    points = points_of(tree)
    return bool(lanes_of(tree)) and not any(open_of(point, tree, done, worked, node) for point in points)


def lacks_tamper_input(code: str | None, tree: Tree) -> bool:
    """No contact of this lane could tell that a box was opened. A vehicle lane has no place for one in its file."""
    lane = next((each for each in lanes_of(tree) if str(each.get("code", "")) == code), {})
    contacts = lane.get("contacts", {})
    wired = contacts.get("tamper", contact_defaults()["tamper"]) if isinstance(contacts, dict) else 0
    return not wired and "barrier" not in lane


class Alarm(StrEnum):
    """What a lane of this file can raise a tamper alarm for: only these were to be tried."""

    BOX = "box"
    READER = "reader"
    CAMERA = "camera"
    LINE = "line"


def alarms_of(code: str | None, tree: Tree) -> tuple[Alarm, ...]:
    """In the order in which they are tried. Of readers only OSDP ones tell that they were taken off."""
    lane = next((each for each in lanes_of(tree) if str(each.get("code", "")) == code), {})
    can = {
        Alarm.BOX: "barrier" not in lane and not lacks_tamper_input(code, tree),
        Alarm.READER: str(lane.get("reader", "")).startswith("osdp+"),
        Alarm.CAMERA: bool(lane.get("camera")),
        Alarm.LINE: bool(lane.get("relay")),
    }
    return tuple(alarm for alarm, so in can.items() if so)


def name_of(address: str) -> str:
    """An address as it may be kept and shown."""
    from edge.commission.draft import masked, to_toml

    return to_toml(masked({"at": address})).removeprefix('at = "').removesuffix('"\n')


@dataclass(frozen=True, slots=True)
class LiftOutput:
    """One output of a lift's board; `floor` None: the one that restricts its buttons."""

    lane: str
    board: str
    floor: str | None
    output: int

    @property
    def key(self) -> str:
        """As it is kept that it was seen to switch."""
        return output_of(self.board, self.output)


def output_of(board: str, output: int) -> str:
    """An output of the board of this name, among the names of what worked."""
    return f"{board} → {output}"


def lift_outputs(tree: Tree) -> tuple[LiftOutput, ...]:
    """Every output that frees a floor or restricts a lift, lane by lane."""
    found: list[LiftOutput] = []
    for lane in lanes_of(tree):
        lift, relay = lane.get("lift"), lane.get("relay")
        if not isinstance(lift, dict) or not isinstance(relay, str):
            continue
        floors = lift.get("floors")
        wired = {None: lift.get("restrict"), **(floors if isinstance(floors, dict) else {})}
        found += [
            LiftOutput(str(lane.get("code", "")), name_of(relay), floor, output)
            for floor, output in wired.items() if isinstance(output, int)
        ]  # fmt: skip
    return tuple(found)


def only_told(name: str) -> bool:
    """A device that answers nothing: that it was tested is a person's word."""
    try:
        return not relay_board_facts(name).reads_back
    except AddressError:  # no relay board
        return False


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

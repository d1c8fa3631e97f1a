"""What must have been seen before a gate is handed over, and what still is open. Pure.

A point is done when a named person ticked it and, where one is asked for, a photo is there. A tick holds of what the
file said of the point at that time (`fact_of`), and of nothing else. Some a person cannot tick against the facts: every
device of the site file was tried and worked, no address carries a maker's own password (SEC-06), a tamper alarm has an
input that it can come from, the file is written, and central knows the node: without that it lets nobody in.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from devices.errors import AddressError
from devices.registry import relay_board_facts
from edge.commission.draft import INPUTS, Tree, contact_defaults, devices_of, lanes_of, masked, to_toml, to_value
from edge.commission.interlock import interlocks
from edge.enrolled import Lack


class Item(StrEnum):
    """What is looked at. The order is that of a walk from the door to the paper."""

    FAIL_STATE = "fail_state"
    EGRESS = "egress"
    FIRE_POWER = "fire_power"
    LIFT = "lift"
    FLOORS = "floors"
    FIRE = "fire"
    EXIT = "exit"
    DOOR = "door"
    BEAM = "beam"
    TURNSTILE = "turnstile"
    INTERLOCK = "interlock"
    INTERCOM = "intercom"
    EBIKE = "ebike"
    FIRE_LANE = "fire_lane"
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
MEASURED = {
    Item.LOOPS: "loops", Item.ENDS: "ends", Item.PLATES: "plates", Item.DISPLAY: "display", Item.INTERCOM: "intercom",
}  # fmt: skip
"""Under which name the trial of a vehicle lane, or of an intercom that calls, has told what it saw of this point."""


CONTACTS_OF = {
    Item.FIRE: ("fire",), Item.EXIT: ("exit",), Item.DOOR: ("door",), Item.BEAM: ("beam",),
    Item.TURNSTILE: ("passed", "timeout"), Item.INTERCOM: ("intercom",), Item.EBIKE: ("ebike",),
    Item.FIRE_LANE: ("fire_lane",),
}  # fmt: skip
"""The contacts that a point is about: it is asked for where one of them is wired."""
NEED_NODE = frozenset({*CONTACTS_OF, Item.INTERLOCK, Item.FLOORS})
"""What only a node that runs does. On "Test" no more is seen than that the contact arrives."""


class Open(StrEnum):
    """Why a point is not done."""

    NOT_TICKED = "not_ticked"
    CHANGED = "changed"
    NO_FIRE_INPUT = "no_fire_input"
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
    fact: str = ""
    """What the file said of the point then, as `fact_of` tells it; "" where that is not known."""


def standing(done: Done, fact: str) -> Done:
    """What still counts of it, now that the file says `fact`."""
    return done if fact and done.fact == fact else Done()


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
        points += [Point(Item.FLOORS, code)] if lane.get("lift") else []
        points += [Point(item, code) for item in _of_contacts(lane, escape)]
        if any(code in group for group in interlocks(tree)):
            points.append(Point(Item.INTERLOCK, code))
        points.append(Point(Item.TAMPER, code))
        points.append(Point(Item.SIGN, code))
        if lane.get("camera"):
            points.append(Point(Item.PRIVATE_VIEW, code))
    return (*points, *(Point(item) for item in (Item.PASSWORDS, Item.DEVICES, Item.WRITTEN, Item.ENROLLED)))


def _of_contacts(lane: Tree, escape: bool) -> list[Item]:
    """What is wired at a door; on an escape route there has to be a word of the fire input also where none is."""
    wired = contacts_of(lane)
    return [
        item for item, names in CONTACTS_OF.items()
        if any(wired.get(name) for name in names)
        or (item is Item.FIRE and escape) or (item is Item.INTERCOM and lane.get("intercom"))
    ]  # fmt: skip


def contacts_of(lane: Tree) -> dict[str, Any]:
    """Every contact of a door and where it is wired, whatever was written there; none of a vehicle lane."""
    written = lane.get("contacts", {})
    return {} if "barrier" in lane else {**contact_defaults(), **(written if isinstance(written, dict) else {})}


def lanes_without_fire(tree: Tree) -> tuple[str, ...]:
    """The lanes on an escape route that no fire opens, because no fire input is wired at any lane of this node."""
    lanes = lanes_of(tree)
    barriers = [lane["barrier"] for lane in lanes if isinstance(lane.get("barrier"), dict)]
    if any(contacts_of(lane).get("fire") for lane in lanes) or any(one.get("fire") for one in barriers):
        return ()
    return tuple(str(lane.get("code", "")) for lane in lanes if lane.get("escape_route") is True)


def _of_vehicles(lane: Tree, code: str) -> list[Point]:
    """A barrier has no lock and nobody behind it: what counts is that it comes down on nothing, and can be lifted."""
    items = [Item.LOOPS, Item.ENDS, Item.STAYS_UP, Item.BY_HAND, Item.TAMPER, Item.SIGN]
    if not lane["barrier"].get("up"):
        items.remove(Item.ENDS)
    items += [Item.FIRE] if lane["barrier"].get("fire") else []
    items += [item for item in (Item.EBIKE, Item.FIRE_LANE) if lane["barrier"].get(item.value)]
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
        untried = any(not has_worked(key, name_of(address), worked) for _, key, address in devices)
        unswitched = any(each.key not in worked for each in outputs_of(tree))
        return (*([Open.UNTRIED] if untried else []), *([Open.UNSWITCHED] if unswitched else []))
    before, fact = done.get(point.key, Done()), fact_of(point, tree)
    said = standing(before, fact)
    reasons = []
    if point.item is Item.PASSWORDS and any(has_default_login(address) for _, _, address in devices):
        reasons.append(Open.DEFAULT_PASSWORD)
    if point.item is Item.TAMPER and lacks_tamper_input(point.lane, tree) and not said.not_fitted:
        reasons.append(Open.NO_TAMPER_INPUT)
    if point.item is Item.FIRE and point.lane in lanes_without_fire(tree) and not said.not_fitted:
        reasons.append(Open.NO_FIRE_INPUT)
    if not said.by:
        reasons.append(Open.CHANGED if before.by and said != before else Open.NOT_TICKED)
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
    return not contacts_of(lane).get("tamper") and "barrier" not in lane


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
    return to_toml(masked({"at": address})).removeprefix('at = "').removesuffix('"\n')


class Use(StrEnum):
    """What an output of a board is for."""

    LOCK = "lock"
    RESTRICT = "restrict"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Output:
    """One output that must have been seen to switch. `floor`: the button that it frees, "" for another use."""

    lane: str
    board: str
    use: Use
    floor: str
    output: int

    @property
    def key(self) -> str:
        """As it is kept that it was seen to switch."""
        return output_of(self.board, self.output)


@dataclass(frozen=True, slots=True)
class Input:
    """One input with a contact of a door."""

    lane: str
    board: str
    contact: str
    terminal: int

    @property
    def key(self) -> str:
        """As it is kept that it was seen to change."""
        return input_of(self.board, self.terminal)


def output_of(board: str, output: int) -> str:
    """An output of the board of this name, among the names of what worked."""
    return f"{board} → {output}"


def input_of(board: str, terminal: int) -> str:
    """An input of the board of this name, among the names of what worked."""
    return f"{board} ← {terminal}"


def has_worked(key: str, name: str, worked: Collection[str]) -> bool:
    """Whether the device of this name was tried as what it is under `key`: a board with the contacts alone counts once
    one of its inputs was seen to change."""
    return name in worked or (key == INPUTS and any(each.startswith(input_of(name, 0)[:-1]) for each in worked))


def outputs_of(tree: Tree) -> tuple[Output, ...]:
    """The output of each lock, and each that frees a floor or restricts a lift. What a barrier has was seen to move."""
    found: list[Output] = []
    for lane in lanes_of(tree):
        lift, relay, code = lane.get("lift"), lane.get("relay"), str(lane.get("code", ""))
        if not isinstance(relay, str) or "barrier" in lane:
            continue
        board = name_of(relay)
        wired: list[tuple[Use, str, Any]] = [(Use.LOCK, "", contacts_of(lane)["lock"])]
        if "lift" in lane:
            table = lift if isinstance(lift, dict) else {}
            floors = table.get("floors")
            wired = [(Use.RESTRICT, "", table.get("restrict"))]
            wired += [(Use.FLOOR, str(button), at) for button, at in floors.items()] if isinstance(floors, dict) else []
        found += [Output(code, board, use, floor, at) for use, floor, at in wired if isinstance(at, int)]
    return tuple(found)


def inputs_of(tree: Tree) -> tuple[Input, ...]:
    """Every contact of a door that is wired, lane by lane."""
    found: list[Input] = []
    for lane in lanes_of(tree):
        board = lane.get(INPUTS) or lane.get("relay")
        if isinstance(board, str):
            found += [
                Input(str(lane.get("code", "")), name_of(board), contact, at)
                for contact, at in contacts_of(lane).items() if contact != "lock" and isinstance(at, int) and at > 0
            ]  # fmt: skip
    return tuple(found)


BOARDS = ("relay", INPUTS)
FACTS = {
    Item.FAIL_STATE: ("fail", "escape_route", "relay", "contacts.lock"),
    Item.EGRESS: ("fail", "escape_route"),
    Item.FIRE_POWER: ("fail", "escape_route"),
    Item.LIFT: ("relay", "lift"),
    Item.FLOORS: ("relay", "lift"),
    Item.EXIT: (*BOARDS, "contacts.exit", "contacts.lock"),
    Item.FIRE: (*BOARDS, "contacts.fire", "barrier.fire"),
    Item.INTERCOM: (*BOARDS, "contacts.intercom", "intercom"),
    Item.EBIKE: (*BOARDS, "contacts.ebike", "barrier.ebike"),
    Item.FIRE_LANE: (*BOARDS, "contacts.fire_lane", "barrier.fire_lane"),
    Item.LOOPS: ("direction", *BOARDS, "barrier.arming", "barrier.safety", "barrier.closing", "barrier.beam"),
    Item.ENDS: (*BOARDS, "barrier.open", "barrier.close", "barrier.up", "barrier.down"),
    Item.STAYS_UP: (*BOARDS, "barrier.open", "barrier.close", "barrier.safety", "barrier.closing", "barrier.beam"),
    Item.BY_HAND: ("fail",),
    Item.PLATES: ("plate_camera",),
    Item.DISPLAY: ("board",),
    Item.TAMPER: (*BOARDS, "contacts.tamper", "reader", "camera"),
    Item.SIGN: ("direction",),
    Item.PRIVATE_VIEW: ("camera", "camera_nir"),
}
"""Which keys of its lane a point is about. The contacts of a door follow from `CONTACTS_OF`."""


def fact_of(point: Point, tree: Tree) -> str:
    """What the file says of this point, in a line and without passwords: a tick holds of this and of nothing else."""
    if point.lane is None:
        urls = (address for _, _, address in devices_of(tree) if "://" in address and ":///" not in address)
        hosts = sorted(set(map(name_of, urls)))  # what hangs on a line of this computer asks for no password
        return " · ".join(("devices", *hosts)) if point.item is Item.PASSWORDS else point.item.value
    lane = next((each for each in lanes_of(tree) if str(each.get("code", "")) == point.lane), {})
    if point.item is Item.INTERLOCK:
        return _fact_of_interlock(point.lane, tree)
    keys = FACTS.get(point.item) or (*BOARDS, *(f"contacts.{name}" for name in CONTACTS_OF[point.item]))
    told = {key: value for key in keys if (value := _value_at(lane, key))}  # 0, false and nothing at all say the same
    calls = [f"POST /intercom/{point.lane}"] if Item.INTERCOM.value in told else []
    return " · ".join([*(f"{key} = {_as_said(value)}" for key, value in told.items()), *calls]) or point.item.value


def _fact_of_interlock(code: str, tree: Tree) -> str:
    """Which doors are tied to this one, and by what each of them is released and seen to be shut."""
    groups = [group for group in interlocks(tree) if code in group]
    told = [f"lanes = {', '.join(group)}" for group in groups]
    for lane in lanes_of(tree):
        if any(str(lane.get("code", "")) in group for group in groups):
            keys = (*BOARDS, "contacts.lock", "contacts.door", "contacts.passed")
            told += [f"{lane.get('code')}.{key} = {_as_said(value)}" for key in keys if (value := _value_at(lane, key))]
    return " · ".join(told)


def fact_id(fact: str) -> str:
    """A fact as a form carries it, whatever its length."""
    return hashlib.sha256(fact.encode()).hexdigest()[:16]


def _value_at(lane: Tree, key: str) -> Any:
    table, dot, name = key.partition(".")
    if table == "contacts":
        return None if "lift" in lane and name == "lock" else contacts_of(lane).get(name)
    inner = lane.get(table)
    return inner if not dot else inner.get(name) if isinstance(inner, dict) else None


def _as_said(value: Any) -> str:
    return name_of(value) if isinstance(value, str) and "://" in value else to_value(masked(value))


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

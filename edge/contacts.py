"""The dry contacts of a door lane in the site file, and whether they can be wired so."""

from collections.abc import Collection
from typing import Protocol

from pydantic import Field

from devices.door.facts import BoardFacts
from edge.hands import Where
from edge.site_table import Table


class Detectors(Protocol):
    """Where what stands beside a lane is detected: 0, nowhere."""

    @property
    def ebike(self) -> int: ...
    @property
    def fire_lane(self) -> int: ...


class Contacts(Table):
    lock: int = Field(default=1, ge=1, le=32)
    door: int = Field(default=1, ge=0, le=32)
    exit: int = Field(default=2, ge=0, le=32)
    fire: int = Field(default=3, ge=0, le=32)
    tamper: int = Field(default=0, ge=0, le=32)
    beam: int = Field(default=0, ge=0, le=32)
    passed: int = Field(default=0, ge=0, le=32)
    timeout: int = Field(default=0, ge=0, le=32)
    intercom: int = Field(default=0, ge=0, le=32)
    ebike: int = Field(default=0, ge=0, le=32)
    fire_lane: int = Field(default=0, ge=0, le=32)


def why_not_wired(
    wired: Contacts, relay: BoardFacts, contacts: BoardFacts, written: Collection[str], *, lift: bool
) -> tuple[Where, str] | None:
    """Every contact is a terminal that the board has, and no two share one. `written`: the lane's own keys."""
    if wired.lock > relay.outputs:
        text = (
            f"{relay.name} 只有输出 1 到 {relay.outputs} / {relay.name} has outputs 1 to {relay.outputs}, not "
            f"{wired.lock}"
        )
        return ("contacts", "lock"), text
    taken: dict[int, str] = {}
    if not lift and bool(wired.door) == bool(wired.passed):
        text = (
            "人是否走过只由一处得知：门磁 door，或闸机的 passed（这时 door = 0） / "
            "one contact tells who went through: a door's (door = INPUT) or a turnstile's (passed = INPUT and "
            "door = 0), not both and not neither"
        )
        return ("contacts", "passed" if wired.passed else "door"), text
    for name, only_with in (("beam", "door"), ("timeout", "passed")):
        if getattr(wired, name) and not getattr(wired, only_with):
            text = f"没有 {only_with} 就没有意义 / {name} says nothing here without {only_with}"
            return ("contacts", name), text
    if (wrong := why_no_detector(wired, written, "[lane.contacts]")) is not None:
        return wrong
    for name in ("door", "exit", "fire", "tamper", "beam", "passed", "timeout", "intercom", "ebike", "fire_lane"):
        terminal = getattr(wired, name)
        if terminal > contacts.inputs:
            text = (
                f"{contacts.name} 只有输入 1 到 {contacts.inputs} / {contacts.name} has inputs 1 to "
                f"{contacts.inputs}, not {terminal}"
            )
            return ("contacts", name), text
        if terminal and terminal in taken:
            text = f"输入 {terminal} 已接 {taken[terminal]} / input {terminal} is wired to {taken[terminal]} already"
            return ("contacts", name), text
        taken[terminal] = name
    return None


def why_no_detector(wired: Detectors, written: Collection[str], table: str) -> tuple[Where, str] | None:
    """A setting of a detector that is not wired says nothing, at a door and at a barrier alike. `table`: where."""
    for key, contact in (("ebikes", "ebike"), ("ebike_stuck_s", "ebike"), ("fire_lane_s", "fire_lane")):
        if key in written and not getattr(wired, contact):
            text = (
                f"没有接 {contact} 就没有意义：请在 {table} 写它接在哪个输入，或去掉 {key} / {key} says "
                f"nothing here: write the detector's input as {contact} in {table}, or leave {key} out"
            )
            return (key,), text
    return None

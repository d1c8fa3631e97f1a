"""What a lane of the site file may have beside or instead of a door's lock: an intercom, the floors of a lift.

Each check returns the key to point at and what is wrong, or None.
"""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from devices.door.facts import BoardFacts
from devices.door.profiles import PROFILES
from devices.errors import NotSetUp
from devices.private_file import read_private
from edge.intercom.digest import Peer
from edge.site_table import Table
from models.access.lifts import Floor, Lift
from models.site.topology import FailState

Where = tuple[str | int, ...]
Output = Annotated[int, Field(ge=1, le=32)]
NO_DOOR = ("door", "exit", "beam", "passed", "timeout")


def _ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("要写 IP 地址，例如 192.168.1.50 / must be an IP address, such as 192.168.1.50") from None


class IntercomsSite(Table):
    """Where intercoms that ask by network are listened to."""

    listen: Annotated[str, AfterValidator(_ip)] = "127.0.0.1"
    port: int = Field(default=8091, ge=1, le=65535)


class IntercomSite(Table):
    """The one intercom of a lane that may ask by network."""

    address: Annotated[str, AfterValidator(_ip)]
    user: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    secret_file: Path
    calls: bool = False

    def peer(self, lane: str, *, opens: bool = True) -> Peer:
        """With its secret. Raises DeviceError in words where the file is missing, open to others, or too short."""
        secret = read_private(str(self.secret_file), "intercom secret")
        if not re.fullmatch(r"[\x21-\x7e]{16,80}", secret):
            raise NotSetUp(
                f"{self.secret_file}: 对讲密钥是 16 到 80 个可见字符，没有空格 / intercom secret {self.secret_file} is "
                "not 16 to 80 printable signs without spaces"
            )
        return Peer(lane, self.address, self.user, secret, self.calls, opens)


class LiftSite(Table):
    """The relay board of one lift; how it is wired, and why so, is told in edge/lane/lift.py."""

    restrict: Output
    common: tuple[Floor, ...] = ()
    floors: dict[Floor, Output] = Field(min_length=1, max_length=31)

    def buttons(self) -> Lift:
        """The same for the rules."""
        return Lift(floors=frozenset(self.floors), common=frozenset(self.common))


def why_no_lift(
    lift: LiftSite, fail: FailState, relay: BoardFacts, contacts: dict[str, int]
) -> tuple[Where, str] | None:
    """Only what lets the lift go when there is a fire, when we die, and when the power does (ACC-29)."""
    if fail is not FailState.SAFE:
        return ("fail",), (
            '电梯须写 fail = "safe" / '
            'a lift must have fail = "safe": without power and without this node it runs as it was '
            "built"
        )
    if not relay.timed:
        text = (
            f"{relay.name} 不能自己断开，程序崩溃会让电梯一直受限 / "
            f"{relay.name} cannot end by itself what it has switched on, and a crash would leave the lift restricted; "
            f"allowed here: modbus+serial or modbus+tcp with profile={timed_profiles()}"
        )
        return ("relay",), text
    for name in NO_DOOR:
        if contacts[name]:
            return ("contacts", name), f"电梯没有我们的门，请写 {name} = 0 / a lift has no door of ours: {name} = 0"
    outputs = {"restrict": lift.restrict, **lift.floors}
    for name, output in outputs.items():
        where = ("lift", "restrict" if name == "restrict" else "floors")
        if output > relay.outputs:
            text = (
                f"{relay.name} 只有输出 1 到 {relay.outputs} / "
                f"{relay.name} has outputs 1 to {relay.outputs}, not {output}"
            )
            return where, text
        if list(outputs.values()).count(output) > 1:
            return (
                where,
                f"输出 {output} 接了两次 / output {output} is wired twice; restrict and every floor have one each",
            )
    strange = sorted(set(lift.common) - set(lift.floors))
    names = ", ".join(strange)
    return (("lift", "common"), f"floors 里没有 {names} / {names} is no button of floors") if strange else None


def timed_profiles(joined: str = " or ") -> str:
    """The boards that end a pulse by themselves, for a message."""
    return joined.join(name for name, profile in PROFILES.items() if profile.timed_on)

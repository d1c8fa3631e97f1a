"""What a lane of the site file may drive instead of a door's lock: the floors of a lift. Pure: tables and their checks.

Each check returns the key to point at and what is wrong, or None.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from devices.door.facts import BoardFacts
from devices.door.profiles import PROFILES
from models.access.lifts import Floor, Lift
from models.site.topology import FailState

Where = tuple[str | int, ...]
Output = Annotated[int, Field(ge=1, le=32)]
NO_DOOR = ("door", "exit", "beam", "passed", "timeout")


class LiftSite(BaseModel):
    """The relay board of one lift; how it is wired, and why so, is told in edge/lane/lift.py."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
        return ("fail",), 'a lift must have fail = "safe": without power and without this node it runs as it was built'
    if not relay.timed:
        text = (
            f"{relay.name} cannot end by itself what it has switched on, and a crash would leave the lift restricted; "
            f"allowed here: modbus+serial or modbus+tcp with profile={timed_profiles()}"
        )
        return ("relay",), text
    for name in NO_DOOR:
        if contacts[name]:
            return ("contacts", name), f"a lift has no door of ours: {name} = 0"
    outputs = {"restrict": lift.restrict, **lift.floors}
    for name, output in outputs.items():
        where = ("lift", "restrict" if name == "restrict" else "floors")
        if output > relay.outputs:
            return where, f"{relay.name} has outputs 1 to {relay.outputs}, not {output}"
        if list(outputs.values()).count(output) > 1:
            return where, f"output {output} is wired twice; restrict and every floor have one each"
    strange = sorted(set(lift.common) - set(lift.floors))
    return (("lift", "common"), f"{', '.join(strange)} is no button of floors") if strange else None


def timed_profiles() -> str:
    """The boards that end a pulse by themselves, for a message."""
    return " or ".join(name for name, profile in PROFILES.items() if profile.timed_on)

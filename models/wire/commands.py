"""Commands from central to a node: open, look, end a fire hold, calibrate, forget where somebody is, hold a barrier up,
let it go on as usual, turn a tidal lane round.

Signed and short-lived.

`judge` is the whole protection against replay (ACC-25): a command opens once, within its time to live, and in order.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from models.access.decision import Reason
from models.site.topology import ZONE, Between, Direction, Lane
from models.values.frozen import Frozen, WireValue
from models.values.text import Printable
from models.values.time import Instant
from models.wire.signed import Signed

OPEN_TTL_MAX_S = 5
HOLD_MINUTES_MAX = 120
"""So long a barrier is held up by one word; a person may prolong it (LANE-20)."""


class Action(StrEnum):
    OPEN = "open"
    LOOK = "look"
    END_FIRE_HOLD = "end_fire_hold"
    CALIBRATE = "calibrate"
    RESET_PASSBACK = "reset_passback"
    HOLD_OPEN = "hold_open"
    RESUME = "resume"
    SWITCH_DIRECTION = "switch_direction"


class Command(WireValue):
    """`number` grows per node without repeating. `actor_id` is the guard's account; `role` the role that allowed it."""

    v: int = 1
    command_id: UUID
    number: int = Field(ge=1)
    node_id: UUID
    lane_id: UUID
    action: Action
    nonce: str = Field(min_length=16, max_length=64)
    issued_at: Instant
    ttl_s: int = Field(ge=1, le=600)
    actor_id: UUID
    role: str = Field(min_length=1, max_length=60)
    reason: str = Field(min_length=1, max_length=200)
    correlation: UUID
    subject_id: UUID | None = Field(default=None, description="whom `reset_passback` is about: cardholder or pass")
    minutes: int | None = Field(default=None, ge=1, le=HOLD_MINUTES_MAX, description="of `hold_open`, from now on")
    direction: Direction | None = Field(default=None, description="of `switch_direction`: how the lane is to lead")


class CommandLedger(Frozen):
    """What a node remembers of the commands it has judged: the highest number, and the last nonces (newest last)."""

    highest: int = 0
    nonces: tuple[str, ...] = ()

    def after(self, command: Command) -> "CommandLedger":
        return CommandLedger(highest=max(self.highest, command.number), nonces=(*self.nonces, command.nonce)[-256:])


def judge(command: Command, node_id: UUID, ledger: CommandLedger, central_now: datetime) -> Reason:
    """OK, or why the command is refused. `central_now` is the node's clock corrected by its measured skew."""
    if command.node_id != node_id:
        return Reason.WRONG_POINT
    if command.nonce in ledger.nonces or command.number <= ledger.highest:
        return Reason.REPLAYED
    ttl_s = min(command.ttl_s, OPEN_TTL_MAX_S) if command.action is Action.OPEN else command.ttl_s
    age = central_now - command.issued_at
    if age > timedelta(seconds=ttl_s) or age < -timedelta(seconds=ttl_s):
        return Reason.LATE
    return Reason.OK


class Downlink(WireValue):
    """The answer to a node's long poll: a newer snapshot if there is one, news of the car park for a node that asks for
    it, and the commands that wait for it."""

    snapshot: Signed | None = None
    commands: tuple[Signed, ...] = ()
    mail: bool = Field(default=False, description="photos or templates wait for this node: `wire.faces`")
    prove: bool = Field(default=False, description="central does not remember the version the node has: send it whole")
    stays: Signed | None = Field(default=None, description="a `wire.stays.StaysTold`")
    server_time: Instant


class EnrolLane(WireValue):
    """A lane as the node's site file names it. `vehicles`: whether a barrier stands there and no door; None from a node
    that does not say it yet. A node that says it of no lane is told of no car: who gets a barrier later is enrolled
    anew. `from_zone`, `to_zone`: of an inner lane of a car park; both or neither."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    name: Printable = Field(min_length=1, max_length=60)
    direction: str = Field(pattern=r"^(in|out)$")
    vehicles: bool | None = None
    from_zone: str | None = Field(default=None, pattern=ZONE, examples=["B1"])
    to_zone: str | None = Field(default=None, pattern=ZONE, examples=["B2"])

    @property
    def between(self) -> Between | None:
        return Between(self.from_zone, self.to_zone) if self.from_zone and self.to_zone else None


class EnrolRequest(WireValue):
    """A new node introduces itself with its one-time token. The private key never leaves the node."""

    token: str = Field(min_length=20, max_length=200)
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: Printable = Field(min_length=1, max_length=60)
    version: Printable = Field(max_length=40)
    lanes: tuple[EnrolLane, ...] = Field(min_length=1, max_length=16)


class EnrolRefusal(StrEnum):
    """Why central enrols no node: member `why` of the problem, which has `lane` too where it is one lane's fault."""

    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_USED = "token_used"
    KEY_TAKEN = "key_taken"
    LANE_TWICE = "lane_twice"
    LANE_ELSEWHERE = "lane_elsewhere"
    LANE_DIRECTION = "lane_direction"


class EnrolReply(WireValue):
    """Who the node now is. `central_key` (hex) is what snapshots and commands are signed with.

    `beside`: the names of the nodes that this gate has besides and nobody has retired. They lose their lanes to the new
    one at central, and go on opening doors until somebody takes them away.
    """

    node_id: UUID
    site_id: UUID
    tenant_id: UUID
    central_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    lanes: tuple[Lane, ...]
    server_time: Instant
    beside: tuple[Printable, ...] = ()

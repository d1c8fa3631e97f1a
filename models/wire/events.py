"""What a node tells: the bodies of its events. Additive only: a field may be added, never renamed or re-used.

One access is several records with one correlation id (GEN-01): decision → actuation → sensed → passage. Any of them may
be missing, and is then shown as missing. Bodies hold pseudonymous ids and codes; what names a person travels sealed.
"""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from models.access.decision import Decision
from models.site.topology import ZONE, Between, Direction
from models.values.frozen import WireValue
from models.values.time import Instant
from models.wire.envelope import B64
from models.wire.faces import PIECE


class ImageRule(StrEnum):
    """Why a decision has an event picture, or has none: it follows, the community keeps none, or nothing was seen."""

    NOT_TOLD = "not_told"
    KEPT = "kept"
    NOT_ALLOWED = "not_allowed"
    NO_PICTURE = "no_picture"


class DecisionMade(WireValue):
    """Written before anything moves. `seen_at` is when the code or face was in front of the gate."""

    kind: Literal["decision"] = "decision"
    decision: Decision
    seen_at: Instant
    duration_us: int = Field(ge=0, description="from the code or frame arriving to the decision, monotonic")
    picture: bool = Field(default=False, description="an event picture of this decision follows")
    image_rule: ImageRule = Field(default=ImageRule.NOT_TOLD, description="why there is a picture, or none")
    liveness: str = "not_measured"
    party: int = Field(default=1, ge=1, le=20)
    command_id: UUID | None = None
    actor_id: UUID | None = Field(default=None, description="the guard, when the decision was a person's")
    said: str | None = Field(default=None, max_length=200, description="the guard's reason")
    plate: B64 | None = Field(default=None, description="the plate that was read, sealed: models.wire.plates")
    stood: bool | None = Field(
        default=None,
        description="of a person's opening at a barrier: whether a vehicle stood there; null: nobody knows",
    )


class Actuated(WireValue):
    """What the lock was told and whether reading back confirmed it. `told` is a panel where one drives the lock: it was
    shown a card, nothing is read back, and only the door's contact says whether it opened."""

    kind: Literal["actuation"] = "actuation"
    action: Literal["release", "hold_open", "secure"]
    confirmed: bool
    fault: str | None = Field(default=None, max_length=200)
    latency_us: int = Field(ge=0, description="from the code or frame arriving to the relay's confirmation")
    told: Literal["lock", "panel"] = "lock"


class Position(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Sensed(WireValue):
    """What the door contact says. Not what we told the lock: the two may differ, and that is the point. `fire` is told
    while the lane is held for fire, whenever the inputs change: a hold can be ended once none of them burns. `ebike`:
    the lane's detector has seen an electric bicycle come; each is told once, and that it went is not.
    """

    kind: Literal["sensed"] = "sensed"
    position: Position
    fire: bool | None = Field(default=None, description="whether a fire input of the node is active; None: not told")
    ebike: Literal[True] | None = Field(default=None, description="an electric bicycle came before the detector")


class Passage(WireValue):
    """How a grant ended: somebody went through, or nobody did. Where `why` is one of UNSEEN nobody knows, and
    `passed` says only that nothing was seen. `from_zone`, `to_zone`: of an inner lane of a car park, as it was switched
    then; both or neither. `direction`: which way a lane that may be turned round led then; None of others.
    """

    kind: Literal["passage"] = "passage"
    passed: bool
    open_ms: int | None = Field(default=None, ge=0)
    why: Literal[
        "door_cycle", "timeout", "not_released", "restart", "fire", "not_sensed", "board_silent",
        "loops", "backed_out", "no_passage", "no_vehicle", "expired", "replaced",
    ] = "door_cycle"  # fmt: skip
    from_zone: str | None = Field(default=None, pattern=ZONE)
    to_zone: str | None = Field(default=None, pattern=ZONE)
    held: bool = Field(default=False, description="the arm was held up by a person: who was refused drove through too")
    direction: Direction | None = Field(default=None, description="of a tidal lane, as it led then")

    @property
    def between(self) -> Between | None:
        """None where the lane leads in or out of the car park, or is no vehicle's."""
        return Between(self.from_zone, self.to_zone) if self.from_zone and self.to_zone else None


UNSEEN = frozenset({"restart", "fire", "not_sensed", "board_silent"})
"""Ends of a grant after which nobody knows whether somebody went through: the node was away, the lock was free for all,
nothing tells, or the board that does was silent. It counts as a use, for it may have been one; of where the person is
it says nothing.
"""


class AlarmKind(StrEnum):
    FORCED = "forced"
    HELD_OPEN = "held_open"
    FIRE = "fire"
    WRONG_ATTEMPTS = "wrong_attempts"
    CAMERA_STALE = "camera_stale"
    DEVICE_FAULT = "device_fault"
    STUCK_RELEASED = "stuck_released"
    CLOCK = "clock"
    DISK = "disk"
    SNAPSHOT_REFUSED = "snapshot_refused"
    JOURNAL = "journal"
    TAMPER = "tamper"
    TAILGATE = "tailgate"
    DURESS = "duress"
    CAMERA_COVERED = "camera_covered"
    CAMERA_MOVED = "camera_moved"
    WATCH_GROUP = "watch_group"
    WATER = "water"
    EBIKE = "ebike"
    FIRE_LANE = "fire_lane"


ABOUT_PEOPLE = frozenset(
    {
        AlarmKind.FORCED, AlarmKind.HELD_OPEN, AlarmKind.TAILGATE, AlarmKind.DURESS, AlarmKind.WRONG_ATTEMPTS,
        AlarmKind.TAMPER, AlarmKind.EBIKE, AlarmKind.FIRE_LANE,
    }
)  # fmt: skip
"""Alarms about what people do, which hold the pictures taken with them: a full disk or a slow clock shows nobody."""


class Alarm(WireValue):
    """Something needs a person. `over` closes an alarm raised before with the same kind, lane and device. `detail` of a
    fire: the codes of the lanes whose own inputs said so, for every lane of the node is released along with them.
    `picture`: one of the lane is kept with it, and comes after it.
    """

    kind: Literal["alarm"] = "alarm"
    alarm: AlarmKind
    over: bool = False
    device: str | None = Field(default=None, max_length=80)
    detail: str | None = Field(default=None, max_length=300)
    picture: bool = False


class CommandDone(WireValue):
    """The fate of a command from central, done or refused with its reason: never silence (ACC-25, SYNC-14)."""

    kind: Literal["command"] = "command"
    command_id: UUID
    action: str = Field(max_length=40)
    result: Literal["done", "refused"]
    reason: str = Field(default="ok", max_length=40)
    subject_id: UUID | None = Field(default=None, description="whom the command was about, where it was about a person")


class LaneHeld(WireValue):
    """A barrier is held up by a person's word or in a storm, or is so no longer (LANE-20). Told when it begins, when it
    is prolonged, with every car that drives through meanwhile, and when it ends: `passed` cars were counted by then.
    """

    kind: Literal["lane_held"] = "lane_held"
    held: bool
    since: Instant
    until: Instant = Field(description="when it ends by itself")
    passed: int = Field(default=0, ge=0)
    ended: Literal["resumed", "cap", "fire", "lockdown", "storm"] | None = Field(
        default=None, description="why it is over"
    )
    actor_id: UUID | None = Field(default=None, description="whose word it was")
    said: str | None = Field(default=None, max_length=200, description="that person's reason")
    ended_by: UUID | None = Field(default=None, description="by whose word it is over")
    storm_id: UUID | None = Field(default=None, description="the storm that it is held for")


class LaneDirection(WireValue):
    """Which way a tidal lane leads now: told at every start, where a person or its timetable has turned it round, and
    where the timetable is to and cannot yet (LANE-13)."""

    kind: Literal["lane_direction"] = "lane_direction"
    direction: Direction
    actor_id: UUID | None = None
    said: str | None = Field(default=None, max_length=200)
    due: Instant | None = Field(default=None, description="the change of its timetable that this is about")
    waits: str | None = Field(
        default=None, max_length=40, description="why that change was not made yet: not_empty, held, fire, storm, …"
    )
    next_at: Instant | None = Field(default=None, description="when its timetable turns it round next")
    next_leads: Direction | None = None


class NodeNews(WireValue):
    """The node about itself: started, stopped, rules applied, templates made or erased."""

    kind: Literal["node"] = "node"
    what: Literal["started", "stopped", "snapshot_applied", "enrolled", "erased", "clock_jump", "events_dropped"]
    detail: dict[str, str] = Field(default_factory=dict)


class Scanned(WireValue):
    """Something arrived at the scanner that is no code at all: counted and told, never guessed at. `why` is `backlog`
    where so many lines came, or such rubbish, that they were only counted and nobody was answered."""

    kind: Literal["scan_refused"] = "scan_refused"
    why: str = Field(max_length=40)
    length: int = Field(ge=0, description="bytes, of all the lines together")
    count: int = Field(default=1, ge=1, description="lines that this stands for")


class PlateRead(WireValue):
    """A plate that decides nothing. `why`: `stored` by a camera while nobody answered, `no_vehicle` where the loop says
    that nobody stands there, `earlier` of a vehicle before the one that stands there, `clock` where the camera's is so
    far off that nobody knows when it was taken, `refused` pushes that were not taken, `count` of them, for the reason
    that `detail` names. Without a plate `count` pushes that were not written down one by one.
    """

    kind: Literal["plate_read"] = "plate_read"
    why: Literal["stored", "no_vehicle", "earlier", "clock", "refused"]
    plate: B64 | None = Field(default=None, description="sealed: models.wire.plates")
    taken_at: Instant | None = Field(default=None, description="by the camera's own clock")
    count: int = Field(default=1, ge=1)
    detail: str | None = Field(default=None, max_length=80)


class TemplateStored(WireValue):
    """A face template was made at this node and is kept here. `model` made it; it stands on so many `photos`.

    `anew`: after a change of the model, out of photos that the person let this node keep; nobody was asked.
    `piece`: the sealed template that it was taken from (`wire.faces.SealedTemplate.piece`); none: it was made here.
    """

    kind: Literal["template_stored"] = "template_stored"
    cardholder_id: UUID
    model: str = Field(min_length=1, max_length=120)
    photos: int = Field(ge=1, le=100)
    anew: bool = False
    piece: str | None = Field(default=None, pattern=PIECE)


class PhotosKept(WireValue):
    """So many photos of a person's enrolment are kept sealed at this node, by the person's own choice; 0: they are
    destroyed, and nothing else of the person is. Where all face data goes, the `template_erased` names them."""

    kind: Literal["photos_kept"] = "photos_kept"
    cardholder_id: UUID
    photos: int = Field(ge=0, le=100)


class HeldPicture(WireValue):
    """An event picture that an erasure leaves at the node, since an alarm holds it: of which decision, until when."""

    event_id: UUID
    until: Instant


HELD_TOLD_MAX = 100
"""So many fit into one receipt; of more, those are told that stay longest."""


class TemplateErased(WireValue):
    """A person's face data is gone from this node: the receipt of PRIV-05.

    `order_id` is the order of central's that this confirms; none when a technician did it here. `had_template`: there
    was one. `places`: where something was destroyed (`template`, `photos`, `key`, `pictures`); empty when there was
    nothing. `held`: what stays all the same, and goes by itself when its time is over or central has it.
    """

    kind: Literal["template_erased"] = "template_erased"
    cardholder_id: UUID
    order_id: UUID | None = None
    had_template: bool
    places: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = Field(default=(), max_length=16)
    held: tuple[HeldPicture, ...] = Field(default=(), max_length=HELD_TOLD_MAX)


class Measured(WireValue):
    """One face threshold and what it stands on: `reached` of `trials` comparisons of strangers reached it.

    `rate_max`: with 95 % confidence the true rate is at most this.
    """

    least: float = Field(gt=0, lt=1)
    trials: int = Field(ge=1)
    reached: int = Field(ge=0)
    rate_max: float = Field(gt=0, le=1)


class FaceCalibrated(WireValue):
    """What this node's face thresholds stand on: told at every start, and after a calibration.

    `search` is None where too few people are enrolled to say. `own_below` of `own_scores` comparisons in the node's
    log were below the threshold: holders who would be refused, and perhaps somebody with another's pass. Comparisons
    that a person corrected ("this was not me") are not among them: `corrected`, of which `false_accepts` had let
    somebody in.
    """

    kind: Literal["face_calibrated"] = "face_calibrated"
    model: str = Field(min_length=1, max_length=120)
    made_at: Instant
    people: int = Field(ge=2)
    photos: int = Field(ge=1)
    verify: Measured
    search: Measured | None = None
    twins_left_out: int = Field(default=0, ge=0)
    own_scores: int = Field(default=0, ge=0)
    own_below: int = Field(default=0, ge=0)
    corrected: int = Field(default=0, ge=0)
    false_accepts: int = Field(default=0, ge=0)


class WatchChanged(WireValue):
    """The face of an entry of the watch group is at this node now, or is gone from it: ended, expired, destroyed."""

    kind: Literal["watch_group"] = "watch_group"
    entry_id: UUID
    what: Literal["stored", "erased"]


CallWhat = Literal["began", "again", "answered", "ended"]


class LaneCall(WireValue):
    """Somebody at a lane asks for a person (LANE-26). All that is told of one call shares its correlation, which is no
    visit's. `again`: they pressed once more. `answered`: at the intercom, by the telephone of `answered_by`; Menting
    carries no sound. `ended`: they hung up, or the vehicle has gone.
    """

    kind: Literal["call"] = "call"
    what: CallWhat
    by: Literal["button", "intercom"]
    visit_id: UUID | None = Field(default=None, description="the access of the vehicle that stood there")
    answered_by: str | None = Field(default=None, max_length=24, description="a unit, post or extension; no name")


EventBody = Annotated[
    DecisionMade
    | Actuated
    | Sensed
    | Passage
    | Alarm
    | CommandDone
    | LaneHeld
    | LaneDirection
    | NodeNews
    | Scanned
    | PlateRead
    | TemplateStored
    | PhotosKept
    | TemplateErased
    | FaceCalibrated
    | WatchChanged
    | LaneCall,
    Field(discriminator="kind"),
]
EVENT_BODY: TypeAdapter[EventBody] = TypeAdapter(EventBody)

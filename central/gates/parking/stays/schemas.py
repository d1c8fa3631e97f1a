"""What is said over HTTP about stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.parking.tariffs.schemas import LineOut
from central.people.community.schemas import In, Out, Why
from models.parking.scope import Group
from models.parking.stays import Cause, Odd, State
from models.values.plate import PlateColour
from models.values.text import Printable


class StayOut(Out):
    """A stay. Whoever may read stays sees its plate. `tariff_id`: the version that was in force at its entry.
    `vehicle_class`, `plate_colour` and `entered_as` are what its lane told of it then, by which that one was chosen.
    `again_id`, `again_at`: its plate came in again while it was open; nobody saw it leave. `zone`: the code of the zone
    that its lanes led it into, empty where they leave that open."""

    stay_id: UUID
    community_id: UUID
    plate: str | None = Field(examples=["川A·12345"])
    state: State
    vehicle_class: str = Field(examples=["small"])
    plate_colour: PlateColour
    entered_as: Group | None
    entered_at: datetime | None
    left_at: datetime | None
    exit_id: UUID | None
    entry_gate: str = Field(examples=["东门"])
    entry_lane: str = Field(examples=["东门车行进"])
    exit_gate: str = Field(examples=["东门"])
    exit_lane: str = Field(examples=["东门车行出"])
    zone: str = Field(examples=["B2"])
    again_id: UUID | None = None
    again_at: datetime | None = None
    tariff_id: UUID | None
    merged_into: UUID | None


class ChangeOut(Out):
    """One line of a history. `note`: the plate of before, or why it counts no more. `from_zone`, `to_zone`: between
    which an inner lane led it."""

    state: State
    at: datetime
    cause: Cause
    note: str = Field(examples=["川A12346"])
    by_name: str | None = Field(examples=["王师傅"])
    reason: str | None = Field(examples=["对照照片，第五位是 8"])
    from_zone: str | None = Field(default=None, examples=["B1"])
    to_zone: str | None = Field(default=None, examples=["B2"])


class StayBillOut(Out):
    """What it costs: until its exit, or until now. `paid_fen`: what it was let off too. `leave_minutes`: for so long it
    may leave without a new charge; null where nothing was paid, or its minutes are over."""

    version_id: UUID
    version: int = Field(examples=[2])
    until: datetime
    minutes: int = Field(examples=[250])
    fee_fen: int = Field(examples=[900])
    paid_fen: int = Field(examples=[700])
    due_fen: int = Field(examples=[200])
    over_fen: int = Field(examples=[0])
    leave_minutes: int | None = Field(examples=[12])
    permit_since: datetime | None = Field(
        default=None, description="since when a permit covers it, where that is after it came in"
    )
    permit_until: datetime | None
    lines: list[LineOut]


class GateFeeOut(Out):
    """What the lane reckoned as the car left, and central for the same instant. Where the two differ both are said line
    by line, and nobody is charged the difference in silence. `tariff`, `version`: the lane's, `other_tariff` whether
    central's is another one."""

    at: datetime
    tariff: str = Field(examples=["地面车位 2027"])
    version: int = Field(examples=[2])
    fee_fen: int = Field(examples=[700])
    lines: list[LineOut]
    central_fee_fen: int = Field(examples=[700])
    central_lines: list[LineOut]
    differs: bool = Field(examples=[False])
    other_tariff: bool = Field(examples=[False])


class MomentOut(Out):
    """An instant at which it may have left: when it was last paid for, the end of its day, when it came in again."""

    key: str = Field(examples=["day"])
    until: datetime
    fee_fen: int | None = Field(examples=[2000])
    due_fen: int | None = Field(examples=[1300])


class ProposalOut(Out):
    """What somebody who may not strike off debts said should become of it: void, or charged until `until_at`, or priced
    by another `plate`."""

    proposed_at: datetime
    proposed_by: str = Field(examples=["王师傅"])
    until_at: datetime | None
    plate: str = Field(examples=[""])
    reason: str = Field(examples=["对照照片，是工程车"])


class StayWholeOut(StayOut):
    """`bill` is null where nobody saw it enter, or no tariff was in force then; `gate_fee` where no lane priced it.

    `before_fen`: what earlier stays of its plate left owing, over all lots of the company. `moments`: up to when a stay
    whose exit nobody saw may be charged. `void_fen`: what came for a stay that counts for nothing, and nobody has said
    to keep or to give back. `proposals`: of a stay that owes, for somebody who may strike that off."""

    history: list[ChangeOut]
    bill: StayBillOut | None
    before_fen: int = Field(examples=[1300])
    gate_fee: GateFeeOut | None
    moments: list[MomentOut]
    void_fen: int = Field(examples=[0])
    proposals: list[ProposalOut]


class OddOut(Out):
    """A fact that fits no stay. `subject_id`: the visit it came from."""

    what: Odd
    at: datetime
    subject_id: UUID
    gate: str = Field(examples=["东门"])
    lane: str = Field(examples=["东门车行进"])


class ToLookAtOut(Out):
    """`long`: inside for over 7 days without a permit. `again`: their plate came in again, nobody saw them leave.
    `paid_void`: paid for, and they count for nothing. `exits`: gone, and nobody had seen them come. `unseen`:
    let in, and nobody knows whether they came in."""

    long: list[StayOut]
    again: list[StayOut]
    paid_void: list[StayOut]
    exits: list[StayOut]
    unseen: list[StayOut]
    odd: list[OddOut]


class FindIn(In):
    community_id: UUID
    plate: Printable = Field(max_length=40, examples=["川A12345"])


class CorrectIn(In):
    plate: Printable = Field(max_length=40, examples=["川A12345"])
    reason: Why = Field(examples=["对照照片，第五位是 8"])


class VoidIn(In):
    reason: Why = Field(examples=["工程车，临时进场"])


class JoinIn(In):
    stay_id: UUID
    reason: Why = Field(examples=["入场时读错了牌"])

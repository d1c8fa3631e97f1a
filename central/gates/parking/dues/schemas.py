"""What is said over HTTP about the money of stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.parking.dues.till import Free
from central.gates.parking.stays.schemas import StayOut
from central.money.ledger.rules import Code
from central.money.payments.rules import RefundState
from central.people.community.schemas import In, Out, Why

FEN_MAX = 100_000_000


class CashIn(In):
    """`amount_fen`: all that is asked. `lane_id`: into whose till; null is the desk's."""

    amount_fen: int = Field(gt=0, le=FEN_MAX, strict=True, examples=[700])
    lane_id: UUID | None = None


class FreeIn(In):
    """`amount_fen`: what the stay owes now. `why`: one of the list, `reason`: in words."""

    why: Free
    reason: Why = Field(examples=["道闸故障，堵在里面"])
    amount_fen: int = Field(gt=0, le=FEN_MAX, strict=True, examples=[700])


class WriteOffIn(In):
    reason: Why = Field(examples=["车辆已报废，追不回"])


class StandsIn(In):
    reason: Why = Field(examples=["照片上就是这辆车"])


class NotTheirsIn(In):
    reason: Why = Field(examples=["照片上是 8，读成了 B"])


class DeniedOut(Out):
    """`said_by`: the colleague who froze it; null where a driver said on their phone that it is not theirs."""

    stay: StayOut
    fen: int = Field(examples=[1300])
    said_at: datetime
    said_by: str | None = Field(examples=[None])


class StayOwingOut(Out):
    """`frozen`: somebody denies it, and it is not asked until a person has looked."""

    stay: StayOut
    fen: int = Field(examples=[1300])
    frozen: bool = Field(examples=[False])


class ArrearsOut(Out):
    """Fen: still owed, paid after the car had left, struck off by a person."""

    owed_fen: int = Field(examples=[1300])
    recovered_fen: int = Field(examples=[2600])
    written_off_fen: int = Field(examples=[700])
    stays: list[StayOwingOut]


class RefundWayOut(Out):
    """How the channel fares with it. `said`: its last answer, empty before."""

    state: RefundState
    amount_fen: int = Field(examples=[700])
    tries: int = Field(examples=[1])
    said: str = Field(examples=["accepted"])


class RefundOut(Out):
    """`refund_id`: of the payment, or of the stay that was paid too much. `channel`: empty for cash. `ways`: how
    it is sent back; what a channel refused, and cash, a person gives. `silent`: a channel has had it for days and says
    no end of it: look at the channel's own page, then ask again, take it out, or say that it was given."""

    refund_id: UUID
    stay_id: UUID
    amount_fen: int = Field(examples=[700])
    since: datetime
    why: Code
    channel: str = Field(examples=["wechat"])
    number: str = Field(examples=["4200002119202611290001"])
    silent: bool = Field(default=False, examples=[False])
    ways: list[RefundWayOut]


class GivenIn(In):
    note: Why = Field(examples=["已在商户平台原路退款，单号 R1"])

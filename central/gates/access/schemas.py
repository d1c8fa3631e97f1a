"""What is said over HTTP about access. A token is in one kind of answer only, and in no question (`IssuedOut`)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from central.base.kernel.moments import Moment
from central.gates.access.rules import CARD_NAME_MAX, GROUP, PARTY_MAX, USES_MAX, LockdownState, PassState
from central.people.community.schemas import In, Name, Out, Phone, Why
from models.access.credential import Kind, Window
from models.access.decision import Check, Decision, Outcome
from models.access.passback import PassbackMode
from models.access.pictures import PASSED_S_MAX, PASSED_S_MIN, REFUSED_DAYS_MAX
from models.access.policy import Effect
from models.access.schedule import ALWAYS, Span
from models.values.text import Printable

GateNumber = Annotated[int, Field(ge=0, le=63)]
Gates = Annotated[list[GateNumber], Field(min_length=1, max_length=64, description="Gate numbers.")]
CardName = Annotated[
    Printable, Field(max_length=CARD_NAME_MAX, description="what its owner calls it", examples=["蓝色门卡"])
]
Group = Annotated[str, Field(pattern=GROUP, examples=["resident"])]


class WindowIn(In):
    starts_at: Moment
    ends_at: Moment

    def value(self) -> Window:
        return Window(start=self.starts_at, end=self.ends_at)


class VisitorPassIn(In):
    """`gates` left out: all gates of the community. `uses` 0: without limit inside the window. `plate`: of the
    visitor's car, which then has the free minutes that the tariff in force gives to visitors."""

    house_id: UUID
    visitor_name: Name = Field(examples=["李示例"])
    phone: Phone | None = Field(default=None, examples=["190-0000-0002"])
    plate: Printable | None = Field(default=None, max_length=40, examples=["川A12345"])
    gates: Gates | None = None
    window: WindowIn
    uses: int = Field(default=1, ge=0, le=USES_MAX)
    party: int = Field(default=1, ge=1, le=PARTY_MAX)


class ResidentPassIn(In):
    cardholder_id: UUID
    gates: Gates | None = None
    window: WindowIn


class ChangePassIn(In):
    """What is left out stays as it was."""

    reason: Why
    window: WindowIn | None = None
    gates: Gates | None = None
    uses: int | None = Field(default=None, ge=0, le=USES_MAX)
    party: int | None = Field(default=None, ge=1, le=PARTY_MAX)


class ReasonIn(In):
    reason: Why = Field(examples=["访客改期"])


class IssuedOut(Out):
    """The text of the QR code. Whoever has it can use it: keep it out of logs and addresses."""

    pass_id: UUID
    token: str


class PassOut(Out):
    pass_id: UUID
    community_id: UUID
    kind: str = Field(examples=["visitor"])
    label: str = Field(examples=["李*"])
    phone: str | None = Field(examples=["190****0002"])
    plate: str | None = Field(examples=["川A****5"])
    house: str | None = Field(examples=["5-2-1102"])
    cardholder_id: UUID | None
    not_before: datetime
    not_after: datetime
    gates: tuple[int, ...]
    uses: int
    party: int
    state: PassState
    issued_at: datetime
    issued_by: str
    replaces: UUID | None
    revoked_at: datetime | None
    revoked_reason: str | None


class CardholderIn(In):
    community_id: UUID
    person_id: UUID
    groups: list[Group] = Field(default=["resident"], min_length=1, max_length=20)
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class GroupsIn(In):
    groups: list[Group] = Field(max_length=20)


class CardIn(In):
    """As the reader says it. The number is digested at once and kept nowhere."""

    cardholder_id: UUID
    format: str = Field(pattern=r"^[a-z0-9]{1,20}$", examples=["wiegand26"])
    facility: int | None = Field(default=None, ge=0, lt=1 << 32, examples=[12])
    number: int = Field(ge=0, lt=1 << 128, examples=[34567])
    weak: bool = Field(default=True, description="only its identifier is read, and that can be copied")
    name: CardName = ""
    valid_until: Moment | None = None


class CardOut(Out):
    """`told_version`: a gate with these rules, or later ones, knows of the card's last change."""

    card_id: UUID
    cardholder_id: UUID
    name: str = Field(examples=["蓝色门卡"])
    label: str = Field(description="the last two digits; empty where a lane has read the card", examples=["67"])
    weak: bool
    given_at: datetime
    given_by: str = Field(examples=["李经理"])
    valid_until: datetime | None = None
    revoked_at: datetime | None = None
    revoked_reason: str | None = Field(default=None, examples=["遗失"])
    told_version: int = Field(examples=[318])


class CardNameIn(In):
    name: CardName


class PassOnIn(In):
    """To whom the card goes; the one who had it can open nothing with it any more."""

    cardholder_id: UUID
    reason: Why = Field(examples=["换人使用"])


class KindSpans(In):
    """Left out: at any time."""

    kind: Kind = Field(examples=["card"])
    schedule: list[Span] = Field(default=list(ALWAYS), min_length=1, max_length=50)


class LaneKindsIn(In):
    """The whole list. Empty: every kind, always."""

    kinds: list[KindSpans] = Field(max_length=4)


class KindOut(Out):
    kind: Kind
    schedule: tuple[Span, ...]


class LaneKindsOut(Out):
    lane_id: UUID
    community_id: UUID
    lane: str = Field(examples=["东门人行进"])
    gate: str = Field(examples=["东门"])
    kinds: tuple[KindOut, ...]


class PinIn(In):
    cardholder_id: UUID
    house_id: UUID
    pin: Printable | None = Field(default=None, max_length=20, description="left out: one is made", examples=["402817"])
    code: Printable | None = Field(
        default=None, max_length=20, description="where another house keys the label's digits"
    )
    valid_until: Moment | None = None


class PinOut(Out):
    """Said once. The same PIN with its last digit one higher (9 becomes 0) opens as well and calls for help."""

    pin_id: UUID
    unit: str = Field(examples=["31502"])
    pin: str = Field(examples=["402817"])


class CardholderOut(Out):
    cardholder_id: UUID
    person_id: UUID
    community_id: UUID
    label: str = Field(examples=["张*"])
    houses: tuple[str, ...]
    groups: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    blocked_at: datetime | None
    blocked_reason: str | None


class HouseholdBlockIn(In):
    """`until`: its end, at most 31 days away."""

    house_id: UUID
    until: Moment
    reason: Why = Field(examples=["家暴保护令，等待派出所通知"])


class HouseholdBlockOut(Out):
    """`stands`: its hour has not come and nobody has ended it."""

    block_id: UUID
    community_id: UUID
    house_id: UUID
    house: str
    stands: bool
    reason: str = Field(examples=["家暴保护令，等待派出所通知"])
    blocked_at: datetime
    blocked_name: str = Field(examples=["李经理"])
    until: datetime
    ended_at: datetime | None
    ended_name: str | None = Field(examples=["李经理"])
    ended_reason: str | None = Field(examples=["派出所已通知解除"])


class RuleIn(In):
    """No lanes named: every lane of the community. `replaces` retires that rule in the same step."""

    community_id: UUID
    name: Name = Field(examples=["访客可进出"])
    effect: Effect
    groups: list[Group] = Field(min_length=1, max_length=20)
    lanes: list[UUID] = Field(default=[], max_length=256)
    schedule: list[Span] = Field(default=list(ALWAYS), min_length=1, max_length=50)
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    replaces: UUID | None = None


class RuleOut(Out):
    rule_id: UUID
    community_id: UUID
    name: str
    effect: Effect
    groups: tuple[str, ...]
    lanes: tuple[UUID, ...]
    schedule: tuple[Span, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    added_at: datetime
    retired_at: datetime | None
    replaces: UUID | None


class HolidayIn(In):
    community_id: UUID
    day: date
    name: Name = Field(examples=["春节"])


class HolidayOut(Out):
    holiday_id: UUID
    community_id: UUID
    day: date
    name: str


class RotateIn(In):
    community_id: UUID
    overlap_days: int = Field(default=30, ge=7, le=400)


class RotationOut(Out):
    """`resend`: open passes whose picture must be sent again before the old key's end."""

    key_number: int
    old_accepted_until: datetime | None
    resend: int


class KeyOut(Out):
    key_id: UUID
    number: int
    made_at: datetime
    accepted_until: datetime | None


class SettingsIn(In):
    refer_when_stale: bool | None = None
    send_pictures: bool | None = None
    picture_passed_s: int | None = Field(
        default=None,
        ge=PASSED_S_MIN,
        le=PASSED_S_MAX,
        description="pictures of people let through, and whole frames",
        examples=[60],
    )
    picture_refused_days: int | None = Field(
        default=None, ge=0, le=REFUSED_DAYS_MAX, description="the crop of somebody refused or asked about", examples=[7]
    )


class SettingsOut(Out):
    community_id: UUID
    snapshot_version: int
    refer_when_stale: bool
    send_pictures: bool
    picture_passed_s: int = Field(examples=[60])
    picture_refused_days: int = Field(examples=[7])


class ZoneIn(In):
    """`lanes`: all that lead in and out. `minutes` counts for `timed` only. A hard zone needs lanes of both ways."""

    community_id: UUID
    name: Name = Field(examples=["地库"])
    mode: PassbackMode = Field(examples=["timed"])
    minutes: int = Field(default=0, ge=0, le=1440, examples=[10])
    lanes: list[UUID] = Field(min_length=1, max_length=200)


class ZoneOut(Out):
    zone_id: UUID
    community_id: UUID
    name: str = Field(examples=["地库"])
    mode: PassbackMode
    minutes: int = Field(description="0 unless `timed`", examples=[10])
    lanes: tuple[UUID, ...]
    set_at: datetime


class LockdownIn(In):
    """`admits`: the group that still passes. `until`: its end, at most 24 hours away."""

    community_id: UUID
    lanes: list[UUID] = Field(min_length=1, max_length=200)
    admits: Group = Field(examples=["staff"])
    until: Moment
    reason: Why = Field(examples=["东区有可疑人员，等待警方"])


class LockdownOut(Out):
    lockdown_id: UUID
    community_id: UUID
    state: LockdownState
    lanes: tuple[UUID, ...]
    admits: str = Field(examples=["staff"])
    until: datetime
    reason: str = Field(examples=["东区有可疑人员，等待警方"])
    requested_by: UUID
    requested_name: str = Field(examples=["王师傅"])
    requested_at: datetime
    approved_by: UUID | None
    approved_name: str | None = Field(examples=["李经理"])
    approved_at: datetime | None
    ended_by: UUID | None
    ended_name: str | None = Field(examples=["李经理"])
    ended_at: datetime | None
    ended_reason: str | None = Field(examples=["警方已到"])


class PersonOut(Out):
    kind: str
    label: str
    house: str | None


class ExplanationOut(Out):
    """`uses_known` false: no node drives the lane, nobody counted, and the answer takes no entry to have been made."""

    decision: Decision
    checks: tuple[Check, ...]
    person: PersonOut
    uses_before: int
    uses_known: bool


class StandingOut(Out):
    """What the lane would say to somebody's best pass. `refer`: something more is asked, a face for example."""

    cardholder_id: UUID
    label: str = Field(examples=["张*"])
    house: str | None
    outcome: Outcome
    reason: str
    rule_id: UUID | None


class WhoMayOut(Out):
    """`counts`: cardholders by "outcome reason". `people`: the first of them, those who may enter first."""

    lane_id: UUID
    at: datetime
    counts: dict[str, int] = Field(examples=[{"grant ok": 812, "deny blocked": 3}])
    people: list[StandingOut]

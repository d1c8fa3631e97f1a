"""What others are shown of access: frozen values, people masked, never a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from central.gates.access.rules import LockdownState, PassState
from models.access.credential import Kind
from models.access.decision import Check, Decision
from models.access.passback import PassbackMode
from models.access.pictures import PASSED_S_MAX, REFUSED_DAYS_MAX, Keeping
from models.access.policy import Effect
from models.access.schedule import Span


@dataclass(frozen=True, slots=True)
class PersonView:
    """Who stands behind a credential. `kind` is "resident", "visitor" or "unknown"; `label` the masked name ("" when
    unknown); `house` the label of their home, or of the house that invited the visitor."""

    kind: str
    label: str
    house: str | None = None
    cardholder_id: UUID | None = None
    person_id: UUID | None = None
    community_id: UUID | None = None


UNKNOWN = PersonView(kind="unknown", label="")


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """`token` is the text of the QR code. It opens gates: never in an address, a log or an audit row."""

    pass_id: UUID
    token: str

    def __repr__(self) -> str:
        return f"IssuedPass({self.pass_id}, token=…)"


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass as lists show it. `gates` are gate numbers; `uses` 0 is without limit inside the window."""

    pass_id: UUID
    community_id: UUID
    kind: str
    label: str
    phone: str | None
    plate: str | None
    house: str | None
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


@dataclass(frozen=True, slots=True)
class CardholderView:
    """`valid_from`/`valid_until` are the effective ones: the cardholder's own, narrowed to the time at home."""

    cardholder_id: UUID
    person_id: UUID
    community_id: UUID
    label: str
    houses: tuple[str, ...]
    groups: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    blocked_at: datetime | None
    blocked_reason: str | None


@dataclass(frozen=True, slots=True)
class HouseholdBlockView:
    """`stands`: its hour has not come and nobody has ended it."""

    block_id: UUID
    community_id: UUID
    house_id: UUID
    house: str
    stands: bool
    reason: str
    blocked_at: datetime
    blocked_name: str
    until: datetime
    ended_at: datetime | None
    ended_name: str | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class RuleView:
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


@dataclass(frozen=True, slots=True)
class HolidayView:
    holiday_id: UUID
    community_id: UUID
    day: date
    name: str


@dataclass(frozen=True, slots=True)
class ZoneView:
    zone_id: UUID
    community_id: UUID
    name: str
    mode: PassbackMode
    minutes: int
    lanes: tuple[UUID, ...]
    set_at: datetime


@dataclass(frozen=True, slots=True)
class LockdownView:
    """`admits`: the group that still passes. `until`: its hour, at which it ends by itself."""

    lockdown_id: UUID
    community_id: UUID
    state: LockdownState
    lanes: tuple[UUID, ...]
    admits: str
    until: datetime
    reason: str
    requested_by: UUID
    requested_name: str
    requested_at: datetime
    approved_by: UUID | None
    approved_name: str | None
    approved_at: datetime | None
    ended_by: UUID | None
    ended_name: str | None
    ended_at: datetime | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as lists show it. `label`: the last two digits of its number, "" where a lane has read it.

    `told_version`: a gate with these rules, or later ones, knows of the card's last change.
    """

    card_id: UUID
    community_id: UUID
    cardholder_id: UUID
    name: str
    label: str
    weak: bool
    given_at: datetime
    given_by: str
    valid_until: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None
    told_version: int


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card that counts, its owner by masked name, and the groups of the owner."""

    card: CardView
    person: PersonView
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PinView:
    """That there is a PIN, and behind which number it is keyed; nobody can say what it is."""

    pin_id: UUID
    house_id: UUID
    house: str
    unit: str
    given_at: datetime
    valid_until: datetime | None
    told_version: int


@dataclass(frozen=True, slots=True)
class KindView:
    kind: Kind
    schedule: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class LaneKindsView:
    """What a lane takes, and when. No `kinds`: every kind, always."""

    lane_id: UUID
    community_id: UUID
    lane: str
    gate: str
    kinds: tuple[KindView, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """`accepted_until` None: this key signs."""

    key_id: UUID
    number: int
    made_at: datetime
    accepted_until: datetime | None


@dataclass(frozen=True, slots=True)
class SettingsView:
    community_id: UUID
    snapshot_version: int
    refer_when_stale: bool
    send_pictures: bool
    picture_passed_s: int = PASSED_S_MAX
    picture_refused_days: int = REFUSED_DAYS_MAX

    @property
    def keeping(self) -> Keeping:
        return Keeping(passed_s=self.picture_passed_s, refused_days=self.picture_refused_days)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why, or why not: the decision at that instant, and every question that could be asked, also after one failed.

    `uses_before` is what the caller knew of entries; `uses_known` False says that nobody had counted them.
    """

    decision: Decision
    checks: tuple[Check, ...]
    person: PersonView
    uses_before: int
    uses_known: bool

"""What a node needs to decide alone: rules, keys, people as pseudonyms, revocations. Signed, versioned, expiring.

A snapshot is whole, and applied whole or not at all. `judge` says why one is refused (SEC-10): yesterday's snapshot,
replayed, would bring a revoked pass back to life.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.access.cards import CardEntry
from models.access.credential import Cardholder
from models.access.lifts import FloorsOf
from models.access.lockdown import Lockdown
from models.access.passback import PassbackZone
from models.access.pictures import Keeping
from models.access.pins import UnitPins
from models.access.policy import KindWindow, Rule
from models.parking.bookings import Booking
from models.parking.invited import INVITED_MAX, Invited
from models.parking.storm import STORMS_MAX, Storm
from models.parking.tariff import Tariff
from models.site.topology import Lane
from models.values.frozen import IN_ORDER, WireValue
from models.values.time import Instant
from models.wire.faces import LeftOut, NodeKey
from models.wire.plates import PLATES_MAX, PassingEntry, PlateEntry


class PassKey(WireValue):
    """A public key under which passes of this site are signed. Two may be active, so that keys can roll (VIS-06)."""

    key_id: int = Field(ge=0, le=255)
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")


class CredentialEntry(WireValue):
    """Which cardholder a pass belongs to. A visitor's pass needs no entry: it is complete in itself."""

    credential_id: UUID
    cardholder_id: UUID


class Erasure(WireValue):
    """A cardholder whose face data is destroyed before anything else of the snapshot counts (PRIV-04).

    A withdrawal, a new consent and a second withdrawal are two orders, and a node confirms each of them once.
    """

    order_id: UUID
    cardholder_id: UUID


WATCH_GROUP_MAX = 1000
"""Faces of one site's watch group at the most (ACC-30)."""


TARIFFS_MAX = 200
BOOKINGS_MAX = 500
"""Places that may be booked in one car park, now and later."""


class WatchEntry(WireValue):
    """A face that is looked out for, until `expires_at` and not a moment longer. Who it is stays at central: the gate
    knows a number, and the ground by which it is looked for (a word), so that the guard is told what to do."""

    entry_id: UUID
    number: int = Field(ge=1)
    ground: str = Field(pattern=r"^[a-z_]{1,40}$")
    expires_at: Instant


class Snapshot(WireValue):
    v: int = 1
    tenant_id: UUID
    site_id: UUID
    node_id: UUID
    version: int = Field(ge=1, description="grows with every change at the site; a lower one is refused")
    issued_at: Instant
    expires_at: Instant
    lanes: tuple[Lane, ...] = ()
    pass_keys: tuple[PassKey, ...] = ()
    rules: tuple[Rule, ...] = ()
    holidays: Annotated[frozenset[date], IN_ORDER] = frozenset()
    cardholders: tuple[Cardholder, ...] = ()
    credentials: tuple[CredentialEntry, ...] = ()
    revoked: Annotated[frozenset[UUID], IN_ORDER] = Field(
        default=frozenset(), description="pass and credential ids, kept until they expire"
    )
    refer_when_stale: bool = False
    send_pictures: bool = Field(default=False, description="the community allows event pictures to leave the node")
    pictures_kept: Keeping = Field(default=Keeping(), description="how long a picture may exist after its decision")
    card_key: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="with it the node makes card digests")
    cards: tuple[CardEntry, ...] = ()
    units: tuple[UnitPins, ...] = ()
    kinds: tuple[KindWindow, ...] = Field(default=(), description="per lane; a lane without any takes every kind")
    passback: tuple[PassbackZone, ...] = ()
    lockdowns: tuple[Lockdown, ...] = Field(default=(), description="a node ends each by itself at its `until`")
    floors: tuple[FloorsOf, ...] = Field(default=(), description="who reaches more of a lift than its common floors")
    erase: tuple[Erasure, ...] = Field(
        default=(), description="kept until every node has confirmed, and a month for nodes restored from an old disk"
    )
    overtaken: tuple[Erasure, ...] = Field(
        default=(), description="orders that this node confirmed and whose person agreed anew since, for a month: a "
        "disk from before one of them holds what was made under the consent that is over, and destroys it",
    )  # fmt: skip
    corrected: Annotated[frozenset[UUID], IN_ORDER] = Field(
        default=frozenset(), description="this node's visits of which a person said that it was somebody else"
    )
    watch: tuple[WatchEntry, ...] = Field(default=(), description="what is not here is erased at the node")
    plate_key: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="seals the plates in events")
    plates: tuple[PlateEntry, ...] = Field(default=(), max_length=PLATES_MAX)
    passing: tuple[PassingEntry, ...] = Field(default=(), max_length=PLATES_MAX)
    tariffs: tuple[Tariff, ...] = Field(
        default=(), max_length=TARIFFS_MAX,
        description="in force, agreed on for later, and those by which a car is inside; none: nothing is charged",
    )  # fmt: skip
    booked: tuple[Booking, ...] = Field(
        default=(), max_length=BOOKINGS_MAX,
        description="places that are kept for a car that has not come yet; an older node knows of none (PARK-25)",
    )  # fmt: skip
    invited: tuple[Invited, ...] = Field(
        default=(), max_length=INVITED_MAX,
        description="plates on visitors' passes, where a tariff has free minutes for them; an older node knows of none",
    )  # fmt: skip
    storms: tuple[Storm, ...] = Field(
        default=(), max_length=STORMS_MAX, description="a node ends each by itself at its `until` (LANE-28)"
    )
    nodes: tuple[NodeKey, ...] | None = Field(
        default=None, description="the site's other nodes: faces go sealed to these and come from these; None: not said"
    )
    maker: UUID | None = Field(
        default=None, description="the enrolment node: templates are taken from it alone; None: no node is one yet"
    )
    left_out: tuple[LeftOut, ...] = Field(
        default=(), description="told to the enrolment node: whose template is sealed for which other nodes not"
    )


class SnapshotRefusal(StrEnum):
    BAD_SIGNATURE = "bad_signature"
    WRONG_NODE = "wrong_node"
    OLDER = "older"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"


def judge(snapshot: Snapshot, node_id: UUID, have_version: int, now: datetime) -> SnapshotRefusal | None:
    """Why a correctly signed snapshot must not be applied, or None when it may. An equal version is not older."""
    if snapshot.node_id != node_id:
        return SnapshotRefusal.WRONG_NODE
    if snapshot.version < have_version:
        return SnapshotRefusal.OLDER
    if now >= snapshot.expires_at:
        return SnapshotRefusal.EXPIRED
    return None

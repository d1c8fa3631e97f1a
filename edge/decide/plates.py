"""What a vehicle lane knows when it decides: what was read, and what the node's own disk says. Nothing here decides."""

from collections.abc import Sequence

from devices.ports import PlateRecord
from edge.lane.inbox import PlatesVoted
from edge.store.store import RulesView
from models.parking.account import Charging, class_of
from models.parking.admission import Vehicle
from models.parking.decided import Lists, Seen
from models.parking.invited import Invited
from models.parking.tariff import Calendar
from models.values.plate import Plate, PlateColour, PlateKind, kind_of

CAR = "small"
"""The class of a vehicle whose plate nobody could read; no lane lets one in by its class."""
PUSHED_SCORE_MIN = 0.9
"""What a camera that reads by itself must be sure of. A camera that says no score is not sure."""

LOOKS_SPECIAL = frozenset({PlateKind.POLICE, PlateKind.ARMED_POLICE, PlateKind.ARMY, PlateKind.RESCUE})
"""Such a plate alone only proposes, and a guard opens (LANE-12)."""


def seen_in(voted: PlatesVoted | None) -> Seen:
    """What the frames of one look say; None: nothing was read at all."""
    if voted is None:
        return Seen(Vehicle(None, False, CAR), "camera")
    left_out = " ".join(f"{why.value}:{count}" for why, count in sorted(voted.vote.left_out.items()))
    vehicle = _vehicle(voted.vote.text, voted.colour, voted.vote.sure)
    return Seen(vehicle, "camera", voted.frames, left_out)


def seen_in_push(record: PlateRecord) -> Seen:
    """What a camera that reads by itself says of one vehicle. A plate that it calls a fake is never sure."""
    sure = record.score is not None and record.score >= PUSHED_SCORE_MIN and not record.fake
    return Seen(_vehicle(record.text, record.colour, sure), "push", 1)


def _vehicle(text: str, colour: PlateColour, sure: bool) -> Vehicle:
    kind = kind_of(text)
    if kind is None:
        return Vehicle(None, False, CAR)
    return Vehicle(Plate(text=text, colour=colour), sure, class_of(text, colour), kind in LOOKS_SPECIAL)


def charging_of(view: RulesView) -> Charging:
    """By what the car park charges, as the rules of this moment have it."""
    snapshot = view.snapshot
    return Charging() if snapshot is None else Charging(snapshot.tariffs, Calendar(holidays=view.holidays))


def invited_of(view: RulesView) -> Sequence[Invited]:
    """The plates on visitors' passes, as the rules of this moment have them (P34)."""
    return () if view.snapshot is None else view.snapshot.invited


def lists_of(view: RulesView) -> Lists:
    """What the rules of this moment say about plates."""
    snapshot = view.snapshot
    if snapshot is None:
        return Lists(known=False)
    return Lists(
        entries=(*snapshot.plates, *snapshot.passing),
        kinds=snapshot.kinds,
        holidays=view.holidays,
        version=view.version,
        issued_at=view.issued_at,
        expires_at=view.expires_at,
        refer_when_stale=snapshot.refer_when_stale,
    )

"""How many places are free, and whether the lot is full: from stays, a person's count, and bay sensors. Pure.

    a zone all of whose temporary bays have a sensor      its sensors say; a silent one is unknown, and not free;
                                                          is more than half of them silent, they count nothing
    a zone that only lanes of its own lead into, from     the cars that came in there, by whichever lane, and have
    outside or from another zone by an inner lane         neither left nor gone to another zone by an inner lane
    any other zone                                        is not counted for itself
    the lot                                               the sum, where each zone is counted; else all cars inside

Somebody's own bay never counts as free (PARK-20), nor does a place that is kept for a booking (PARK-25). A car with a
permit stands on one of the former as long as there are any; of more such cars each takes a place from the others, and
so does a further car of a bay until that is free for it (`bays.elsewhere`): it is counted among the others. What a
person counted is where counting begins anew: from then on each car that comes in is one more, each that leaves one
less, so that a stay put right later puts this right too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.parking.bookings import KeptNow
from models.parking.charging_bay import Misused
from models.parking.plan import Bay, BayKind, Plan

SILENT_AFTER = timedelta(minutes=10)
"""PARK-21."""
AHEAD_MAX = timedelta(minutes=2)
"""A sensor's clock may be so far ahead; what it tells of a later time is not believed."""
WHOLE = ""
"""The code of the lot as if it were one zone."""
CHARGED_MAX = timedelta(minutes=30)
"""PARK-23: so long a car may stay on a charging bay after it has finished, until somebody sets another time."""


class BayState(StrEnum):
    """UNKNOWN: its sensor is silent, or was never heard. UNWATCHED: it has none. KEPT: nobody stands there, and it is
    kept for a booking (PARK-25)."""

    FREE = "free"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"
    KEPT = "kept"


class Charging(StrEnum):
    """What a charging post says of the car that stands at it."""

    NO = "no"
    ON = "on"
    DONE = "done"


class Heard(NamedTuple):
    """The last word about a bay. at: when its sensor said so. since: since when `taken` and `charging` are as they are.
    fuel: a car that burns fuel stands there; None where nobody saw."""

    taken: bool
    at: datetime
    since: datetime
    charging: Charging | None = None
    fuel: bool | None = None


class How(StrEnum):
    """By what a zone is counted. SILENT: by nothing, since most of its sensors are not heard: a guidance system that
    has stopped must not close the gate."""

    SENSORS = "sensors"
    LANES = "lanes"
    STAYS = "stays"
    SUM = "sum"
    SILENT = "silent"
    NOTHING = "nothing"


class Cars(NamedTuple):
    """Cars by the zone that their lane leads into. own: with a permit, its bay not taken; others: the rest."""

    own: int = 0
    others: int = 0


class Count(NamedTuple):
    """What a person counted on the places that are nobody's own, and what has come and gone since."""

    counted: int
    at: datetime
    entered: int = 0
    left: int = 0

    @property
    def now(self) -> int:
        return max(0, self.counted + self.entered - self.left)


class Known(NamedTuple):
    """What is known of a lot. inside, counts: by zone, WHOLE for the lot. heard: by bay. kept: for bookings, now.
    inner: the zones between which its inner lanes lead."""

    inside: Mapping[str, Cars] = {}  # replaced, never changed
    counts: Mapping[str, Count] = {}
    heard: Mapping[str, Heard] = {}
    kept: tuple[KeptNow, ...] = ()
    inner: frozenset[str] = frozenset()


class Tally(NamedTuple):
    """Bays of one kind. free, taken, unknown: as their sensors say; unwatched: those that have none;
    kept: free, and kept for a booking."""

    kind: BayKind
    bays: int
    free: int
    taken: int
    unknown: int
    unwatched: int
    kept: int = 0


class ZoneNow(NamedTuple):
    """places: those that are for anybody. standing: cars on them, where they are counted by cars. free: None where
    nobody counts."""

    code: str
    name: str
    level: str
    how: How
    places: int
    standing: int | None
    free: int | None
    tallies: tuple[Tally, ...]

    @property
    def full(self) -> bool:
        return self.free == 0


class LotNow(NamedTuple):
    """standing: cars on the places for anybody, where they are counted by cars and not by sensors. kept: how many
    places bookings take off them, short: for how many of these there was none left."""

    how: How
    places: int
    own_places: int
    inside: Cars
    standing: int | None
    free: int | None
    full: bool
    zones: tuple[ZoneNow, ...]
    tallies: tuple[Tally, ...]
    bays: Mapping[str, BayState]
    kept: int = 0
    short: int = 0


def bay_now(bay: Bay, heard: Heard | None, now: datetime) -> BayState:
    if not bay.sensor:
        return BayState.UNWATCHED
    if heard is None or now - heard.at > SILENT_AFTER:
        return BayState.UNKNOWN
    return BayState.TAKEN if heard.taken else BayState.FREE


def newer(before: Heard | None, said: Heard, now: datetime) -> Heard | None:
    """The last word once this one has come; None where it changes nothing: told before, older, or from the future."""
    if said.at > now + AHEAD_MAX or (before is not None and said.at <= before.at):
        return None
    if before is None or (before.taken, before.charging) != (said.taken, said.charging):
        return said._replace(since=said.at)
    return said._replace(since=before.since)


def free_of(places: int, standing: int, own: int, own_places: int) -> int:
    """What is left of places for anybody: cars whose owners have no bay of their own left stand on them too."""
    return max(0, places - standing - max(0, own - own_places))


def lot_now(plan: Plan, known: Known, full_at: int, now: datetime) -> LotNow:
    """full_at: with so many left it is full already."""
    kept_bays = {one.bay for one in known.kept}
    states = {code: bay_now(bay, known.heard.get(code), now) for code, (_, bay) in plan.bays.items()}
    states |= {code: BayState.KEPT for code in kept_bays if states.get(code) is BayState.FREE}
    zones = tuple(_zone(plan, code, known, states) for code in plan.zones)
    everyone = list(plan.bays.values())
    places, own_places = (sum(bay.kind is kind for _, bay in everyone) for kind in (BayKind.TEMPORARY, BayKind.FIXED))
    inside = Cars(*(sum(part) for part in zip(*known.inside.values(), strict=True))) if known.inside else Cars()
    with_places = [zone for zone in zones if zone.places]
    summed = bool(with_places) and all(zone.free is not None for zone in with_places)
    standing: int | None = None
    if summed:
        how, free = How.SUM, sum(zone.free or 0 for zone in with_places)
    else:
        how = How.STAYS
        standing = known.counts[WHOLE].now if WHOLE in known.counts else inside.others
        free = free_of(places, standing, inside.own, own_places)
    bays = [bay for _, bay in everyone]
    kept, free, short = _less_kept(free, known)
    by_zone = Counter(_zone_kept(plan, one) for one in known.kept if one.anybodys)
    zones = tuple(
        one._replace(free=max(0, one.free - by_zone[one.code])) if one.free is not None else one for one in zones
    )
    return LotNow(
        how, places, own_places, inside, standing, free, free <= full_at, zones, tallies_of(bays, states), states,
        kept, short,
    )  # fmt: skip


def lot_by_number(places: int, own_places: int, known: Known, full_at: int) -> LotNow:
    """Of a lot without a floor plan: how many places it has is all that is known of it."""
    inside = Cars(*(sum(part) for part in zip(*known.inside.values(), strict=True))) if known.inside else Cars()
    standing = known.counts[WHOLE].now if WHOLE in known.counts else inside.others
    kept, free, short = _less_kept(free_of(places, standing, inside.own, own_places), known)
    return LotNow(How.STAYS, places, own_places, inside, standing, free, free <= full_at, (), (), {}, kept, short)


def _less_kept(free: int, known: Known) -> tuple[int, int, int]:
    """How many places bookings take, what is free without them, and for how many of them none is left. A car that finds
    its own bay taken by another needs a place all the same."""
    kept = sum(one.anybodys for one in known.kept)
    return kept, max(0, free - kept), max(0, kept - free)


def _zone_kept(plan: Plan, kept: KeptNow) -> str:
    return plan.bays[kept.bay][1].zone if kept.bay in plan.bays else kept.zone


def _zone(plan: Plan, code: str, known: Known, states: Mapping[str, BayState]) -> ZoneNow:
    level, zone = plan.zones[code]
    bays = list(plan.bays_in(code))
    tallies = tallies_of(bays, states)
    temporary = next((one for one in tallies if one.kind is BayKind.TEMPORARY), None)
    how, free, standing = How.NOTHING, None, None
    if temporary is not None and not temporary.unwatched:
        heard = temporary.unknown * 2 <= temporary.bays
        how, free = (How.SENSORS, temporary.free + temporary.kept) if heard else (How.SILENT, None)
    elif temporary is not None and counted_by_lanes(plan, code, known.inner):
        how = How.LANES
        cars = known.inside.get(code, Cars())
        standing = known.counts[code].now if code in known.counts else cars.others
        free = free_of(temporary.bays, standing, cars.own, sum(bay.kind is BayKind.FIXED for bay in bays))
    return ZoneNow(code, zone.name, level.code, how, temporary.bays if temporary else 0, standing, free, tallies)


def counted_by_lanes(plan: Plan, zone: str, inner: Collection[str] = ()) -> bool:
    """Whether it is known which cars are in this zone: a lane leads there, be it an inner one, and none that leads into
    the lot leaves it open where to. inner: the zones between which inner lanes lead."""
    leads_there = zone in inner or any(lane.zone == zone for lane in plan.lanes)
    return leads_there and bool(plan.lanes) and all(lane.zone is not None for lane in plan.lanes)


class Spell(NamedTuple):
    """For how long a car was in one zone; until None: it is there still."""

    zone: str
    since: datetime
    until: datetime | None


def spells_of(
    entered: datetime, entry_zone: str, moves: Iterable[tuple[datetime, str]], left: datetime | None
) -> list[Spell]:
    """Where a car was, from zone to zone. moves: when an inner lane led it where, in any order."""
    found, zone, since = list[Spell](), entry_zone, entered
    for at, to in sorted(moves, key=lambda one: one[0]):
        if to != zone:
            found.append(Spell(zone, since, at))
            zone, since = to, at
    return [*found, Spell(zone, since, left)]


def counted_by_hand(now: LotNow) -> tuple[str, ...]:
    """For which zones a person's count changes something; WHOLE: for the lot."""
    if now.how is How.STAYS:
        return (WHOLE, *(one.code for one in now.zones if one.how is How.LANES))
    return tuple(one.code for one in now.zones if one.how is How.LANES)


def tallies_of(bays: Iterable[Bay], states: Mapping[str, BayState]) -> tuple[Tally, ...]:
    """In the order of the kinds; a kind of which there is no bay is left out."""
    found: dict[BayKind, list[BayState]] = {}
    for bay in bays:
        found.setdefault(bay.kind, []).append(states[bay.code])
    return tuple(
        Tally(kind, len(of), *(of.count(state) for state in
                               (BayState.FREE, BayState.TAKEN, BayState.UNKNOWN, BayState.UNWATCHED, BayState.KEPT)))
        for kind in BayKind if (of := found.get(kind))
    )  # fmt: skip


def may_take(
    plan: Plan, states: Mapping[str, BayState], kinds: Collection[BayKind] = (BayKind.TEMPORARY,),
    full: Collection[str] = (),
) -> list[str]:  # fmt: skip
    """The bays that a car may be sent to: those that a sensor says are free. full: zones of which every place for
    anybody is taken, or kept for a booking that names no bay."""
    return [
        code
        for code, (_, bay) in plan.bays.items()
        if bay.kind in kinds
        and states.get(code) is BayState.FREE
        and not (bay.kind is BayKind.TEMPORARY and bay.zone in full)
    ]


def wrong_on(word: Heard) -> Misused | None:
    """What is wrong with the car of which a charging bay's sensor says this."""
    if not word.taken:
        return None
    if word.fuel:
        return Misused.FUEL_CAR
    return Misused.CHARGED if word.charging is Charging.DONE else None


def misused(
    plan: Plan, heard: Mapping[str, Heard], now: datetime, charged_max: timedelta = CHARGED_MAX
) -> list[tuple[str, Misused, datetime]]:
    """Charging bays where no car should stand, since when; the longest first (PARK-23). A silent one is not known."""
    found = []
    for code, (_, bay) in plan.bays.items():
        word = heard.get(code)
        if bay.kind is not BayKind.CHARGING or word is None or bay_now(bay, word, now) is not BayState.TAKEN:
            continue
        wrong = wrong_on(word)
        if wrong is Misused.FUEL_CAR or (wrong is Misused.CHARGED and now - word.since > charged_max):
            found.append((code, wrong, word.since))
    return sorted(found, key=lambda one: (one[2], one[0]))


def curve_of(
    moves: Sequence[tuple[datetime, int]], at_end: int, start: datetime, end: datetime
) -> list[tuple[datetime, int]]:
    """How many cars were inside from `start` to `end`: the number at each change. moves: each coming (+1) and going
    (-1) of a car. Reckoned back from the end, where the number is known; never below 0."""
    number, found = at_end, [(end, at_end)]
    for at, by in sorted(moves, reverse=True):
        if start < at <= end:
            found.append((at, number))
            number = max(0, number - by)
    found.append((start, number))
    return found[::-1]

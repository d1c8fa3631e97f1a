"""The pages that somebody may open, in groups as they stand in the bar: what belongs together is together."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from central.base.kernel.actor import Actor

WAYS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("desk", (("/", "nav.desk", "visit.read"), ("/lockdown", "nav.lockdown", "lockdown.request"))),
    (
        "people",
        (
            ("/visitors", "nav.visitors", "pass.issue"),
            ("/people", "nav.people", "person.read"),
            ("/plates", "nav.plates", "plate.keep"),
            ("/watch-group", "nav.watch_group", "watch_group.keep"),
        ),
    ),
    (
        "gates",
        (
            ("/booth", "nav.booth", "call.answer"),
            ("/parking", "nav.parking", "stay.read"),
            ("/coupons", "nav.coupons", "coupon.keep"),
            ("/nodes", "nav.nodes", "node.read"),
            ("/parked", "nav.parked", "parked.resolve"),
        ),
    ),
    ("figures", (("/face-figures", "nav.figures", "face.calibrate"),)),
    (
        "administration",
        (
            ("/setup", "nav.setup", "house.edit"),
            ("/tariffs", "nav.tariffs", "tariff.read"),
            ("/accounts", "nav.accounts", "account.read"),
            ("/privacy", "nav.privacy", "assessment.read"),
            ("/audit", "nav.audit", "audit.read"),
        ),
    ),
)
"""Group -> (address, word, right) of each page. A right decides, not a role: what may not be opened is not offered."""

EVERYWHERE = frozenset({"account.read"})
"""What these show belongs to the whole company: a right in one community opens nothing."""

IN_ONE_PLACE = frozenset(
    {
        "/lockdown",
        "/visitors",
        "/people",
        "/parking",
        "/coupons",
        "/plates",
        "/watch-group",
        "/nodes",
        "/setup",
        "/tariffs",
        "/privacy",
    }
)
"""What these show is one community's, which their address names: a menu pressed in it stays there."""

BELOW = {"/storm": "/parking"}
"""What is reached from a page of the menu, and lies below it by another address."""

FEW = 8
"""Who may open no more pages than this sees them all in the bar: a guard needs no menu between two presses."""


@dataclass(frozen=True, slots=True)
class Way:
    """One page. `here`: it is the one that is open, or what is open lies below it."""

    address: str
    word: str
    here: bool


@dataclass(frozen=True, slots=True)
class Group:
    """`flat`: its pages stand in the bar themselves; else they are in a menu of the group's name."""

    key: str
    ways: tuple[Way, ...]
    flat: bool

    @property
    def here(self) -> bool:
        return any(way.here for way in self.ways)


def ways_for(actor: Actor, path: str, place: UUID | None = None) -> tuple[Group, ...]:
    """What this person may open, seen from `path`, which is about the community `place`. A group with nothing in it is
    not there; one page needs no menu, and the desk's own pages are always one press away."""
    open_to = [
        (
            key,
            tuple(
                Way(_address(actor, address, right, place), word, _is_at(path, address))
                for address, word, right in pages
                if _may(actor, right)
            ),
        )
        for key, pages in WAYS
    ]
    few = sum(len(ways) for _, ways in open_to) <= FEW
    return tuple(Group(key, ways, few or len(ways) == 1 or key == "desk") for key, ways in open_to if ways)


def _may(actor: Actor, right: str) -> bool:
    return actor.may(right, None) if right in EVERYWHERE else actor.holds(right)


def _address(actor: Actor, address: str, right: str, place: UUID | None) -> str:
    """In the same community, where this person may open the page there."""
    stays = place is not None and address in IN_ONE_PLACE and actor.may(right, place)
    return f"{address}?community={place}" if stays else address


def _is_at(path: str, address: str) -> bool:
    path = BELOW.get(path, path)
    return path == address or (address != "/" and path.startswith(address))

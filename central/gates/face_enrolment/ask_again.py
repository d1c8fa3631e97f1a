"""Everybody whom the gates know no more, or soon will not, is asked by the link they know: after a change of the face
model or of the enrolment node for new photos (PRIV-09), after a newer text for a new consent (PRIV-02).

Templates of two models say nothing of each other. Of whoever let a node keep their photos it makes a new one by itself;
the others would find out one by one, at a gate that no longer knows them. Who agreed to an earlier text needs no new
photos, and is asked while the old consent still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.gates.access.queries import people_behind
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.service import invite
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes.faces.earlier import earlier_of, made_elsewise, models_of
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.receipts import stored_at
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.gates.nodes.tables import NodeRow
from central.people.community.queries import homes_among
from central.people.community.views import ResidentView
from central.people.consent.facts import UNKNOWN_AGE, ages_of
from central.people.consent.guardians import guardian_before
from central.people.consent.older_text import to_agree_anew
from central.people.consent.rules import AgeBand, age_band

ASKED_AT_ONCE = 20
"""Links of one call: a sheet that one person can hand out within the day that they are good for."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """`asked_until`: the end of a link that they have already; None when they have none. `in_vain`: what was wrong
    with photos that they let a node keep. `photos`: new ones are wanted, `lacking` since the enrolment node has
    none of them, `widens` once they have agreed to that node's gate as well; `text`: a new consent is, and the old
    one counts until `agreed_until`, or no longer. `guardian`: for a child, who spoke for them before and still
    may."""

    cardholder_id: UUID
    home: ResidentView
    nodes: tuple[str, ...]
    asked_until: datetime | None
    in_vain: tuple[str, ...]
    photos: bool
    lacking: bool
    text: bool
    agreed_until: datetime | None
    child: bool = False
    widens: bool = False
    guardian: ResidentView | None = None

    @property
    def at_desk(self) -> bool:
        """A child for whom nobody is known to speak: the desk has to name somebody."""
        return self.child and self.guardian is None


@dataclass(frozen=True, slots=True)
class Asked:
    """A link for one person, told once; of a child's it is `guardian`'s to open."""

    home: ResidentView
    guardian: ResidentView | None
    token: str
    expires_at: datetime


def to_ask(db: Session, community_id: UUID, now: datetime, newest: int | None = None) -> list[ToAsk]:
    """Everybody at home there whom the new model or enrolment node left behind, or whose template rests on an earlier
    text, by house. `newest`: as it would be with a text of this version, which is not published yet."""
    views = {view.person_id: view for view in earlier_of(db, community_id, now)}
    older, stored = to_agree_anew(db, community_id, now, newest), _stored(db, community_id)
    links = _links(db, community_id, now)
    homes: dict[UUID, ResidentView] = {}
    for home in homes_among(db, (), views.keys() | (older.keys() & stored.keys())):
        if home.community_id == community_id and home.starts_at <= now and (not home.ends_at or now < home.ends_at):
            homes.setdefault(home.person_id, home)
    ages, found = ages_of(db, homes), []
    for person, home in homes.items():
        view, stands = views.get(person), older.get(person)
        holder, nodes = (view.cardholder_id, view.nodes) if view is not None else stored[person]
        child = age_band(ages.get(person, UNKNOWN_AGE), now) is AgeBand.UNDER_14
        spoke = guardian_before(db, home.resident_id, now) if child else None
        found.append(
            ToAsk(
                holder, home, nodes, links.get(holder), view.in_vain if view is not None else (),
                photos=view is not None, lacking=view is not None and view.lacking,
                text=stands is not None, agreed_until=stands.until if stands else None,
                child=child, widens=view is not None and view.widens,
                guardian=spoke,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.home.house, one.home.resident_id))


def other_models(db: Session, community_id: UUID) -> tuple[str, ...]:
    """Nodes that asking again does not help, since they compare by another model than new templates are made by."""
    maker = maker_of(db, community_id)
    return made_elsewise(db, community_id, maker) if maker is not None else ()


def ask_again(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[Asked]:
    """A link for each of the next twenty who have none, for a child naming who spoke for them before. Nothing of theirs
    is erased by it.

    Raises what `invite` raises, of which the first is said before anybody is asked.
    """
    actor.demand(CALIBRATE_FACES, community_id)
    models_of(db, community_id, lock=True)  # a second manager, at the same moment, asks those who come after
    asked, without = [], [one for one in to_ask(db, community_id, now) if one.asked_until is None and not one.at_desk]
    for one in without[:ASKED_AT_ONCE]:
        token, row = invite(
            db, actor, one.cardholder_id, now, guardian_id=one.guardian.resident_id if one.guardian else None
        )
        asked.append(Asked(one.home, one.guardian, token, row.expires_at))
    if asked:
        record(
            db, actor, "face.ask_again", "community", community_id, community_id=community_id,
            after={"people": len(asked)},
        )  # fmt: skip
    return asked


def _stored(db: Session, community_id: UUID) -> dict[UUID, tuple[UUID, tuple[str, ...]]]:
    """By person: under which id the gates know them, and the nodes that have a template, by name."""
    where: dict[UUID, list[UUID]] = {}
    for node, holder in stored_at(db, community_id):
        where.setdefault(holder, []).append(node)
    found = db.execute(select(NodeRow.id, NodeRow.name).where(NodeRow.community_id == community_id))
    names: dict[UUID, str] = dict(found.all())
    return {
        person: (holder, tuple(sorted(names[node] for node in where[holder])))
        for holder, person in people_behind(db, community_id).items()
        if holder in where
    }


def _links(db: Session, community_id: UUID, now: datetime) -> dict[UUID, datetime]:
    """Links that are still good, and not used up, by cardholder."""
    rows = db.execute(
        select(FaceEnrolmentRow.cardholder_id, FaceEnrolmentRow.expires_at).where(
            FaceEnrolmentRow.community_id == community_id, FaceEnrolmentRow.expires_at > now,
            FaceEnrolmentRow.state != EnrolmentState.ENROLLED.value,
        )
    )  # fmt: skip
    return {row.cardholder_id: row.expires_at for row in rows}

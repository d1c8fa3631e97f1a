"""After a change of the face model everybody it left behind is asked for new photos, by the link they know (PRIV-09).

Templates of two models say nothing of each other. Of whoever let a node keep their photos it makes a new one by itself;
the others would find out one by one, at a gate that no longer knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.service import invite, key_of_site
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes.faces.earlier import earlier_of, made_elsewise, models_of
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.people.community.queries import homes_among
from central.people.community.views import ResidentView

ASKED_AT_ONCE = 20
"""Links of one call: a sheet that one person can hand out within the day that they are good for."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """`asked_until`: the end of a link that they have already; None when they have none. `in_vain`: what was wrong with
    photos that they let a node keep."""

    cardholder_id: UUID
    home: ResidentView
    nodes: tuple[str, ...]
    asked_until: datetime | None
    in_vain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A link for one person, told once."""

    home: ResidentView
    token: str
    expires_at: datetime


def to_ask(db: Session, community_id: UUID, now: datetime) -> list[ToAsk]:
    """Everybody at home there whom the new model left behind, by house."""
    views = {view.person_id: view for view in earlier_of(db, community_id, now)}
    links = _links(db, community_id, now)
    homes: dict[UUID, ResidentView] = {}
    for home in homes_among(db, (), views.keys()):
        if home.community_id == community_id and home.starts_at <= now and (not home.ends_at or now < home.ends_at):
            homes.setdefault(home.person_id, home)
    found = []
    for person, home in homes.items():
        view = views[person]
        found.append(ToAsk(view.cardholder_id, home, view.nodes, links.get(view.cardholder_id), view.in_vain))
    return sorted(found, key=lambda one: (one.home.house, one.home.resident_id))


def other_models(db: Session, community_id: UUID) -> tuple[str, ...]:
    """Nodes that asking again does not help, since they compare by another model than new templates are made by."""
    found = key_of_site(db, community_id)
    return made_elsewise(db, community_id, found[0]) if found is not None else ()


def ask_again(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[Asked]:
    """A link for each of the next twenty who have none. Their consent stands; nothing of theirs is erased by it.

    Raises what `invite` raises, of which the first is said before anybody is asked.
    """
    actor.demand(CALIBRATE_FACES, community_id)
    models_of(db, community_id, lock=True)  # a second manager, at the same moment, asks those who come after
    asked = []
    for one in [who for who in to_ask(db, community_id, now) if who.asked_until is None][:ASKED_AT_ONCE]:
        token, row = invite(db, actor, one.cardholder_id, now)
        asked.append(Asked(one.home, token, row.expires_at))
    if asked:
        record(
            db, actor, "face.ask_again", "community", community_id, community_id=community_id,
            after={"people": len(asked)},
        )  # fmt: skip
    return asked


def _links(db: Session, community_id: UUID, now: datetime) -> dict[UUID, datetime]:
    """Links that are still good, and not used up, by cardholder."""
    rows = db.execute(
        select(FaceEnrolmentRow.cardholder_id, FaceEnrolmentRow.expires_at).where(
            FaceEnrolmentRow.community_id == community_id, FaceEnrolmentRow.expires_at > now,
            FaceEnrolmentRow.state != EnrolmentState.ENROLLED.value,
        )
    )  # fmt: skip
    return {row.cardholder_id: row.expires_at for row in rows}

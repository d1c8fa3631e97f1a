"""The first steps of a new community, ticked off from what is there: nothing is remembered apart from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.access.permissions import EDIT_RULES
from central.gates.access.queries import rules_of
from central.gates.access.queries_credentials import kinds_of
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.queries import nodes
from central.people.assessment.queries import assessments_of
from central.people.community.permissions import EDIT_HOUSES, EDIT_PEOPLE
from central.people.community.queries import counts_of
from central.people.consent.permissions import PUBLISH_TEXTS
from central.people.consent.queries import text_views
from models.access.credential import Kind


@dataclass(frozen=True, slots=True)
class Step:
    """`key`: community, houses, gates, rules, people, text, node. `count`: how many there are. `open`: may be done."""

    key: str
    address: str
    done: bool
    count: int
    open: bool


def first_steps(db: Session, actor: Actor, community_ids: Collection[UUID], now: datetime) -> tuple[Step, ...]:
    """Of these communities together: on the desk all that the actor sees, on a community's own page just that one.

    A gate counts without lanes too: its node brings them when it enrols. Without a rule every gate refuses everybody,
    so the rules are a step of their own.
    """
    there = counts_of(db, community_ids, now).values()
    rules = sum(len(rules_of(db, one)) for one in community_ids)
    machines = sum(node.revoked_at is None for node in nodes(db, community_ids, now))
    one = next(iter(community_ids)) if len(community_ids) == 1 else None
    where = f"?community={one}" if one else ""
    found = (
        ("community", "/setup", len(community_ids), EDIT_HOUSES),
        ("houses", f"/setup/houses{where}", sum(counts.houses for counts in there), EDIT_HOUSES),
        ("gates", f"/setup/gates{where}", sum(counts.gates for counts in there), EDIT_HOUSES),
        ("rules", f"/setup/rules{where}", rules, EDIT_RULES),
        ("people", f"/people{where}", sum(counts.people for counts in there), EDIT_PEOPLE),
        *_text(db, community_ids),
        ("node", f"/nodes{where}", machines, ENROL_NODES),
    )
    return tuple(Step(key, address, count > 0, count, actor.holds(right)) for key, address, count, right in found)


def _text(db: Session, community_ids: Collection[UUID]) -> list[tuple[str, str, int, str]]:
    """What residents consent to, where faces are used: a community without any is not asked for it. Of several, the
    step is done when none of them lacks its text, and leads to the first that does."""
    versions = {one: len(text_views(db, one)) for one in community_ids if _uses_faces(db, one)}
    if not versions:
        return []
    least = min(versions, key=versions.__getitem__)
    return [("text", f"/privacy?community={least}#texts", versions[least], PUBLISH_TEXTS)]


def _uses_faces(db: Session, community_id: UUID) -> bool:
    """Somebody signed an assessment of it, a lane says that it takes faces, or a node there can make templates."""
    lanes = kinds_of(db, community_id)
    return (
        bool(assessments_of(db, community_id))
        or any(taken.kind == Kind.FACE for lane in lanes for taken in lane.kinds)
        or maker_of(db, community_id) is not None
    )


def finished(steps: Collection[Step]) -> bool:
    return all(step.done for step in steps)

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
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.queries import nodes
from central.people.community.permissions import EDIT_HOUSES, EDIT_PEOPLE
from central.people.community.queries import counts_of


@dataclass(frozen=True, slots=True)
class Step:
    """`key`: community, houses, gates, rules, people, node. `count`: how many there are. `open`: may be done."""

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
        ("node", f"/nodes{where}", machines, ENROL_NODES),
    )
    return tuple(Step(key, address, count > 0, count, actor.holds(right)) for key, address, count, right in found)


def finished(steps: Collection[Step]) -> bool:
    return all(step.done for step in steps)

"""Nodes and how they are; a one-time token for a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import Words
from central.base.web.render import redirect
from central.gates.ingest.settle import unsettled_nodes
from central.gates.nodes import queries, service
from central.gates.nodes.faces.maker import maker_of, reachable
from central.gates.nodes.faces.pieces import refused
from central.gates.nodes.permissions import ENROL_NODES, READ_NODES
from central.gates.nodes.rules import TOKEN_LIFE
from central.gates.visits.queries import faulty_devices
from central.oversight.console.forms import Sent, one_at_a_time, sent_again, used_up
from central.oversight.console.frame import AGAIN, communities_for, page, pick, place_names, words_of
from central.people.assessment.queries import current_of
from central.people.community.queries import gates_of
from central.people.community.views import CommunityView
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

REVOKED, MAKER = "revoked", "maker"
"""What was done to a node just now, told above the list."""


@pages.get("/nodes")
def nodes(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_NODES)], community: UUID | None = None
) -> Response:
    return _page(request, db, actor, community)


def _page(
    request: Request, db: Session, actor: Actor, asked: UUID | None, *, token: str | None = None, name: str = "",
    problem: Invalid | None = None, at_gate: UUID | None = None,
) -> Response:  # fmt: skip
    now, t = clock.now(), words_of(request)
    places = communities_for(db, actor, READ_NODES)
    chosen = pick(request, places, asked)
    ids = [place.community_id for place in places]
    gates = {gate.gate_id: gate for place in places for gate in gates_of(db, place.community_id)}
    nodes = queries.nodes(db, ids, now)
    return page(
        request, "console/nodes.html", status_code=problem.status if problem else 200, now=now, places=places,
        community=chosen, place_names=place_names(places), nodes=nodes, gate_of=gates,
        said=said if (said := request.query_params.get("said")) in (REVOKED, MAKER) else "",
        unsettled=unsettled_nodes(db, ids), not_taken=_not_taken(db, ids, t),
        faulty=faulty_devices(db, ids), makers=(makers := {one: maker_of(db, one) for one in ids}).values(),
        without_maker=[one for one in places if makers[one.community_id] is None and has_faces(db, one, now)],
        able={node for one in ids for node in reachable(db, one)},
        gates=[gate for gate in gates.values() if chosen and gate.community_id == chosen.community_id],
        beside="、".join(node.name for node in nodes if node.gate_id == at_gate and node.revoked_at is None),
        token=token, name=name, central_url=str(request.base_url).rstrip("/"),
        minutes=int(TOKEN_LIFE.total_seconds() // 60),
        fields={field: t(key) for field, key in problem.fields.items()} if problem else {},
    )  # fmt: skip


def has_faces(db: Session, place: CommunityView, now: datetime) -> bool:
    """Whether faces may be enrolled there at all, so that somebody waits for an enrolment node."""
    return current_of(db, place.community_id, now) is not None


def _not_taken(db: Session, community_ids: Collection[UUID], t: Words) -> dict[UUID, list[tuple[int, str]]]:
    """By node: how many people's templates it takes for good not, and the word of why."""
    count: Counter[tuple[UUID, str]] = Counter(
        (one.node_id, one.why if t.has(f"faces.refused.{one.why}") else "unsaid") for one in refused(db, community_ids)
    )
    found: dict[UUID, list[tuple[int, str]]] = {}
    for (node_id, why), n in sorted(count.items()):
        found.setdefault(node_id, []).append((n, why))
    return found


@pages.post("/nodes")
def make_token(
    request: Request, db: Db, actor: Annotated[Actor, requires(ENROL_NODES)], community: Annotated[UUID, Form()],
    gate: Annotated[UUID, Form()], sent: Sent, name: Annotated[Printable, Form(max_length=60)] = "",
) -> Response:  # fmt: skip
    """The answer is the only place where the token is ever shown, so it is no redirect and nothing keeps it."""
    one_at_a_time(db, "token", gate)
    if sent_again(request, sent):
        return redirect(request, f"/nodes?community={community}&said={AGAIN}")
    try:
        token = service.make_token(db, actor, community, gate, name)
    except Invalid as problem:
        return _page(request, db, actor, community, name=name, problem=problem)
    used_up(request, sent)
    return _page(request, db, actor, community, token=token, name=name, at_gate=gate)

"""What a person decides about a node with a reason: that it is nobody any more, or that its broken chain goes on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.ingest.parked import accept_break
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.ingest.projections import projections
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.queries import NodeView, nodes
from central.gates.nodes.rules import SNAPSHOT_LIFE
from central.gates.nodes.service import revoke_node
from central.gates.visits.alarms import CHAIN_BROKEN
from central.gates.visits.queries import open_alarms
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import page, words_of
from central.people.community.queries import community_of, gates_of

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(ENROL_NODES)]
Resolver = Annotated[Actor, requires(RESOLVE_PARKED)]


def broken_chains(db: Session, community_ids: list[UUID]) -> set[UUID]:
    """The nodes whose journal stopped fitting together, until a person accepts the break."""
    alarms = open_alarms(db, community_ids)
    return {one.node_id for one in alarms if one.kind == CHAIN_BROKEN and one.over_at is None and one.node_id}


@pages.get("/nodes/{node_id}/revoke")
def ask_revoke(request: Request, node_id: UUID, db: Db, actor: Keeper) -> Response:
    return _page(request, db, "node_revoke", _node(db, actor, node_id, ENROL_NODES), Filled("revoke"))


@pages.post("/nodes/{node_id}/revoke")
def revoke(request: Request, node_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    node, form = _node(db, actor, node_id, ENROL_NODES), kept("revoke", sent)
    try:
        with db.begin_nested():
            revoke_node(db, actor, node_id, text_of(sent, "reason"), clock.now())
    except Invalid as problem:
        return _page(request, db, "node_revoke", node, refused(words_of(request), form, problem, "reason"))
    except Conflict:
        pass  # pressed twice: it is revoked, which was the wish
    return redirect(request, f"/nodes?community={node.community_id}")


@pages.get("/nodes/{node_id}/accept-break")
def ask_accept(request: Request, node_id: UUID, db: Db, actor: Resolver) -> Response:
    return _page(request, db, "node_break", _node(db, actor, node_id, RESOLVE_PARKED), Filled("break"))


@pages.post("/nodes/{node_id}/accept-break")
def accept(request: Request, node_id: UUID, db: Db, actor: Resolver, sent: Sent) -> Response:
    """What waited behind the break is tried; what still cannot be taken stays on the list of parked records."""
    node, form = _node(db, actor, node_id, RESOLVE_PARKED), kept("break", sent)
    try:
        with db.begin_nested():
            accept_break(db, actor, node_id, text_of(sent, "reason"), projections, clock.now())
    except Invalid as problem:
        return _page(request, db, "node_break", node, refused(words_of(request), form, problem, "reason"))
    except Conflict:
        pass  # the chain is whole: accepted already
    return redirect(request, "/parked")


def _node(db: Session, actor: Actor, node_id: UUID, right: str) -> NodeView:
    where = actor.communities(right)
    found = next((one for one in nodes(db, where, clock.now()) if one.node_id == node_id), None)
    if found is None:
        raise NotFound("nodes.no_node")
    return found


def _page(request: Request, db: Session, template: str, node: NodeView, form: Filled) -> Response:
    place = community_of(db, node.community_id)
    gate = next((gate.name for gate in gates_of(db, node.community_id) if gate.gate_id == node.gate_id), "")
    return page(
        request, f"console/{template}.html", status_code=form.status, now=clock.now(), places=[place], node=node,
        gate=gate, form=form, hours=int(SNAPSHOT_LIFE.total_seconds() // 3600),
        broken=node.node_id in broken_chains(db, [node.community_id]),
    )  # fmt: skip

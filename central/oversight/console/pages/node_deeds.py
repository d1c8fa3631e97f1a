"""What a person decides about a node with a reason: that it is nobody any more, or that it makes the templates."""

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
from central.gates.face_enrolment.maker import change_to, name_maker, next_maker
from central.gates.nodes.faces.maker import contact_of_maker, reachable
from central.gates.nodes.faces.queries import left_at
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.queries import NodeView, nodes
from central.gates.nodes.rules import SNAPSHOT_LIFE
from central.gates.nodes.service import revoke_node
from central.gates.nodes.watch_group.service import stored_at
from central.gates.visits.queries import faulty_devices, fires_at
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.pages.nodes import MAKER, REVOKED
from central.people.community.queries import community_of, gates_of

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(ENROL_NODES)]


@pages.get("/nodes/{node_id}/revoke")
def ask_revoke(request: Request, node_id: UUID, db: Db, actor: Keeper) -> Response:
    return _page(request, db, node_for(db, actor, node_id, ENROL_NODES), Filled("revoke"))


@pages.post("/nodes/{node_id}/revoke")
def revoke(request: Request, node_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    node, form = node_for(db, actor, node_id, ENROL_NODES), kept("revoke", sent)
    try:
        with db.begin_nested():
            revoke_node(db, actor, node_id, text_of(sent, "reason"), clock.now())
    except Invalid as problem:
        return _page(request, db, node, refused(words_of(request), form, problem, "reason"))
    except Conflict:
        pass  # pressed twice: it is revoked, which was the wish
    return redirect(request, f"/nodes?community={node.community_id}&said={REVOKED}")


@pages.get("/nodes/{node_id}/maker")
def ask_maker(request: Request, node_id: UUID, db: Db, actor: Keeper) -> Response:
    return _maker_page(request, db, node_for(db, actor, node_id, ENROL_NODES), Filled("maker"))


@pages.post("/nodes/{node_id}/maker")
def make_maker(request: Request, node_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    node, form = node_for(db, actor, node_id, ENROL_NODES), kept("maker", sent)
    try:
        with db.begin_nested():
            name_maker(db, actor, node_id, text_of(sent, "reason"), clock.now())
    except Invalid as problem:
        return _maker_page(request, db, node, refused(words_of(request), form, problem, "reason"))
    except Conflict as problem:
        if problem.key != "faces.is_maker":  # pressed twice: it is that, which was the wish
            raise
    return redirect(request, f"/nodes?community={node.community_id}&said={MAKER}")


def node_for(db: Session, actor: Actor, node_id: UUID, right: str) -> NodeView:
    """NotFound for a node about which this person does not decide."""
    where = actor.communities(right)
    found = next((one for one in nodes(db, where, clock.now()) if one.node_id == node_id), None)
    if found is None:
        raise NotFound("nodes.no_node")
    return found


def gate_name(db: Session, node: NodeView) -> str:
    return next((gate.name for gate in gates_of(db, node.community_id) if gate.gate_id == node.gate_id), "")


def _page(request: Request, db: Session, node: NodeView, form: Filled) -> Response:
    now, able = clock.now(), reachable(db, node.community_id) - {node.node_id}
    others = [one for one in nodes(db, [node.community_id], now) if one.node_id != node.node_id]
    return page(
        request, "console/node_revoke.html", status_code=form.status, now=now, node=node, form=form,
        places=[community_of(db, node.community_id)], gate=gate_name(db, node),
        hours=int(SNAPSHOT_LIFE.total_seconds() // 3600), heir=next_maker(db, node.community_id, node.node_id, now),
        instead=[one for one in others if one.node_id in able], alone=all(one.revoked_at for one in others),
        left=left_at(db, node.community_id, node.node_id), fires=fires_at(db, node.node_id),
        watched=stored_at(db, node.node_id),
    )  # fmt: skip


def _maker_page(request: Request, db: Session, node: NodeView, form: Filled) -> Response:
    now = clock.now()
    return page(
        request, "console/node_maker.html", status_code=form.status, now=now, node=node, form=form,
        places=[community_of(db, node.community_id)], gate=gate_name(db, node),
        change=change_to(db, node.community_id, node.node_id, now), maker=contact_of_maker(db, node.community_id, now),
        faulty=faulty_devices(db, [node.community_id]).get(node.node_id, 0),
    )  # fmt: skip

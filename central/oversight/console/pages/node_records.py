"""A node's records no longer fit together: what happened, what to do first, and what a person decides about them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.ingest.projections import projections
from central.gates.ingest.settle import settle, unsettled
from central.gates.nodes.queries import NodeView
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.pages.node_deeds import gate_name, node_for
from central.people.community.queries import community_of

pages = APIRouter(include_in_schema=False)
Resolver = Annotated[Actor, requires(RESOLVE_PARKED)]
TAKE, DISCARD = "take", "discard"
LISTED = 50
"""Strands with a choice of their own. Whoever holds a copied key can begin any number; a page must still be read."""


@pages.get("/nodes/{node_id}/records")
def ask(request: Request, node_id: UUID, db: Db, actor: Resolver) -> Response:
    return _page(request, db, actor, node_for(db, actor, node_id, RESOLVE_PARKED), Filled("records"))


@pages.post("/nodes/{node_id}/records")
def decide(request: Request, node_id: UUID, db: Db, actor: Resolver, sent: Sent) -> Response:
    """Each strand that was listed has a choice of its own, by its id; the others are discarded, as many as were told
    of. What cannot be taken stays a parked record."""
    node, form = node_for(db, actor, node_id, RESOLVE_PARKED), kept("records", sent)
    waiting = [strand.strand_id for strand in unsettled(db, actor, node_id).strands]
    take, discard = ([one for one in waiting if text_of(sent, str(one)) == deed] for deed in (TAKE, DISCARD))
    others = text_of(sent, "others", 9)
    more = int(others) if others.isascii() and others.isdecimal() else 0
    try:
        with db.begin_nested():
            settle(db, actor, node_id, take, discard, text_of(sent, "reason"), projections, clock.now(), more)
    except Invalid as problem:
        return _page(request, db, actor, node, refused(words_of(request), form, problem, "reason"))
    except Conflict:
        pass  # pressed twice, or somebody else was quicker: it is settled
    return redirect(request, "/parked")


def _page(request: Request, db: Session, actor: Actor, node: NodeView, form: Filled) -> Response:
    found = unsettled(db, actor, node.node_id)
    by_length = sorted(found.strands, key=lambda one: (len(one.records), one.until_at), reverse=True)
    listed = {one.strand_id for one in by_length[:LISTED]}
    return page(
        request, "console/node_records.html", status_code=form.status, now=clock.now(), node=node, form=form,
        places=[community_of(db, node.community_id)], gate=gate_name(db, node),
        found=found, listed=[one for one in found.strands if one.strand_id in listed], others=by_length[LISTED:],
    )  # fmt: skip

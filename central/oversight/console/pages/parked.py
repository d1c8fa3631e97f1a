"""Parked records: what central keeps and could not take, for a person to try again or to reject (SYNC-10)."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.paging import Paging
from central.base.web.render import redirect
from central.gates.ingest import parked
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.ingest.projections import projections
from central.gates.ingest.routes import get_parked
from central.gates.ingest.settle import unsettled_nodes
from central.gates.nodes.queries import nodes
from central.oversight.console.frame import communities_for, dialog, page, words_of
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Resolver = Annotated[Actor, requires(RESOLVE_PARKED)]


@pages.get("/parked")
def parked_records(request: Request, db: Db, actor: Resolver, paging: Paging) -> Response:
    listed, now = get_parked(db, actor, paging), clock.now()
    places = communities_for(db, actor, RESOLVE_PARKED)
    ids = [place.community_id for place in places]
    names = {node.node_id: node.name for node in nodes(db, ids, now)}
    return page(
        request, "console/parked.html", now=now, places=places, records=listed.items, next=listed.next,
        node_names=names, unsettled=sorted(unsettled_nodes(db, ids)),
    )  # fmt: skip


@pages.get("/parked/{parked_id}")
def ask(request: Request, parked_id: UUID, db: Db, actor: Resolver) -> Response:
    parked.demand_parked(db, actor, parked_id)
    return dialog(
        request,
        "console/parked_decide.html",
        now=clock.now(),
        back="/parked",
        parked_id=parked_id,
        fields={},
        still=None,
    )


@pages.post("/parked/{parked_id}")
def decide(
    request: Request, parked_id: UUID, db: Db, actor: Resolver, deed: Annotated[Literal["retry", "reject"], Form()],
    reason: Annotated[Printable, Form(max_length=400)] = "",
) -> Response:  # fmt: skip
    """Done: the list again. Still not taken: the reason why, and the choice once more."""
    t, now = words_of(request), clock.now()
    fields: dict[str, str] = {}
    still = None
    try:
        if deed == "reject":
            parked.reject(db, actor, parked_id, reason, projections, now)
            return redirect(request, "/parked")
        record = parked.retry(db, actor, parked_id, reason, projections, now)
        if record.state != "open":
            return redirect(request, "/parked")
        why = f"parked.why.{record.reason}"
        still = t("parked.still", why=t(why) if t.has(why) else record.reason)
    except Invalid as problem:
        fields = {name: t(key) for name, key in problem.fields.items()}
    return dialog(
        request, "console/parked_decide.html", now=now, back="/parked", parked_id=parked_id, fields=fields, still=still
    )

"""The audit as people read it: who did what, when, why, and what changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import or_, select

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import AuditRow
from central.base.kernel.paging import Paging
from central.base.kernel.paging import page as page_of
from central.oversight.console.audit_words import actor_said, changes, deed_said
from central.oversight.console.frame import communities_for, page, place_names, words_of
from central.oversight.console.names import names_in
from central.oversight.console.permissions import READ_AUDIT
from central.oversight.console.subjects import subjects_of

pages = APIRouter(include_in_schema=False)


@pages.get("/audit")
def audit(request: Request, db: Db, actor: Annotated[Actor, requires(READ_AUDIT)], paging: Paging) -> Response:
    """Newest first. Who reads for some communities sees their deeds, and none of those of the whole company."""
    where, t = actor.communities(READ_AUDIT), words_of(request)
    query = select(AuditRow)
    if where is not None:
        query = query.where(or_(AuditRow.community_id.in_(where), AuditRow.actor_id == actor.id))
    rows, following = page_of(db, query, [AuditRow.at, AuditRow.id], paging, newest_first=True)
    places, now = communities_for(db, actor, READ_AUDIT), clock.now()
    told = {row.community_id for row in rows}
    names = names_in(db, [one.community_id for one in places if one.community_id in told], now)
    things = subjects_of(db, actor, rows, names)
    return page(
        request, "console/audit.html", now=now, places=places, place_names=place_names(places), next=following,
        rows=[
            (row, actor_said(t, row), deed_said(t, row.what), things[row.id],
             changes(t, row.before, row.after, names, row.community_id))
            for row in rows
        ],
    )  # fmt: skip

"""Which community a page of the set-up is about."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.oversight.console.forms import text_of
from central.oversight.console.frame import communities_for, pick
from central.people.community.queries import CommunityView, community_of


def place_of(request: Request, db: Session, actor: Actor, right: str, asked: UUID | None) -> CommunityView | None:
    """The one asked for (NotFound, Forbidden), else the one this reader was last in, else the first; None when there
    is none yet."""
    if asked is not None:
        actor.demand(right, asked)
        return community_of(db, asked)
    return pick(request, communities_for(db, actor, right), None)


def place_sent(db: Session, actor: Actor, right: str, sent: FormData) -> CommunityView:
    """The community that a form names. Raises NotFound or Forbidden."""
    community_id = uuid_of(sent, "community")
    actor.demand(right, community_id)
    return community_of(db, community_id)


def uuid_of(sent: FormData, name: str) -> UUID:
    try:
        return UUID(text_of(sent, name))
    except ValueError as error:
        raise NotFound from error

"""Hangs enrolments into central."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.outbox import News
from central.base.parts import Parts
from central.gates.access.queries import holder_id_of
from central.gates.face_enrolment import maker, routes, service, watch_photos, watch_routes
from central.gates.nodes.enrolment import REVOKED


def register(parts: Parts) -> None:
    parts.routers += [routes.router, routes.edge, watch_routes.router, watch_routes.edge]
    parts.handlers.on("face_enrolment.forget", {"consent.withdrawn"}, forget)
    parts.handlers.on("face_enrolment.give_up", {REVOKED}, give_up)
    parts.jobs.each_tenant("face_enrolment.sweep", "*/5 * * * *", service.sweep)
    parts.jobs.each_tenant("face_enrolment.sweep_watch", "*/5 * * * *", watch_photos.sweep)


def forget(db: Session, news: News) -> None:
    """Whoever withdrew, at whichever desk: nothing of theirs waits here."""
    holder_id = holder_id_of(db, UUID(news.payload["community_id"]), UUID(news.payload["person_id"]))
    if holder_id is not None:
        service.forget(db, holder_id)


def give_up(db: Session, news: News) -> None:
    """A node was revoked."""
    maker.give_up_photos(db, UUID(news.payload["community_id"]), UUID(news.payload["node_id"]))

"""Hangs visits into central: projections, the live stream, routes, timed work."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.outbox import News
from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.visits import explain, live, projection, routes, routes_cards, service, shift_routes
from central.gates.visits.alarms import on_trouble
from central.gates.visits.calls import projection as call_projection
from central.gates.visits.charging_bays import watch_bays
from central.gates.visits.replays import on_replay, tell_waiting
from central.gates.visits.unproven import on_aside


def register(parts: Parts) -> None:
    projection.register(projections)
    call_projection.register(projections)
    projections.on_trouble(on_trouble)
    projections.on_aside(on_aside)
    parts.on_replay = on_replay
    parts.jobs.each_tenant("visits.tell_replays", "* * * * * */10", partial(tell_waiting, replays=parts.replays))
    parts.handlers.on("visits.redraw_lanes", {"lockdown.changed"}, _redraw_lanes)
    parts.live.stream(live.STREAM, live.read, live.latest)
    parts.routers += [routes.edge, routes.router, explain.router, routes_cards.router, routes.stream_router(parts)]
    parts.routers.append(shift_routes.router)
    parts.jobs.each_tenant(
        "visits.note_offline", "* * * * * */15", partial(service.note_offline, listening_since=clock.now())
    )
    parts.jobs.each_tenant("visits.watch_bays", "* * * * *", watch_bays)
    parts.jobs.each_tenant("visits.sweep_stream", "17 * * * *", live.sweep_stream)


def _redraw_lanes(db: Session, news: News) -> None:
    """A lockdown was asked for, began or ended: every desk that shows one of its lanes draws anew."""
    for lane in news.payload["lanes"]:
        live.mark(db, "lane", UUID(lane), UUID(news.payload["community_id"]))
    live.publish(db)

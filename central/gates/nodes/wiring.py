"""Hangs nodes into central: their keys, the long poll, commands' results, timed work."""

from __future__ import annotations

import logging

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.nodes import commands, edge_routes, mail, remote, routes, snapshots
from central.gates.nodes.downlink import downlink_router
from central.gates.nodes.enrolment import find_key
from central.gates.nodes.faces import wiring as faces
from central.gates.nodes.own_keys import seal_once
from central.gates.nodes.queries import gate_of
from central.gates.nodes.wake import Waker
from central.gates.nodes.watch_group import wiring as watch_group

log = logging.getLogger(__name__)


def register(parts: Parts) -> None:
    if sealed := seal_once(parts.engine, parts.data / "secrets"):
        log.info("nodes enrolled before their keys were sealed: %d, sealed now, once", sealed)
    parts.nodes = find_key
    waker = Waker(parts.dsn)
    parts.closing.append(waker.close)
    parts.while_served.append(waker.while_served)
    parts.routers += [routes.router, edge_routes.router, downlink_router(parts.engine, waker)]
    projections.on("command", commands.project_done)
    projections.gate_of = gate_of
    parts.jobs.each_tenant("nodes.expire_commands", "* * * * *", commands.expire)
    parts.jobs.each_tenant("nodes.sweep", "* * * * * */10", remote.sweep_remote)
    parts.jobs.each_tenant("nodes.forget_sent", "*/10 * * * *", mail.forget_sent)
    parts.jobs.each_tenant("nodes.renew_snapshots", "*/10 * * * *", snapshots.renew)
    faces.register(parts)
    watch_group.register(parts)

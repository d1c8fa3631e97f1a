"""A node's long poll: what is newer than what it has, as soon as there is something, within `WAIT_MAX_S` seconds.

A waiting poll holds nothing but an asyncio event: the request's transaction, in which its signature and nonce were
checked, is committed before the wait, and each look is a transaction of its own.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from central.base.identity.guard import Db
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Unauthenticated
from central.base.kernel.session import tenant_session
from central.base.kernel.turns import give_turn_back
from central.base.web.problems import problems
from central.gates.ingest.threads import in_node_thread
from central.gates.nodes import commands, mail, snapshots
from central.gates.nodes.prove_rules import claims_too_much
from central.gates.nodes.rules import WAIT_MAX_S
from central.gates.nodes.tables import NodeRow
from central.gates.nodes.twice import Polls
from central.gates.nodes.wake import Waker
from central.gates.parking.stays.news import woken_by
from central.gates.visits.alarms import NODE_TWICE, raise_alarm
from central.gates.visits.live import publish
from central.gates.visits.service import Status, heard
from models.values.text import Printable
from models.wire.commands import Downlink
from models.wire.stays import NUMBER_MAX

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a poll says: the version it has, optionally how the node is, and with a car park which news of it it has."""

    have: int
    status: Status | None
    stays: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found. `community_id` is what the poll must listen for, and with `vehicles` the news of its car
    park."""

    community_id: UUID
    answer: Downlink
    vehicles: bool

    @property
    def empty(self) -> bool:
        told = self.answer
        return told.snapshot is None and told.stays is None and not (told.commands or told.mail or told.prove)


def look(db: Session, node_id: UUID, asked: Asked, now: datetime) -> Look:
    """One look into the tables. With `asked.status` the node is also noted as heard of (once per poll)."""
    node = db.scalar(select(NodeRow).where(NodeRow.id == node_id, NodeRow.revoked_at.is_(None)))
    if node is None:
        raise Unauthenticated("identity.node_unknown")  # revoked while it waited
    unproved = claims_too_much(db, node, asked.have, now)
    newer = snapshots.newer_than(db, node, asked.have, now)
    waiting = commands.take(db, node_id, now)
    if asked.status is not None:
        issued = snapshots.issued_at(db, node, asked.have)
        heard(db, node_id, _with_rules(asked, None if unproved else asked.have, issued), now)
    stays = snapshots.stays_newer_than(db, node, asked.stays, now) if asked.stays is not None else None
    told = Downlink(
        snapshot=newer, commands=waiting, mail=mail.waits(db, node_id), prove=unproved, stays=stays, server_time=now
    )  # fmt: skip
    return Look(node.community_id, told, node.vehicles)


def tell_twice(db: Session, node_id: UUID, now: datetime) -> None:
    """Two machines speak as one node. One alarm while nobody has seen it."""
    node = db.scalar(select(NodeRow).where(NodeRow.id == node_id, NodeRow.revoked_at.is_(None)))
    if node is None:
        return
    log.warning("two machines poll as one node", extra={"node_id": str(node_id)})
    raise_alarm(db, node_id, node.community_id, NODE_TWICE, node.name, now)
    publish(db)


def _with_rules(asked: Asked, version: int | None, issued: datetime | None) -> Status:
    said = asked.status or Status()
    return Status(
        rules_version=version, rules_issued_at=issued, queue_length=said.queue_length, skew_ms=said.skew_ms,
        disk_free_mb=said.disk_free_mb, software=said.software,
    )  # fmt: skip


def downlink_router(engine: Engine, waker: Waker) -> APIRouter:
    router = APIRouter(prefix="/edge/v1", tags=["edge"])
    polls = Polls()

    @router.get("/downlink", summary="Wait for a newer snapshot and for commands", responses=problems(401, 422, 503))
    async def get_downlink(
        request: Request,
        status: Annotated[Status, Depends(_status)],
        actor: Annotated[Actor, requires_node()],
        db: Db,
        snapshot: Annotated[int, Query(ge=0, lt=1 << 62, description="version the node has; 0: none")] = 0,
        stays: Annotated[int | None, Query(ge=0, le=NUMBER_MAX, description="news of the car park it has")] = None,
        wait: Annotated[float, Query(ge=0, le=3600, description=f"seconds; at most {WAIT_MAX_S} are waited")] = 0,
    ) -> Response:
        """Answers at once when there is something; else waits. An empty answer is no error: poll again."""
        node_id = actor.id
        assert node_id is not None
        mark = waker.mark()

        def first() -> Look:
            found = look(db, node_id, Asked(snapshot, status, stays), clock.now())
            db.commit()  # and the connection goes back to the pool, before any waiting
            return found

        def again() -> Look:
            with tenant_session(engine, actor.tenant_id) as own:
                return look(own, node_id, Asked(snapshot, None, stays), clock.now())

        def twice() -> None:
            with tenant_session(engine, actor.tenant_id) as own:
                tell_twice(own, node_id, clock.now())

        found = await in_node_thread(first)
        give_turn_back(db)
        if await polls.comes(node_id, clock.now()):
            await in_node_thread(twice)
        until = time.monotonic() + min(wait, WAIT_MAX_S)
        keys = frozenset({(actor.tenant_id, found.community_id), (actor.tenant_id, node_id)})
        if stays is not None and found.vehicles:
            keys |= {(actor.tenant_id, woken_by(found.community_id))}
        with waker.watch(keys, mark) as woken, polls.waits(node_id, request.is_disconnected):
            while found.empty and not waker.closing and (left := until - time.monotonic()) > 0:
                await waker.wait(woken, left)
                if waker.closing or await request.is_disconnected():
                    break  # a command taken now would be lost on the way
                found = await in_node_thread(again)
        return Response(found.answer.model_dump_json(), media_type="application/json")

    return router


async def _status(
    queue: Annotated[int | None, Query(ge=0, lt=1 << 62, description="events not yet acknowledged")] = None,
    skew_ms: Annotated[int | None, Query(gt=-(1 << 62), lt=1 << 62, description="node's clock minus central's")] = None,
    disk_free_mb: Annotated[int | None, Query(ge=0, lt=1 << 62)] = None,
    software: Annotated[Printable | None, Query(max_length=40)] = None,
) -> Status:
    """How the node is. Every part may be left out."""
    return Status(queue_length=queue, skew_ms=skew_ms, disk_free_mb=disk_free_mb, software=software)

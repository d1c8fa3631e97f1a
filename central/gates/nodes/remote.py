"""A guard opens a lane from afar: look first, then open, with a reason, once, within seconds (ACC-25).

The page asks for a live picture and a nonce; the button becomes active when the picture is there. The server holds
the same conditions itself, and writes down every refusal in a transaction of its own, which the refusal does not
roll back.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Problem
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.ingest.pictures import check_jpeg
from central.gates.nodes import commands
from central.gates.nodes.permissions import OPEN_LANES
from central.gates.nodes.rules import LOOK_FRESH, NONCE_LIFE, PICTURE_FRESH, PICTURE_KEPT, VIEWING_GAP
from central.gates.nodes.tables import CommandRow, LivePictureRow, OpenNonceRow
from central.gates.visits.presence import node_of_lane
from central.people.community.queries import LaneView, lane_of
from models.wire.commands import Action


def request_look(db: Session, actor: Actor, lane_id: UUID, now: datetime | None = None) -> UUID:
    """Ask the lane's node for a live picture. Returns the command's id; the picture comes into `live_picture`.

    The audit has one row for each viewing: an open page asks again and again, and the commands themselves are kept.
    """
    now = now or clock.now()
    lane = lane_to_open(db, actor, lane_id)
    goes_on = _looked_since(db, actor, lane_id, now - VIEWING_GAP)
    role, nonce = commands.role_for(actor, OPEN_LANES, lane), secrets.token_urlsafe(24)
    row = commands.give(db, actor, role, lane, Action.LOOK, "live picture", nonce, now)
    if not goes_on:
        after = {"command_id": str(row.id)}
        record(db, actor, "lane.look", "lane", lane_id, after=after, community_id=lane.community_id)
    return row.id


def _looked_since(db: Session, actor: Actor, lane_id: UUID, since: datetime) -> bool:
    query = select(CommandRow.id).where(
        CommandRow.lane_id == lane_id, CommandRow.issued_at > since, CommandRow.action == Action.LOOK.value,
        CommandRow.actor_id == actor.id,
    )  # fmt: skip
    return db.scalar(query.limit(1)) is not None


def new_nonce(db: Session, actor: Actor, lane_id: UUID, now: datetime | None = None) -> str:
    """What opens this lane once, by this guard, within a minute."""
    lane_to_open(db, actor, lane_id)
    nonce = secrets.token_urlsafe(24)
    db.add(OpenNonceRow(nonce_sha256=_digest(nonce), lane_id=lane_id, account_id=actor.id, made_at=now or clock.now()))
    db.flush()
    return nonce


def open_lane(
    db: Session, actor: Actor, lane_id: UUID, reason: str, nonce: str, looked_at: datetime | None,
    now: datetime | None = None,
) -> UUID:  # fmt: skip
    """Give the command to open. Returns the correlation id, under which the visit will be found.

    `looked_at` is the `taken_at` of the picture that the guard saw. Raises Forbidden, Invalid (no reason) or Conflict
    (nonce used, strange or too old; no picture, another one, or one older than 30 s; no node). All are audited.
    """
    now = now or clock.now()
    try:
        return _open(db, actor, lane_id, reason.strip(), nonce, looked_at, now)
    except Problem as problem:
        commands.note_refusal(db, actor, lane_id, "lane.open_refused", reason, problem)
        raise


def _open(
    db: Session, actor: Actor, lane_id: UUID, reason: str, nonce: str, looked_at: datetime | None, now: datetime
) -> UUID:
    lane = lane_to_open(db, actor, lane_id)
    commands.demand_reason(reason)
    _use_nonce(db, actor, lane_id, nonce, now)
    shown = live_picture_at(db, lane_id, now)
    if shown is None or looked_at is None or now - shown > PICTURE_FRESH:
        raise Conflict("nodes.look_first")
    if looked_at != shown:
        raise Conflict("nodes.look_again")
    row = commands.give(db, actor, commands.role_for(actor, OPEN_LANES, lane), lane, Action.OPEN, reason, nonce, now)
    record(
        db, actor, "lane.open", "lane", lane_id, reason=reason, community_id=lane.community_id,
        after={"command_id": str(row.id), "correlation": str(row.correlation), "looked_at": shown.isoformat()},
    )  # fmt: skip
    commands.tell_lane(db, lane)
    return row.correlation


def _use_nonce(db: Session, actor: Actor, lane_id: UUID, nonce: str, now: datetime) -> None:
    used = db.scalar(
        update(OpenNonceRow)
        .where(
            OpenNonceRow.nonce_sha256 == _digest(nonce),
            OpenNonceRow.lane_id == lane_id,
            OpenNonceRow.account_id == actor.id,
            OpenNonceRow.used_at.is_(None),
            OpenNonceRow.made_at > now - NONCE_LIFE,
        )
        .values(used_at=now)
        .returning(OpenNonceRow.id)
    )
    if used is None:
        raise Conflict("nodes.nonce_used")


def keep_live_picture(db: Session, node: Actor, lane_id: UUID, jpeg: bytes, now: datetime) -> None:
    """A node's answer to a LOOK of the last minute. Only the newest of a lane is kept, for less than a minute."""
    check_jpeg(jpeg)
    asked = select(CommandRow.community_id).where(
        CommandRow.lane_id == lane_id,
        CommandRow.node_id == node.id,
        CommandRow.action == Action.LOOK.value,
        CommandRow.sent_at.is_not(None),
        CommandRow.issued_at > now - LOOK_FRESH,
    )
    community_id = db.scalar(asked.limit(1))
    if community_id is None or node_of_lane(db, lane_id) != node.id:
        raise Forbidden("nodes.nobody_looks")
    values = {"sealed": seal(db, jpeg, f"live_picture:{lane_id}"), "taken_at": now}
    made = insert(LivePictureRow).values(tenant_id=tenant_of(db), lane_id=lane_id, **values)
    db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "lane_id"], set_=values))
    commands.tell_lane(db, lane_of(db, lane_id))


def live_picture(db: Session, lane_id: UUID, now: datetime | None = None) -> tuple[bytes, datetime] | None:
    """(JPEG, when it came), or None when there is none of the last minute. Callers ask for the permission."""
    row = db.scalar(
        select(LivePictureRow).where(
            LivePictureRow.lane_id == lane_id, LivePictureRow.taken_at > (now or clock.now()) - PICTURE_KEPT
        )
    )
    return None if row is None else (unseal(db, row.sealed, f"live_picture:{lane_id}"), row.taken_at)


def live_picture_at(db: Session, lane_id: UUID, now: datetime) -> datetime | None:
    """When the live picture came that could be shown now."""
    query = select(LivePictureRow.taken_at).where(
        LivePictureRow.lane_id == lane_id, LivePictureRow.taken_at > now - PICTURE_KEPT
    )
    return db.scalar(query)


def sweep_remote(db: Session, now: datetime) -> None:
    """Delete live pictures and nonces whose time is over."""
    db.execute(delete(LivePictureRow).where(LivePictureRow.taken_at <= now - PICTURE_KEPT))
    db.execute(delete(OpenNonceRow).where(OpenNonceRow.made_at <= now - 2 * NONCE_LIFE))


def lane_to_open(db: Session, actor: Actor, lane_id: UUID) -> LaneView:
    """The lane, when this actor may open it: NotFound or Forbidden otherwise."""
    lane = lane_of(db, lane_id)
    actor.demand(OPEN_LANES, lane.community_id)
    return lane


def _digest(nonce: str) -> bytes:
    return hashlib.sha256(nonce.encode()).digest()

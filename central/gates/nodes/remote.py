"""A guard opens a lane from afar: look first, then open, with a reason, once, within seconds (ACC-25).

The page asks for a live picture and a nonce; the button becomes active when the picture is there. The server holds
the same conditions itself, and writes down every refusal in a transaction of its own, which the refusal does not
roll back.

Each nonce knows the picture that it was given out with: a newer one, for which a colleague asked, does not stand in
the way of who pressed for what he saw.
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
from central.base.kernel.audit import VIEWING_GAP, looked_lately, record
from central.base.kernel.errors import Conflict, Forbidden, Problem
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.ingest.pictures import check_jpeg
from central.gates.nodes import commands
from central.gates.nodes.permissions import OPEN_LANES
from central.gates.nodes.rules import (
    LOOK_AGAIN,
    LOOK_FRESH,
    NONCE_LIFE,
    PICTURE_FRESH,
    PICTURE_KEPT,
    CommandState,
)
from central.gates.nodes.tables import CommandRow, LivePictureRow, NodeRow, OpenNonceRow
from central.gates.visits.presence import node_of_lane
from central.people.community.queries import LaneView, lane_of
from models.wire.commands import Action


def request_look(db: Session, actor: Actor, lane_id: UUID, now: datetime | None = None) -> UUID:
    """Ask the lane's node for a live picture. Returns the command's id; the picture comes into `live_picture`.

    A look that waits or has only just been answered serves whoever else looks (`LOOK_AGAIN`): its command is returned.
    The audit has one row for each viewing, for an open page asks again and again.
    """
    now = now or clock.now()
    lane = lane_to_open(db, actor, lane_id)
    goes_on = _looked_lately(db, actor, lane_id, now)
    command_id = _look_under_way(db, lane_id, now)
    if command_id is None:
        role, nonce = commands.role_for(actor, OPEN_LANES, lane), secrets.token_urlsafe(24)
        command_id = commands.give(db, actor, role, lane, Action.LOOK, "live picture", nonce, now).id
    if not goes_on:
        after = {"command_id": str(command_id)}
        record(db, actor, "lane.look", "lane", lane_id, after=after, community_id=lane.community_id)
    return command_id


def _looked_lately(db: Session, actor: Actor, lane_id: UUID, now: datetime) -> bool:
    """By a command of their own, or by one of somebody else that the audit has them share."""
    asked = select(CommandRow.id).where(
        CommandRow.lane_id == lane_id, CommandRow.issued_at > now - VIEWING_GAP,
        CommandRow.action == Action.LOOK.value, CommandRow.actor_id == actor.id,
    )  # fmt: skip
    return db.scalar(asked.limit(1)) is not None or looked_lately(db, actor, "lane.look", lane_id, now)


def _look_under_way(db: Session, lane_id: UUID, now: datetime) -> UUID | None:
    """The newest look at this lane, while nobody needs another. The node's row is locked first, as `commands.give`
    does it: of two who look at once, the second finds what the first has asked."""
    node_id = db.scalar(select(NodeRow.id).where(NodeRow.id == node_of_lane(db, lane_id)).with_for_update())
    newest = db.scalar(
        select(CommandRow)
        .where(CommandRow.lane_id == lane_id, CommandRow.node_id == node_id, CommandRow.action == Action.LOOK.value)
        .where(CommandRow.issued_at > now - LOOK_FRESH)
        .order_by(CommandRow.issued_at.desc(), CommandRow.number.desc())
        .limit(1)
    )
    if newest is None:
        return None
    waits = newest.state == CommandState.WAITING.value and now < newest.expires_at
    last = max(newest.issued_at, live_picture_at(db, lane_id, now) or newest.issued_at)
    return newest.id if waits or now - last < LOOK_AGAIN else None


def new_nonce(
    db: Session, actor: Actor, lane_id: UUID, now: datetime | None = None, shown: datetime | None = None
) -> str:
    """What opens this lane once, by this guard, within a minute. `shown`: the `taken_at` of the picture that it is
    given out with; the newest there is, where the caller shows none itself."""
    lane_to_open(db, actor, lane_id)
    nonce, now = secrets.token_urlsafe(24), now or clock.now()
    taken_at = shown or live_picture_at(db, lane_id, now)
    row = OpenNonceRow(
        nonce_sha256=_digest(nonce), lane_id=lane_id, account_id=actor.id, made_at=now, taken_at=taken_at
    )  # fmt: skip
    db.add(row)
    db.flush()
    return nonce


def open_lane(
    db: Session, actor: Actor, lane_id: UUID, reason: str, nonce: str, looked_at: datetime | None,
    now: datetime | None = None,
) -> UUID:  # fmt: skip
    """Give the command to open. Returns the correlation id, under which the visit will be found.

    `looked_at` is the `taken_at` of the picture that the guard saw: that of the nonce, or the newest. Raises Forbidden,
    Invalid (no reason) or Conflict (nonce used, strange or too old; no picture, another one, or one older than 30 s; no
    node). All are audited.
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
    shown = {_use_nonce(db, actor, lane_id, nonce, now), live_picture_at(db, lane_id, now)} - {None}
    if not shown or looked_at is None:
        raise Conflict("nodes.look_first")
    if looked_at not in shown:
        raise Conflict("nodes.look_again")
    if now - looked_at > PICTURE_FRESH:
        raise Conflict("nodes.look_first")
    row = commands.give(db, actor, commands.role_for(actor, OPEN_LANES, lane), lane, Action.OPEN, reason, nonce, now)
    record(
        db, actor, "lane.open", "lane", lane_id, reason=reason, community_id=lane.community_id,
        after={"command_id": str(row.id), "correlation": str(row.correlation), "looked_at": looked_at.isoformat()},
    )  # fmt: skip
    commands.tell_lane(db, lane)
    return row.correlation


def _use_nonce(db: Session, actor: Actor, lane_id: UUID, nonce: str, now: datetime) -> datetime | None:
    """When the picture was taken that this nonce was given out with."""
    used = db.execute(
        update(OpenNonceRow)
        .where(
            OpenNonceRow.nonce_sha256 == _digest(nonce),
            OpenNonceRow.lane_id == lane_id,
            OpenNonceRow.account_id == actor.id,
            OpenNonceRow.used_at.is_(None),
            OpenNonceRow.made_at > now - NONCE_LIFE,
        )
        .values(used_at=now)
        .returning(OpenNonceRow.taken_at)
    ).one_or_none()
    if used is None:
        raise Conflict("nodes.nonce_used")
    return used.taken_at


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


def look_at_live(
    db: Session, actor: Actor, lane_id: UUID, now: datetime | None = None
) -> tuple[bytes, datetime] | None:
    """`live_picture`, for somebody: who is shown one that a colleague asked for is written down as who asks is."""
    lane, now = lane_to_open(db, actor, lane_id), now or clock.now()
    found = live_picture(db, lane_id, now)
    if found is not None and not _looked_lately(db, actor, lane_id, now):
        record(db, actor, "lane.look", "lane", lane_id, community_id=lane.community_id)
    return found


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

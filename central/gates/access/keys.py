"""The keys that sign a community's passes, and how they roll (VIS-06).

One key signs. When it rolls, the old one is accepted for an overlap of seven days at least, so that passes on paper
and in chats keep opening; a pass that lasts longer than the overlap moves to the new key under its own id, and only
its picture has to be sent again. Two keys at most are accepted at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import rules, snapshot
from central.gates.access.own_pass_keys import sealed_half
from central.gates.access.permissions import ROTATE_KEYS
from central.gates.access.tables import GatePassRow, GateSettingsRow, PassKeyRow
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.values.ids import new_id


@dataclass(frozen=True, slots=True)
class Rotation:
    """`resend`: how many open passes are signed by the new key from now on; their pictures must be sent again."""

    key_number: int
    old_accepted_until: datetime | None
    resend: int


def signing_key(db: Session, community_id: UUID, now: datetime) -> PassKeyRow:
    """The key that signs, made when the community has none yet. It cannot roll until this transaction has ended."""
    found = db.scalar(_signing(community_id).with_for_update(read=True))
    if found is not None:
        return found
    _lock_settings(db, community_id)
    found = db.scalar(_signing(community_id).with_for_update(read=True))
    return found if found is not None else _make(db, community_id, now)


def rotate_key(
    db: Session, actor: Actor, community_id: UUID, *, now: datetime, overlap: timedelta = rules.KEY_OVERLAP
) -> Rotation:
    """A new key signs from now on; the old one is accepted for `overlap`."""
    community_of(db, community_id)
    actor.demand(ROTATE_KEYS, community_id)
    if overlap < rules.KEY_OVERLAP_MIN:
        raise Invalid("access.overlap_short", fields={"overlap_days": "access.overlap_short"})
    old = db.scalar(_signing(community_id).with_for_update())  # before the settings: as everyone who issues does
    _lock_settings(db, community_id)
    if old is None:
        old = db.scalar(_signing(community_id).with_for_update())  # made, or rolled, while we waited
    older = select(PassKeyRow.id).where(PassKeyRow.community_id == community_id, PassKeyRow.accepted_until > now)
    if db.scalar(older.limit(1)) is not None:
        raise Conflict("access.overlap_running")
    if old is not None:
        old.accepted_until = now + overlap
        db.flush()
    new = _make(db, community_id, now)
    resend = _move_passes(db, old, new, now, outlasting=old.accepted_until) if old else 0
    record(
        db, actor, "pass_key.rotate", "pass_key", new.id, community_id=community_id,
        before={"number": old.number} if old else None, after={"number": new.number, "resend": resend},
    )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    return Rotation(new.number, old.accepted_until if old else None, resend)


def withdraw_key(db: Session, actor: Actor, key_id: UUID, reason: str, *, now: datetime) -> Rotation:
    """An older key is accepted no more, at once: for a key that may be in wrong hands. A signing key rolls first."""
    key = find(db, PassKeyRow, key_id, "access.no_key", lock=True)
    actor.demand(ROTATE_KEYS, key.community_id)
    if key.accepted_until is None:
        raise Conflict("access.key_signs")
    if key.accepted_until <= now:
        raise Conflict("access.key_over")
    before, key.accepted_until = key.accepted_until, now
    new = signing_key(db, key.community_id, now)
    resend = _move_passes(db, key, new, now, outlasting=None)
    record(
        db, actor, "pass_key.withdraw", "pass_key", key.id, reason=reason, community_id=key.community_id,
        before={"accepted_until": before.isoformat()}, after={"accepted_until": now.isoformat(), "resend": resend},
    )  # fmt: skip
    snapshot.changed(db, key.community_id, correlation_id=actor.correlation_id)
    return Rotation(new.number, now, resend)


def _signing(community_id: UUID) -> Select[PassKeyRow]:
    return select(PassKeyRow).where(PassKeyRow.community_id == community_id, PassKeyRow.accepted_until.is_(None))


def _lock_settings(db: Session, community_id: UUID) -> None:
    """One at a time: two first passes of a community must not make two first keys."""
    db.execute(
        insert(GateSettingsRow)
        .values(community_id=community_id)
        .on_conflict_do_nothing(index_elements=[GateSettingsRow.tenant_id, GateSettingsRow.community_id])
    )
    db.execute(select(GateSettingsRow.id).where(GateSettingsRow.community_id == community_id).with_for_update()).one()


def _make(db: Session, community_id: UUID, now: datetime) -> PassKeyRow:
    ever_used = db.scalars(select(PassKeyRow.number).where(PassKeyRow.community_id == community_id)).all()
    number = rules.next_key_number(ever_used)
    if number is None:
        raise Conflict("access.key_numbers_gone")
    private, key_id = SigningKey.generate(), new_id()
    key = PassKeyRow(
        id=key_id,
        community_id=community_id,
        number=number,
        public_key=bytes(private.verify_key),
        sealed_private_key=sealed_half(db, key_id, private),
        made_at=now,
    )
    db.add(key)
    db.flush()
    snapshot.changed(db, community_id)
    return key


def _move_passes(db: Session, old: PassKeyRow, new: PassKeyRow, now: datetime, outlasting: datetime | None) -> int:
    moved = db.scalars(
        update(GatePassRow)
        .where(
            GatePassRow.community_id == old.community_id,
            GatePassRow.key_id == old.id,
            GatePassRow.revoked_at.is_(None),
            GatePassRow.not_after > (now if outlasting is None else outlasting),
        )
        .values(key_id=new.id)
        .returning(GatePassRow.id)
    )
    return len(moved.all())

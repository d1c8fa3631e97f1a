"""Revoke a pass, or change it: the old one is revoked and a new one takes its place (VIS-08)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import announce
from central.gates.access import rules, snapshot
from central.gates.access.issue_pass import issue_resident_pass, issue_visitor_pass
from central.gates.access.keys import signing_key
from central.gates.access.pass_plates import plate_of
from central.gates.access.permissions import REVOKE_PASSES, to_issue
from central.gates.access.tables import CredentialRow, GatePassRow
from central.gates.access.views import IssuedPass
from central.people.community.finding import find
from models.access.credential import Window


def revoke_pass(db: Session, actor: Actor, pass_id: UUID, reason: str, *, now: datetime) -> None:
    """The pass opens nothing any more: its id is in the gates' next snapshot, which this call asks for."""
    row = find(db, GatePassRow, pass_id, "access.no_pass", lock=True)
    actor.demand(REVOKE_PASSES, row.community_id)
    _revoke(db, actor, row, reason, now)


def change_pass(
    db: Session, actor: Actor, pass_id: UUID, *, reason: str, now: datetime, window: Window | None = None,
    gates: Collection[int] | None = None, uses: int | None = None, party: int | None = None,
) -> IssuedPass:  # fmt: skip
    """What is not given stays as it was. The holder gets a new code; the old one is refused as revoked."""
    row = find(db, GatePassRow, pass_id, "access.no_pass")
    actor.demand(REVOKE_PASSES, row.community_id)
    actor.demand(to_issue(row.credential_id is not None), row.community_id)
    signing_key(db, row.community_id, now)  # before the pass is locked: a rotation takes the two in this order
    db.refresh(row, with_for_update=True)
    _revoke(db, actor, row, reason, now)
    window = window or Window(start=row.not_before, end=row.not_after)
    gates = row.gates if gates is None else gates
    if row.credential_id is not None:
        holder = db.scalars(select(CredentialRow.cardholder_id).where(CredentialRow.id == row.credential_id)).one()
        return issue_resident_pass(db, actor, holder, window=window, gates=gates, now=now, replaces=row.id)
    assert row.house_id is not None and row.visitor_name is not None  # ck_gate_pass_holder
    return issue_visitor_pass(
        db, actor, row.house_id, row.visitor_name, row.visitor_phone, gates, window,
        row.uses if uses is None else uses, row.party if party is None else party, now=now, replaces=row.id,
        plate=plate_of(db, row),
    )  # fmt: skip


def _revoke(db: Session, actor: Actor, row: GatePassRow, reason: str, now: datetime) -> None:
    if row.revoked_at is not None:
        raise Conflict("access.already_revoked")
    if not rules.still_told(row.not_after, now):
        raise Conflict("access.pass_over")
    row.revoked_at, row.revoked_reason = now, reason
    if row.credential_id is not None:
        find(db, CredentialRow, row.credential_id, "access.no_pass", lock=True).revoked_at = now
    db.flush()
    record(db, actor, "pass.revoke", "gate_pass", row.id, reason=reason, community_id=row.community_id)
    announce(db, "pass.revoked", {"pass_id": str(row.id)}, correlation_id=actor.correlation_id)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)

"""Show a pass again: its token is signed anew from the claims, and comes out the same (Ed25519, RFC 8032)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Gone
from central.gates.access.issue_pass import token_of
from central.gates.access.permissions import to_issue
from central.gates.access.rules import PassState, pass_state
from central.gates.access.tables import GatePassRow
from central.gates.access.views import IssuedPass
from central.people.community.finding import find
from models.access.credential import Window


def show_pass(db: Session, actor: Actor, pass_id: UUID, *, now: datetime) -> IssuedPass:
    """The code of a pass that opens something, or will. `Gone` for one that ended or was revoked: ask for a new one."""
    row = find(db, GatePassRow, pass_id, "access.no_pass")
    actor.demand(to_issue(row.credential_id is not None), row.community_id)
    state = pass_state(Window(start=row.not_before, end=row.not_after), row.revoked_at, now)
    if state in (PassState.REVOKED, PassState.ENDED):
        raise Gone("access.not_shown")
    return sign_again(db, actor, pass_id)


def sign_again(db: Session, actor: Actor, pass_id: UUID) -> IssuedPass:
    """The code of any pass, dead ones too (demos and drills show how a gate refuses them).

    Who sees a code can use it: asked of those who may issue, and written into the audit.
    """
    row = find(db, GatePassRow, pass_id, "access.no_pass")
    actor.demand(to_issue(row.credential_id is not None), row.community_id)
    record(db, actor, "pass.show", "gate_pass", row.id, community_id=row.community_id)
    return IssuedPass(row.id, token_of(db, row))

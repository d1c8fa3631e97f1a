"""A link to a visitor's pass, for the visitor's own phone: made by who may issue passes, dead with the pass.

The link opens without log-in, so it shows what the visitor was told anyway and nothing of the house: the masked name,
the gates, the hours, the code. A new one ends the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Gone, NoSuchLink
from central.base.kernel.link_token import digest_of, new_token
from central.base.kernel.session import bind_tenant
from central.gates.access.issue_pass import token_of
from central.gates.access.permissions import ISSUE_PASSES
from central.gates.access.queries import pass_view
from central.gates.access.rules import PassState, pass_state
from central.gates.access.tables import GatePassRow, PassLinkRow
from central.gates.access.views import PassView
from central.people.community.finding import find
from models.access.credential import Window

BY_LINK = "the link itself is the key: 192 random bits, of which central keeps only a hash; it ends with its pass"

TOLD_AFTER = timedelta(days=1)
"""For so long a link says of which house and when its pass ended, for who stands at the gate with it; then only that it
is over, and whom to ask."""


@dataclass(frozen=True, slots=True)
class PassLinkView:
    """The link that opens a pass now. Nobody can be shown it again, only make another."""

    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class LinkedPass:
    """`code`: the text of the QR code; None once the pass has ended or was revoked."""

    view: PassView
    code: str | None

    def __repr__(self) -> str:
        return f"LinkedPass({self.view.pass_id}, code=…)"


def make_link(db: Session, actor: Actor, pass_id: UUID, *, now: datetime) -> str:
    """The token of a new link. `Gone` for a pass that opens nothing any more, Conflict for a resident's: that one
    opens for a year, and is handed over in person."""
    row = find(db, GatePassRow, pass_id, "access.no_pass", lock=True)
    actor.demand(ISSUE_PASSES, row.community_id)
    if row.credential_id is not None:
        raise Conflict("access.link_for_visitors")
    if _state(row, now) in (PassState.REVOKED, PassState.ENDED):
        raise Gone("access.not_shown")
    db.execute(
        update(PassLinkRow).where(PassLinkRow.pass_id == row.id, PassLinkRow.ended_at.is_(None)).values(ended_at=now)
    )
    token = new_token()
    made = PassLinkRow(
        community_id=row.community_id, pass_id=row.id, token_sha256=digest_of(token), made_at=now, made_by=actor.name
    )
    db.add(made)
    db.flush()
    record(db, actor, "pass.link", "gate_pass", row.id, community_id=row.community_id)
    return token


def link_of(db: Session, pass_id: UUID) -> PassLinkView | None:
    query = select(PassLinkRow.made_at, PassLinkRow.made_by).where(
        PassLinkRow.pass_id == pass_id, PassLinkRow.ended_at.is_(None)
    )
    row = db.execute(query.order_by(PassLinkRow.made_at.desc()).limit(1)).first()
    return PassLinkView(*row) if row is not None else None


def linked_pass(db: Session, token: str, now: datetime) -> LinkedPass:
    """What the link shows; `db` is not bound yet. `Gone` for one that another ended, or whose pass has been over for a
    day: then it says nothing any more of a house. NoSuchLink where there is none."""
    digest = digest_of(token)
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.pass_link(:digest)"), {"digest": digest})
    if tenant_id is None:
        raise NoSuchLink("access.link_over")
    bind_tenant(db, tenant_id)
    link = db.scalar(select(PassLinkRow).where(PassLinkRow.token_sha256 == digest, PassLinkRow.ended_at.is_(None)))
    if link is None:
        raise Gone("access.link_over")
    row = find(db, GatePassRow, link.pass_id, "access.no_pass")
    if now >= _over_at(row) + TOLD_AFTER:
        raise Gone("access.link_over")
    alive = _state(row, now) in (PassState.OPEN, PassState.UPCOMING)
    return LinkedPass(pass_view(db, row.id, now), token_of(db, row) if alive else None)


def _over_at(row: GatePassRow) -> datetime:
    return min(row.not_after, row.revoked_at or row.not_after)


def _state(row: GatePassRow, now: datetime) -> PassState:
    return pass_state(Window(start=row.not_before, end=row.not_after), row.revoked_at, now)

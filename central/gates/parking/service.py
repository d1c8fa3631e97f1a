"""What can be done about tariffs: draft a version, say yes to another's, withdraw one before it starts (PARK-03)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.parking.permissions import APPROVE_TARIFFS, DRAFT_TARIFFS
from central.gates.parking.queries import rows_of
from central.gates.parking.rules import REASON_MAX, approve_problem, start_problem, withdraw_problem
from central.gates.parking.tables import TariffVersionRow
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of
from models.parking.tariff import Tariff
from models.values.ids import new_id


def draft_tariff(db: Session, actor: Actor, community_id: UUID, tariff: Tariff, *, now: datetime) -> TariffVersionRow:
    """The next version, for somebody else to approve. Its numbers are given here, whatever `tariff` says of them.

    A draft is never changed: what the second person reads is what was drafted. Who sees a mistake withdraws it and
    drafts another.
    """
    community_of(db, community_id)
    actor.demand(DRAFT_TARIFFS, community_id)
    person = _person(actor)
    if problem := start_problem(tariff.starts_at, now):
        raise Invalid(fields={"starts_at": problem})
    earlier = rows_of(db, community_id)
    tariff_id = earlier[-1].tariff_id if earlier else new_id()
    version = earlier[-1].version + 1 if earlier else 1
    numbered = tariff.model_copy(update={"tariff_id": tariff_id, "version": version})
    row = TariffVersionRow(
        community_id=community_id, tariff_id=tariff_id, version=version, name=tariff.name, starts_at=tariff.starts_at,
        value=numbered.model_dump(mode="json"), drafted_by=person, drafted_name=actor.name, drafted_at=now,
    )  # fmt: skip
    add_unless_taken(db, row, Conflict("parking.version_taken", version=version))
    _write_down(db, actor, "tariff.draft", row, after=_said(row))
    return row


def approve_tariff(db: Session, actor: Actor, version_id: UUID, *, now: datetime) -> TariffVersionRow:
    """The second person's yes: it will be in force from its start. Raises Forbidden for who drafted it themselves."""
    row = _locked(db, version_id)
    actor.demand(APPROVE_TARIFFS, row.community_id)
    if _person(actor) == row.drafted_by:
        raise Forbidden("parking.own_draft", permission=APPROVE_TARIFFS)
    if problem := approve_problem(row, rows_of(db, row.community_id), now):
        raise Conflict(problem)
    row.approved_by, row.approved_name, row.approved_at = actor.id, actor.name, now
    db.flush()
    _write_down(db, actor, "tariff.approve", row, after=_said(row))
    return row


def withdraw_tariff(db: Session, actor: Actor, version_id: UUID, reason: str, *, now: datetime) -> TariffVersionRow:
    """It will not come into force: a draft by who drafted it or who could approve it, an approved one by the latter."""
    row = _locked(db, version_id)
    actor.demand(DRAFT_TARIFFS, row.community_id)
    if _person(actor) != row.drafted_by or row.approved_at is not None:
        actor.demand(APPROVE_TARIFFS, row.community_id)
    if problem := withdraw_problem(row, rows_of(db, row.community_id), now):
        raise Conflict(problem)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    row.withdrawn_by, row.withdrawn_name, row.withdrawn_at, row.withdrawn_reason = actor.id, actor.name, now, reason
    db.flush()
    _write_down(db, actor, "tariff.withdraw", row, reason=reason)
    return row


def _locked(db: Session, version_id: UUID) -> TariffVersionRow:
    """With every version of its community held too: two that start at once must not be approved side by side."""
    row = find(db, TariffVersionRow, version_id, "parking.no_version")
    rows = rows_of(db, row.community_id, lock=True)
    return next(one for one in rows if one.id == version_id)


def _person(actor: Actor) -> UUID:
    """Two persons are two accounts: what is no account can be neither of them."""
    if actor.kind is not ActorKind.ACCOUNT or actor.id is None:
        raise Forbidden("parking.person_needed")
    return actor.id


def _said(row: TariffVersionRow) -> dict[str, Any]:
    return {"name": row.name, "version": row.version, "starts_at": row.starts_at.isoformat()}


def _write_down(
    db: Session, actor: Actor, what: str, row: TariffVersionRow, *, after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    record(db, actor, what, "tariff", row.id, after=after, reason=reason, community_id=row.community_id)

"""What can be done about tariffs: draft a version, say yes to another's, withdraw one before it starts (PARK-03)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.access import snapshot
from central.gates.parking.permissions import APPROVE_TARIFFS, DRAFT_TARIFFS
from central.gates.parking.rules import (
    REASON_MAX,
    TARIFFS_AT_ONCE,
    VersionState,
    approve_problem,
    not_kept,
    stands,
    start_problem,
    state_of,
    withdraw_problem,
)
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs.queries import rows_of
from central.gates.parking.tariffs.ties import demand_no_tie
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of, lanes_of
from models.parking.scope import TOLD_CLASSES, TOLD_COLOURS, Scope
from models.parking.tariff import Tariff
from models.values.ids import new_id


def draft_tariff(db: Session, actor: Actor, community_id: UUID, tariff: Tariff, *, now: datetime) -> TariffVersionRow:
    """The next version, for somebody else to approve. Its numbers are given here, whatever `tariff` says of them: of
    the tariff that has its scope, or the first of a new one (P01).

    Raises Invalid, or Conflict where a car could have two tariffs at once (also by another draft that waits). A draft
    is never changed: what the second person reads is what was drafted. Who sees a mistake withdraws it and drafts
    another.
    """
    community_of(db, community_id)
    actor.demand(DRAFT_TARIFFS, community_id)
    person = _person(actor)
    if problem := start_problem(tariff.starts_at, now):
        raise Invalid(fields={"starts_at": problem})
    if problems := _scope_problems(db, community_id, tariff.scope) | not_kept(tariff):
        raise Invalid(fields=problems)
    rows = rows_of(db, community_id)
    earlier = [row for row in rows if Tariff.model_validate(row.value).scope == tariff.scope]
    if not earlier:
        _demand_room(rows, tariff)
    tariff_id = earlier[-1].tariff_id if earlier else new_id()
    version = earlier[-1].version + 1 if earlier else 1
    numbered = tariff.model_copy(update={"tariff_id": tariff_id, "version": version})
    may_stand = [row for row in rows if stands(row) or (_waits(row, rows, now) and not row.value.get("ends"))]
    demand_no_tie(db, community_id, may_stand, tariff_id, [numbered])
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
    if not_kept(Tariff.model_validate(row.value)):
        raise Conflict("parking.not_built")
    standing = [one for one in rows_of(db, row.community_id) if stands(one) or one.id == row.id]
    demand_no_tie(db, row.community_id, standing, row.tariff_id)
    row.approved_by, row.approved_name, row.approved_at = actor.id, actor.name, now
    db.flush()
    snapshot.changed(db, row.community_id)
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
    standing = [one for one in rows_of(db, row.community_id) if stands(one) and one.id != row.id]
    if row.approved_at is not None:  # its tariff goes on without it: one that was to end has not
        demand_no_tie(db, row.community_id, standing, row.tariff_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    row.withdrawn_by, row.withdrawn_name, row.withdrawn_at, row.withdrawn_reason = actor.id, actor.name, now, reason
    db.flush()
    if row.approved_at is not None:
        snapshot.changed(db, row.community_id)
    _write_down(db, actor, "tariff.withdraw", row, reason=reason)
    return row


def _scope_problems(db: Session, community_id: UUID, scope: Scope) -> dict[str, str]:
    """What no car could ever fit, by field."""
    problems = {}
    if scope.lanes - {one.lane.lane_id for one in lanes_of(db, community_id)}:
        problems["terms.scope.lanes"] = "parking.scope_no_lane"
    if scope.classes - set(TOLD_CLASSES):
        problems["terms.scope.classes"] = "parking.scope_no_class"
    if scope.colours - set(TOLD_COLOURS):
        problems["terms.scope.colours"] = "parking.scope_no_colour"
    return problems


def _demand_room(rows: Sequence[TariffVersionRow], tariff: Tariff) -> None:
    """For one more tariff beside the others."""
    if tariff.ends:
        raise Conflict("parking.nothing_ends")
    if len({row.tariff_id for row in rows}) >= TARIFFS_AT_ONCE:
        raise Conflict("parking.tariffs_enough", most=TARIFFS_AT_ONCE)


def _waits(row: TariffVersionRow, rows: Sequence[TariffVersionRow], now: datetime) -> bool:
    return state_of(row, rows, now) is VersionState.WAITING


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
    said = {"name": row.name, "version": row.version, "starts_at": row.starts_at.isoformat()}
    scope = Tariff.model_validate(row.value).scope
    return said | ({"scope": scope.model_dump(mode="json")} if scope.weight else {})


def _write_down(
    db: Session, actor: Actor, what: str, row: TariffVersionRow, *, after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    record(db, actor, what, "tariff", row.id, after=after, reason=reason, community_id=row.community_id)

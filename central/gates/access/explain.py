"""Why may this pass through this lane at that time, or why not: the lane's own policy on central's facts (ACC-05)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access import rules, snapshot
from central.gates.access.issue_pass import claims_of
from central.gates.access.lane_facts import facts_of, ground_at
from central.gates.access.queries import person_of
from central.gates.access.tables import CardholderRow, CredentialRow, GatePassRow, PassKeyRow
from central.gates.access.views import Explanation
from central.people.community.finding import find
from central.people.community.queries import lane_of, stays_of
from models.access.credential import Cardholder, Kind
from models.access.passes import PassProblem
from models.access.policy import Facts, decide, explain
from models.access.verification import Verification


def explain_pass(
    db: Session, pass_id: UUID, lane_id: UUID, at: datetime, *, uses_before: int | None = None
) -> Explanation:
    """Asks every question that the lane would ask of this pass at `at`, with the rules that stood then.

    uses_before: entries made before, by whoever has counted the visits; None says that nobody has, and counts as 0.
    A second factor is explained as wanted where its holder agreed to it: central has no face to compare.
    """
    row = find(db, GatePassRow, pass_id, "access.no_pass")
    facts = _facts(db, row, lane_id, at, uses_before or 0)
    return Explanation(
        decision=decide(facts, at),
        checks=explain(facts, at),
        person=person_of(db, pass_id, None, at=at),
        uses_before=uses_before or 0,
        uses_known=uses_before is not None,
    )


def _facts(db: Session, row: GatePassRow, lane_id: UUID, at: datetime, uses_before: int) -> Facts:
    view = lane_of(db, lane_id)
    key = find(db, PassKeyRow, row.key_id, "access.no_key")
    blank = facts_of(ground_at(db, view.community_id, at), view, at)
    return shown_there(blank, row, key, holder_at(db, row, at, view.lane.gate_id), at, uses_before)


def shown_there(
    blank: Facts, row: GatePassRow, key: PassKeyRow, holder: Cardholder | None, at: datetime, uses_before: int
) -> Facts:
    """The lane, and this pass held up to it."""
    read = claims_of(row, key) if rules.key_accepted(key.accepted_until, at) else PassProblem.UNKNOWN_KEY
    return blank.model_copy(
        update={
            "verification": Verification(kind=Kind.PASS, read=read, credential_id=row.id),
            "cardholder": holder,
            "revoked": row.revoked_at is not None and row.revoked_at <= at,
            "uses_before": uses_before,
        }
    )


def holder_at(db: Session, row: GatePassRow, at: datetime, gate_id: UUID) -> Cardholder | None:
    """The cardholder of a pass as this gate knew them at that instant; None for a visitor's."""
    if row.credential_id is None:
        return None
    holder = db.scalars(
        select(CardholderRow)
        .join(CredentialRow, CredentialRow.cardholder_id == CardholderRow.id)
        .where(CredentialRow.id == row.credential_id)
    ).one()
    stays = stays_of(db, row.community_id, [holder.person_id])
    blocked = snapshot.blocked_households(db, row.community_id, at, snapshot.blocked_then(at))
    agreed = snapshot.consents_at(db, row.community_id, at, gate_id, [holder.person_id]).get(holder.person_id)
    mine = stays.get(holder.person_id, [])
    return snapshot.holder_of(holder, mine, at, agreed, blocked.get(holder.person_id))

"""Who may open this lane at that time: the lane's own policy, asked once for each kind of case (ACC-05).

Ten thousand cardholders fall into few cases: the policy sees of a pass and its holder only the groups, whether each
instant lies before, in or after a window, the gate's bit, and three yes-or-no facts. Those are the case; one member
is decided and speaks for all. A test holds this against deciding everybody one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access import rules, snapshot
from central.gates.access.tables import CardholderRow, CredentialRow, GatePassRow, PassKeyRow
from central.people.community.queries import lane_of, unsettled_stays
from models.access.credential import Cardholder, Kind, Pass, site_tag
from models.access.decision import Decision, Outcome
from models.access.passes import PassProblem
from models.access.policy import Facts, decide
from models.access.verification import Verification

_RANK = {Outcome.GRANT: 0, Outcome.REFER: 1, Outcome.DENY: 2}
_MARGIN = timedelta(seconds=Facts.model_fields["window_margin_s"].default)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the lane would say to a cardholder's best pass. A referral is not yet an entry: a face is asked for, say."""

    cardholder_id: UUID
    pass_id: UUID
    outcome: Outcome
    reason: str
    rule_id: UUID | None


class _Held(NamedTuple):
    """A pass and its holder, as one row of the query."""

    pass_id: UUID
    key_number: int
    accepted_until: datetime | None
    pass_group: int
    not_before: datetime
    not_after: datetime
    opens_here: bool
    revoked_at: datetime | None
    cardholder_id: UUID
    person_id: UUID
    groups: list[str]
    valid_from: datetime | None
    valid_until: datetime | None
    blocked_at: datetime | None


def who_may(db: Session, lane_id: UUID, at: datetime) -> list[Standing]:
    """Every cardholder who has a pass that could be shown at `at`, those who may enter first."""
    view = lane_of(db, lane_id)
    blank = Facts(
        site_id=view.community_id,
        lane=view.lane,
        verification=Verification(kind=Kind.PASS),
        rules=snapshot.rules_at(db, view.community_id, at),
        holidays=snapshot.holidays_of(db, view.community_id),
        rules_version=snapshot.version(db, view.community_id),
    )
    stays = unsettled_stays(db, view.community_id, at)  # who is at home for good is valid as the card says
    cases: dict[tuple[object, ...], Decision] = {}
    best: dict[UUID, tuple[_Held, Decision]] = {}
    for held in _held(db, view.community_id, view.lane.gate_number, at):
        validity = rules.effective_validity(held.valid_from, held.valid_until, stays.get(held.person_id, ()), at)
        case = _case(held, validity, at)
        decision = cases.get(case)
        if decision is None:
            decision = cases[case] = decide(_facts(blank, held, validity, at), at)
        known = best.get(held.cardholder_id)
        if known is None or _RANK[decision.outcome] < _RANK[known[1].outcome]:
            best[held.cardholder_id] = held, decision
    standings = [
        Standing(holder, held.pass_id, decision.outcome, decision.reason.value, decision.rule_id)
        for holder, (held, decision) in best.items()
    ]
    return sorted(standings, key=lambda standing: _RANK[standing.outcome])


def _held(db: Session, community_id: UUID, gate_number: int, at: datetime) -> Iterator[_Held]:
    query = (
        select(
            GatePassRow.id, PassKeyRow.number, PassKeyRow.accepted_until, GatePassRow.pass_group,
            GatePassRow.not_before, GatePassRow.not_after, GatePassRow.gates.contains([gate_number]),
            GatePassRow.revoked_at, CardholderRow.id, CardholderRow.person_id, CardholderRow.groups,
            CardholderRow.valid_from, CardholderRow.valid_until, CardholderRow.blocked_at,
        )
        .join(PassKeyRow, PassKeyRow.id == GatePassRow.key_id)
        .join(CredentialRow, CredentialRow.id == GatePassRow.credential_id)
        .join(CardholderRow, CardholderRow.id == CredentialRow.cardholder_id)
        .where(GatePassRow.community_id == community_id, GatePassRow.not_after > at - _MARGIN)
        .order_by(GatePassRow.id)
    )  # fmt: skip
    return (_Held._make(row) for row in db.execute(query))


def _case(held: _Held, validity: tuple[datetime | None, datetime | None], at: datetime) -> tuple[object, ...]:
    valid_from, valid_until = validity
    return (
        frozenset(held.groups),
        held.pass_group,
        rules.key_accepted(held.accepted_until, at),
        held.revoked_at is not None and held.revoked_at <= at,
        held.blocked_at is not None,
        at < held.not_before - _MARGIN,
        at >= held.not_after + _MARGIN,
        valid_from is not None and at < valid_from,
        valid_until is not None and at >= valid_until,
        held.opens_here,
    )


def _facts(blank: Facts, held: _Held, validity: tuple[datetime | None, datetime | None], at: datetime) -> Facts:
    gates = 1 << blank.lane.gate_number if held.opens_here else 0
    read = Pass(
        key_id=held.key_number, pass_id=held.pass_id, site_tag=site_tag(blank.site_id), not_before=held.not_before,
        not_after=held.not_after, gates=gates, uses=0, party=1, group=held.pass_group,
    )  # fmt: skip
    known = rules.key_accepted(held.accepted_until, at)
    return blank.model_copy(
        update={
            "verification": Verification(
                kind=Kind.PASS, read=read if known else PassProblem.UNKNOWN_KEY, credential_id=held.pass_id
            ),
            "cardholder": Cardholder(
                cardholder_id=held.cardholder_id,
                groups=frozenset(held.groups),
                valid_from=validity[0],
                valid_until=validity[1],
                blocked=held.blocked_at is not None,
            ),
            "revoked": held.revoked_at is not None and held.revoked_at <= at,
        }
    )

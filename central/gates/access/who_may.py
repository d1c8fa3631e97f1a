"""Who may open this lane at that time: the lane's own policy, asked once for each kind of case (ACC-05).

Ten thousand cardholders fall into few cases: the policy sees of a pass and its holder only the groups, whether each
instant lies before, in or after a window, the gate's bit, and six yes-or-no facts. Those are the case; one member
is decided and speaks for all. A test holds this against deciding everybody one by one.

The database sorts passes into cases and, once the cases are decided, people by their best one: what travels is a row
for each case, never one for each person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Text, Uuid, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from central.gates.access import rules, snapshot
from central.gates.access.lane_facts import facts_of, ground_at
from central.gates.access.tables import CardholderRow, CredentialRow, GatePassRow, PassKeyRow
from central.people.community.queries import by_name, lane_of, unsettled_stays
from central.people.consent import queries as consent
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


@dataclass(frozen=True, slots=True)
class WhoMay:
    """counts: cardholders by (outcome, reason). people: the first of them, those who may enter before the others."""

    counts: Counter[tuple[Outcome, str]]
    people: tuple[Standing, ...]


class _Held(NamedTuple):
    """A pass and its holder, as one row of the query."""

    case: str
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


def who_may(db: Session, lane_id: UUID, at: datetime, limit: int) -> WhoMay:
    """Every cardholder who has a pass that could be shown at `at`, counted; `limit` of them are named.

    Those who may enter come before the others, and each kind of answer stands by name."""
    view = lane_of(db, lane_id)
    blank = facts_of(ground_at(db, view.community_id, at), view, at)
    stays = unsettled_stays(db, view.community_id, at)  # who is at home for good is valid as the card says
    blocked = snapshot.blocked_households(db, view.community_id, at, snapshot.blocked_then(at))
    agreed = snapshot.consents_at(db, view.community_id, at, view.lane.gate_id)
    case = _case(view.lane.gate_number, stays, blocked, agreed, at)
    decisions: dict[str, Decision] = {}
    for held in _one_of_each(db, view.community_id, view.lane.gate_number, case, at):
        validity = rules.effective_validity(held.valid_from, held.valid_until, stays.get(held.person_id, ()), at)
        known = _holder(held, validity, blocked.get(held.person_id), agreed.get(held.person_id))
        decisions[held.case] = decide(_facts(blank, held, known, at), at)
    ranked = sorted(decisions.items(), key=lambda one: (_RANK[one[1].outcome], one[0]))
    counts: Counter[tuple[Outcome, str]] = Counter()
    people: list[tuple[int, Standing]] = []
    for place, count, holders, passes in _best(db, view.community_id, case, [key for key, _ in ranked], at, limit):
        decision = ranked[place - 1][1]
        counts[decision.outcome, decision.reason.value] += count
        people += (
            (place, Standing(holder, pass_id, decision.outcome, decision.reason.value, decision.rule_id))
            for holder, pass_id in zip(holders, passes, strict=True)
        )
    return WhoMay(counts, _by_name(db, people[:limit]))


def _by_name(db: Session, people: list[tuple[int, Standing]]) -> tuple[Standing, ...]:
    query = select(CardholderRow.id, CardholderRow.person_id)
    named = dict(db.execute(query.where(CardholderRow.id.in_(one.cardholder_id for _, one in people))).all())
    order = {holder: place for place, holder in enumerate(by_name(db, named))}
    return tuple(one for _, one in sorted(people, key=lambda each: (each[0], order[each[1].cardholder_id])))


def _case(
    gate_number: int, stays: Mapping[UUID, list[rules.Stay]], blocked: Mapping[UUID, datetime],
    agreed: Mapping[UUID, consent.Agreed], at: datetime,
) -> ColumnElement[str]:  # fmt: skip
    """A pass's case as one text, equal for equal cases. Groups are words without a comma or a bar (`rules.GROUP`)."""
    current = {person: rules.current_stay(theirs, at) for person, theirs in stays.items()}
    coming = [person for person, stay in current.items() if stay and at < stay[0]]
    gone = [person for person, stay in current.items() if stay and stay[1] is not None and at >= stay[1]]
    standing = [person for person, one in agreed.items() if at < one.until]
    flags = (
        or_(PassKeyRow.accepted_until.is_(None), PassKeyRow.accepted_until > at),
        func.coalesce(GatePassRow.revoked_at <= at, False),
        CardholderRow.blocked_at.is_not(None),
        GatePassRow.not_before > at + _MARGIN,
        or_(
            func.coalesce(CardholderRow.valid_from > at, False),
            CardholderRow.person_id == any_(literal(coming, ARRAY(Uuid))),
        ),
        or_(
            func.coalesce(CardholderRow.valid_until <= at, False),
            CardholderRow.person_id == any_(literal(gone, ARRAY(Uuid))),
        ),
        CardholderRow.person_id == any_(literal(list(blocked), ARRAY(Uuid))),
        CardholderRow.person_id == any_(literal(list(agreed), ARRAY(Uuid))),
        CardholderRow.person_id == any_(literal(standing, ARRAY(Uuid))),
        GatePassRow.gates.contains([gate_number]),
    )
    return func.concat_ws("|", func.array_to_string(CardholderRow.groups, ","), GatePassRow.pass_group, *flags)


def _passes(query: Select[*tuple[Any, ...]], community_id: UUID, at: datetime) -> Select[*tuple[Any, ...]]:
    """Of those passes of cardholders that have not ended for good: they could be shown."""
    return (
        query.select_from(GatePassRow)
        .join(PassKeyRow, PassKeyRow.id == GatePassRow.key_id)
        .join(CredentialRow, CredentialRow.id == GatePassRow.credential_id)
        .join(CardholderRow, CardholderRow.id == CredentialRow.cardholder_id)
        .where(GatePassRow.community_id == community_id, GatePassRow.not_after > at - _MARGIN)
    )


def _one_of_each(
    db: Session, community_id: UUID, gate_number: int, case: ColumnElement[str], at: datetime
) -> list[_Held]:
    """One pass of each case, whole."""
    held = _passes(select(case.label("case"), GatePassRow.id), community_id, at).subquery()
    grouped = select(func.array_agg(held.c.id)[1], held.c.case).group_by(held.c.case)
    chosen = dict(db.execute(grouped).all())
    whole = _passes(
        select(
            GatePassRow.id, PassKeyRow.number, PassKeyRow.accepted_until, GatePassRow.pass_group,
            GatePassRow.not_before, GatePassRow.not_after, GatePassRow.gates.contains([gate_number]),
            GatePassRow.revoked_at, CardholderRow.id, CardholderRow.person_id, CardholderRow.groups,
            CardholderRow.valid_from, CardholderRow.valid_until, CardholderRow.blocked_at,
        ),
        community_id, at,
    ).where(GatePassRow.id.in_(chosen))  # fmt: skip
    return [_Held(chosen[row[0]], *row) for row in db.execute(whole)]


def _best(
    db: Session, community_id: UUID, case: ColumnElement[str], ranked: list[str], at: datetime, limit: int
) -> list[tuple[int, int, list[UUID], list[UUID]]]:
    """People by their best case: (its place in `ranked`, counted from 1; how many; the first holders; their passes)."""
    place = func.array_position(literal(ranked, ARRAY(Text)), case, type_=Integer)
    held = _passes(
        select(CardholderRow.id.label("holder"), GatePassRow.id.label("pass"), place.label("place")), community_id, at
    ).subquery()
    best_pass = func.array_agg(aggregate_order_by(held.c["pass"], held.c.place, held.c["pass"]))[1]
    best = (
        select(held.c.holder, func.min(held.c.place).label("place"), best_pass.label("pass"))
        .where(held.c.place.is_not(None))  # a case that nobody had a moment ago
        .group_by(held.c.holder)
        .subquery()
    )
    first = [
        func.array_agg(aggregate_order_by(column, best.c["pass"]))[1:limit]
        for column in (best.c.holder, best.c["pass"])
    ]
    query = select(best.c.place, func.count(), *first).group_by(best.c.place).order_by(best.c.place)
    return [(place, count, holders, passes) for place, count, holders, passes in db.execute(query)]


def _holder(
    held: _Held, validity: tuple[datetime | None, datetime | None], blocked: datetime | None,
    agreed: consent.Agreed | None,
) -> Cardholder:  # fmt: skip
    return Cardholder(
        cardholder_id=held.cardholder_id,
        groups=frozenset(held.groups),
        valid_from=validity[0],
        valid_until=validity[1],
        blocked=held.blocked_at is not None,
        household_blocked_until=blocked,
        face_consent=agreed is not None,
        face_consent_until=agreed.until if agreed is not None else None,
    )


def _facts(blank: Facts, held: _Held, holder: Cardholder, at: datetime) -> Facts:
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
            "cardholder": holder,
            "revoked": held.revoked_at is not None and held.revoked_at <= at,
        }
    )

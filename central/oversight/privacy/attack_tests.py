"""Tests of what the liveness proof of a lane lets through: signed by a person, and what the newest one says (ACC-10).

What was signed stands. A wrong or a later test is a further one, and the newest alone is shown as the lane's: rates of
two cameras, or of two versions of a proof, are not added up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.nodes.faces import earlier
from central.gates.visits.face_liveness import LaneLiveness, liveness_of, proofs_of
from central.gates.visits.presence import nodes_of_lanes
from central.oversight.privacy.attack_rules import (
    LIVING,
    NOTE_MAX,
    NOTE_MIN,
    SERIES,
    TRIALS_MAX,
    AttackKind,
    Bounded,
    Count,
    Told,
    bounded,
    is_fingerprint,
    problems_of,
)
from central.oversight.privacy.permissions import SIGN_ATTACK_TESTS
from central.oversight.privacy.tables import AttackTestRow
from central.people.community.queries import lane_of
from models.values.ids import new_id
from models.values.time import site_day

SEEN_FOR = timedelta(days=30)
"""So far back it is looked for whether a face alone opens a lane, however few days the figures show."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a test says. `attacks`: each kind there is, tried or not (APCER); `living`: the refused (BPCER)."""

    attacks: dict[AttackKind, Bounded]
    living: Bounded

    @property
    def untried(self) -> tuple[AttackKind, ...]:
        return tuple(kind for kind, rate in self.attacks.items() if not rate.trials)


@dataclass(frozen=True, slots=True)
class LaneAttacks:
    """What is known of attacks at one lane. `newest`: None where none was ever tested. `passed`: the kinds of which one
    passed as living when they were last tried against the proof that the lane uses, or that of the newest test where
    none of that was tested; a later test that leaves such a kind out, or is of another proof, takes nothing back."""

    newest: AttackTestRow | None
    rates: Rates | None
    seen: LaneLiveness
    passed: dict[AttackKind, Bounded] = field(default_factory=dict)

    @property
    def untested(self) -> bool:
        """Whether a face alone opens here, and nobody ever tested by what."""
        return self.newest is None and self.seen.opens_alone

    @property
    def untried(self) -> tuple[AttackKind, ...]:
        """Where a face alone opens, what the newest test did not try."""
        return self.rates.untried if self.rates is not None and self.seen.opens_alone else ()

    @property
    def needs_a_look(self) -> bool:
        return self.untested or self.another_proof or bool(self.passed) or bool(self.untried)

    @property
    def another_proof(self) -> bool:
        """Whether what the lane uses now is another proof than the one tested."""
        return self.newest is not None and self.seen.proved_by not in (None, self.newest.liveness)


def sign(db: Session, actor: Actor, lane_id: UUID, told: Told, *, now: datetime) -> AttackTestRow:
    """NotFound, Forbidden; Invalid with what is missing by field."""
    lane = lane_of(db, lane_id)
    actor.demand(SIGN_ATTACK_TESTS, lane.community_id)
    wrong = problems_of(told, site_day(now))
    if wrong or told.tested_on is None:
        raise Invalid(fields=wrong, most=TRIALS_MAX, note_least=NOTE_MIN, note_most=NOTE_MAX)
    counts = {key: [count.trials, count.wrong] for key, count in told.counts.items() if count.trials}
    row = AttackTestRow(
        id=new_id(), community_id=lane.community_id, lane_id=lane_id, liveness=told.liveness, model=told.model,
        tested_by=told.tested_by, tested_on=told.tested_on, signed_by=told.signed_by, recorded_by=actor.name,
        signed_at=now, note=told.note, counts=counts, digest="",
    )  # fmt: skip
    row.digest = digest_of(row)
    db.add(row)
    db.flush()
    record(
        db, actor, "attack_test.sign", "attack_test", row.id, community_id=lane.community_id,
        after={"lane": str(lane_id), "signed_by": row.signed_by, "liveness": row.liveness, "digest": row.digest},
    )  # fmt: skip
    return row


def tests_of(db: Session, lane_id: UUID) -> list[AttackTestRow]:
    """Of one lane, the newest first."""
    query = select(AttackTestRow).where(AttackTestRow.lane_id == lane_id)
    return list(db.scalars(query.order_by(AttackTestRow.signed_at.desc(), AttackTestRow.id.desc())))


def attacks_at(db: Session, lane_ids: Collection[UUID], now: datetime) -> dict[UUID, LaneAttacks]:
    """For each of these lanes, its newest test and what its visits say of the proof."""
    query = select(AttackTestRow).where(AttackTestRow.lane_id.in_(lane_ids))
    tests: dict[UUID, list[AttackTestRow]] = {}
    for row in db.scalars(query.order_by(AttackTestRow.signed_at.desc(), AttackTestRow.id.desc())):
        tests.setdefault(row.lane_id, []).append(row)
    seen = liveness_of(db, lane_ids, now - SEEN_FOR)
    return {one: _at_lane(tests.get(one, []), seen.get(one, LaneLiveness())) for one in lane_ids}


def _at_lane(tests: Sequence[AttackTestRow], seen: LaneLiveness) -> LaneAttacks:
    """`tests`: the newest first."""
    if not tests:
        return LaneAttacks(None, None, seen)
    here = [one for one in tests if one.liveness == seen.proved_by]
    last: dict[AttackKind, Bounded] = {}
    for rates in (rates_of(one.counts) for one in here or tests if one.liveness == (here or tests)[0].liveness):
        last = {kind: rate for kind, rate in rates.attacks.items() if rate.trials} | last
    passed = {kind: last[kind] for kind in AttackKind if kind in last and last[kind].wrong}
    return LaneAttacks(tests[0], rates_of(tests[0].counts), seen, passed)


def named_at(db: Session, lane_id: UUID, now: datetime) -> list[str]:
    """The liveness proofs that records of this lane name: its visits, the newest first, then its earlier tests."""
    return list(
        dict.fromkeys([*proofs_of(db, lane_id, now - SEEN_FOR), *(one.liveness for one in tests_of(db, lane_id))])
    )


def model_at(db: Session, lane_id: UUID) -> str:
    """The fingerprint of the face model that the lane's node says it compares by; "" where none was told."""
    lane, node_id = lane_of(db, lane_id), nodes_of_lanes(db, [lane_id]).get(lane_id)
    model = earlier.model_at(db, lane.community_id).get(node_id, "") if node_id is not None else ""
    return model if is_fingerprint(model) else ""


def rates_of(counts: dict[str, list[int]]) -> Rates:
    said = {key: bounded(Count(*counts.get(key, (0, 0)))) for key in SERIES}
    return Rates({kind: said[kind.value] for kind in AttackKind}, said[LIVING])


def digest_of(row: AttackTestRow) -> str:
    """SHA-256 (hex) over what was signed, as JSON with sorted keys: whoever has a copy can compare."""
    signed = {
        "lane_id": str(row.lane_id), "liveness": row.liveness, "model": row.model, "tested_by": row.tested_by,
        "tested_on": row.tested_on.isoformat(), "signed_by": row.signed_by, "signed_at": row.signed_at.timestamp(),
        "note": row.note, "counts": row.counts,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

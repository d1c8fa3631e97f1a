"""How often a face that was known by pass or card was not let through for its face's sake, holder by holder.

Only accesses that name their holder count: whom the gate did not recognise without a pass is nobody to it, and is in no
group. The figures are therefore of one-to-one comparisons, and of faces alone that were recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import column, func, select, values
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from central.gates.visits.tables import VisitRow
from models.access.credential import Kind
from models.access.decision import Outcome, Reason

FAILED = frozenset({Reason.LOW_SCORE, Reason.LOW_QUALITY, Reason.AMBIGUOUS, Reason.SPOOF})
"""Of these the holder can do nothing but try again. Who had gone away (`no_face`) or never enrolled did not fail."""


def attempts_of(db: Session, since: Mapping[UUID, datetime]) -> dict[UUID, tuple[int, int]]:
    """Cardholder -> (attempts, failures) since the moment given for each. Who never tried is not in it."""
    if not since:
        return {}
    whose = values(column("holder", Uuid()), column("since", TIMESTAMP(timezone=True)), name="whose").data(
        list(since.items())
    )
    of_face = VisitRow.kind.is_distinct_from(Kind.PLATE.value)  # an unclear plate has a face's reasons
    failed = of_face & (VisitRow.outcome != Outcome.GRANT.value) & VisitRow.reason.in_([one.value for one in FAILED])
    tried = failed | (
        (VisitRow.outcome == Outcome.GRANT.value) & ((VisitRow.kind == Kind.FACE.value) | VisitRow.score.is_not(None))
    )
    query = (
        select(VisitRow.cardholder_id, func.count(), func.count().filter(failed))
        .join(whose, whose.c.holder == VisitRow.cardholder_id)
        .where(VisitRow.happened_at >= whose.c.since, tried)
        .group_by(VisitRow.cardholder_id)
    )
    return {holder: (tried_n, failed_n) for holder, tried_n, failed_n in db.execute(query) if holder is not None}

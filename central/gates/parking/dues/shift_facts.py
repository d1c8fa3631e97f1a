"""What cars did in a shift: how many left, how many of them free and by whose hand, how many stays were corrected."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.parking.dues.unclaimed_cash import unclaimed_between
from central.gates.parking.stays.reads import GONE
from central.gates.parking.stays.tables import StayFactRow, StayRow
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind, Code


def shift_facts(db: Session, community_id: UUID, since: datetime, until: datetime) -> dict[str, object]:
    """JSON-ready: {"exits", "free_exits": {name: how many}, "free_fen", "corrections", "struck_off": {name: fen}}
    (PARK-17, PARK-19). Struck off: debts, void stays that owed, and stays that somebody charged less (SEC-07).
    "unclaimed", "unclaimed_fen": cash taken at an exit whose arm never opened."""
    exits = select(func.count()).where(
        StayRow.community_id == community_id, StayRow.state.in_([one.value for one in GONE]),
        StayRow.left_at > since, StayRow.left_at <= until,
    )  # fmt: skip
    corrections = select(func.count()).where(
        StayFactRow.community_id == community_id, StayFactRow.by_name.is_not(None),
        StayFactRow.at > since, StayFactRow.at <= until,
    )  # fmt: skip
    free = ledger.moved(
        db, ledger.of_kind(AccountKind.WAIVERS), ledger.of_community(community_id), ledger.of_code(Code.FREE_EXIT),
        ledger.posted_between(since, until),
    )  # fmt: skip
    struck = ledger.moved(
        db, ledger.of_kind(AccountKind.WAIVERS), ledger.of_community(community_id), ledger.of_code(Code.WRITE_OFF),
        ledger.posted_between(since, until),
    )  # fmt: skip
    lost = unclaimed_between(db, community_id, since, until)
    names = [one.by_name for one in free]
    by = sorted({one.by_name for one in struck})
    return {
        "exits": db.scalar(exits) or 0, "corrections": db.scalar(corrections) or 0,
        "free_exits": {name: names.count(name) for name in sorted(set(names))},
        "free_fen": sum(one.entry.fen for one in free),
        "unclaimed": lost[0], "unclaimed_fen": lost[1],
        "struck_off": {name: sum(one.entry.fen for one in struck if one.by_name == name) for name in by},
    }  # fmt: skip

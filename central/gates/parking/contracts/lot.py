"""Whether a lot uses contracts (无感支付): off until a manager turns it on. Only then are plates told to channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.gates.parking.contracts.tables import ContractLotRow
from central.gates.parking.permissions import KEEP_CONTRACTS
from central.money.payments.contracts import contracting
from central.people.community.queries import community_of
from models.values.ids import new_id


@dataclass(frozen=True, slots=True)
class Use:
    """`at_entry`: channels are asked as a car comes in, too. `channels`: those of the company that keep contracts.
    `set_at`, `set_by`: none before anybody chose."""

    uses: bool
    at_entry: bool
    channels: tuple[str, ...]
    set_at: datetime | None
    set_by: str


def uses_contracts(db: Session, community_id: UUID) -> bool:
    return bool(db.scalar(select(ContractLotRow.uses).where(ContractLotRow.community_id == community_id)))


def asks_at_entry(db: Session, community_id: UUID) -> bool:
    """Whether channels are asked as a car comes in: what the lot's sign tells."""
    return bool(
        db.scalar(
            select(ContractLotRow.uses & ContractLotRow.at_entry).where(ContractLotRow.community_id == community_id)
        )
    )


def use_of(db: Session, actor: Actor, community_id: UUID) -> Use:
    community_of(db, community_id)
    actor.demand(KEEP_CONTRACTS, community_id)
    row = db.scalar(
        select(ContractLotRow)
        .where(ContractLotRow.community_id == community_id)
        .execution_options(populate_existing=True)
    )
    channels = tuple(sorted(contracting(db)))
    if row is None:
        return Use(False, False, channels, None, "")
    return Use(row.uses, row.at_entry, channels, row.set_at, row.set_by)


def use_contracts(
    db: Session, actor: Actor, community_id: UUID, uses: bool, now: datetime, *, at_entry: bool = False
) -> None:
    """at_entry: channels are asked as a car comes in, too; the sign must say so. Conflict where no channel of the
    company keeps any. What is under way is asked about to its end all the same."""
    before = use_of(db, actor, community_id)
    if uses and not before.channels:
        raise Conflict("contracts.no_channel")
    at_entry = at_entry and uses
    if (uses, at_entry) == (before.uses, before.at_entry):
        return
    said = {"uses": uses, "at_entry": at_entry, "set_at": now, "set_by": actor.name}
    row = upsert(ContractLotRow).values(id=new_id(), community_id=community_id, **said)
    db.execute(row.on_conflict_do_update(index_elements=["tenant_id", "community_id"], set_=said))
    record(
        db, actor, "contracts.use", "community", community_id,
        before={"contracts": before.uses, "at_entry": before.at_entry},
        after={"contracts": uses, "at_entry": at_entry}, community_id=community_id,
    )  # fmt: skip

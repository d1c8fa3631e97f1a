"""Cars at a vehicle lane, as a node tells of them: what was read, what was decided, how it ended."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from central.gates.access.site_keys import plate_key
from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.parking.account import due_of
from models.parking.bill_text import bill_text
from models.parking.pricing import PLAIN
from models.site.topology import Between, Lane
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import Actuated, DecisionMade, Passage
from models.wire.plates import seal_plate
from models.wire.stays import ToldStay
from tests.models.parking.tariffs import T1


def decided(
    key: bytes, lane_id: UUID, at: datetime, correlation: UUID, plate: str = "", *, direction: str = "in",
    outcome: Outcome = Outcome.GRANT, kind: Kind = Kind.PLATE, between: tuple[str, str] | None = None,
) -> DecisionMade:  # fmt: skip
    """between: of an inner lane."""
    granted = outcome is Outcome.GRANT
    case = "permit" if granted else "no_temporary"
    made = Decision(
        outcome=outcome, reason=Reason.OK if granted else Reason.UNKNOWN, kind=kind, at=at, lane_id=lane_id,
        rules_version=3, rules_age_s=60, detail={"case": case} if kind is Kind.PLATE else {},
        checks=(Check(step=f"plate_{case}", passed=granted, reason=Reason.OK if granted else Reason.UNKNOWN),),
        inputs={"direction": direction} | (Between(*between)._asdict() if between is not None else {}),
    )  # fmt: skip
    sealed = seal_plate(plate, correlation, key, os.urandom(24)) if plate else None
    return DecisionMade(decision=made, seen_at=at, duration_us=812_000, plate=sealed)


def asked(
    key: bytes, lane_id: UUID, at: datetime, correlation: UUID, plate: str, entered: datetime, fee: int | None = None,
    *, outcome: Outcome = Outcome.GRANT,
) -> DecisionMade:  # fmt: skip
    """The lane's word at the exit, with its bill by T1; `fee`: what it says in place of what it reckoned."""
    due = due_of(ToldStay(stay_id=new_id(), plate=plate, entered_at=entered), T1, PLAIN, (), lane_id, at)
    told = decided(key, lane_id, at, correlation, plate, direction="out", outcome=outcome)
    money = {
        "fee_fen": str(due.total if fee is None else fee), "tariff": f"{T1.tariff_id} 1", "bill": bill_text(due.bills)
    }  # fmt: skip
    made = told.decision.model_copy(update={"detail": told.decision.detail | money})
    return told.model_copy(update={"decision": made})


@dataclass
class FieldLane:
    """A lane of a gate of the browser tests, which tells in the same words."""

    gate: Any
    lane: Lane

    def write(self, body: BaseModel, correlation: UUID, at: datetime) -> Event:
        number = next(n for n, one in enumerate(self.gate.reply.lanes) if one.lane_id == self.lane.lane_id)
        event: Event = self.gate.write(body, correlation, number, at)
        return event


def key_of(site: Any) -> bytes:
    with site.session() as db:
        return plate_key(db, site.community_id)


def drive(
    node: Any, key: bytes, plate: str, at: datetime, *, direction: str = "in", why: str = "loops",
    between: tuple[str, str] | None = None,
) -> UUID:  # fmt: skip
    """A car that is let through at its plate; `why`: how it ended, "" for one of which nothing more is told. between:
    the zones that an inner lane leads from and to."""
    correlation = new_id()
    told = decided(key, node.lane.lane_id, at, correlation, plate, direction=direction, between=between)
    node.write(told, correlation, at=at)
    node.write(Actuated(action="release", confirmed=True, latency_us=42_000), correlation, at=at)
    if why:
        node.write(ended(why, between), correlation, at=at)
    return correlation


def ended(why: str = "loops", between: tuple[str, str] | None = None) -> Passage:
    zones = Between(*between)._asdict() if between is not None else {}
    return Passage.model_validate({"passed": why == "loops", "why": why, **zones})


def wait_and_be_let_in(
    node: Any, key: bytes, plate: str, at: datetime, *, direction: str = "in", between: tuple[str, str] | None = None,
    case: str = "",
) -> tuple[UUID, UUID]:  # fmt: skip
    """A car on no list, or referred in that case, and a guard who opens: what was refused, and what was opened."""
    refused, opened = new_id(), new_id()
    lane = node.lane.lane_id
    told = decided(key, lane, at, refused, plate, direction=direction, outcome=Outcome.REFER, between=between)
    if case:
        told = told.model_copy(update={"decision": told.decision.model_copy(update={"detail": {"case": case}})})
    node.write(told, refused, at=at)
    node.write(decided(key, lane, at, opened, kind=Kind.REMOTE, direction=direction), opened, at=at)
    node.write(ended("loops", between), opened, at=at)
    return refused, opened

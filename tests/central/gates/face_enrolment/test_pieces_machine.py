"""Pieces in every order: made, waiting, taken, refused, lost, over. At most one waits for a gate: the newest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.rules import TEMPLATE, PieceState
from central.gates.nodes.faces.tables import TemplatePieceRow
from models.values.ids import new_id
from models.wire.events import TemplateStored
from models.wire.faces import PieceRefusal, SealedTemplate
from tests.central.gates.conftest import FieldNode
from tests.central.gates.nodes.faces.conftest import Quarter

GATES = 2
FATES = {
    "taken": (PieceState.TAKEN, {"taken": True}),
    "refused": (PieceState.REFUSED, {"taken": False, "why": PieceRefusal.ANOTHER_FACE}),
    "again": (PieceState.LOST, {"taken": False, "again": True}),
}
Deed = tuple[str, int, int]
deeds = st.tuples(
    st.sampled_from(["send", "send", "withdraw", "maker_gone", *FATES]), st.integers(0, GATES - 1), st.integers(0, 5)
)


@dataclass
class Told:
    """What one gate should be told: the pieces in the order in which they were made."""

    made: list[SealedTemplate] = field(default_factory=list)
    states: list[PieceState] = field(default_factory=list)
    missed: bool = False

    def waits(self) -> list[str]:
        return [one.piece for one, state in zip(self.made, self.states, strict=True) if state is PieceState.WAITING]

    def all_become(self, state: PieceState, of: frozenset[PieceState] = frozenset(PieceState)) -> None:
        self.states = [state if one in of else one for one in self.states]


def found(db: Session, gate: UUID, holder: UUID) -> tuple[dict[str, str], list[str], bool]:
    rows = db.scalars(
        select(TemplatePieceRow).where(TemplatePieceRow.node_id == gate, TemplatePieceRow.cardholder_id == holder)
    )
    waits = [SealedTemplate.model_validate_json(text).piece for _, text in mail.waiting(db, gate, TEMPLATE)]
    return {row.piece: row.state for row in rows}, waits, (gate, holder) in mail.missed(db, TEMPLATE, [gate])


@pytest.mark.req("PRIV-07")
@given(st.lists(deeds, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_in_whatever_order(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, done: list[Deed]
) -> None:
    community, holder, maker, now = quarter.site.community_id, new_id(), new_id(), quarter.now
    gates = [node.id, other_node.id]
    told = [Told() for _ in gates]
    with quarter.session() as db:
        for number, (deed, place, which) in enumerate(done):
            now += timedelta(seconds=1)
            one = told[place]
            if deed == "send":
                sealed = SealedTemplate(
                    node_id=gates[place], cardholder_id=holder, sealed=number.to_bytes(60), key_id="cd" * 8
                )
                pieces.send(db, community, maker, sealed, now)
                one.all_become(PieceState.REPLACED, frozenset({PieceState.WAITING}))
                one.made.append(sealed)
                one.states.append(PieceState.WAITING)
                one.missed = False
            elif deed == "withdraw":
                pieces.forget(db, holder)
                for each in told:
                    each.all_become(PieceState.OVER)
                    each.missed = False
            elif deed == "maker_gone":
                pieces.of_no_maker(db, community, new_id(), now)
                for each in told:
                    each.missed |= bool(each.waits())
                    each.all_become(PieceState.OVER, frozenset({PieceState.WAITING}))
            elif which < len(one.made):
                state, fate = FATES[deed]
                piece = one.made[which].piece
                pieces.settle(db, gates[place], holder, now, piece=piece, **fate)  # type: ignore[arg-type]  # one fate of several
                if one.states[which] is PieceState.WAITING:
                    one.states[which] = state
                    one.missed |= deed == "again"
            for gate, each in zip(gates, told, strict=True):
                states, waits, missed = found(db, gate, holder)
                assert states == dict(zip([m.piece for m in each.made], each.states, strict=True))
                assert waits == each.waits() and len(waits) <= 1 and missed == each.missed
                refused = [r.node_id for r in pieces.refused(db, [community], holder) if r.node_id == gate]
                live = [s for s in each.states if s not in (PieceState.REPLACED, PieceState.OVER)]
                assert bool(refused) == (live[-1:] == [PieceState.REFUSED])
        _no_gate_says_it_has_what_another_was_sent(db, community, gates, told, holder)
        db.rollback()


def _no_gate_says_it_has_what_another_was_sent(
    db: Session, community: UUID, gates: list[UUID], told: list[Told], holder: UUID
) -> None:
    for gate in gates:
        for owner, each in zip(gates, told, strict=True):
            for sealed in each.made:
                said = TemplateStored(cardholder_id=holder, model="m", photos=3, piece=sealed.piece)
                own = sealed.piece in {m.piece for m in told[gates.index(gate)].made}
                assert pieces.counts(db, community, gate, 1, said) == own, (gate, owner)

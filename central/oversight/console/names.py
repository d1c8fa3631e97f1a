"""What ids and numbers are called: gates, lanes and nodes of the communities on a page, asked once for all of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.nodes.queries import nodes
from central.people.community.queries import gates_of, lanes_of


@dataclass(frozen=True, slots=True)
class Names:
    """`by_id`: gates, lanes and nodes. `numbers` and `codes`: gates and lanes as one community says them. What is not
    in it keeps its id: a thing of a community that the reader may not see, say."""

    by_id: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[tuple[UUID | None, int], str] = field(default_factory=dict)
    codes: Mapping[tuple[UUID | None, str], str] = field(default_factory=dict)

    def of(self, value: Any, community_id: UUID | None) -> Any:
        """The name of a gate, lane or node, given by id, number or code; else the value as it is."""
        if isinstance(value, int) and not isinstance(value, bool):
            return self.numbers.get((community_id, value), value)
        text = str(value)
        return self.by_id.get(text) or self.codes.get((community_id, text), value)


def names_in(db: Session, community_ids: Collection[UUID], now: datetime) -> Names:
    by_id: dict[str, str] = {}
    numbers: dict[tuple[UUID | None, int], str] = {}
    codes: dict[tuple[UUID | None, str], str] = {}
    for one in community_ids:
        for gate in gates_of(db, one):
            by_id[str(gate.gate_id)] = numbers[one, gate.number] = gate.name
        for view in lanes_of(db, one):
            by_id[str(view.lane.lane_id)] = codes[one, view.lane.code] = view.lane.name
    if community_ids:
        by_id |= {str(node.node_id): node.name for node in nodes(db, community_ids, now)}
    return Names(by_id, numbers, codes)

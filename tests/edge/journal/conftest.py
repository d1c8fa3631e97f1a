"""A journal in a temporary folder, and the bodies that a lane writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade


@pytest.fixture
def node_id() -> UUID:
    return new_id()


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyRing]:
    ring = KeyRing.open(tmp_path / "keys")
    yield ring
    ring.close()


OpenJournal = Callable[..., Journal]


@pytest.fixture
def open_journal(tmp_path: Path, node_id: UUID, keys: KeyRing) -> Iterator[OpenJournal]:
    """Opens the journal; opening again closes the one before, as a restart does."""
    opened: list[Journal] = []

    def again(**how: Any) -> Journal:
        for journal in opened:
            journal.close()
        journal = Journal.open(tmp_path / "journal.db", node_id, keys, reserve_bytes=4096, **how)
        opened.append(journal)
        return journal

    yield again
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(open_journal: OpenJournal) -> Journal:
    return open_journal()


def decided(
    outcome: Outcome = Outcome.GRANT, kind: Kind = Kind.PASS, pass_id: UUID | None = None, reason: Reason = Reason.OK,
    **more: Any,
) -> DecisionMade:  # fmt: skip
    now = utc_now()
    decision = Decision(
        outcome=outcome, reason=reason, kind=kind, at=now, lane_id=new_id(), credential_id=pass_id, rules_version=1,
        **more,
    )  # fmt: skip
    return DecisionMade(decision=decision, seen_at=now, duration_us=5)


@pytest.fixture
def grant() -> Callable[..., Entry]:
    """`grant(pass_id, correlation)`: the entry of a decision, by default a granted pass."""

    def make(pass_id: UUID | None = None, correlation: UUID | None = None, **what: Any) -> Entry:
        return Entry(decided(pass_id=pass_id, **what), correlation=correlation or new_id(), lane_id=new_id())

    return make

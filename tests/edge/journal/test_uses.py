"""Uses of passes and open grants: whatever happens in whatever order, with restarts between, the count is right."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.journal import journal as journal_module
from edge.journal.journal import Entry, Journal, Unfinished
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import Passage

OpenJournal = Callable[..., Journal]
Grant = Callable[..., Entry]


def ended(correlation: UUID, passed: bool = False, why: str = "door_cycle") -> Entry:
    return Entry(Passage.model_validate({"passed": passed, "why": why}), correlation=correlation)


def test_a_use_counts_once_somebody_may_have_gone_through(journal: Journal, grant: Grant) -> None:
    pass_id, correlation = new_id(), new_id()
    journal.append(grant(pass_id, correlation))
    assert journal.uses_of(pass_id) == 1
    journal.append(ended(correlation, passed=True))
    assert journal.uses_of(pass_id) == 1


@pytest.mark.parametrize(("why", "uses"), [("timeout", 0), ("not_released", 0), ("restart", 1), ("board_silent", 1)])
def test_a_use_is_given_back_when_nobody_came_in(journal: Journal, grant: Grant, why: str, uses: int) -> None:
    pass_id, correlation = new_id(), new_id()
    journal.append(grant(pass_id, correlation))
    journal.append(ended(correlation, why=why))
    journal.append(ended(correlation, why=why))  # said twice: given back once
    assert journal.uses_of(pass_id) == uses
    assert journal.unfinished() == ()


def test_what_is_no_grant_of_a_pass_counts_nothing(journal: Journal, grant: Grant) -> None:
    pass_id = new_id()
    journal.append(
        grant(pass_id, outcome=Outcome.DENY, reason=Reason.EXPIRED),
        grant(pass_id, outcome=Outcome.REFER, reason=Reason.SECOND_FACTOR),
        grant(pass_id, kind=Kind.REMOTE),
        grant(pass_id, reason=Reason.FIRE),  # the door stood open: not even the signature was checked
        grant(None),
    )
    assert journal.uses_of(pass_id) == 0
    assert len(journal.unfinished()) == 3


@pytest.mark.req("VIS-10")
def test_a_use_is_an_entry_and_a_lane_out_counts_none(open_journal: OpenJournal, grant: Grant) -> None:
    pass_id, correlations = new_id(), [new_id(), new_id()]
    journal = open_journal()
    journal.append(
        grant(pass_id, correlations[0], inputs={"direction": "out"}),
        grant(pass_id, correlations[1], inputs={"direction": "in"}),
    )
    assert journal.uses_of(pass_id) == 1 and len(journal.unfinished()) == 2
    assert open_journal().uses_of(pass_id) == 1, "a restart counts them the same"


def test_one_recognition_is_one_use(journal: Journal, grant: Grant) -> None:
    pass_id, correlation = new_id(), new_id()
    journal.append(grant(pass_id, correlation), grant(pass_id, correlation))
    assert journal.uses_of(pass_id) == 1


@pytest.mark.req("SYNC-06")
def test_a_restart_finds_the_grants_that_did_not_end(open_journal: OpenJournal, grant: Grant) -> None:
    journal = open_journal()
    opened = [grant(new_id(), new_id()) for _ in range(3)]
    journal.append(*opened)
    journal.append(ended(opened[1].correlation, passed=True))
    journal = open_journal()
    left = [
        Unfinished(entry.correlation, entry.lane_id, entry.body.decision.credential_id)
        for entry in (opened[0], opened[2])
    ]
    assert list(journal.unfinished()) == left
    journal.append(*(ended(one.correlation, why="restart") for one in left))
    assert open_journal().unfinished() == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["grant", "passed", "timeout", "not_released", "restart", "reopen", "drop"]),
                  st.integers(0, 3), st.integers(0, 5)),
        max_size=40,
    ),
    every=st.integers(1, 12),
)  # fmt: skip
def test_counts_survive_every_history(
    open_journal: OpenJournal, grant: Grant, steps: list[tuple[str, int, int]], every: int
) -> None:
    """Against a model of two dictionaries. The table is brought up to date at odd moments, so that replays overlap."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "_COUNT_EVERY", every)
        journal = open_journal()
        passes, correlations = [new_id() for _ in range(4)], [new_id() for _ in range(6)]
        uses: dict[UUID, int] = {}
        under_way: dict[UUID, tuple[UUID, int]] = {}
        for what, which_pass, which in steps:
            pass_id, correlation = passes[which_pass], correlations[which]
            if what == "grant":
                (event,) = journal.append(grant(pass_id, correlation))
                if correlation not in under_way:
                    under_way[correlation] = (pass_id, event.seq)
                    uses[pass_id] = uses.get(pass_id, 0) + 1
            elif what == "reopen":
                journal = open_journal()
            elif what == "drop":
                journal.mark_acked(journal.head()[0])
                journal.drop_acked(keep=which)
                base = journal.head()[0] - which
                under_way = {c: (p, seq) for c, (p, seq) in under_way.items() if seq > base}
            else:
                why = "door_cycle" if what == "passed" else what
                journal.append(ended(correlation, passed=what == "passed", why=why))
                held, _ = under_way.pop(correlation, (None, 0))
                if held is not None and what in ("timeout", "not_released"):
                    uses[held] -= 1
        for again in range(2):
            assert {p: journal.uses_of(p) for p in passes} == {p: uses.get(p, 0) for p in passes}
            mine = {one.correlation for one in journal.unfinished()} & set(correlations)  # others are of runs before
            assert mine == set(under_way)
            if not again:
                journal = open_journal()
        assert journal.verify() is None

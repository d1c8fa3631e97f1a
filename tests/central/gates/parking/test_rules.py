"""Which version is in force, over every history of drafts, approvals and withdrawals (PARK-03)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.parking.rules import (
    VersionState,
    approve_problem,
    in_force,
    start_problem,
    state_of,
    withdraw_problem,
)
from tests.models.parking.tariffs import NUMBER

pytestmark = pytest.mark.req("PARK-03")

T0 = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Version:
    version: int
    starts_at: datetime
    approved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    tariff_id: UUID = NUMBER


deeds = st.lists(
    st.tuples(st.sampled_from(["draft", "approve", "withdraw"]), st.integers(0, 3), st.integers(0, 6)), max_size=14
)
"""What is tried on each of the following days: which deed, on which version, to start in how many days."""


def lived(history):
    """The versions after each day, with whatever the rules allowed of it."""
    versions: list[Version] = []
    for day, (deed, which, ahead) in enumerate(history):
        now = T0 + day * DAY
        if deed == "draft":
            starts_at = now + (ahead - 1) * DAY
            if start_problem(starts_at, now) is None:
                versions = [*versions, Version(len(versions) + 1, starts_at)]
        elif which < len(versions):
            one = versions[which]
            if deed == "approve" and approve_problem(one, versions, now) is None:
                versions = [*versions[:which], replace(one, approved_at=now), *versions[which + 1 :]]
            if deed == "withdraw" and withdraw_problem(one, versions, now) is None:
                versions = [*versions[:which], replace(one, withdrawn_at=now), *versions[which + 1 :]]
        yield now, versions


@given(deeds)
def test_no_deed_changes_what_was_in_force_before_it(history):
    known: dict[datetime, int | None] = {}
    for now, versions in lived(history):
        for instant, number in known.items():
            found = next(iter(in_force(versions, instant)), None)
            assert (found.version if found else None) == number
        for half in range(2 * (now - T0).days):  # every noon and midnight that is over
            instant = T0 + half * DAY / 2
            found = next(iter(in_force(versions, instant)), None)
            known[instant] = found.version if found else None


@given(deeds)
def test_what_is_in_force_was_approved_before_it_began_and_never_withdrawn(history):
    for now, versions in lived(history):
        found = next(iter(in_force(versions, now)), None)
        states = [state_of(one, versions, now) for one in versions]
        assert states.count(VersionState.IN_FORCE) == (1 if found else 0)
        if found:
            assert found.approved_at is not None and found.approved_at <= found.starts_at <= now
            assert found.withdrawn_at is None
            stands = [one for one in versions if one.approved_at and not one.withdrawn_at and one.starts_at <= now]
            assert max(one.starts_at for one in stands) == found.starts_at
            assert [one.starts_at for one in stands].count(found.starts_at) == 1


def test_every_state_is_reached_and_says_what_may_be_done():
    now = T0
    old = Version(1, now - 2 * DAY, now - 3 * DAY)
    current = Version(2, now - DAY, now - 2 * DAY)
    lapsed = Version(3, now - DAY)
    waiting = Version(4, now + DAY)
    planned = Version(5, now + 2 * DAY, now)
    gone = Version(6, now + 3 * DAY, now, now)
    versions = [old, current, lapsed, waiting, planned, gone]
    states = [state_of(one, versions, now) for one in versions]
    assert states == ["over", "in_force", "lapsed", "waiting", "planned", "withdrawn"]
    assert [approve_problem(one, versions, now) is None for one in versions] == [
        False,
        False,
        False,
        True,
        False,
        False,
    ]
    assert [withdraw_problem(one, versions, now) is None for one in versions] == [False, False, True, True, True, False]
    assert approve_problem(lapsed, versions, now) == "parking.version_is_lapsed"


def test_two_that_would_start_at_once_are_not_both_approved():
    one, other = Version(1, T0 + DAY, T0), Version(2, T0 + DAY)
    assert approve_problem(other, [one, other], T0) == "parking.start_taken"
    assert approve_problem(other, [replace(one, withdrawn_at=T0), other], T0) is None

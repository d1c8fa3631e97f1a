"""Who may go through once more: every mode, both ways, and nobody is refused for what is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from models.access.lockdown import Lockdown, groups_let_through
from models.access.passback import LastPassage, Passback, PassbackMode, PassbackZone, Verdict, judge
from models.site.topology import Direction

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
LANE = UUID(int=1)


def asked(mode: PassbackMode, last: Direction | None, ago: timedelta, trusted: bool, now: Direction) -> Verdict:
    zone = PassbackZone(zone_id=UUID(int=9), mode=mode, lanes=frozenset({LANE}), minutes=10)
    passage = LastPassage(direction=last, at=NOW - ago) if last else None
    return judge(Passback(zone=zone, last=passage, trusted=trusted), now, NOW)


@pytest.mark.req("ACC-17")
def test_every_mode_says_what_it_promises() -> None:
    into, out, minute = Direction.IN, Direction.OUT, timedelta(minutes=1)
    assert asked(PassbackMode.SOFT, into, minute, True, into) is Verdict.NOTED
    assert asked(PassbackMode.HARD, into, minute, True, into) is Verdict.REFUSED
    assert asked(PassbackMode.TIMED, into, minute, True, into) is Verdict.REFUSED
    assert asked(PassbackMode.TIMED, into, 10 * minute, True, into) is Verdict.FREE
    for mode, last, trusted, now in product(PassbackMode, (None, into, out), (True, False), (into, out)):
        verdict = asked(mode, last, minute, trusted, now)
        assert (verdict is Verdict.FREE) is (last is not now), "only the same way twice is a pass-back"
        if now is out or not trusted:
            assert verdict is not Verdict.REFUSED, "the way out, and what is not known, refuse nobody"


@pytest.mark.req("ACC-24")
def test_a_lockdown_ends_by_itself_and_of_several_only_who_passes_all_of_them_passes() -> None:
    def until(group: str, minutes: int) -> Lockdown:
        return Lockdown(
            lockdown_id=UUID(int=minutes), lanes=frozenset({LANE}), group=group, until=NOW + timedelta(minutes=minutes)
        )

    staff, guards = until("staff", 5), until("guards", 9)
    assert groups_let_through((staff,), LANE, NOW) == {"staff"}
    assert groups_let_through((staff,), UUID(int=2), NOW) is None
    assert groups_let_through((staff, guards), LANE, NOW) == frozenset()
    assert groups_let_through((staff, guards), LANE, NOW + timedelta(minutes=5)) == {"guards"}
    assert groups_let_through((staff, guards), LANE, NOW + timedelta(minutes=9)) is None

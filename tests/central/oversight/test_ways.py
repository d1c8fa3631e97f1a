"""The bar's groups: by right, none of them empty, the current page marked."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.permissions import of_preset
from central.oversight.console.ways import WAYS, ways_for

PLACE = UUID(int=7)
RIGHTS = [right for _, pages in WAYS for _, _, right in pages]


def person(*rights: str, place: UUID | None = PLACE) -> Actor:
    return Actor(UUID(int=1), ActorKind.ACCOUNT, UUID(int=2), "王强", (Grant("own", frozenset(rights), place),))


def offered(actor: Actor, path: str = "/") -> list[str]:
    return [way.address for group in ways_for(actor, path) for way in group.ways]


@pytest.mark.req("ADMIN-03")
@given(st.sets(st.sampled_from(RIGHTS)))
def test_only_what_may_be_opened_is_offered_and_no_group_is_empty(rights):
    actor = person(*rights)
    groups = ways_for(actor, "/")
    assert all(group.ways for group in groups)
    allowed = rights - {"account.read"}  # in one community it opens nothing of the company's
    assert offered(actor) == [address for _, pages in WAYS for address, _, right in pages if right in allowed]


def test_accounts_are_offered_to_who_reads_them_everywhere():
    assert offered(person("account.read")) == [] and offered(person("account.read", place=None)) == ["/accounts"]


@pytest.mark.req("ADMIN-14")
def test_a_guard_sees_every_page_in_the_bar_and_a_manager_few_names():
    guard, manager = (ways_for(person(*of_preset(role), place=None), "/") for role in ("guard", "manager"))
    assert all(group.flat for group in guard)
    assert [group.key for group in manager] == ["desk", "people", "gates", "figures", "administration"]
    assert sum(len(group.ways) if group.flat else 1 for group in manager) <= 6


def test_the_page_that_is_open_is_marked_and_so_is_its_group():
    groups = ways_for(person(*RIGHTS, place=None), "/setup/rules")
    assert [group.key for group in groups if group.here] == ["administration"]
    assert [way.address for group in groups for way in group.ways if way.here] == ["/setup"]
    at_desk = ways_for(person(*RIGHTS, place=None), "/")
    assert [way.address for group in at_desk for way in group.ways if way.here] == ["/"]


def test_storm_mode_lies_below_the_car_park_by_its_own_address():
    groups = ways_for(person(*RIGHTS, place=None), "/storm")
    assert [way.address for group in groups for way in group.ways if way.here] == ["/parking"]

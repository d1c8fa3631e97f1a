"""Lists of people stand by the sound of their names, page after page (ADMIN-14, INT-01)."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.errors import Invalid
from central.base.kernel.paging import PageAsk, page_of
from central.gates.access import service as access
from central.people.community import queries, service
from central.people.community.rules import Tie
from models.values.ids import new_id
from tests.central.people.town import SINCE, Town

API = "/api/v1"
NAMES = ("周示例", "安示例", "Ann", "王示例", "王示例", "王示例", "李示例", "王示例")
SOUNDS = ["Ann", "安示例", "李示例", "李示例", *["王示例"] * 4, "张示例", "周示例"]
"""With 张示例 and 李示例, who live in the town already."""


@pytest.fixture
def named(town: Town) -> dict[str, str]:
    """Resident id -> name of everybody in the town, all of them known to its gates."""
    told = {str(town.resident): "张示例"}
    with town.session() as db:
        told[str(queries.homes_of(db, town.stranger, town.community)[0].resident_id)] = "李示例"
        access.add_cardholder(db, town.actor, town.community, town.stranger)
        for name in NAMES:
            made = service.add_resident(db, town.actor, town.house, name, None, Tie.TENANT, starts_at=SINCE)
            access.add_cardholder(db, town.actor, town.community, made.person_id)
            told[str(made.id)] = name
    return told


def leaf(client, path: str, town: Town, key: str, limit: int, between=lambda: None) -> list[str]:
    """All ids of a list, page by page; `between` happens after each of them."""
    found, asked = [], {"community_id": str(town.community), "limit": limit}
    while True:
        told = client.get(f"{API}/{path}", params=asked).json()
        assert len(told["items"]) <= limit
        found += [one[key] for one in told["items"]]
        if told["next"] is None:
            return found
        asked["after"] = told["next"]
        between()


@pytest.mark.req("ADMIN-14", "INT-01")
@pytest.mark.parametrize("limit", [1, 3, 4, 50])
def test_residents_stand_by_sound_on_every_page_and_equal_names_as_they_came(town, named, login_as, limit):
    found = leaf(login_as("guard", community=town.community), "residents", town, "resident_id", limit)
    assert [named[one] for one in found] == SOUNDS
    same = [one for one in found if named[one] == "王示例"]
    assert same == sorted(same) and len(set(found)) == len(SOUNDS), "ids grow with time; everybody stands there once"


@pytest.mark.req("ADMIN-14", "INT-01")
def test_cardholders_stand_in_the_same_order(town, named, login_as):
    guard = login_as("guard", community=town.community)
    listed = guard.get(f"{API}/residents", params={"community_id": str(town.community)}).json()["items"]
    found = leaf(guard, "cardholders", town, "person_id", 3)
    assert found == [one["person_id"] for one in listed]


@pytest.mark.req("INT-01")
def test_who_moves_in_meanwhile_moves_nobody_else(town, named, login_as):
    """Before the place that was reached as well as after it, under a name of its own and under one that is there."""
    newcomers = iter(("阿示例", "王示例", "郑示例"))

    def move_in() -> None:
        with town.session() as db:
            if (name := next(newcomers, None)) is not None:
                service.add_resident(db, town.actor, town.house, name, None, Tie.TENANT, starts_at=SINCE)

    found = leaf(login_as("guard", community=town.community), "residents", town, "resident_id", 3, move_in)
    assert [named[one] for one in found if one in named] == SOUNDS
    assert len(set(found)) == len(found)


@pytest.mark.req("ADMIN-06")
def test_no_address_of_a_page_holds_a_name(town, named, login_as):
    guard = login_as("guard", community=town.community)
    told = guard.get(f"{API}/residents", params={"community_id": str(town.community), "limit": 2}).json()
    cursor = json.loads(base64.urlsafe_b64decode(told["next"] + "=" * (-len(told["next"]) % 4)))
    assert cursor == [["u", told["items"][-1]["resident_id"]]]


def test_the_page_of_people_reads_the_same_order(town, named, login_as):
    text = login_as("guard", community=town.community).get("/people", headers={"accept": "text/html"}).text
    shown = [part.split("<")[0] for part in text.split('<th scope="row">')[1:]]
    assert shown == [f"{name[:1]}*" for name in SOUNDS]


IDS = [new_id() for _ in range(12)]


@pytest.mark.req("INT-01")
@given(st.permutations(IDS), st.integers(1, 13), st.integers(0, 12))
def test_any_order_is_read_whole_whatever_the_size_of_a_page(order, limit, count):
    order, found, cursor = list(order)[:count], [], None
    while True:
        page, cursor = page_of(order, PageAsk(after=cursor, limit=limit))
        found += page
        if cursor is None:
            break
    assert found == order


@given(st.text(max_size=40))
def test_a_cursor_that_no_page_gave_out_is_refused(cursor):
    with pytest.raises(Invalid):
        page_of(IDS, PageAsk(after=cursor))

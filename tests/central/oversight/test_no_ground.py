"""In a community without houses or gates, a page that needs them says so and leads to where they are made."""

from __future__ import annotations

import pytest

from central.oversight.console.forms import local
from central.people.community.service import add_building, add_community, add_gate, add_house, add_unit
from tests.central.people.town import HOUR

HTML = {"accept": "text/html"}


@pytest.fixture
def empty(town):
    with town.session() as db:
        return add_community(db, town.actor, "门庭雅苑").id


def add_a_house(town, community):
    with town.session() as db:
        building = add_building(db, town.actor, community, "1").id
        add_house(db, town.actor, add_unit(db, town.actor, building, "1").id, "101")


@pytest.mark.req("ADMIN-12")
def test_nobody_is_registered_before_there_is_a_house(login_as, town, empty):
    manager, address = login_as("manager", community=empty), f"/people/new?community={empty}"
    page = manager.get(address, headers=HTML).text
    assert "还没有房屋" in page and f'class="btn btn-primary" href="/setup/houses?community={empty}"' in page
    assert 'name="name"' not in page
    add_a_house(town, empty)
    page = manager.get(address, headers=HTML).text
    assert "还没有房屋" not in page and 'name="name"' in page


@pytest.mark.req("ADMIN-12")
def test_no_pass_is_offered_before_there_is_a_gate_and_a_house(login_as, town, empty):
    manager, address = login_as("manager", community=empty), f"/visitors?community={empty}"
    page = manager.get(address, headers=HTML).text
    assert "还没有门" in page and f'class="btn btn-primary" href="/setup/gates?community={empty}"' in page
    assert 'id="start"' not in page
    with town.session() as db:
        add_gate(db, town.actor, empty, "东门", 1)
    page = manager.get(address, headers=HTML).text
    assert "还没有房屋" in page and f'class="btn btn-primary" href="/setup/houses?community={empty}"' in page
    add_a_house(town, empty)
    page = manager.get(address, headers=HTML).text
    assert "还没有" not in page.split('id="list"')[0] and 'id="start"' in page


def test_who_may_not_make_them_is_told_whom_to_ask(login_as, empty):
    page = login_as("guard", community=empty).get("/visitors", headers=HTML).text
    assert "请经理先添加大门和通道" in page and "/setup/gates" not in page


def test_who_has_another_community_can_go_on_there(login_as, town, empty):
    administrator = login_as("administrator")
    for address in ("/visitors", "/people/new"):
        page = administrator.get(f"{address}?community={empty}", headers=HTML).text
        assert f'<form class="search search--in" method="get" action="{address}">' in page
        assert f'<option value="{town.community}">' in page


def test_what_is_said_beside_a_field_is_not_said_above_as_well(login_as, town):
    manager = login_as("manager", community=town.community)
    sent = {"community": str(town.community), "house": "5-2-1102", "name": "周示例", "start": local(town.now),
            "end": local(town.now + 2 * HOUR)}  # fmt: skip
    page = manager.post("/visitors", data=sent, headers=HTML)
    assert page.status_code == 422
    assert page.text.count("请至少选择一个本小区的大门。") == 1 and "请按提示修改后再提交。" in page.text

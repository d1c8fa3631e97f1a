"""In what order lists stand (ADMIN-14): numbers by their size, Chinese names by their sound."""

from __future__ import annotations

import pytest

from central.base.kernel.actor import system
from central.people.community import queries, service

pytestmark = pytest.mark.req("ADMIN-14")


def test_houses_stand_by_number_and_not_by_letter(parts, db, two_tenants):
    actor = system(two_tenants.a, "test", ["house.edit"])
    community = service.add_community(db, actor, "翠湖")
    for building in ("10", "2"):
        unit = service.add_unit(db, actor, service.add_building(db, actor, community.id, building).id, "1")
        for number in ("1102", "201", "1101"):
            service.add_house(db, actor, unit.id, number)
    labels = [one.label for one in queries.houses_of(db, community.id)]
    assert labels == ["2-1-201", "2-1-1101", "2-1-1102", "10-1-201", "10-1-1101", "10-1-1102"]
    assert [one.label for one in queries.houses_of(db, community.id, limit=2)] == labels[:2]


def test_communities_stand_by_their_sound(parts, db, two_tenants):
    actor = system(two_tenants.a, "test", ["house.edit"])
    for name in ("中心花园", "翠湖", "安居苑", "Alpha", "银杏里"):
        service.add_community(db, actor, name)
    assert [one.name for one in queries.communities(db)] == ["Alpha", "安居苑", "翠湖", "银杏里", "中心花园"]

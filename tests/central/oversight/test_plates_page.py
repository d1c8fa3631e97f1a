"""The page of the lists of plates: a permit's bay is asked for, shown, and refused in words."""

from __future__ import annotations

import pytest

HTML = {"accept": "text/html", "accept-language": "zh-CN"}


@pytest.mark.req("PARK-09", "ADMIN-14")
def test_the_cars_of_a_home_are_listed_for_their_bay_and_say_of_it_the_same(login_as, town):
    manager = login_as("manager", community=town.community)

    def add(plate: str, cars: str, bay: str = "b1-023", kind: str = "permit"):
        sent = {
            "community": str(town.community), "kind": kind, "plate": plate, "until": "2036-12-31T00:00", "bay": bay,
            "bay_cars": cars,
        }  # fmt: skip
        return manager.post("/plates", data=sent, headers=HTML)

    assert add("川B8K3H5", "2").status_code == 303
    differs = add("川F31717", "1")
    assert differs.status_code == 409 and "写的是可停 2 辆" in differs.text
    assert 'value="b1-023"' in differs.text, "what was typed is kept"
    for wrong, words in (
        (add("川F31717", "两"), "请写数字"),
        (add("川F31717", "2", "x" * 21), "最多 20 个字"),
        (add("川F31717", "2", kind="block"), "只有“月卡”的车写车位"),
    ):
        assert wrong.status_code == 422 and words in wrong.text
    assert add("川F31717", "", "A-7").status_code == 303, "for one car where nothing is said"
    shown = manager.get(f"/plates?community={town.community}", headers=HTML).text
    assert "车位 B1-023，可停 2 辆" in shown and "车位 A-7<" in shown
    told = manager.get(f"/api/v1/communities/{town.community}/plates").json()["items"]
    assert {(one["bay"], one["bay_cars"]) for one in told} == {("B1-023", 2), ("A-7", 1)}

"""Who stands behind a credential, as pages show it: masked, with their house, or honestly unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.gates.access import queries, service
from central.people.community.service import end_residency
from models.values.ids import new_id


@pytest.mark.req("VIS-01")
def test_each_credential_has_its_person_masked(town):
    stranger = new_id()
    asked = [
        (town.visitor_pass, None),
        (town.resident_pass, None),
        (town.resident_pass, town.cardholder),
        (None, town.cardholder),
        (stranger, None),
        (None, None),
    ]
    with town.session() as db:
        people = queries.people_of(db, asked)
    said = {pair: (person.kind, person.label, person.house) for pair, person in people.items()}
    resident = ("resident", "张*", "5-2-1102")
    assert [said[pair] for pair in asked] == [
        ("visitor", "王*", "5-2-1102"), resident, resident, resident, ("unknown", "", None), ("unknown", "", None),
    ]  # fmt: skip
    assert people[town.resident_pass, None].person_id == town.person


@pytest.mark.req("ADMIN-02")
def test_another_tenants_credential_is_nobodys(town, other_town):
    with town.session() as db:
        assert service.person_of(db, other_town.resident_pass, other_town.cardholder).kind == "unknown"


def test_a_visit_keeps_the_house_of_its_day(town):
    with town.session() as db:
        end_residency(db, town.actor, town.resident, town.now, "搬走")
        then = service.person_of(db, None, town.cardholder, at=town.now - timedelta(days=1))
        since = service.person_of(db, None, town.cardholder, at=town.now + timedelta(days=1))
    assert (then.house, since.house) == ("5-2-1102", None)


def test_a_list_of_people_costs_the_same_however_long(town, statements):
    with town.session() as db:
        counts = []
        for asked in ([(town.visitor_pass, None), (town.resident_pass, None)], None):
            if asked is None:
                more = [
                    service.issue_visitor_pass(
                        db, town.actor, town.house, "王示例", None, None, town.window(), now=town.now
                    )
                    for _ in range(6)
                ]
                asked = [(issued.pass_id, None) for issued in more] + [(town.resident_pass, None)]
            statements.clear()
            queries.people_of(db, asked)
            counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_newest_passes_come_first_and_only_from_the_communities_asked(town):
    with town.session() as db:
        newest = service.issue_visitor_pass(
            db, town.actor, town.house, "王示例", None, None, town.window(), now=town.now + timedelta(seconds=1)
        )
        shown = queries.passes_of(db, frozenset({town.community}), town.now)
        assert shown[0].pass_id == newest.pass_id
        assert {view.pass_id for view in shown} == {newest.pass_id, town.visitor_pass, town.resident_pass}
        assert queries.passes_of(db, frozenset(), town.now) == []

"""The lists of plates: kept by managers, sealed at rest, told to gates, masked in the audit; and a plate on a visit."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.access import snapshot
from central.gates.access.site_keys import plate_key
from central.gates.parking.plates import listed as plates
from central.gates.parking.plates import routes as plate_routes
from central.gates.parking.rules import Kept
from central.gates.visits import queries as visits
from models.access.credential import Kind
from models.values.ids import new_id
from models.wire.events import DecisionMade, Passage
from models.wire.plates import open_plate, seal_plate
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import MANAGER, Call, check_call, routes_of, shape

DAY = timedelta(days=1)
MINE = "川A12345"


def add(town, plate=MINE, kind=Kept.PERMIT, until=DAY, since=None, lanes=(), actor=None):
    with town.session() as db:
        end = None if until is None else town.now + until
        return plates.add_plate(
            db, actor or person(town), town.community, kind=kind, plate=plate, note="5-2-1102", since=since, until=end,
            lanes=lanes, now=town.now,
        )  # fmt: skip


def approve(town, entry, actor=None, now=None):
    with town.session() as db:
        plates.approve_plate(db, actor or person(town, "王主任"), entry, now or town.now)


def told(town, lanes=None, now=None):
    with town.session() as db:
        lanes = [town.lane] if lanes is None else lanes
        return [(one.plate, one.list.value) for one in plates.plates_told(db, town.community, lanes, now or town.now)]


@pytest.mark.req("PARK-06")
def test_gates_are_told_what_counts_now_or_later_and_a_permit_in_its_grace(town):
    with town.session() as db:
        before = snapshot.version(db, town.community)
    entry = add(town, "川a·12345 ")
    approve(town, add(town, "川B8K3H5", Kept.BLOCK, until=None))
    with town.session() as db:
        assert snapshot.version(db, town.community) == before + 2
    assert told(town) == [(MINE, "permit"), ("川B8K3H5", "block")]
    assert told(town, now=town.now + 3 * DAY) == [(MINE, "permit"), ("川B8K3H5", "block")]
    assert told(town, now=town.now + 5 * DAY) == [("川B8K3H5", "block")]
    with town.session() as db:
        plates.end_plate(db, person(town), entry, "已搬走", town.now)
    assert told(town) == [("川B8K3H5", "block")]
    with town.session() as db, pytest.raises(Conflict, match="ended_already"):
        plates.end_plate(db, person(town), entry, "再一次", town.now)


@pytest.mark.req("PARK-06")
def test_a_plate_counts_where_it_was_said(town):
    add(town, lanes=[town.lane])
    assert told(town) == [(MINE, "permit")] and told(town, lanes=[new_id()]) == []
    with pytest.raises(Invalid) as wrong:
        add(town, "川B8K3H5", lanes=[new_id()])
    assert wrong.value.fields == {"lanes": "plates.no_lane"}


@pytest.mark.parametrize(
    ("how", "field"),
    [({"plate": "'; DROP TABLE"}, "plate"), ({"plate": "A12345"}, "plate"), ({"until": None}, "until"),
     ({"until": -DAY}, "until")],
)  # fmt: skip
def test_what_is_no_entry_is_refused_at_its_field(town, how, field):
    with pytest.raises(Invalid) as wrong:
        add(town, **how)
    assert list(wrong.value.fields) == [field]
    assert told(town) == []


def test_a_plate_stands_once_on_a_list_and_may_stand_on_both(town):
    add(town)
    add(town, kind=Kept.BLOCK)
    with pytest.raises(Conflict, match="there"):
        add(town)


@pytest.mark.req("LANE-12")
@pytest.mark.parametrize("kind", [Kept.BLOCK, Kept.WHITE, Kept.SPECIAL])
def test_who_is_kept_out_or_passes_free_of_charge_counts_once_a_second_person_says_yes(town, kind):
    first = person(town)
    entry = add(town, kind=kind, until=None, actor=first)
    assert told(town) == []
    with pytest.raises(Forbidden, match="own_entry"):
        approve(town, entry, first)
    assert told(town) == []
    with town.session() as db:
        before = snapshot.version(db, town.community)
    approve(town, entry)
    assert told(town) == [(MINE, kind.value)]
    with town.session() as db:
        assert snapshot.version(db, town.community) == before + 1
        assert db.scalars(select(AuditRow.after).where(AuditRow.what == "plate.approve")).one()["plate"] == "川A****5"
    with pytest.raises(Conflict, match="approved_already"):
        approve(town, entry)


def test_what_was_taken_off_or_is_over_is_approved_no_more(town):
    entry = add(town, kind=Kept.WHITE)
    with pytest.raises(Conflict, match="over_unapproved"):
        approve(town, entry, now=town.now + 2 * DAY)
    with town.session() as db:
        plates.end_plate(db, person(town), entry, "登记错了", town.now)
    with pytest.raises(Conflict, match="ended_already"):
        approve(town, entry)
    assert told(town) == []


def test_the_list_says_what_waits_for_whom(town):
    first = person(town)
    add(town, actor=first)
    add(town, "川B8K3H5", Kept.SPECIAL, actor=first)
    with town.session() as db:
        for who, mine in ((first, True), (person(town, "王主任"), False)):
            shown = plates.plates_of(db, who, town.community, town.now)
            assert [(one.kind, one.state, one.mine) for one in shown] == [
                (Kept.SPECIAL, "waiting", mine), (Kept.PERMIT, "counts", mine)
            ]  # fmt: skip


@pytest.mark.req("PRIV-10")
def test_a_plate_lies_sealed_and_the_audit_has_a_masked_one(town):
    add(town)
    with town.session() as db:
        row = db.execute(text("SELECT plate_entry::text FROM plate_entry")).scalar_one()
        said = db.scalars(select(AuditRow.after).where(AuditRow.what == "plate.permit")).one()
        outbox = str(db.execute(text("SELECT payload::text FROM outbox")).all())
    for where in (row, str(said), outbox):
        assert MINE not in where and MINE.encode().hex() not in where
    assert said["plate"] == "川A****5"


@pytest.mark.req("SEC-04")
def test_another_company_is_told_nothing(town, other_town):
    add(town)
    assert told(other_town) == []


@pytest.mark.req("LANE-06")
def test_a_visit_shows_the_plate_that_its_node_sealed_and_nothing_else_of_it(site, node):
    with site.session() as db:
        key = plate_key(db, site.community_id)
    read, unread, forged = new_id(), new_id(), new_id()
    for correlation, sealed_for in ((read, read), (unread, None), (forged, new_id())):
        body = node.decision()
        sealed = seal_plate(MINE, sealed_for, key, os.urandom(24)) if sealed_for else None
        made = body.decision.model_copy(update={"kind": Kind.PLATE, "detail": {"case": "permit"}})
        node.write(DecisionMade(**body.model_dump() | {"decision": made, "plate": sealed}), correlation)
    node.write(Passage(passed=True, why="loops"), read)
    site.send(node, node.batch())
    with site.session() as db:
        shown = {one.visit_id: (one.plate, one.kind, one.passage_why) for one in visits.recent(db, None, 10)}
        lies = db.execute(text("SELECT visit::text FROM visit")).all()
    assert shown == {
        read: ("川A·12345", "plate", "loops"), unread: (None, "plate", None), forged: (None, "plate", None)
    }  # fmt: skip
    assert MINE not in str(lies) and open_plate(seal_plate(MINE, read, key, os.urandom(24)), read, key) == MINE


HERE = {"path": lambda town: {"community_id": town.community}}
A_PLATE = {"kind": "permit", "plate": "川B8K3H5", "until": (clock.now() + 400 * DAY).isoformat()}
CALLS = (
    Call("GET", "/api/v1/communities/{community_id}/plates", MANAGER, **HERE),
    Call("POST", "/api/v1/communities/{community_id}/plates", MANAGER, 201, body=lambda town: A_PLATE, **HERE),
)


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_ending_and_approving_are_for_who_may_and_for_nobody_else(town, other_town, login_as, client):
    made = add(town)
    end = Call(
        "POST", "/api/v1/plates/{entry_id}/end", MANAGER, 204,
        body=lambda _: {"reason": "已搬走"}, path=lambda _: {"entry_id": made},
    )  # fmt: skip
    check_call(end, town, other_town, login_as, client)
    waiting = add(town, "川B8K3H5", Kept.SPECIAL)
    yes = Call(
        "POST", "/api/v1/plates/{entry_id}/approve", MANAGER, 204, path=lambda _: {"entry_id": waiting},
    )  # fmt: skip
    check_call(yes, town, other_town, login_as, client)
    assert routes_of([plate_routes.router]) == {shape(call.id) for call in (*CALLS, end, yes)}

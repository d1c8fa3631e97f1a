"""Whoever tries a deed on a gate without the right to it stands in the audit, and a manager reads it (SEC-02)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from central.gates.access.service import request_lockdown
from central.people.community.service import add_community
from models.values.ids import new_id
from tests.browser.gate import seed

pytestmark = pytest.mark.req("SEC-02", "ACC-25")
HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def rows(database, site):
    """What the audit keeps of this person: (what, subject, subject_id, community, why)."""

    def of(client):
        with tenant_session(database.engine, site.tenant_id) as db:
            kept = db.scalars(select(AuditRow).where(AuditRow.actor_id == client.person.actor.id).order_by(AuditRow.id))
            return [
                (row.what, row.subject, row.subject_id, row.community_id, (row.after or {}).get("why")) for row in kept
            ]

    return of


def deeds(site, lockdown_id):
    lane, say = site.gate.reply.lanes[0].lane_id, {"reason": "x"}
    at_lane, down = ("lane", str(lane)), ("lockdown", str(lockdown_id))
    page, api = f"/lanes/{lane}", f"/api/v1/lanes/{lane}"
    place, shown = {"community": str(site.community_id)}, {"nonce": "n" * 32, "looked_at": "2026-11-23T00:00:00Z"}
    return [
        (f"{page}/open", "data", say, "lane.open_refused", at_lane),
        (f"{page}/look", "data", {}, "lane.open_refused", at_lane),
        (f"{api}/open", "json", say | shown, "lane.open_refused", at_lane),
        (f"{api}/open-nonce", "json", {}, "lane.open_refused", at_lane),
        (f"{api}/look", "json", {}, "lane.open_refused", at_lane),
        (f"{page}/end-fire", "data", say, "lane.end_fire_refused", at_lane),
        (f"{api}/end-fire", "json", say, "lane.end_fire_refused", at_lane),
        (f"{page}/hold", "data", say | {"minutes": "30"}, "lane.hold_refused", at_lane),
        (f"{page}/resume", "data", say, "lane.hold_refused", at_lane),
        (f"{page}/turn", "data", say | {"direction": "out"}, "lane.turn_refused", at_lane),
        (f"{api}/hold-open", "json", say | {"minutes": 30}, "lane.hold_refused", at_lane),
        (f"{api}/resume", "json", say, "lane.hold_refused", at_lane),
        (f"{api}/turn", "json", say | {"direction": "out"}, "lane.turn_refused", at_lane),
        (f"{api}/reset-passback", "json", say | {"subject_id": str(new_id())}, "lane.reset_passback_refused", at_lane),
        (f"{api}/calibrate-faces", "json", say, "face.calibrate_refused", at_lane),
        *((f"/lockdown/{lockdown_id}/{deed}", "data", say | place, f"lockdown.{name}_refused", down)
          for deed, name in (("approve", "approve"), ("withdraw", "request"), ("end", "approve"))),
        *((f"/api/v1/lockdowns/{lockdown_id}/{deed}", "json", say, f"lockdown.{name}_refused", down)
          for deed, name in (("approve", "approve"), ("withdraw", "request"), ("end", "approve"))),
    ]  # fmt: skip


@pytest.fixture
def lockdown_id(site, database, someone):
    now = clock.now()
    asks = someone("manager", community=site.community_id).actor
    lanes = [lane.lane_id for lane in site.gate.reply.lanes]
    with tenant_session(database.engine, site.tenant_id) as db:
        return request_lockdown(db, asks, site.community_id, lanes, "staff", now + timedelta(hours=1), "x", now=now).id


def test_every_deed_refused_to_who_may_do_it_nowhere_or_elsewhere_leaves_one_row(
    login_as, site, database, rows, lockdown_id
):
    with tenant_session(database.engine, site.tenant_id) as db:
        elsewhere = add_community(db, system(site.tenant_id, "test", ["house.edit"]), "别处").id
    for client in (login_as(None), login_as("manager", community=elsewhere)):
        for address, form, body, what, subject in deeds(site, lockdown_id):
            before = len(rows(client))
            answer = client.post(address, headers=HTML, **{form: body})
            assert answer.status_code == 403, address
            (row,) = rows(client)[before:]
            assert row[1:4] == (*subject, site.community_id) and row[4], address
            of_page = address.startswith("/lockdown/")  # it asks first for the right to see the list
            assert row[0] == what or (of_page and row[0] == "lockdown.request_refused"), address


def test_a_lockdown_that_nobody_could_place_is_told_where_the_account_belongs(login_as, site, rows):
    client = login_as(None)
    body = {"community_id": str(site.community_id), "lanes": [], "admits": "staff", "until": "2030-01-01T00:00:00Z",
            "reason": "x"}  # fmt: skip
    assert client.post("/api/v1/lockdowns", json=body).status_code == 403
    assert client.post("/lockdown", data={}, headers=HTML).status_code == 403
    assert rows(client) == [("lockdown.request_refused", "community", None, None, "problem.forbidden.detail")] * 2
    guard, nothing = login_as("guard", community=site.community_id), new_id()
    assert guard.post(f"/api/v1/lockdowns/{nothing}/approve").status_code == 403
    assert rows(guard)[0][:4] == ("lockdown.approve_refused", "lockdown", str(nothing), site.community_id)


def test_the_second_person_must_be_another_and_who_tried_alone_is_noted(login_as, site, rows):
    manager = login_as("manager", community=site.community_id)
    until = (clock.now() + timedelta(hours=2)).isoformat()
    body = {"community_id": str(site.community_id), "lanes": [str(site.gate.reply.lanes[0].lane_id)],
            "admits": "staff", "until": until, "reason": "x"}  # fmt: skip
    made = manager.post("/api/v1/lockdowns", json=body).json()["lockdown_id"]
    assert manager.post(f"/api/v1/lockdowns/{made}/approve").status_code == 403
    assert rows(manager)[-1] == (
        "lockdown.approve_refused", "lockdown", made, site.community_id, "access.lockdown_own",
    )  # fmt: skip


def test_a_one_time_password_opens_nothing_and_its_try_is_noted(login_as, site, rows, database):
    guard = login_as("guard", community=site.community_id)
    with tenant_session(database.engine, site.tenant_id) as db:
        db.execute(update(AccountRow).where(AccountRow.id == guard.person.actor.id).values(must_change_password=True))
    assert guard.post(f"/api/v1/lanes/{site.gate.reply.lanes[0].lane_id}/look").status_code == 403
    assert [row[0] for row in rows(guard)] == ["lane.open_refused"]


def test_a_manager_reads_it_in_words_and_looking_is_no_deed(login_as, site, rows):
    client, manager = login_as(None), login_as("manager", community=site.community_id)
    lane = site.gate.reply.lanes[0]
    assert client.get(f"/lanes/{lane.lane_id}/open", headers=HTML).status_code == 403 and rows(client) == []
    client.post(f"/lanes/{lane.lane_id}/open", data={"reason": "x"}, headers=HTML)
    client.post("/lanes/nonsense/open", data={}, headers=HTML)
    assert [row[0] for row in rows(client)] == ["lane.open_refused"] * 2
    text = manager.get("/audit", headers=HTML).text
    assert "远程开门未执行" in text and lane.name in text and client.person.actor.name in text
    assert "您的角色没有这项权限" in text

"""What the gates are told: numbered in commit order, by everything that changes it."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import select

from central.base.kernel.outbox import OutboxRow
from central.gates.access import service, snapshot
from central.people.community.service import add_community, add_lane, end_residency
from models.access.passback import PassbackMode
from models.access.policy import Effect
from models.site.topology import Direction
from models.wire.snapshot import Snapshot

API = "/api/v1"


def told(town) -> snapshot.SnapshotParts:
    with town.session() as db:
        return snapshot.parts(db, town.community, town.now)


CHANGES = {
    "issue": lambda db, t: service.issue_resident_pass(db, t.actor, t.cardholder, window=t.window(), now=t.now),
    "revoke": lambda db, t: service.revoke_pass(db, t.actor, t.resident_pass, "改期", now=t.now),
    "change": lambda db, t: service.change_pass(db, t.actor, t.visitor_pass, reason="改期", now=t.now),
    "holder": lambda db, t: service.add_cardholder(db, t.actor, t.community, t.stranger),
    "groups": lambda db, t: service.change_groups(db, t.actor, t.cardholder, ["help"]),
    "block": lambda db, t: service.block_cardholder(db, t.actor, t.cardholder, "停用", now=t.now),
    "rule": lambda db, t: service.add_rule(db, t.actor, t.community, "住户", Effect.ALLOW, ["resident"], now=t.now),
    "retire": lambda db, t: service.retire_rule(db, t.actor, t.rule, now=t.now),
    "holiday": lambda db, t: service.add_holiday(db, t.actor, t.community, date(2027, 5, 1), "劳动节"),
    "no holiday": lambda db, t: service.remove_holiday(db, t.actor, t.holiday),
    "pictures": lambda db, t: service.change_settings(db, t.actor, t.community, send_pictures=True),
    "stale": lambda db, t: service.change_settings(db, t.actor, t.community, refer_when_stale=True),
    "zone": lambda db, t: service.set_zone(db, t.actor, t.community, "地库", PassbackMode.SOFT, [t.lane], now=t.now),
    "key": lambda db, t: service.withdraw_key(db, t.actor, t.old_key, "换锁", now=t.now),
}


@pytest.mark.req("VIS-08")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_the_parts_raises_their_number_in_the_same_transaction(town, change):
    before = told(town)
    with town.session() as db:
        change(db, town)
        inside = snapshot.parts(db, town.community, town.now)
    after = told(town)
    assert after == inside
    assert after.version > before.version
    assert {**as_dict(after), "version": 0} != {**as_dict(before), "version": 0}


def as_dict(parts: snapshot.SnapshotParts) -> dict[str, object]:
    return {name: getattr(parts, name) for name in parts.__slots__}


@pytest.mark.parametrize("change", ["lane", "lease"])
def test_what_changes_below_reaches_the_gates_through_the_outbox(town, parts, change):
    parts.dispatcher.drain()
    before = told(town)
    with town.session() as db:
        if change == "lane":
            add_lane(db, town.actor, town.gate, "east-out", "东门出", Direction.OUT)
        else:
            end_residency(db, town.actor, town.resident, town.now + timedelta(hours=1), "搬走")
    parts.dispatcher.drain()
    after = told(town)
    assert after.version > before.version
    if change == "lane":
        assert {lane.code for lane in after.lanes} == {"east-in", "east-out"}
    else:
        assert [holder.valid_until for holder in after.cardholders] == [town.now + timedelta(hours=1)]


@pytest.mark.req("VIS-08")
def test_nodes_that_wait_are_woken_when_and_only_when_it_is_true(town, database):
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        connection.execute(f"LISTEN {snapshot.CHANNEL}")
        with town.session() as db:
            service.revoke_pass(db, town.actor, town.visitor_pass, "改期", now=town.now)
            db.rollback()
        with town.session() as db:
            service.revoke_pass(db, town.actor, town.resident_pass, "改期", now=town.now)
        heard = [notice.payload for notice in connection.notifies(timeout=10, stop_after=1)]
    assert heard == [f"{town.tenant_id} {town.community}"]
    assert told(town).revoked == {town.resident_pass}


def test_news_of_a_new_version_names_it(town):
    with town.session() as db:
        service.retire_rule(db, town.actor, town.rule, now=town.now)
        version = snapshot.version(db, town.community)
        news = db.scalars(select(OutboxRow).where(OutboxRow.topic == "snapshot.changed")).all()[-1]
    assert news.payload == {"community_id": str(town.community), "version": version}


def test_changes_at_once_get_different_numbers_in_commit_order(town):
    before = told(town).version
    start = threading.Barrier(4)
    got = []

    def change() -> None:
        start.wait()
        for _ in range(5):
            with town.session() as db:
                got.append(snapshot.changed(db, town.community))

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(before + 1, before + 21))


def test_another_communitys_changes_are_not_ours(town, other_town):
    with town.session() as db:
        other = add_community(db, town.actor, "云岭").id
        before = snapshot.version(db, town.community)
        service.add_rule(db, town.actor, other, "住户", Effect.ALLOW, ["resident"], now=town.now)
        assert snapshot.version(db, town.community) == before
        assert [rule.groups for rule in snapshot.parts(db, other, town.now).rules] == [{"resident"}]
        assert snapshot.parts(db, other_town.community, town.now).cardholders == ()


def test_a_community_without_anything_is_told_as_nothing_at_version_zero(town):
    with town.session() as db:
        other = add_community(db, town.actor, "云岭").id
        parts = snapshot.parts(db, other, town.now)
    assert (parts.version, parts.rules, parts.pass_keys, parts.send_pictures) == (0, (), (), False)


def test_the_parts_make_a_snapshot(town):
    parts = told(town)
    made = Snapshot(
        tenant_id=town.tenant_id, site_id=town.community, node_id=town.gate, issued_at=town.now,
        expires_at=town.window().end, **as_dict(parts),
    )  # fmt: skip
    assert Snapshot.model_validate_json(made.model_dump_json()) == made


def test_lists_cost_the_same_number_of_statements_however_long(town, statements, login_as):
    guard = login_as("guard")
    counts = []
    for more in (0, 8):
        with town.session() as db:
            for _ in range(more):
                service.issue_visitor_pass(
                    db, town.actor, town.house, "王示例", None, None, town.window(), now=town.now
                )
        statements.clear()
        assert guard.get(f"{API}/passes", params={"community_id": str(town.community)}).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]

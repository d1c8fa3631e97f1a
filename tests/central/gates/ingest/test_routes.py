"""Batches and pictures over HTTP: limits, refusals in words, receipts; proofs and parked events for operators."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.web.bounds import BODY_MAX
from central.gates.access.service import change_settings
from central.gates.ingest.tables import JournalEventRow
from central.gates.visits import live
from models.wire.envelope import BatchReceipt
from models.wire.events import Alarm, AlarmKind, NodeNews

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"
BATCHES = "/edge/v1/batches"


def send(client, node, batch):
    return node.call(client, "POST", BATCHES, batch.model_dump_json().encode())


def allow_pictures(site):
    with site.session() as db:
        actor = system(site.tenant_id, "test", ["rule.edit", "snapshot.edit", "settings.edit", "gate.edit"])
        change_settings(db, actor, site.community_id, refer_when_stale=False, send_pictures=True)


@pytest.mark.req("SYNC-08")
def test_a_batch_is_acknowledged_and_again(client, site, node):
    node.visit()
    first = send(client, node, node.batch())
    assert first.status_code == 200, first.text
    receipt = BatchReceipt.model_validate_json(first.content)
    assert (receipt.acked_seq, receipt.duplicates, receipt.parked) == (5, 0, ())
    again = BatchReceipt.model_validate_json(send(client, node, node.batch()).content)
    assert (again.acked_seq, again.duplicates) == (5, 5)


@pytest.mark.req("SYNC-07")
def test_a_gap_is_a_problem_document_with_the_expected_number(client, node):
    for _ in range(3):
        node.write(NodeNews(what="started"))
    answer = send(client, node, node.batch(3))
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json()["type"] == "urn:menting:problem:gap"
    assert answer.json()["expected_seq"] == 1
    assert {"title", "detail", "status", "trace"} <= answer.json().keys()


@pytest.mark.req("SEC-04")
def test_another_node_s_events_are_refused(client, site, node):
    other = site.enrol("west-in")
    other.write(NodeNews(what="started"))
    body = other.batch().model_dump_json().encode()
    assert node.call(client, "POST", BATCHES, body).status_code == 403
    with site.session() as db:
        assert db.scalars(select(JournalEventRow)).all() == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"v": 2}', b"[" * 100_000])
def test_what_is_no_batch_is_refused_in_words(client, node, body):
    answer = node.call(client, "POST", BATCHES, body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.req("SYNC-10")
@pytest.mark.parametrize(
    "spoil",
    [
        {"v": "9" * 5_000},
        {"v": 2147483649},
        {"skew_ms": 1e400},
        {"body": "x" * 16_001},
        {"body": "\ud800"},
        {"body": None, "hash": "!", "event_id": "none", "at": "tomorrow"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"seq": "two"},
        {"\ud800": 1, "correlation": 5},
    ],
)
def test_an_event_that_cannot_be_read_is_parked_as_it_came(client, login_as, site, node, spoil):
    node.visit()
    sent = json.loads(node.batch().model_dump_json())
    raw = sent["events"][1] = sent["events"][1] | spoil
    answer = node.call(client, "POST", BATCHES, json.dumps(sent).encode())
    assert answer.status_code == 200, answer.text
    assert (answer.json()["acked_seq"], answer.json()["parked"]) == (5, [{"seq": 2, "reason": "unreadable"}])
    again = node.call(client, "POST", BATCHES, json.dumps(sent).encode()).json()
    assert (again["duplicates"], again["parked"]) == (5, [])
    manager = login_as("manager")
    (row,) = manager.get("/api/v1/parked").json()["items"]
    assert (row["seq"], row["can_retry"]) == (2, False) and row["detail"]
    kept = json.loads(row["event"]) if isinstance(row["event"], str) else row["event"]
    assert kept["prev"] == raw["prev"]
    assert manager.get("/parked", headers={"accept": "text/html"}).status_code == 200
    assert manager.post(f"/api/v1/parked/{row['parked_id']}/reject", json={"reason": "nonsense"}).status_code == 200
    following = node.write(NodeNews(what="started"))
    receipt = BatchReceipt.model_validate_json(send(client, node, node.batch(6)).content)
    assert (receipt.acked_seq, receipt.parked) == (following.seq, ())


def test_a_batch_of_nothing_readable_is_taken_by_its_first_number_or_refused(client, node):
    cover = {"v": 1, "node_id": str(node.id), "sent_at": "2026-11-23T00:00:00Z"}

    def post(*events):
        return node.call(client, "POST", BATCHES, json.dumps(cover | {"events": events}).encode())

    assert post({"seq": 1}, {}).json()["acked_seq"] == 2
    for events in ([{}], ["x"], [{"seq": 0}], [{"seq": True}], [{"seq": 1 << 80}], []):
        assert post(*events).status_code == 422
    assert post({"seq": 4}).status_code == 409, "there is a gap before it"


def test_too_large_compressed_or_of_unknown_length_is_refused_unread(client, node):
    body = b" " * (BODY_MAX + 1)
    assert node.call(client, "POST", BATCHES, body).status_code == 413
    zipped = node.call(client, "POST", BATCHES, b"{}", **{"content-encoding": "gzip"})
    assert zipped.status_code == 422
    streamed = client.post(BATCHES, content=iter([b"{}"]), headers=node.headers("POST", BATCHES, b"{}"))
    assert streamed.status_code == 422
    many = json.dumps({"v": 1, "node_id": str(node.id), "sent_at": "2026-11-23T00:00:00Z", "events": [{}] * 501})
    assert node.call(client, "POST", BATCHES, many.encode()).status_code == 422


def put(client, node, event_id, jpeg=JPEG):
    return node.call(client, "PUT", f"/edge/v1/pictures/{event_id}", jpeg)


@pytest.mark.req("SEC-04")
def test_a_picture_comes_only_when_allowed_announced_and_one_s_own(client, login_as, site, node):
    node.clock = clock.now()
    shown = node.write(node.decision(picture=True))
    plain = node.write(node.decision())
    assert put(client, node, shown.event_id).status_code == 404, "not told of yet"
    site.send(node, node.batch())
    assert put(client, node, shown.event_id).status_code == 403, "the community does not allow it"
    allow_pictures(site)
    assert put(client, node, plain.event_id).status_code == 403, "not announced"
    assert put(client, site.enrol("west-in"), shown.event_id).status_code == 404, "another node's"
    assert put(client, node, shown.event_id, b"GIF89a" + bytes(99)).status_code == 422
    assert put(client, node, shown.event_id, JPEG[:-2] + bytes(300 * 1024) + JPEG[-2:]).status_code == 413
    assert put(client, node, shown.event_id).status_code == 204
    assert put(client, node, shown.event_id, JPEG[:-2] + b"other" + JPEG[-2:]).status_code == 204, "idempotent"
    with site.session() as db:
        sealed = db.scalars(text("SELECT sealed FROM event_picture")).all()
        assert len(sealed) == 1 and b"picture" not in sealed[0]
    guard = login_as("guard")
    assert guard.get(f"/api/v1/visits/{shown.correlation}").json()["picture_id"] == str(shown.event_id)
    answer = guard.get(f"/api/v1/visits/{shown.correlation}/picture.jpg")
    assert (answer.content, answer.headers["cache-control"]) == (JPEG, "no-store")
    assert guard.get(f"/api/v1/visits/{plain.correlation}/picture.jpg").status_code == 404


@pytest.mark.req("GUARD-02", "ACC-30")
def test_a_picture_that_comes_has_its_visit_and_the_alarms_of_that_moment_at_its_lane_drawn_anew(client, site, node):
    """They stand on a desk already, and say that there is none."""
    node.clock = clock.now()
    allow_pictures(site)
    shown = node.write(node.decision(picture=True))
    hit = node.write(Alarm(alarm=AlarmKind.WATCH_GROUP, device="1", detail="police 0.931"))
    node.write(Alarm(alarm=AlarmKind.HELD_OPEN))  # is about no access
    site.send(node, node.batch())
    with site.session() as db:
        before = live.latest(db)
    assert put(client, node, shown.event_id).status_code == 204
    with site.session() as db:
        told = {(event.name, event.data["id"]) for event in live.read(db, before, 50)}
    assert told == {("visit", str(shown.correlation)), ("alarm", str(hit.event_id))}


@pytest.mark.req("SYNC-07")
def test_the_centre_proves_the_journal_or_lists_what_is_missing(client, login_as, site, node):
    for _ in range(12):
        node.write(NodeNews(what="started"))
    site.send(node, node.batch(1, 4))
    manager = login_as("manager")
    (whole,) = manager.get("/api/v1/journal/proof").json()["items"]
    assert (whole["whole"], whole["stored"], whole["upto_seq"], whole["missing"]) == (True, 4, 4, [])
    site.send(node, node.batch(8, 9, lost_before=True))
    node.journal[10] = node.journal[10].model_copy(update={"at": node.clock})
    site.send(node, node.batch(10, 12))
    (proof,) = manager.get(f"/api/v1/journal/proof?node_id={node.id}").json()["items"]
    assert not proof["whole"]
    assert (proof["missing"], proof["breaks"], proof["broken_since"]) == ([[5, 7]], [11], 11)
    assert [(one["first_seq"], one["last_seq"]) for one in proof["given_up"]] == [(5, 7)]
    assert proof["parked_open"] == 2


@pytest.mark.req("SYNC-07")
def test_a_row_changed_behind_the_application_s_back_is_found(login_as, site, node, database):
    import psycopg

    for _ in range(3):
        node.write(NodeNews(what="started"))
    site.send(node, node.batch())
    with psycopg.connect(database.superuser_dsn, autocommit=True) as thief:
        thief.execute("SET session_replication_role = replica")  # a superuser gets past the triggers
        thief.execute("UPDATE journal_event SET body = '{}' WHERE seq = 2")
    (proof,) = login_as("manager").get("/api/v1/journal/proof").json()["items"]
    assert (proof["whole"], proof["breaks"]) == (False, [2])


@pytest.mark.req("SYNC-10")
def test_an_operator_sees_and_rejects_what_is_parked(login_as, site, node):
    bad = node.write('{"kind": "telepathy"}')
    site.send(node, node.batch())
    manager = login_as("manager")
    (row,) = manager.get("/api/v1/parked").json()["items"]
    assert (row["seq"], row["reason"], row["can_retry"], row["event"]["body"]) == (1, "unknown_kind", True, bad.body)
    retry = manager.post(f"/api/v1/parked/{row['parked_id']}/retry", json={"reason": "let us see"})
    assert (retry.status_code, retry.json()["state"], retry.json()["tries"]) == (200, "open", 2)
    done = manager.post(f"/api/v1/parked/{row['parked_id']}/reject", json={"reason": "nonsense"})
    assert (done.json()["state"], done.json()["resolution"]) == ("rejected", "nonsense")
    assert manager.get("/api/v1/parked").json()["items"] == []
    assert len(manager.get("/api/v1/parked?state=rejected").json()["items"]) == 1
    again = manager.post(f"/api/v1/parked/{row['parked_id']}/retry", json={"reason": "again"})
    assert again.status_code == 409


@pytest.mark.req("SYNC-09")
def test_the_journal_refuses_change_even_to_its_owner(site, node, database):
    import psycopg

    node.write(NodeNews(what="started"))
    site.send(node, node.batch())
    for statement in ("UPDATE journal_event SET body = ''", "DELETE FROM journal_event", "TRUNCATE journal_event"):
        with psycopg.connect(database.owner_dsn) as owner, pytest.raises(psycopg.Error):
            owner.execute("SELECT set_config('menting.tenant', %s, true)", [str(site.tenant_id)])
            owner.execute(statement)

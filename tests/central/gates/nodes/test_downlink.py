"""The long poll: signed snapshots that never go back, commands at once, and nothing held while waiting."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import psycopg
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.session import tenant_session
from central.gates.access import snapshot as access
from central.gates.nodes import commands, downlink, snapshots
from central.gates.nodes import service as nodes
from central.gates.nodes.rules import WAIT_MAX_S
from central.gates.nodes.twice import OVERLAPS
from central.gates.visits.presence import presences
from central.gates.visits.queries import open_alarms
from central.gates.visits.service import acknowledge_alarm, note_offline
from central.gates.visits.tables import AlarmRow
from central.people.community.queries import lane_of
from models.values.ids import new_id
from models.wire.commands import Action, Command, Downlink
from models.wire.signed import sign, verified
from models.wire.snapshot import Snapshot, SnapshotRefusal, judge

DEADLINE_S = 60


@asynccontextmanager
async def serving(app):
    """The application with its ear, and a client to it."""
    async with app.router.lifespan_context(app) as state:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=DEADLINE_S) as client:
            yield client, state["node_waker"]


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However busy the machine is: who waits here is woken, and does not come to the end of its waiting."""
    monkeypatch.setattr(downlink, "WAIT_MAX_S", 25)


async def poll(client, node, have=0, wait=0, **more):
    query = "&".join(f"{name}={value}" for name, value in ({"snapshot": have, "wait": wait} | more).items())
    target = f"/edge/v1/downlink?{query}"
    answer = await client.get(target, headers=node.headers("GET", target))
    assert answer.status_code == 200, answer.text
    return Downlink.model_validate_json(answer.content)


def opened(node, signed):
    payload = verified(signed, "snapshot", bytes.fromhex(node.reply.central_key))
    assert payload is not None, "not signed by this community's key"
    return Snapshot.model_validate_json(payload)


async def until(condition):
    """Ask again and again, with a deadline: what is waited for happens in the application, which sends no event."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - as said above
            await asyncio.sleep(0.01)


@pytest.mark.req("SEC-10")
def test_a_node_gets_a_signed_snapshot_that_is_its_own(app, site, node):
    async def story():
        async with serving(app) as (client, _):
            return (await poll(client, node)).snapshot

    signed = asyncio.run(story())
    snapshot = opened(node, signed)
    now = clock.now()
    assert (snapshot.node_id, snapshot.site_id, snapshot.tenant_id) == (node.id, site.community_id, site.tenant_id)
    assert judge(snapshot, node.id, 0, now) is None
    assert snapshot.expires_at - snapshot.issued_at == timedelta(hours=72)
    assert [lane.lane_id for lane in snapshot.lanes] == [node.lane.lane_id]
    stranger = site.enrol("west-in")
    assert judge(snapshot, stranger.id, 0, now) is SnapshotRefusal.WRONG_NODE
    assert verified(signed.model_copy(update={"payload": signed.payload + " "}), "snapshot",
                    bytes.fromhex(node.reply.central_key)) is None  # fmt: skip


@pytest.mark.req("SEC-10", "SYNC-14")
def test_a_version_is_never_served_lower_or_twice(app, site, node):
    async def story():
        async with serving(app) as (client, _):
            first = opened(node, (await poll(client, node)).snapshot)
            again = await poll(client, node, have=first.version)
            with site.session() as db:
                access.changed(db, site.community_id)
            second = opened(node, (await poll(client, node, have=first.version)).snapshot)
            return first, again, second

    first, again, second = asyncio.run(story())
    assert again.snapshot is None
    assert second.version == first.version + 1


@pytest.mark.req("SEC-10")
def test_the_text_of_a_version_is_made_once(site, node):
    from central.gates.nodes.tables import NodeRow

    now = clock.now()
    with site.session() as db:
        first = snapshots.newer_than(db, db.get(NodeRow, node.id), 0, now)
    with site.session() as db:
        assert snapshots.newer_than(db, db.get(NodeRow, node.id), 0, now + timedelta(hours=23)) == first
    with site.session() as db:
        later = snapshots.newer_than(db, db.get(NodeRow, node.id), 0, now + timedelta(hours=24))
    assert opened(node, later).expires_at == now + timedelta(hours=96)


@pytest.mark.req("SEC-10")
def test_a_day_old_snapshot_is_issued_anew_under_a_new_version(site, node):
    from central.gates.nodes.tables import NodeRow

    now = clock.now()
    with site.session() as db:
        have = opened(node, snapshots.newer_than(db, db.get(NodeRow, node.id), 0, now)).version
        assert snapshots.renew(db, now + timedelta(hours=23)) == 0
    with site.session() as db:
        assert snapshots.renew(db, now + timedelta(hours=24)) == 1
        assert snapshots.renew(db, now + timedelta(hours=24)) == 0, "once, until the node has fetched it"
        newer = opened(node, snapshots.newer_than(db, db.get(NodeRow, node.id), have, now + timedelta(hours=24)))
        assert newer.version > have


@pytest.mark.req("SYNC-14")
def test_a_waiting_poll_is_woken_by_a_change_and_by_a_command(app, site, node):
    guard = Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "g", (Grant("guard", frozenset({"lane.open"})),))

    async def story():
        async with serving(app) as (client, waker):
            have = opened(node, (await poll(client, node)).snapshot).version
            waiting = asyncio.create_task(poll(client, node, have, wait=25))
            await until(lambda: waker.waiting == 1)
            with site.session() as db:
                access.changed(db, site.community_id)
            newer = opened(node, (await waiting).snapshot)
            waiting = asyncio.create_task(poll(client, node, newer.version, wait=25))
            await until(lambda: waker.waiting == 1)
            with site.session() as db:
                nodes.request_look(db, guard, node.lane.lane_id)
            answer = await waiting
            return have, newer, answer

    have, newer, answer = asyncio.run(story())
    assert newer.version == have + 1 and answer.snapshot is None
    (signed,) = answer.commands
    command = Command.model_validate_json(verified(signed, "command", bytes.fromhex(node.reply.central_key)))
    assert (command.action, command.node_id, command.number) == ("look", node.id, 1)


@pytest.mark.req("SYNC-14")
def test_a_hundred_waiting_nodes_hold_no_connection_and_no_thread(app, site, other_site, database):
    fleet = [site.enrol(f"lane-{number}") for number in range(100)]
    stranger = other_site.enrol("far-in")

    async def story():
        async with serving(app) as (client, waker):
            version = opened(fleet[0], (await poll(client, fleet[0])).snapshot).version
            far = opened(stranger, (await poll(client, stranger)).snapshot).version
            waiting = [asyncio.create_task(poll(client, node, version, wait=25)) for node in fleet]
            untouched = asyncio.create_task(poll(client, stranger, far, wait=25))
            await until(lambda: waker.waiting == 101)
            await until(lambda: database.engine.pool.checkedout() == 0)
            assert (await client.get("/health")).status_code == 200
            with site.session() as db:
                access.changed(db, site.community_id)
            answers = await asyncio.gather(*waiting)
            assert not untouched.done(), "another tenant's change wakes nobody here"
            untouched.cancel()
            return version, answers

    version, answers = asyncio.run(story())
    got = [opened(node, answer.snapshot) for node, answer in zip(fleet, answers, strict=True)]
    assert [snapshot.version for snapshot in got] == [version + 1] * 100
    assert [snapshot.node_id for snapshot in got] == [node.id for node in fleet]


@pytest.mark.req("SYNC-14")
def test_a_lost_ear_wakes_everybody_when_it_is_back(app, site, node, database):
    async def story():
        async with serving(app) as (client, waker):
            have = opened(node, (await poll(client, node)).snapshot).version
            waiting = asyncio.create_task(poll(client, node, have, wait=25))
            await until(lambda: waker.waiting == 1 and waker.listening.is_set())
            with psycopg.connect(database.superuser_dsn, autocommit=True) as other:
                other.execute("UPDATE gate_settings SET snapshot_version = snapshot_version + 1")  # nobody notified
                gone = other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'menting-nodes' AND datname = current_database()"
                ).fetchall()
            assert gone == [(True,)]
            return have, opened(node, (await waiting).snapshot)

    have, newer = asyncio.run(story())
    assert newer.version == have + 1


@pytest.mark.req("SYNC-18", "ADMIN-02")
def test_a_revoked_node_hears_nothing_any_more(app, site, node):
    with site.session() as db:
        nodes.revoke_node(db, site.actor, node.id, "stolen", clock.now())

    async def story():
        async with serving(app) as (client, _):
            target = "/edge/v1/downlink?snapshot=0&wait=0"
            return await client.get(target, headers=node.headers("GET", target))

    assert asyncio.run(story()).status_code == 401


@pytest.mark.req("SYNC-18")
def test_a_poll_says_how_the_node_is_or_nothing(app, site, node):
    async def story():
        async with serving(app) as (client, _):
            await poll(client, node)
            with site.session() as db:
                quiet = nodes_view(db)
            version = quiet.rules_version
            await poll(client, node, have=1, queue=17, skew_ms=-250, disk_free_mb=900, software="0.2.0")
            await poll(client, node, have=1)
            with site.session() as db:
                return version, quiet, nodes_view(db)

    def nodes_view(db):
        from central.gates.nodes.queries import nodes as all_nodes

        return all_nodes(db, None, clock.now())[0]

    version, quiet, told = asyncio.run(story())
    assert (version, quiet.queue_length, quiet.online) == (0, None, True)
    assert (told.rules_version, told.queue_length, told.skew_ms, told.disk_free_mb, told.version) == (
        1, 17, -250, 900, "0.2.0",
    )  # fmt: skip


@pytest.mark.req("SYNC-18")
def test_what_a_node_says_of_itself_is_signed_too(client, node):
    target = "/edge/v1/downlink?snapshot=0&wait=0&queue=17"
    signed = node.headers("GET", target)
    assert client.get(target.replace("17", "0"), headers=signed).status_code == 401
    assert client.get(target, headers=signed).status_code == 200


@pytest.mark.req("SYNC-18")
def test_silence_raises_one_alarm_and_a_word_ends_it(app, site, node):
    from central.gates.visits.queries import lanes_now, open_alarms
    from central.gates.visits.service import Status, heard

    start = node.reply.server_time
    with site.session() as db:
        assert note_offline(db, start + timedelta(seconds=45)) == 0
    silent = start + timedelta(seconds=46)
    for _ in range(2):
        with site.session() as db:
            note_offline(db, silent)
    with site.session() as db:
        assert [(alarm.kind, alarm.node_id) for alarm in open_alarms(db, None)] == [("node_offline", node.id)]
        lane = lanes_now(db, None, silent)[0]
        assert not lane.node_online and [alarm.kind for alarm in lane.alarms] == ["node_offline"]
    with site.session() as db:
        heard(db, node.id, Status(), silent)
    with site.session() as db:
        assert open_alarms(db, None) == [] and lanes_now(db, None, silent)[0].node_online
        assert note_offline(db, silent + timedelta(seconds=45)) == 0
        assert note_offline(db, silent + timedelta(seconds=46)) == 1


@pytest.mark.req("SYNC-18")
def test_the_silence_while_central_itself_was_away_raises_nothing(site, node):
    from central.gates.visits.queries import open_alarms

    back = node.reply.server_time + timedelta(hours=1)
    with site.session() as db:
        assert note_offline(db, back, listening_since=back) == 0
        assert note_offline(db, back + timedelta(seconds=45), listening_since=back) == 0
        assert open_alarms(db, None) == []
        assert note_offline(db, back + timedelta(seconds=46), listening_since=back) == 1


@pytest.mark.req("SYNC-18")
def test_a_cut_link_is_known_long_before_the_alarm(site, node):
    from central.gates.visits import live
    from central.gates.visits.queries import lanes_now
    from central.gates.visits.service import Status, heard

    asked = node.reply.server_time + timedelta(seconds=60)
    with site.session() as db:
        heard(db, node.id, Status(), asked)
    told_at_last = asked + timedelta(seconds=WAIT_MAX_S)
    with site.session() as db:
        assert all(lane.in_contact for lane in lanes_now(db, None, told_at_last + timedelta(seconds=4)))
        silent = lanes_now(db, None, told_at_last + timedelta(seconds=5))
        assert {(lane.node_online, lane.in_contact) for lane in silent} == {(True, False)}
        before = live.latest(db)
        heard(db, node.id, Status(), told_at_last + timedelta(seconds=5))
        told = {(one.name, one.data["id"]) for one in live.read(db, before, 10)}
        assert told == {("lane", str(lane.lane_id)) for lane in silent}, "its cards say so at once"


@pytest.mark.req("SYNC-18")
def test_a_batch_is_a_word_too(site, node):
    from central.gates.visits.queries import lanes_now, open_alarms

    silent = node.reply.server_time + timedelta(seconds=60)
    with site.session() as db:
        assert note_offline(db, silent) == 1
    node.visit()
    site.send(node, node.batch(), now=silent)
    with site.session() as db:
        assert lanes_now(db, None, silent)[0].node_online
        note_offline(db, silent)
        assert open_alarms(db, None) == []


@pytest.mark.req("ADMIN-02")
def test_tables_of_one_tenant_are_empty_to_another(site, other_site, node):
    node.visit()
    site.send(node, node.batch())
    tables = ("journal_event", "node_cursor", "parked_event", "journal_gap", "event_picture", "visit", "alarm",
              "lane_state", "node_state", "alarm_seen", "node_presence", "lane_node", "review", "node", "node_token",
              "site_key", "node_snapshot", "command", "open_nonce", "live_picture")  # fmt: skip
    with tenant_session(other_site.engine, other_site.tenant_id) as db:
        assert {name: db.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables} == dict.fromkeys(tables, 0)


def restored(database, site, version, number=0):
    """Central goes back to an older backup: the community's version and the numbers of commands are lower again."""
    with psycopg.connect(database.superuser_dsn, autocommit=True) as other:
        other.execute("UPDATE gate_settings SET snapshot_version = %s", (version,))
        other.execute("DELETE FROM node_snapshot")
        other.execute("UPDATE node SET last_number = %s", (number,))


def audits(site):
    with site.session() as db:
        return list(db.scalars(text("SELECT after FROM audit WHERE what = 'snapshot.catch_up'")))


async def prove(client, node, signed):
    body = signed.model_dump_json().encode()
    return await client.put("/edge/v1/rules", content=body, headers=node.headers("PUT", "/edge/v1/rules", body))


def claims(site):
    """(detail, over, stands) of the alarms about what nodes claim."""
    with site.session() as db:
        rows = list(db.scalars(select(AlarmRow).where(AlarmRow.kind == "node_claims").order_by(AlarmRow.alarm_id)))
        standing = {alarm.alarm_id for alarm in open_alarms(db, None)}
    return [(row.detail, row.over_at is not None, row.alarm_id in standing) for row in rows]


@pytest.mark.req("SEC-10", "SYNC-14")
def test_a_central_restored_from_an_older_backup_overtakes_its_nodes(app, site, node, database):
    """Else the node would hear no new rule until the version has grown past its own, day by day."""
    guard = Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "g", (Grant("guard", frozenset({"lane.open"})),))
    other = site.enrol("west-in")

    async def story():
        async with serving(app) as (client, _):
            for _ in range(5):
                with site.session() as db:
                    access.changed(db, site.community_id)
                    lane = lane_of(db, node.lane.lane_id)
                    commands.give(db, guard, "guard", lane, Action.CALIBRATE, "x", new_id().hex, clock.now())
            signed = (await poll(client, node)).snapshot
            have = opened(node, signed).version
            restored(database, site, have - 4)
            asked = await poll(client, node, have, wait=25)
            assert asked.prove and asked.snapshot is None, "its word alone is not believed"
            assert claims(site) == [(f"东门: {have} > {have - 4}", False, True)]
            assert (await prove(client, node, signed)).status_code == 204
            assert (await prove(client, node, signed)).status_code == 204, "sent again it changes nothing"
            told = await poll(client, node, have)
            newer = opened(node, told.snapshot)
            assert (await poll(client, other, have)).snapshot is not None, "the others get it as an ordinary change"
            with site.session() as db:
                nodes.request_look(db, guard, node.lane.lane_id)
            (command,) = (await poll(client, node, newer.version)).commands
            return have, told.prove, newer, Command.model_validate_json(command.payload)

    have, still, newer, command = asyncio.run(story())
    assert newer.version == have + 1 and not still
    assert command.number > 5, "the node has judged five, and refuses what is not higher"
    assert audits(site) == [{"from": have - 4, "to": have + 1, "node_id": str(node.id)}]
    assert claims(site) == [(f"东门: {have} > {have - 4}", True, True)], (
        "over, and on the page until somebody has seen it"
    )


@pytest.mark.req("SEC-10")
def test_a_version_that_central_never_made_moves_nothing_and_is_an_alarm(app, site, node, database):
    """A node in wrong hands says a million, and brings whatever it has as proof."""
    other = site.enrol("west-in")
    forged = SigningKey.generate()

    async def story():
        async with serving(app) as (client, _):
            mine, theirs = (await poll(client, node)).snapshot, (await poll(client, other)).snapshot
            version = opened(node, mine).version
            await poll(client, node, version)
            for far in (version + 1, version + 1_000_000, (1 << 62) - 1):
                answer = await poll(client, node, far)
                assert answer.prove and answer.snapshot is None
            said = opened(node, mine).model_copy(update={"version": version + 9}).model_dump_json()
            command = sign(said, "command", forged)
            for proof in (theirs, sign(said, "snapshot", forged), command, mine.model_copy(update={"payload": said})):
                refused = await prove(client, node, proof)
                assert (refused.status_code, refused.json()["type"]) == (422, "urn:menting:problem:invalid")
            body = b"{}"
            headers = node.headers("PUT", "/edge/v1/rules", body)
            assert (await client.put("/edge/v1/rules", content=body, headers=headers)).status_code == 422
            assert (await prove(client, node, mine)).status_code == 204, "true, and nothing new"
            back = await poll(client, node, version)
            return version, back

    version, back = asyncio.run(story())
    assert not back.prove and back.snapshot is None and audits(site) == []
    with site.session() as db:
        assert access.version(db, site.community_id) == version
        assert presences(db, [node.id], clock.now())[node.id].status.rules_version == version
    assert claims(site) == [(f"东门: {version + 1} > {version}", True, True)], "one, not one for each poll"


@pytest.mark.req("SEC-10")
def test_a_copied_key_that_claims_beside_the_real_node_is_one_card_that_says_it_once(app, site, node):
    """The real node's next poll ends the alarm, the other's begins it again: ten times were ten cards."""

    def seen():
        with site.session() as db:
            (alarm,) = [one for one in open_alarms(db, None) if one.kind == "node_claims"]
            acknowledge_alarm(db, site.actor, alarm.alarm_id, clock.now())

    async def story():
        async with serving(app) as (client, _):
            have = opened(node, (await poll(client, node)).snapshot).version
            for _ in range(3):
                await poll(client, node, have + 9)
                await poll(client, node, have + 9)
                await poll(client, node, have)
            told = claims(site)
            seen()
            await poll(client, node, have + 9)
            return have, told, claims(site)

    have, told, after = asyncio.run(story())
    said = f"东门: {have + 9} > {have}"
    assert told == [(said, True, True)]
    assert after == [(said, True, False), (said, False, True)], "after it was seen, it is news again"


@pytest.mark.req("SEC-10")
def test_two_machines_that_poll_as_one_node_are_an_alarm(app, site, node):
    """A stolen folder that says nothing wrong takes commands, and nothing else would tell of it."""
    other = site.enrol("west-in")

    def told():
        with site.session() as db:
            return [
                (alarm.node_id, alarm.detail) for alarm in db.scalars(select(AlarmRow)) if alarm.kind == "node_twice"
            ]

    async def story():
        async with serving(app) as (client, waker):
            have = opened(node, (await poll(client, node)).snapshot).version
            await poll(client, other)
            waiting = asyncio.create_task(poll(client, node, have, wait=25))
            await until(lambda: waker.waiting == 1)
            for _ in range(OVERLAPS - 1):
                await poll(client, node, have)
                await poll(client, other, have)
            before = told()
            for _ in range(OVERLAPS + 1):
                await poll(client, node, have)
            waiting.cancel()
            return before, told()

    before, after = asyncio.run(story())
    assert before == [] and after == [(node.id, "东门")], "one that grows by nothing"

"""The key that central signs with for a community counts only as the public half of the one that it sealed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, update

from central.base.kernel import clock
from central.base.kernel.errors import Unavailable
from central.base.kernel.session import open_session
from central.gates.access import snapshot as access
from central.gates.nodes import commands, snapshots
from central.gates.nodes import service as nodes
from central.gates.nodes.prove_rules import prove_rules
from central.gates.nodes.tables import NodeRow, NodeSnapshotRow, NodeTokenRow
from central.people.community.queries import lane_of
from models.wire.commands import Action, EnrolLane, EnrolRequest
from models.wire.signed import Signed, sign, verified
from models.wire.snapshot import Snapshot

pytestmark = pytest.mark.req("SEC-10")

REFUSED = r"nodes\.site_key_not_ours"


@pytest.fixture
def now():
    return clock.now()


def newer(site, node, have, now) -> Signed | None:
    with site.session() as db:
        return snapshots.newer_than(db, db.get(NodeRow, node.id), have, now)


def rules_of(node, signed: Signed | None) -> Snapshot:
    """As the node reads it: by the key that it was told when it enrolled."""
    assert signed is not None
    payload = verified(signed, "snapshot", bytes.fromhex(node.reply.central_key))
    assert payload is not None
    return Snapshot.model_validate_json(payload)


@pytest.fixture
def change_key(site, database) -> Callable[[bytes], None]:
    """As somebody who writes central's database, without its master key: central itself may not change this row."""

    def change(public_key: bytes) -> None:
        with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
            changed = connection.execute(
                "UPDATE site_key SET public_key = %s WHERE community_id = %s", (public_key, site.community_id)
            )
            assert changed.rowcount == 1

    return change


def asked(token: str) -> EnrolRequest:
    key = bytes(SigningKey.generate().verify_key).hex()
    lanes = (EnrolLane(code="west-in", name="west-in", direction="in"),)
    return EnrolRequest(token=token, public_key=key, name="box", version="0.1.0", lanes=lanes)


@pytest.mark.req("SYNC-18", "SEC-03")
def test_no_node_is_told_another_key_than_centrals_own(site, node, now, change_key, caplog):
    with site.session() as db:
        token = nodes.make_token(db, site.actor, site.community_id, site.gate_id, "x", now)
    change_key(bytes(SigningKey.generate().verify_key))
    with pytest.raises(Unavailable, match=REFUSED), open_session(site.engine) as db:
        nodes.enrol(db, asked(token), None, now)
    with pytest.raises(Unavailable, match=REFUSED), site.session() as db:
        nodes.make_token(db, site.actor, site.community_id, site.gate_id, "x", now)
    assert str(site.community_id) in {record.__dict__.get("community_id") for record in caplog.records}
    with site.session() as db:
        used = db.scalars(select(NodeTokenRow.used_at).order_by(NodeTokenRow.made_at.desc(), NodeTokenRow.id.desc()))
        assert used.first() is None, "the token is not spent"
    change_key(bytes.fromhex(node.reply.central_key))
    with open_session(site.engine) as db:
        assert nodes.enrol(db, asked(token), None, now).central_key == node.reply.central_key


def test_with_a_changed_key_central_signs_nothing_and_gates_keep_what_they_have(site, node, now, change_key):
    have = rules_of(node, newer(site, node, 0, now)).version
    change_key(bytes(SigningKey.generate().verify_key))
    assert newer(site, node, have, now) is None, "what it has is still what holds"
    with site.session() as db:
        access.changed(db, site.community_id)
    with pytest.raises(Unavailable, match=REFUSED):
        newer(site, node, have, now)
    with pytest.raises(Unavailable, match=REFUSED), site.session() as db:
        commands.give(
            db, site.actor_account, "guard", lane_of(db, node.lane.lane_id), Action.OPEN, "快递", "n" * 24, now
        )


def test_rules_that_another_key_signed_prove_nothing_whatever_the_row_says(site, node, now, change_key):
    mine = SigningKey.generate()
    true = rules_of(node, newer(site, node, 0, now))
    forged = sign(true.model_copy(update={"version": 900}).model_dump_json(), "snapshot", mine)
    change_key(bytes(mine.verify_key))
    with pytest.raises(Unavailable, match=REFUSED), site.session() as db:
        prove_rules(db, node.id, forged, now)
    with site.session() as db:
        assert access.version(db, site.community_id) == true.version


def test_a_snapshot_that_another_key_signed_is_not_handed_out_but_made_anew(site, node, now, caplog):
    true = rules_of(node, newer(site, node, 0, now))
    forged = sign(true.model_copy(update={"version": 900}).model_dump_json(), "snapshot", SigningKey.generate())
    with site.session() as db:
        db.execute(
            update(NodeSnapshotRow)
            .where(NodeSnapshotRow.node_id == node.id)
            .values(version=900, payload=forged.payload, signature=forged.signature, issued_at=now + timedelta(days=99))
        )
    assert rules_of(node, newer(site, node, 0, now)) == true
    assert str(node.id) in {record.__dict__.get("node_id") for record in caplog.records}
    assert newer(site, node, true.version, now) is None


@pytest.mark.parametrize("what", ["another node's", "an older one"])
def test_nor_one_that_central_signed_for_another_node_or_version(site, node, now, what):
    """A gate refuses those, and would go on without what was revoked since."""
    other = site.enrol("west-in")
    older, theirs = newer(site, node, 0, now), newer(site, other, 0, now)
    with site.session() as db:
        access.changed(db, site.community_id)
    true = rules_of(node, newer(site, node, 0, now))
    planted = theirs if what == "another node's" else older
    assert planted is not None
    with site.session() as db:
        version = true.version if what == "an older one" else rules_of(other, theirs).version
        row = db.scalars(select(NodeSnapshotRow).where(NodeSnapshotRow.node_id == node.id)).one()
        row.version, row.payload, row.signature = max(version, true.version), planted.payload, planted.signature
    told = rules_of(node, newer(site, node, 0, now))
    assert (told.node_id, told.version) == (node.id, true.version)

"""A row that somebody wrote into central's database is no node, whatever it says."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, update

from central.base.kernel.session import open_session
from central.gates.face_enrolment import keys, service, watch_photos
from central.gates.face_enrolment.anew import wanted_of
from central.gates.nodes.enrolment import find_key, revoke_node
from central.gates.nodes.faces.earlier import models_of, note_models
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.own_keys import nodes_of, seal_once
from central.gates.nodes.tables import NodeRow
from models.values.ids import new_id
from models.wire.faces import OfferedKeys, TemplateModels
from tests.central.gates.conftest import FieldNode
from tests.central.gates.nodes.faces.conftest import Quarter, other_node, quarter

__all__ = ["other_node", "quarter"]

MODEL = "a face model"
KEY = OfferedKeys(key_id="ab" * 8, point="04" + "cd" * 64)


def planted(quarter: Quarter, like: FieldNode, key_seal: bytes | None = None) -> UUID:
    """A second row beside a node's, with a key of the writer's own."""
    with quarter.session() as db:
        row = db.get(NodeRow, like.id)
        assert row is not None
        rogue = NodeRow(
            id=new_id(), community_id=row.community_id, gate_id=row.gate_id, name="x", version="1",
            public_key=bytes(SigningKey.generate().verify_key), enrolled_at=quarter.now, key_seal=key_seal,
        )  # fmt: skip
        db.add(rogue)
        db.flush()
        return rogue.id


def seal_in(quarter: Quarter, node: FieldNode) -> bytes | None:
    with quarter.session() as db:
        return db.scalar(select(NodeRow.key_seal).where(NodeRow.id == node.id))


@pytest.mark.req("PRIV-07")
@pytest.mark.parametrize("copied", [False, True], ids=["without a seal", "with another row's seal"])
def test_a_row_that_central_did_not_write_is_told_to_no_gate_and_addressed_by_nothing(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, copied: bool, caplog: pytest.LogCaptureFixture
) -> None:
    who = quarter.settle_in()
    rogue = planted(quarter, node, seal_in(quarter, node) if copied else None)
    with quarter.session() as db:
        for each in (node.actor, other_node.actor):
            note_models(db, each, TemplateModels(model=MODEL), quarter.now)
        behind = TemplateModels(model=MODEL, earlier=(who.holder,))
        fake = node.actor.__class__(node.actor.tenant_id, node.actor.kind, rogue, "x")
        note_models(db, fake, behind, quarter.now)
        keys.offer_keys(db, fake, KEY, quarter.now)
    with quarter.session() as db:
        assert set(nodes_of(db, quarter.site.community_id)) == {node.id, other_node.id}
        mail = service.mail_for(db, node.actor, quarter.now)
        watch = watch_photos.mail_for(db, node.actor, quarter.now)
        assert [one.node_id for one in mail.others] == [one.node_id for one in watch.others] == [other_node.id]
        assert set(models_of(db, quarter.site.community_id)) == {node.id, other_node.id}
        own = db.get(NodeRow, node.id)
        assert own is not None and wanted_of(db, own, quarter.now) == ()
        assert keys.key_of_site(db, quarter.site.community_id, quarter.now) is None, "no phone seals photos to it"
    named = quarter.told(node).nodes
    assert named is not None and [one.node_id for one in named] == [other_node.id]
    with open_session(quarter.site.engine) as db:
        assert find_key(db, rogue) is None
    with open_session(quarter.site.engine) as db:
        assert find_key(db, node.id) is not None
    assert str(rogue) in {record.__dict__.get("node_id") for record in caplog.records}


@pytest.mark.req("PRIV-09")
def test_a_key_that_was_changed_in_its_row_is_no_key_any_more(quarter: Quarter, node: FieldNode) -> None:
    with quarter.session() as db:
        mine = bytes(SigningKey.generate().verify_key)
        db.execute(update(NodeRow).where(NodeRow.id == node.id).values(public_key=mine))
    with open_session(quarter.site.engine) as db:
        assert find_key(db, node.id) is None


@pytest.mark.req("PRIV-09")
def test_a_revoked_node_is_taken_out_of_the_rules_of_the_others(
    quarter: Quarter, node: FieldNode, other_node: FieldNode
) -> None:
    before = quarter.told(node)
    with quarter.session() as db:
        revoke_node(db, quarter.site.actor, other_node.id, "stolen", quarter.now)
    after = quarter.told(node)
    assert after.nodes == () and after.version > before.version


def test_nodes_from_before_the_seals_get_theirs_once(
    quarter: Quarter, node: FieldNode, other_node: FieldNode, tmp_path: Path
) -> None:
    with quarter.session() as db:
        db.execute(update(NodeRow).where(NodeRow.id == node.id).values(key_seal=None))
    secrets = tmp_path / "of-a-central-before"
    assert seal_once(quarter.site.engine, secrets) == 1
    with quarter.session() as db:
        assert set(nodes_of(db, quarter.site.community_id)) == {node.id, other_node.id}
    planted(quarter, node)
    assert seal_once(quarter.site.engine, secrets) == 0
    with quarter.session() as db:
        assert set(nodes_of(db, quarter.site.community_id)) == {node.id, other_node.id}


@pytest.mark.req("PRIV-07", "SEC-03")
@pytest.mark.parametrize("sealed", [True, False], ids=["with the seal of the node's own", "without a seal"])
def test_no_phone_seals_photos_to_a_point_that_somebody_wrote_into_the_row(
    quarter: Quarter, node: FieldNode, sealed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def key() -> object:
        with quarter.session() as db:
            return keys.key_of_site(db, quarter.site.community_id, quarter.now)

    def told() -> None:
        with quarter.session() as db:
            keys.offer_keys(db, node.actor, KEY, quarter.now)

    told()
    before = key()
    assert before is not None
    with quarter.session() as db:
        db.execute(update(PhotoKeyRow).values({"point": "04" + "ee" * 64} | ({} if sealed else {"key_seal": None})))
    assert key() is None
    assert str(node.id) in {record.__dict__.get("node_id") for record in caplog.records}
    told()
    assert key() == before, "the node tells it again"

"""A one-time token enrols one node, lanes keep their ids, a revoked node is nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Forbidden, Gone, NotFound, Problem, Unauthenticated
from central.base.kernel.session import open_session
from central.gates.nodes import service as nodes
from central.gates.nodes.enrolment import find_key
from central.gates.nodes.tables import NodeRow, NodeTokenRow, SiteKeyRow
from central.people.community.service import add_gate
from models.wire.commands import EnrolLane, EnrolRequest

pytestmark = pytest.mark.req("SYNC-18")


def asking(token, *codes, key=None, direction="in"):
    key = key or SigningKey.generate()
    lanes = tuple(EnrolLane(code=code, name=code, direction=direction) for code in codes or ("east-in",))
    return EnrolRequest(token=token, public_key=bytes(key.verify_key).hex(), name="n", version="1", lanes=lanes)


def token_of(site, now):
    with site.session() as db:
        return nodes.make_token(db, site.actor, site.community_id, site.gate_id, "东门", now)


def test_a_token_works_once_for_fifteen_minutes(site):
    now = clock.now()
    token = token_of(site, now)
    with pytest.raises(Gone), open_session(site.engine) as db:
        nodes.enrol(db, asking(token), None, now + timedelta(minutes=15))
    with open_session(site.engine) as db:
        reply = nodes.enrol(db, asking(token), None, now + timedelta(minutes=14, seconds=59))
    assert (reply.site_id, reply.tenant_id) == (site.community_id, site.tenant_id)
    with pytest.raises(Gone), open_session(site.engine) as db:
        nodes.enrol(db, asking(token), None, now + timedelta(minutes=14, seconds=59))
    with pytest.raises(Unauthenticated), open_session(site.engine) as db:
        nodes.enrol(db, asking("x" * 43), None, now)


def test_the_table_does_not_hold_the_token(site):
    token = token_of(site, clock.now())
    with site.session() as db:
        row = db.scalars(select(NodeTokenRow)).one()
        assert token.encode() not in row.token_sha256 and len(row.token_sha256) == 32
        told = db.scalars(text("SELECT (audit.*)::text || COALESCE(after::text, '') FROM audit")).all()
        assert not any(token in line for line in told)


def test_of_eight_at_once_exactly_one_wins(site):
    now = clock.now()
    token = token_of(site, now)

    def attempt(number):
        try:
            with open_session(site.engine) as db:
                return nodes.enrol(db, asking(token, f"lane-{number}"), None, now).node_id
        except Problem as problem:
            return type(problem)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert outcomes.count(Gone) == 7
    with site.session() as db:
        assert [row.id for row in db.scalars(select(NodeRow))] == [one for one in outcomes if one is not Gone]


def test_a_refused_enrolment_leaves_the_token_unspent(site):
    now = clock.now()
    key = SigningKey.generate()
    with open_session(site.engine) as db:
        nodes.enrol(db, asking(token_of(site, now), key=key), None, now)
    token = token_of(site, now)
    with pytest.raises(Conflict), open_session(site.engine) as db:
        nodes.enrol(db, asking(token, key=key), None, now)
    with open_session(site.engine) as db:
        assert nodes.enrol(db, asking(token), None, now)


def test_a_spare_takes_over_the_lanes_with_their_ids(site):
    old = site.enrol("east-in", "east-out")
    spare = site.enrol("east-in", "east-out", "east-side")
    assert spare.id != old.id
    assert [lane.lane_id for lane in spare.reply.lanes[:2]] == [lane.lane_id for lane in old.reply.lanes]
    with site.session() as db:
        driven = dict(map(tuple, db.execute(text("SELECT lane_id, node_id FROM lane_node"))))
    assert driven == {lane.lane_id: spare.id for lane in spare.reply.lanes}
    assert old.reply.central_key == spare.reply.central_key
    assert (old.reply.beside, spare.reply.beside) == ((), ("东门",)), "whoever enrols it is told of the other"
    with site.session() as db:
        nodes.revoke_node(db, site.actor, old.id, "replaced", clock.now())
    assert site.enrol("east-in").reply.beside == ("东门",), "a retired one is none any more"


def test_a_lane_of_another_gate_or_direction_is_not_taken(site):
    site.enrol("east-in")
    now = clock.now()
    with site.session() as db:
        gate = add_gate(db, site.actor, site.community_id, "西门")
        token = nodes.make_token(db, site.actor, site.community_id, gate.id, "西门", now)
    with pytest.raises(Conflict, match="lane_elsewhere") as refused, open_session(site.engine) as db:
        nodes.enrol(db, asking(token, "east-in"), None, now)
    assert refused.value.extra == {"why": "lane_elsewhere", "lane": "east-in"}, "the node has words of its own for it"
    with pytest.raises(Conflict, match="lane_direction"), open_session(site.engine) as db:
        nodes.enrol(db, asking(token_of(site, now), "east-in", direction="out"), None, now)


def test_a_revoked_node_is_nobody(site, node):
    with open_session(site.engine) as db:
        assert find_key(db, node.id).tenant_id == site.tenant_id
    with site.session() as db:
        nodes.revoke_node(db, site.actor, node.id, "stolen", clock.now())
    with open_session(site.engine) as db:
        assert find_key(db, node.id) is None
    with pytest.raises(Conflict), site.session() as db:
        nodes.revoke_node(db, site.actor, node.id, "stolen", clock.now())


@pytest.mark.req("ADMIN-02", "SEC-04")
def test_another_tenant_neither_makes_tokens_for_it_nor_revokes_it(site, other_site, node):
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.make_token(db, other_site.actor, other_site.community_id, site.gate_id, "x")
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.revoke_node(db, other_site.actor, node.id, "mine", clock.now())


@pytest.mark.req("SEC-04")
def test_a_token_needs_the_right_in_that_community(site):
    from central.base.kernel.actor import Actor, ActorKind, Grant

    elsewhere = Grant("manager", frozenset({"node.enrol"}), site.gate_id)
    actor = Actor(site.tenant_id, ActorKind.ACCOUNT, site.gate_id, "m", (elsewhere,))
    with pytest.raises(Forbidden), site.session() as db:
        nodes.make_token(db, actor, site.community_id, site.gate_id, "x")


def test_the_private_key_of_a_community_is_sealed(site, node):
    with site.session() as db:
        row = db.scalars(select(SiteKeyRow)).one()
        assert row.public_key.hex() == node.reply.central_key
        assert len(row.sealed) > 32 and row.public_key not in row.sealed

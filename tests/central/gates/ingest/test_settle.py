"""A person settles a journal that two wrote, or that broke: strand by strand, once, and then all goes on as before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.ingest.projections import projections
from central.gates.ingest.proof import prove
from central.gates.ingest.settle import accept_break, settle, unsettled, unsettled_nodes
from central.gates.ingest.tables import ParkedEventRow
from central.gates.visits import queries
from central.gates.visits.service import acknowledge_alarm, rebuild
from central.gates.visits.tables import AlarmRow, VisitRow
from models.wire.events import Alarm, AlarmKind, NodeNews
from tests.central.gates.conftest import T0

NEWS = NodeNews(what="started", detail={})


def desk(site):
    """(event, over) of each alarm of a node, and the visits there are."""
    with site.session() as db:
        rows = db.scalars(select(AlarmRow).where(AlarmRow.origin == "node"))
        return {(row.alarm_id, row.over_at is not None) for row in rows}, set(db.scalars(select(VisitRow.visit_id)))


def decide(site, node, take=(), discard=(), reason="the copy was destroyed", others=0):
    with site.session() as db:
        return settle(db, site.actor, node.id, take, discard, reason, projections, T0, others)


def on_the_desk(site):
    with site.session() as db:
        return {one.kind for one in queries.open_alarms(db, [site.community_id])}


def waiting(site, node):
    with site.session() as db:
        return unsettled(db, site.actor, node.id)


@pytest.fixture
def copied(site, node):
    """The copy sent two records more, then the genuine machine a visit, a fire and its end: forks, then a break."""
    node.write(NEWS)
    site.send(node, node.batch())
    genuine = list(node.journal)
    lie = node.write(Alarm(alarm=AlarmKind.FORCED))
    node.write(NEWS)
    site.send(node, node.batch(2))
    for _ in range(2):
        node.write(NEWS)
    copy = list(node.journal)
    node.journal[:] = genuine
    fire = node.write(Alarm(alarm=AlarmKind.FIRE))
    visit = node.visit()
    node.write(Alarm(alarm=AlarmKind.FIRE, over=True))
    site.send(node, node.batch(2))
    genuine = list(node.journal)
    node.journal[:] = copy
    site.send(node, node.batch(4))
    node.journal[:] = genuine
    return lie, fire, visit[0].correlation


@pytest.mark.req("ACC-20", "SYNC-07", "SYNC-10")
def test_the_genuine_strand_is_taken_and_the_copys_discarded_and_sync_goes_on(site, node, copied):
    lie, fire, visit = copied
    assert desk(site) == ({(lie.event_id, False), (fire.event_id, False)}, set()), "its end is not believed yet"
    found = waiting(site, node)
    genuine, copy = found.strands
    assert [(one.first_seq, one.last_seq, one.alarms) for one in found.strands] == [(2, 8, 2), (4, 5, 0)]
    assert found.forked and not found.behind(genuine) and found.behind(copy)
    done = decide(site, node, [genuine.strand_id], [copy.strand_id])
    assert (done.taken, done.still_parked, done.discarded) == (7, 0, 2)
    told = ({(lie.event_id, False), (fire.event_id, True)}, {visit})
    assert desk(site) == told, "what was taken before anybody noticed is not withdrawn"
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    assert desk(site) == told
    assert waiting(site, node).whole
    with site.session() as db:
        assert unsettled_nodes(db, [site.community_id]) == set()
        assert 4 in prove(db, node.id).breaks, "the break stays in the proof"
    assert site.send(node, node.batch()).duplicates == 8, "what was taken beside the chain is known"
    following = node.write(NEWS)
    receipt = site.send(node, node.batch(following.seq))
    assert (receipt.parked, waiting(site, node).whole) == ((), True)


@pytest.mark.req("ACC-20", "SYNC-07")
def test_what_is_discarded_is_in_no_view_and_its_alarms_are_over(site, node, copied):
    lie, fire, _ = copied
    decide(site, node, (), [one.strand_id for one in waiting(site, node).strands])
    told = ({(lie.event_id, False), (fire.event_id, True)}, set())
    assert desk(site) == told
    with site.session() as db:
        rebuild(db, site.community_id, projections)
        states = set(db.scalars(select(ParkedEventRow.state)))
    assert desk(site) == told and states == {"rejected"}, "kept, and in the list"


@pytest.mark.req("SYNC-10", "SEC-04")
def test_it_is_settled_once_with_a_reason_and_nothing_unseen(site, node, copied):
    strands = waiting(site, node).strands
    take, discard = [strands[0].strand_id], [strands[1].strand_id]
    with pytest.raises(Invalid) as refused:
        decide(site, node, take, discard, "  ")
    assert set(refused.value.fields) == {"reason"}
    for wrong in ((take, ()), (take + discard, discard), ((), ())):
        with pytest.raises(Invalid) as refused:
            decide(site, node, *wrong)
        assert set(refused.value.fields) == {"strands"}
    with site.session() as db, pytest.raises(Conflict):
        accept_break(db, site.actor, node.id, "all of it", projections, T0)
    with site.session() as db, pytest.raises(NotFound):
        settle(db, system(site.tenant_id, "x", ["node.read"]), node.id, take, discard, "no", projections, T0)
    decide(site, node, take, discard)
    with pytest.raises(Conflict):
        decide(site, node, take, discard)
    with site.session() as db:
        (told,) = db.scalars(select(AuditRow).where(AuditRow.what == "journal.settle"))
        assert (told.reason, told.after["released"], told.after["rejected"]) == ("the copy was destroyed", 7, 2)


@pytest.mark.req("ACC-20", "SYNC-07")
def test_a_machine_that_speaks_on_after_it_was_settled_rings_anew(site, node, copied):
    with site.session() as db:
        (card,) = (one for one in queries.open_alarms(db, [site.community_id]) if one.kind == "fork")
        acknowledge_alarm(db, site.actor_account, card.alarm_id, T0)
    genuine, copy = waiting(site, node).strands
    decide(site, node, [copy.strand_id], [genuine.strand_id])
    node.journal[:] = node.journal[:2]
    node.write(NodeNews(what="started", detail={"again": "yes"}))
    receipt = site.send(node, node.batch(3))
    assert [one.reason for one in receipt.parked] == ["fork"]
    with site.session() as db:
        assert "fork" in {one.kind for one in queries.open_alarms(db, [site.community_id])}
        assert unsettled_nodes(db, [site.community_id]) == {node.id}


@pytest.mark.req("SYNC-07", "SYNC-10")
def test_an_event_id_that_the_chain_has_is_not_taken_twice(site, node):
    """The copy altered an event and kept its id."""
    first = node.write(NEWS)
    site.send(node, node.batch())
    node.journal.clear()
    node.write(Alarm(alarm=AlarmKind.FIRE), event_id=first.event_id)
    site.send(node, node.batch())
    (strand,) = waiting(site, node).strands
    done = decide(site, node, [strand.strand_id])
    assert (done.taken, done.still_parked) == (0, 1)
    with site.session() as db:
        assert list(db.scalars(select(ParkedEventRow.reason))) == ["id_reused"]


@pytest.mark.req("ACC-20", "SYNC-07", "SYNC-10", "SEC-04")
def test_a_copy_that_leapt_ahead_silences_nobody_and_a_person_undoes_it(site, node):
    """What the genuine node wrote before the leap and sent after it belongs to its strand as well."""
    node.write(NEWS)
    site.send(node, node.batch())
    genuine = list(node.journal)
    node.journal[-1] = node.journal[-1].model_copy(update={"seq": 5_000})
    lie = node.write(NEWS)
    backlog = node.clock
    node.clock += timedelta(minutes=5)
    site.send(node, node.batch(lie.seq, lost_before=True))
    node.journal[:] = genuine
    node.write(NEWS, at=backlog)
    visit = node.visit()
    fire = node.write(Alarm(alarm=AlarmKind.FIRE))
    receipt = site.send(node, node.batch(2))
    assert [one.reason for one in receipt.parked] == ["late_fill", *["fork"] * 6]
    assert receipt.acked_seq == fire.seq and {"fork", "fire"} <= on_the_desk(site)
    found = waiting(site, node)
    (strand,) = found.strands
    assert found.forked and found.behind(strand) and (strand.first_seq, strand.last_seq) == (2, 8)
    with site.session() as db:
        assert unsettled_nodes(db, [site.community_id]) == {node.id}
    assert decide(site, node, [strand.strand_id]).taken == 7
    assert desk(site) == ({(fire.event_id, False)}, {visit[0].correlation})
    assert waiting(site, node).whole and site.send(node, node.batch()).duplicates == 8
    begins = int(node.clock.timestamp() * 1000)  # the journal is set aside, as the page says
    node.journal.append(node.journal[-1].model_copy(update={"seq": begins - 1}))
    node.visit()
    assert site.send(node, node.batch(begins, lost_before=True)).parked == ()


@pytest.mark.req("SYNC-10")
def test_what_fills_a_lost_stretch_is_nobody_else_s_affair_while_one_machine_speaks(site, node):
    for _ in range(4):
        node.write(NEWS)
    site.send(node, node.batch(3, lost_before=True))
    assert [one.reason for one in site.send(node, node.batch(1, 2)).parked] == ["late_fill"] * 2
    assert (waiting(site, node).whole, waiting(site, node).strands) == (True, ())


def forked_often(site, node, count):
    """Each of these is a strand: what came first has its number, and it hangs on nothing."""
    first = node.write(NEWS)
    site.send(node, node.batch())
    for _ in range(count):
        node.journal.clear()
        node.write(NEWS)
        site.send(node, node.batch())
    node.journal[:] = [first]


@pytest.mark.req("SYNC-10")
def test_all_others_are_discarded_at_once_as_many_as_were_seen(login_as, site, node):
    forked_often(site, node, 6)
    take = [waiting(site, node).strands[3].strand_id]
    for seen in (4, 6):
        with pytest.raises(Invalid) as refused:
            decide(site, node, take, others=seen)
        assert set(refused.value.fields) == {"strands"}
    with pytest.raises(Invalid):
        decide(site, node, [node.id], others=6)
    manager = login_as("manager", community=site.community_id)
    said = {"take": [str(take[0])], "discard_others": 5, "reason": "the copy was destroyed"}
    answer = manager.post(f"/api/v1/journal/{node.id}/settle", json=said)
    assert answer.json() == {"taken": 1, "still_parked": 0, "discarded": 5}, answer.text
    assert waiting(site, node).whole


@pytest.mark.req("ACC-20", "SYNC-10")
def test_every_fork_that_is_acknowledged_is_kept_however_many_wait_and_its_alarm_rings(site, node):
    forked_often(site, node, 5)
    node.journal.clear()
    fire = node.write(Alarm(alarm=AlarmKind.FIRE))
    assert [one.reason for one in site.send(node, node.batch()).parked] == ["fork"]
    assert desk(site)[0] == {(fire.event_id, False)}
    kept = [one for strand in waiting(site, node).strands for one in strand.records]
    assert len(waiting(site, node).strands) == len(kept) == 6

"""A broken or forked chain keeps no alarm from the guard; what it cannot prove ends nothing that it can."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from central.gates.ingest import parked as parked_events
from central.gates.ingest import settle
from central.gates.ingest.projections import projections
from central.gates.ingest.tables import ParkedEventRow
from central.gates.visits import queries
from central.gates.visits.service import acknowledge_alarm, rebuild
from central.gates.visits.tables import AlarmRow
from models.values.ids import new_id
from models.wire.envelope import AlarmsAhead
from models.wire.events import Alarm, AlarmKind, NodeNews
from tests.central.gates.conftest import T0

NEWS = NodeNews(what="started", detail={})


def alarms(site):
    """(event, whether it is over) of every alarm of a node, whoever has seen it."""
    with site.session() as db:
        rows = db.scalars(select(AlarmRow).where(AlarmRow.origin == "node").order_by(AlarmRow.raised_at))
        return [(row.alarm_id, row.over_at is not None) for row in rows]


def on_the_desk(site):
    with site.session() as db:
        return {one.kind for one in queries.open_alarms(db, [site.community_id])}


def break_here(node):
    """One event that does not continue the one before; what follows it is chained again as it should be."""
    event = node.write(NEWS)
    node.journal[-1] = event.model_copy(update={"prev": bytes(32)})


def rebuilt(site):
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    return alarms(site)


def decide(site, event, deed):
    with site.session() as db:
        waiting = db.scalars(select(ParkedEventRow.id).where(ParkedEventRow.event_id == event.event_id)).one()
        deed(db, site.actor, waiting, "looked into", projections, T0)


@pytest.mark.req("ACC-20", "SYNC-07", "SYNC-10")
def test_behind_a_broken_chain_fire_and_duress_stand_at_once_and_once_only(site, node):
    break_here(node)
    fire = node.write(Alarm(alarm=AlarmKind.FIRE, device="input"))
    duress = node.write(Alarm(alarm=AlarmKind.DURESS, device="pin"))
    receipt = site.send(node, node.batch())
    assert {one.reason for one in receipt.parked} == {"chain_broken"} and len(receipt.parked) == 3
    stand = [(fire.event_id, False), (duress.event_id, False)]
    assert on_the_desk(site) == {"fire", "duress", "chain_broken"} and alarms(site) == stand
    with site.session() as db:
        (lane,) = queries.lanes_now(db, [site.community_id], T0)
        assert lane.fire_held
        acknowledge_alarm(db, site.actor_account, duress.event_id, T0)
    later = node.write(Alarm(alarm=AlarmKind.FORCED))
    for _ in range(2):
        site.send(node, node.batch())
    stand.append((later.event_id, False))
    assert alarms(site) == stand and rebuilt(site) == stand
    with site.session() as db:
        assert settle.accept_break(db, site.actor, node.id, "disk exchanged", projections, T0) == (4, 0)
    assert alarms(site) == stand and rebuilt(site) == stand
    assert on_the_desk(site) == {"fire", "forced", "chain_broken"}, "what was seen stays seen"


@pytest.mark.req("ACC-20", "SYNC-07")
def test_a_copied_node_silences_no_alarm_of_the_genuine_one_and_ends_none(site, node):
    """The copy ran for a minute and sent more than the genuine node: all that this one says is a fork from then on."""
    site.send(node, (node.write(NEWS), node.batch())[1])
    genuine = list(node.journal)
    for _ in range(3):
        node.write(NEWS)
    site.send(node, node.batch(2))
    node.journal[:] = genuine
    fire = node.write(Alarm(alarm=AlarmKind.FIRE))
    receipt = site.send(node, node.batch(2))
    assert [one.reason for one in receipt.parked] == ["fork"]
    assert on_the_desk(site) == {"fire", "fork"}
    for _ in range(2):
        node.write(NEWS)
    duress = node.write(Alarm(alarm=AlarmKind.DURESS))
    over = node.write(Alarm(alarm=AlarmKind.FIRE, over=True))
    receipt = site.send(node, node.batch(3))
    assert [one.reason for one in receipt.parked] == ["fork", "fork", "chain_broken", "chain_broken"]
    stand = [(fire.event_id, False), (duress.event_id, False)]
    assert alarms(site) == stand and rebuilt(site) == stand, "nobody knows which of the two says that it is over"
    for event in (over, fire):
        decide(site, event, parked_events.reject)
    stand[0] = (fire.event_id, True)
    assert alarms(site) == stand and rebuilt(site) == stand
    assert "fire" in on_the_desk(site), "it is over, and stays until somebody has seen it"


@pytest.mark.req("ACC-20", "SYNC-07")
def test_an_unproven_end_ends_what_is_as_unproven_and_nothing_that_the_chain_proves(site, node):
    proven = node.write(Alarm(alarm=AlarmKind.HELD_OPEN, device="contact"))
    break_here(node)
    first_over = node.write(Alarm(alarm=AlarmKind.HELD_OPEN, device="contact", over=True))
    unproven = node.write(Alarm(alarm=AlarmKind.HELD_OPEN, device="contact"))
    site.send(node, node.batch())
    assert alarms(site) == [(proven.event_id, False), (unproven.event_id, False)]
    over = node.write(Alarm(alarm=AlarmKind.HELD_OPEN, device="contact", over=True))
    site.send(node, node.batch(over.seq))
    ended = [(proven.event_id, False), (unproven.event_id, True)]
    assert alarms(site) == ended and rebuilt(site) == ended
    decide(site, over, parked_events.reject)
    assert alarms(site) == [(proven.event_id, False), (unproven.event_id, False)]
    with site.session() as db:
        settle.accept_break(db, site.actor, node.id, "disk exchanged", projections, T0)
        closed = db.scalar(select(AlarmRow.over_seq).where(AlarmRow.alarm_id == proven.event_id))
        assert closed == first_over.seq


@pytest.mark.req("ACC-20", "SYNC-11")
def test_announced_ahead_and_parked_then_it_is_one_alarm_and_a_rejection_ends_it(client, site, node):
    break_here(node)
    forced = node.write(Alarm(alarm=AlarmKind.FORCED))
    ahead = AlarmsAhead(node_id=node.id, sent_at=T0, events=(forced,)).model_dump_json().encode()
    assert node.call(client, "POST", "/edge/v1/alarms", ahead).status_code == 204
    site.send(node, node.batch())
    assert alarms(site) == [(forced.event_id, False)]
    decide(site, forced, parked_events.reject)
    assert alarms(site) == [(forced.event_id, True)] == rebuilt(site)


@pytest.mark.req("ACC-20", "SYNC-07")
def test_what_fills_a_stretch_given_up_as_lost_still_rings(site, node):
    lost = [node.write(NEWS), node.write(Alarm(alarm=AlarmKind.DURESS))]
    node.write(NEWS)
    site.send(node, node.batch(3, lost_before=True))
    receipt = site.send(node, node.batch(1, 2))
    assert [one.reason for one in receipt.parked] == ["late_fill", "late_fill"]
    assert alarms(site) == [(lost[1].event_id, False)]


@pytest.mark.req("SYNC-10", "SEC-08")
def test_behind_a_break_too_nobody_raises_an_alarm_that_could_not_be_shown(site, node):
    """A lane that is not the node's own, a control character; and a fault in showing one holds up nothing."""
    break_here(node)
    node.write(Alarm(alarm=AlarmKind.FIRE), lane_id=new_id())
    node.write(Alarm(alarm=AlarmKind.FIRE, detail="\x00"))
    fire = node.write(Alarm(alarm=AlarmKind.FIRE))

    def spoilt(db, aside):
        db.execute(text("SELECT 1 / 0"))

    projections.on_aside(spoilt)
    try:
        assert site.send(node, node.batch()).acked_seq == fire.seq
    finally:
        projections._aside.remove(spoilt)
    assert alarms(site) == [(fire.event_id, False)]

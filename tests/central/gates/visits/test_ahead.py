"""An alarm behind a backlog has its card at once; the event that comes later is the same alarm."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from central.base.kernel.errors import Forbidden
from central.gates.ingest.projections import projections
from central.gates.ingest.proof import prove
from central.gates.visits import queries
from central.gates.visits.ahead import announce
from central.gates.visits.service import acknowledge_alarm, rebuild
from edge.health.clock import Clock
from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient
from edge.sync.uplink import Uplink
from models.values.ids import new_id
from models.wire.envelope import AlarmsAhead
from models.wire.events import Alarm, AlarmKind, Scanned
from tests.central.conftest import ORIGIN

AT = datetime(2026, 11, 23, tzinfo=UTC)


def _told(site, node, *events):
    with site.session() as db:
        return announce(db, node.actor, AlarmsAhead(node_id=node.id, sent_at=AT, events=events))


def _open(site):
    with site.session() as db:
        return queries.open_alarms(db, [site.community_id])


@pytest.mark.req("SYNC-11", "ACC-20")
def test_the_card_stands_before_the_backlog_and_the_event_is_the_same_alarm(site, node):
    for number in range(20):
        node.write(Scanned(why="control", length=number))
    duress = node.write(Alarm(alarm=AlarmKind.DURESS, device="pin"))
    assert _told(site, node, duress) == 1
    (card,) = _open(site)
    assert (card.alarm_id, card.kind, card.raised_at) == (duress.event_id, "duress", duress.at)
    site.send(node, node.batch())
    assert [one.alarm_id for one in _open(site)] == [duress.event_id]
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    assert [one.alarm_id for one in _open(site)] == [duress.event_id]


@pytest.mark.req("SYNC-11")
def test_seen_before_its_event_came_it_stays_seen_and_announced_again_it_stays_over(site, node):
    raised = node.write(Alarm(alarm=AlarmKind.FORCED))
    assert _told(site, node, raised) == 1
    with site.session() as db:
        acknowledge_alarm(db, site.actor_account, raised.event_id, AT)
    node.write(Alarm(alarm=AlarmKind.FORCED, over=True))
    site.send(node, node.batch())
    assert _open(site) == []
    assert _told(site, node, raised) == 0 and _open(site) == []


@pytest.mark.req("SYNC-11")
def test_only_alarms_are_announced_and_only_of_the_node_itself(site, node):
    scan, over = node.write(Scanned(why="control", length=1)), node.write(Alarm(alarm=AlarmKind.FIRE, over=True))
    assert _told(site, node, scan, over) == 0 and _open(site) == []
    other = site.enrol("west-in")
    with pytest.raises(Forbidden):
        _told(site, node, other.write(Alarm(alarm=AlarmKind.FIRE)))
    assert _open(site) == []


@pytest.mark.req("SYNC-11")
def test_the_route_takes_announcements_and_refuses_what_is_none(client, site, node):
    raised = node.write(Alarm(alarm=AlarmKind.FORCED))
    body = AlarmsAhead(node_id=node.id, sent_at=AT, events=(raised,)).model_dump_json().encode()
    assert node.call(client, "POST", "/edge/v1/alarms", body).status_code == 204
    assert [one.alarm_id for one in _open(site)] == [raised.event_id]
    assert node.call(client, "POST", "/edge/v1/alarms", b"{}").status_code == 422


@pytest.mark.req("SYNC-11", "ACC-20")
def test_after_an_outage_the_nodes_own_uplink_brings_the_card_first_and_the_whole_chain_after(client, site, tmp_path):
    """The real journal and uplink against the real routes, over nothing but a socket that is none."""
    keys = KeyRing.open(tmp_path / "keys")
    node = site.enrol("east-in", key=keys.signing_key)
    journal = Journal.open(tmp_path / "journal.db", node.id, keys, reserve_bytes=4096)
    for number in range(1100):
        journal.append(Entry(Scanned(why="control", length=number), correlation=new_id()))
    (duress,) = journal.append(Entry(Alarm(alarm=AlarmKind.DURESS, device="pin"), correlation=new_id()))
    central = CentralClient(ORIGIN, node.id, keys, Clock(), transport=client._transport)
    uplink = Uplink(journal, None, central)
    assert uplink.step()
    assert [one.alarm_id for one in _open(site)] == [duress.event_id]
    assert journal.acked_seq == 0, "nothing of the backlog has gone yet"
    while uplink.step():
        pass
    assert journal.acked_seq == duress.seq and [one.alarm_id for one in _open(site)] == [duress.event_id]
    with site.session() as db:
        assert prove(db, node.id).whole
    journal.close()
    central.close()
    keys.close()


@pytest.mark.req("SYNC-11", "SEC-08")
def test_what_the_journal_would_park_raises_no_card(site, node):
    """A lane that is not the node's own, a control character, a kind of later."""
    told = (
        node.write(Alarm(alarm=AlarmKind.FIRE), lane_id=new_id()),
        node.write(Alarm(alarm=AlarmKind.FIRE, detail="\x00")),
        node.write('{"kind": "telepathy"}'),
    )
    assert _told(site, node, *told) == 0 and _open(site) == []

"""Batches: stored exactly once, proved by their chain, nothing dropped, nothing blocked."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central.base.kernel.errors import Forbidden, Invalid
from central.gates.ingest.projections import projections
from central.gates.ingest.proof import prove
from central.gates.ingest.reading import read_batch
from central.gates.ingest.receive import KINDS, JournalGap, receive
from central.gates.ingest.rules import CLOCK_AHEAD, LEAP_MAX
from central.gates.ingest.tables import JournalEventRow, JournalGapRow, NodeCursorRow, ParkedEventRow
from central.gates.visits.queries import open_alarms, visit
from central.gates.visits.tables import VisitRow
from central.people.community.service import add_gate
from models.values.ids import new_id
from models.wire.envelope import Batch
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, NodeNews, Scanned


def parked(db):
    rows = db.scalars(select(ParkedEventRow).order_by(ParkedEventRow.seq))
    return [(row.seq, row.reason, row.state) for row in rows]


def news(**detail):
    return NodeNews(what="started", detail=detail)


@pytest.mark.req("SYNC-08")
def test_resending_ten_thousand_stored_events_creates_no_row(site, node, counting):
    for _ in range(2_000):
        node.visit()
    assert len(node.journal) == 10_000
    for first in range(1, 10_000, 500):
        receipt = site.send(node, node.batch(first, first + 499))
        assert (receipt.duplicates, receipt.parked) == (0, ())
    with site.session() as db:
        before = (counting(db, JournalEventRow), counting(db, VisitRow), counting(db, ParkedEventRow))
    assert before == (10_000, 2_000, 0)
    again = 0
    for first in range(1, 10_000, 500):
        receipt = site.send(node, node.batch(first, first + 499))
        again += receipt.duplicates
        assert receipt.acked_seq == first + 499
    assert again == 10_000
    with site.session() as db:
        assert (counting(db, JournalEventRow), counting(db, VisitRow), counting(db, ParkedEventRow)) == before


@pytest.mark.req("SYNC-08")
def test_a_batch_that_overlaps_stores_only_what_is_new(site, node, counting):
    for _ in range(10):
        node.write(news())
    site.send(node, node.batch(1, 6))
    receipt = site.send(node, node.batch(4, 10))
    assert (receipt.acked_seq, receipt.duplicates) == (10, 3)
    with site.session() as db:
        assert counting(db, JournalEventRow) == 10


@pytest.mark.req("SYNC-07")
def test_a_gap_is_refused_with_the_number_to_send_from(site, node, counting):
    for _ in range(5):
        node.write(news())
    site.send(node, node.batch(1, 2))
    with pytest.raises(JournalGap) as refused:
        site.send(node, node.batch(4, 5))
    assert (refused.value.status, refused.value.extra) == (409, {"expected_seq": 3})
    with site.session() as db:
        assert counting(db, JournalEventRow) == 2


@pytest.mark.req("SYNC-07")
def test_what_a_node_says_it_lost_is_noted_and_seen(site, node):
    for _ in range(9):
        node.write(news())
    site.send(node, node.batch(1, 2))
    receipt = site.send(node, node.batch(6, 9, lost_before=True))
    assert (receipt.acked_seq, receipt.parked) == (9, ())
    with site.session() as db:
        gap = db.scalars(select(JournalGapRow)).one()
        assert (gap.first_seq, gap.last_seq) == (3, 5)
        assert [(alarm.kind, alarm.detail) for alarm in open_alarms(db, None)] == [("events_lost", "3–5")]


@pytest.mark.req("SYNC-07")
def test_from_the_first_break_on_everything_is_parked_until_somebody_accepts_it(site, node, counting):
    for _ in range(6):
        node.write(news())
    node.journal[3] = node.journal[3].model_copy(update={"body": news(changed="yes").model_dump_json()})
    receipt = site.send(node, node.batch(1, 5))
    assert receipt.acked_seq == 5
    assert [(one.seq, one.reason) for one in receipt.parked] == [(4, "chain_broken"), (5, "chain_broken")]
    later = site.send(node, node.batch(6, 6))
    assert [(one.seq, one.reason) for one in later.parked] == [(6, "chain_broken")]
    with site.session() as db:
        assert counting(db, JournalEventRow) == 6
        assert [(alarm.kind, alarm.detail) for alarm in open_alarms(db, None)] == [("chain_broken", "4 东门")]
    again = site.send(node, node.batch(4, 6))
    assert again.duplicates == 3
    with site.session() as db:
        assert len(parked(db)) == 3


@pytest.mark.req("SYNC-07")
def test_a_forked_journal_overwrites_nothing(site, node, counting):
    """A node whose disk was restored writes the same numbers again, with other content."""
    for _ in range(8):
        node.write(news())
    site.send(node, node.batch(1, 8))
    restored = list(node.journal)
    del node.journal[5:]
    for _ in range(4):
        node.write(news(again="yes"))
    receipt = site.send(node, node.batch(5, 7))
    assert receipt.duplicates == 1
    assert [(one.seq, one.reason) for one in receipt.parked] == [(6, "fork"), (7, "fork")]
    assert receipt.acked_seq == 7, "the node goes on sending from where it stands"
    rest = site.send(node, node.batch(8, 9))
    assert [(one.seq, one.reason) for one in rest.parked] == [(8, "fork"), (9, "chain_broken")]
    with site.session() as db:
        stored = db.scalars(select(JournalEventRow.hash).order_by(JournalEventRow.seq)).all()
        assert stored[:8] == [event.hash for event in restored]
        assert {alarm.kind for alarm in open_alarms(db, None)} == {"fork", "chain_broken"}
    assert site.send(node, node.batch(6, 7)).duplicates == 2
    with site.session() as db:
        assert counting(db, ParkedEventRow) == 4


@pytest.mark.req("SYNC-07")
def test_what_fills_a_stretch_given_up_is_kept_and_shown(site, node):
    for _ in range(6):
        node.write(news())
    site.send(node, node.batch(4, 6, lost_before=True))
    receipt = site.send(node, node.batch(2, 3))
    assert [(one.seq, one.reason) for one in receipt.parked] == [(2, "late_fill"), (3, "late_fill")]
    with site.session() as db:
        assert len(db.scalars(select(JournalEventRow)).all()) == 5


def leapt(node, seq):
    """The journal of a node that was set aside: it goes on from `seq`, above all numbers used."""
    node.journal.append(node.journal[-1].model_copy(update={"seq": seq - 1}))
    node.write(news())
    return node.batch(seq, lost_before=True)


@pytest.mark.req("SYNC-07", "SYNC-10", "SEC-04")
@pytest.mark.parametrize("where", ["int8", "clock", "lost"])
def test_a_leap_that_no_node_can_have_made_is_not_acknowledged(site, node, where):
    node.write(news())
    site.send(node, node.batch())
    soonest = int((node.clock + CLOCK_AHEAD).timestamp() * 1000) + 1_000
    genuine = list(node.journal)
    with pytest.raises(Invalid) as refused:
        site.send(node, leapt(node, {"int8": (1 << 63) - 1, "clock": soonest, "lost": soonest + LEAP_MAX}[where]))
    assert refused.value.key == "ingest.leap"
    node.journal[:] = genuine
    node.write(news())
    receipt = site.send(node, node.batch())
    assert (receipt.acked_seq, receipt.parked) == (2, ()), "the genuine node goes on as if nothing had been"


@pytest.mark.req("SYNC-07")
def test_a_journal_set_aside_begins_at_its_clock_s_milliseconds_and_loses_some_then_and_later(site, node):
    node.write(news())
    site.send(node, node.batch())
    begins = int((node.clock + CLOCK_AHEAD / 2).timestamp() * 1000)
    for seq in (begins, begins + LEAP_MAX, begins + 2 * LEAP_MAX, begins + 9 * LEAP_MAX):
        if seq - begins > 2 * LEAP_MAX:
            with pytest.raises(Invalid):
                site.send(node, leapt(node, seq))
        else:
            receipt = site.send(node, leapt(node, seq))
            assert (receipt.acked_seq, receipt.parked) == (seq, ())


@pytest.mark.req("SYNC-10")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no json at all", "unreadable"),
        ("\x00", "unreadable"),
        ('{"kind": "decision"}', "unreadable"),
        ('{"kind": 7}', "unreadable"),
        ("[" * 8_000, "unreadable"),
        ('{"kind": "telepathy", "whom": "everybody"}', "unknown_kind"),
        (Scanned(why="noise\x00", length=3).model_dump_json(), "control_character"),
        (Alarm(alarm=AlarmKind.FIRE, detail="line\nbreak").model_dump_json(), "control_character"),
        (Alarm(alarm=AlarmKind.FIRE, device="relay\x1b[2J").model_dump_json(), "control_character"),
        ('{"kind": "scan_refused", "why": "noise", "length": 3, "newer": {"text": ["\\u0085"]}}', "control_character"),
    ],
)
def test_one_bad_event_is_parked_and_the_others_go_on(site, node, counting, body, reason):
    good, bad, after = node.visit(), node.write(body), node.visit()
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(bad.seq, reason)]
    assert receipt.acked_seq == after[-1].seq
    with site.session() as db:
        assert counting(db, JournalEventRow) == 11
        assert counting(db, VisitRow) == 2
        assert visit(db, good[0].correlation).passed and visit(db, after[0].correlation).passed


@pytest.mark.req("SYNC-10")
def test_an_event_of_an_unknown_lane_is_parked(site, node):
    strange = node.write(node.decision(), lane_id=new_id())
    node.visit()
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(strange.seq, "unknown_lane")]


@pytest.mark.req("SYNC-10")
def test_a_projection_that_raises_parks_its_event_only(site, node, spoilt, counting):
    def raises(db, event, body):
        if event.seq == 2:
            db.execute(text("SELECT 1 / 0"))

    spoilt("actuation", raises)
    first, second = node.visit(), node.visit()
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(2, "projection_failed")]
    with site.session() as db:
        row = db.scalars(select(ParkedEventRow)).one()
        assert "division by zero" in row.detail
        assert visit(db, first[0].correlation).actuated_at is None
        assert visit(db, first[0].correlation).passed
        assert visit(db, second[0].correlation).actuated_at is not None


@pytest.mark.req("SYNC-09")
def test_an_event_is_history_whatever_today_s_rules_say(site, node):
    """Months old, of a clock that was wrong, of a rule version nobody has any more: stored as it was."""
    event = node.write(node.decision(), at=node.clock - timedelta(days=200), skew_ms=-86_400_000)
    receipt = site.send(node, node.batch())
    assert receipt.parked == ()
    with site.session() as db:
        row = db.scalars(select(JournalEventRow)).one()
        assert (row.at, row.skew_ms, row.hash) == (event.at, event.skew_ms, event.hash)
        seen = visit(db, event.correlation)
        assert (seen.rules_version, seen.outcome, seen.late, seen.skew_ms) == (3, "grant", True, -86_400_000)


@pytest.mark.req("SYNC-08")
def test_a_transaction_killed_in_the_middle_leaves_nothing_and_is_sent_again(site, node, spoilt, database, counting):
    killed = []

    def kill(db, event, body):
        if not killed:
            killed.append(db.scalar(text("SELECT pg_backend_pid()")))
            with psycopg.connect(database.superuser_dsn, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", killed)

    spoilt("passage", kill)
    node.visit()
    with pytest.raises(DBAPIError):
        site.send(node, node.batch())
    with site.session() as db:
        assert (counting(db, JournalEventRow), counting(db, VisitRow)) == (0, 0)
        assert db.scalars(select(NodeCursorRow.acked)).one() == 0
    receipt = site.send(node, node.batch())
    assert (receipt.acked_seq, receipt.duplicates, receipt.parked) == (5, 0, ())
    with site.session() as db:
        assert (counting(db, JournalEventRow), counting(db, VisitRow)) == (5, 1)


@pytest.mark.req("SEC-04")
def test_a_node_speaks_for_itself_only(site, node):
    other = site.enrol("east-out")
    other.write(news())
    with pytest.raises(Forbidden), site.session() as db:
        receive(db, node.actor, other.batch(), projections, node.clock)
    smuggled = Batch(node_id=node.id, sent_at=node.clock, events=other.batch().events)
    with pytest.raises(Forbidden):
        site.send(node, smuggled)


@pytest.mark.req("SYNC-07")
def test_a_batch_with_a_hole_or_beyond_every_journal_is_no_batch(site, node, counting):
    for _ in range(3):
        node.write(news())
    with_hole = node.batch().model_copy(update={"events": (node.journal[0], node.journal[2])})
    beyond = node.batch().model_copy(update={"events": (node.journal[0].model_copy(update={"seq": 1 << 63}),)})
    for bad in (with_hole, beyond.model_copy(update={"lost_before": True})):
        with pytest.raises(Invalid):
            site.send(node, bad)
    with site.session() as db:
        assert counting(db, JournalEventRow) == 0


@pytest.mark.req("SYNC-10")
@pytest.mark.parametrize("number", [{"v": 1 << 31}, {"v": -(1 << 40)}, {"skew_ms": 1 << 63}, {"skew_ms": -(10**3000)}])
def test_a_number_that_no_column_holds_parks_its_event_only(site, node, counting, number):
    before = node.visit()
    odd = node.write(news(), skew_ms=number.get("skew_ms", 0), v=number.get("v", 1))
    after = node.visit()
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(odd.seq, "unreadable")]
    assert (receipt.acked_seq, receipt.duplicates) == (after[-1].seq, 0)
    again = site.send(node, node.batch())
    assert (again.duplicates, again.parked) == (11, ())
    with site.session() as db:
        assert (counting(db, JournalEventRow), counting(db, VisitRow)) == (10, 2)
        assert visit(db, before[0].correlation).passed and visit(db, after[0].correlation).passed
        assert parked(db) == [(odd.seq, "unreadable", "open")]
        assert prove(db, node.id).missing == ((odd.seq, odd.seq),)
    node.write(news())
    assert site.send(node, node.batch(12)).parked == (), "the chain goes on over it"


@pytest.mark.req("SYNC-10")
def test_an_unreadable_event_hides_no_break_after_it(site, node):
    for number in (1, 1 << 31, 1):
        node.write(news(), v=number)
    node.journal[2] = node.journal[2].model_copy(update={"prev": b"x" * 32})
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(2, "unreadable"), (3, "chain_broken")]


@pytest.mark.req("SEC-04")
def test_a_node_speaks_for_the_lanes_of_its_own_gate_only(site, node):
    with site.session() as db:
        elsewhere = add_gate(db, site.actor, site.community_id, "西门").id
    other = site.enrol("west-in", gate_id=elsewhere)
    forged = node.write(node.decision(), lane_id=other.lane.lane_id)
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(forged.seq, "unknown_lane")]


def test_a_spare_and_the_node_before_it_speak_for_the_same_lane(site, node):
    spare = site.enrol("east-in")
    for one in (node, spare):
        one.visit()
        assert site.send(one, one.batch()).parked == ()


@pytest.mark.req("SYNC-10")
def test_an_id_that_another_event_has_is_parked(site, node):
    first = node.write(news())
    node.write(news(), event_id=first.event_id)
    node.write(news())
    receipt = site.send(node, node.batch())
    assert [(one.seq, one.reason) for one in receipt.parked] == [(2, "id_reused")]
    assert receipt.acked_seq == 3


def test_the_kinds_are_those_of_the_wire():
    kinds = {choice["properties"]["kind"]["const"] for choice in EVENT_BODY.json_schema()["$defs"].values()
             if "kind" in choice.get("properties", {}) and "const" in choice["properties"]["kind"]}  # fmt: skip
    assert kinds == KINDS


@pytest.mark.req("SYNC-08")
def test_two_copies_of_a_batch_at_once_store_it_once(site, node, counting):
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(20):
        node.visit()
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(lambda _: site.send(node, node.batch()), range(4)))
    assert sorted(receipt.duplicates for receipt in receipts) == [0, 100, 100, 100]
    with site.session() as db:
        assert (counting(db, JournalEventRow), counting(db, VisitRow)) == (100, 20)


@pytest.mark.req("SYNC-10", "SEC-08")
def test_a_batch_nested_however_deep_is_taken_or_refused_and_never_a_fault():
    """There is one depth that can be read and not written down again: it moves with the stack, so all are tried."""
    node_id = new_id()
    for depth in (*range(850, 1020), 50_000):
        event = '{"seq": 1, "x": ' + "[" * depth + "]" * depth + "}"
        body = f'{{"node_id": "{node_id}", "sent_at": "2026-01-01T00:00:00Z", "events": [{event}]}}'.encode()
        try:
            (item,) = read_batch(body).items
            assert item.seq == 1
        except Invalid as refused:
            assert refused.key == "ingest.no_batch"

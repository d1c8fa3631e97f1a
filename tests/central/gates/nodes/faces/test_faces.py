"""Withdrawal reaches every node, each confirms once, and nothing of a face outlives its consent."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.ingest.projections import projections
from central.gates.nodes import enrolment
from central.gates.nodes.faces import jobs, queries
from central.gates.nodes.faces.orders import order_erasure
from central.gates.nodes.faces.rules import (
    FILING,
    KEPT_AFTER_ALL,
    Order,
    Why,
    is_told,
    is_told_of_an_old_disk,
    reached,
    working_day_after,
)
from central.gates.nodes.faces.tables import FaceCountRow, FaceErasureRow, FaceReceiptRow
from central.gates.visits.rebuild import rebuild
from central.people.community import service as community
from central.people.community.rules import Tie
from central.people.consent import service as consent
from central.people.consent.routes import standing_out
from central.people.consent.rules import Channel, Standing
from models.values.ids import new_id
from models.wire.events import PhotosKept, TemplateErased, TemplateStored
from tests.central.gates.nodes.test_downlink import poll, serving

DAY = timedelta(days=1)
MODEL = "sface@0ba9fbfa01b5"


def stored(who, photos=3):
    return TemplateStored(cardholder_id=who.holder, model=MODEL, photos=photos)


def erased(who, order_id, *, had=True):
    return TemplateErased(
        cardholder_id=who.holder, order_id=order_id, had_template=had, places=("template", "key") if had else ()
    )


def face(quarter, who, now=None):
    with quarter.session() as db:
        return queries.face_of(db, quarter.site.community_id, who.person, now or quarter.now)


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_consent_and_withdrawal_reach_every_node(quarter, node, other_node):
    who, silent = quarter.settle_in(), quarter.settle_in("李示例", consents=False)
    assert quarter.compared(node) == quarter.compared(other_node) == {who.holder}
    assert quarter.ordered(node) == {}
    before = quarter.told(node).version
    quarter.withdraw(who)
    for one in (node, other_node):
        assert quarter.told(one).version > before
        assert quarter.compared(one) == set() and quarter.ordered(one).keys() == {who.holder}
    assert silent.holder not in quarter.ordered(node)


@pytest.mark.req("PRIV-04")
def test_a_waiting_node_is_woken_by_the_withdrawal_itself(app, quarter, node):
    """The long poll is answered with the order; the clock has no part in it."""
    who = quarter.settle_in()
    have = quarter.told(node).version

    async def story():
        async with serving(app) as (client, waker):
            await waker.listening.wait()
            waiting = asyncio.create_task(poll(client, node, have=have, wait=25))
            async with asyncio.timeout(60):
                while not waker.waiting:  # noqa: ASYNC110 - the application sends no event for it
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(quarter.withdraw, who)
            return await waiting

    told = asyncio.run(story())
    assert told.snapshot is not None and str(who.holder) in told.snapshot.payload
    assert quarter.ordered(node).keys() == {who.holder}


@pytest.mark.req("PRIV-05")
def test_every_node_confirms_and_the_receipts_say_where_and_when(quarter, node, other_node, say):
    who = quarter.settle_in()
    say(node, stored(who))
    assert [(one.node_id, one.model, one.photos) for one in face(quarter, who).stored] == [(node.id, MODEL, 3)]
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    say(node, erased(who, order_id), correlation=order_id)
    half = face(quarter, who)
    assert half.stored == () and [one.places for one in half.erased] == [("template", "key")]
    assert half.order is not None and half.order.settled_at is None
    assert [one.node_id for one in half.order.owing] == [other_node.id]
    say(other_node, erased(who, order_id, had=False), correlation=order_id)
    whole = face(quarter, who)
    assert whole.order is not None and whole.order.settled_at is not None and whole.order.owing == ()
    assert {one.node_id: one.had_template for one in whole.erased} == {node.id: True, other_node.id: False}


@pytest.mark.req("PRIV-04")
def test_the_order_stands_for_a_month_after_the_last_confirmation(quarter, node, say):
    who = quarter.settle_in()
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    say(node, erased(who, order_id))
    assert quarter.ordered(node, clock.now() + KEPT_AFTER_ALL - DAY).keys() == {who.holder}
    assert quarter.ordered(node, clock.now() + KEPT_AFTER_ALL + DAY) == {}


@pytest.mark.req("PRIV-04")
def test_an_order_stands_for_years_as_long_as_one_node_owes_it(quarter, node):
    who = quarter.settle_in()
    quarter.withdraw(who)
    assert quarter.ordered(node, quarter.now + 1000 * DAY).keys() == {who.holder}


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_new_consent_counts_at_a_node_only_after_the_old_face_is_gone_from_it(quarter, node, other_node, say):
    who = quarter.settle_in()
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    say(node, erased(who, order_id))
    quarter.agree(who, quarter.now + DAY)
    later = quarter.now + DAY
    assert quarter.compared(node, later) == {who.holder} and quarter.ordered(node, later) == {}
    assert quarter.compared(other_node, later) == set() and quarter.ordered(other_node, later) == {who.holder: order_id}
    before = quarter.told(other_node, later).version
    say(other_node, erased(who, order_id))
    assert quarter.told(other_node, later).version > before, "and it is told so at once"
    assert quarter.compared(other_node, later) == {who.holder} and quarter.ordered(other_node, later) == {}


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_node_that_confirmed_is_told_of_the_order_for_a_month_after_the_new_consent_for_its_old_disks(
    quarter, node, other_node, say
):
    who = quarter.settle_in()
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    for one in (node, other_node):
        say(one, erased(who, order_id), correlation=order_id)
    assert quarter.told(node).overtaken == (), "ordered away is enough"
    quarter.agree(who, quarter.now + DAY)
    later = quarter.now + DAY
    assert [(one.cardholder_id, one.order_id) for one in quarter.told(node, later).overtaken] == [
        (who.holder, order_id)
    ]
    assert quarter.compared(node, later) == {who.holder}, "and what is made now is compared"
    assert quarter.told(node, clock.now() + KEPT_AFTER_ALL - DAY).overtaken != ()
    assert quarter.told(node, clock.now() + KEPT_AFTER_ALL + 2 * DAY).overtaken == ()
    quarter.withdraw(who, later)
    told = quarter.told(node, later)
    assert told.overtaken == () and [one.order_id for one in told.erase] != [order_id]


@pytest.mark.req("PRIV-05")
def test_a_second_withdrawal_is_another_order_and_owed_again(quarter, node, say):
    who = quarter.settle_in()
    quarter.withdraw(who)
    first = quarter.ordered(node)[who.holder]
    say(node, erased(who, first))
    quarter.agree(who, quarter.now + DAY)
    quarter.withdraw(who, quarter.now + 2 * DAY)
    second = quarter.ordered(node)[who.holder]
    assert second != first
    order = face(quarter, who).order
    assert order is not None and order.order_id == second and [one.node_id for one in order.owing] == [node.id]


@pytest.mark.req("PRIV-02", "PRIV-05")
def test_a_newer_text_destroys_nothing_and_an_expired_consent_does(quarter, node):
    who = quarter.settle_in()
    with quarter.session() as db:
        consent.publish_text(
            db, quarter.actor, quarter.site.community_id, "新", "new", old_until=quarter.now + DAY, lasts_days=900,
            now=quarter.now,
        )  # fmt: skip
    quarter.deliver()
    later = quarter.now + 2 * DAY
    with quarter.session() as db:
        assert jobs.follow_time(db, later) == 0
    assert face(quarter, who, later).consent.standing is Standing.ASKS_ANEW
    assert quarter.compared(node, later) == set() and quarter.ordered(node, later) == {}
    much_later = quarter.now + 731 * DAY
    with quarter.session() as db:
        assert jobs.follow_time(db, much_later) == 1
    with quarter.session() as db:
        assert jobs.follow_time(db, much_later + DAY) == 0, "once"
    assert quarter.ordered(node, much_later).keys() == {who.holder}
    order = face(quarter, who, much_later).order
    assert order is not None and order.why == "expired"


@pytest.mark.req("PRIV-05", "PRIV-06")
def test_who_moves_out_leaves_no_face_behind(quarter, node):
    who = quarter.settle_in()
    with quarter.session() as db:
        community.end_residency(db, quarter.actor, who.resident, quarter.now + DAY, "搬走")
        assert jobs.follow_time(db, quarter.now) == 0
        assert jobs.follow_time(db, quarter.now + 2 * DAY) == 1
    assert quarter.ordered(node, quarter.now + 2 * DAY).keys() == {who.holder}
    assert quarter.compared(node, quarter.now + 2 * DAY) == set()


@pytest.mark.req("PRIV-01", "PRIV-05")
def test_who_moves_in_again_after_the_face_was_ordered_away_agrees_anew_and_is_known_again(
    quarter, node, say, login_as
):
    """Central says of nobody that they agree whom every gate answers that they do not."""
    who = quarter.settle_in()
    say(node, stored(who))
    with quarter.session() as db:
        community.end_residency(db, quarter.actor, who.resident, quarter.now + DAY, "搬走")
        assert jobs.follow_time(db, quarter.now + 2 * DAY) == 1
    later = quarter.now + 3 * DAY
    with quarter.session() as db:
        again = community.add_resident(
            db, quarter.actor, quarter.house, "张示例", None, Tie.OWNER, starts_at=later, person_id=who.person
        ).id
        assert jobs.follow_time(db, later + DAY) == 0
    say(node, erased(who, quarter.ordered(node, later)[who.holder]))
    told = face(quarter, who, later + DAY)
    assert told.consent.standing is Standing.EXPIRED and told.consent.last.cut_short
    assert told.consent.last.expires_at == quarter.now + 2 * DAY
    assert standing_out(told.consent).said.zh_CN == "搬走时同意已结束。如需使用人脸，请重新同意并登记。"
    quarter.agree(replace(who, resident=again), later + DAY)
    assert quarter.compared(node, later + DAY) == {who.holder} and quarter.ordered(node, later + DAY) == {}


@pytest.mark.req("PRIV-01", "PRIV-03")
def test_a_consent_stands_again_at_every_gate_once_a_slip_in_the_day_of_birth_is_corrected(quarter, node, say):
    who = quarter.settle_in()
    say(node, stored(who))
    born(quarter, who, date(2020, 5, 1))
    with quarter.session() as db:
        assert jobs.follow_time(db, quarter.now + timedelta(minutes=10)) == 1
    assert face(quarter, who).order.why == "no_consent" and quarter.compared(node) == set()
    say(node, erased(who, quarter.ordered(node)[who.holder]))
    born(quarter, who, date(1980, 5, 1))
    told = face(quarter, who)
    assert told.consent.standing is Standing.IN_FORCE and told.order.earlier and not told.under_way
    assert quarter.compared(node) == {who.holder} and quarter.ordered(node) == {}, "photos are taken again"
    with quarter.session() as db:
        assert jobs.follow_time(db, quarter.now) == 0


def test_orders_of_before_that_stand_beside_a_consent_are_followed_by_the_next_round(quarter, node):
    """As a central of before left them: the consent in force, and the order not overtaken."""
    moved, mistaken, owes = (quarter.settle_in(name) for name in ("张示例", "李示例", "王示例"))
    with quarter.session() as db:
        for who, why in ((moved, Why.MOVED_OUT), (mistaken, Why.NO_CONSENT), (owes, Why.NARROWED)):
            order_erasure(db, quarter.site.community_id, [who.holder], why, quarter.now + DAY)
    with quarter.session() as db:
        jobs.follow_time(db, quarter.now + 2 * DAY)
    later = quarter.now + 2 * DAY
    assert face(quarter, moved, later).consent.standing is Standing.EXPIRED
    assert face(quarter, mistaken, later).consent.standing is Standing.IN_FORCE
    assert face(quarter, mistaken, later).order.overtaken_at == later
    assert face(quarter, owes, later).order.overtaken_at is None


def born(quarter, who, day):
    with quarter.session() as db:
        consent.note_age(db, quarter.actor, who.resident, day, now=quarter.now)
    quarter.deliver()


@pytest.mark.req("PRIV-01")
def test_when_a_consent_ends_by_time_the_gates_are_told_anew(quarter, node):
    quarter.settle_in()
    before = quarter.told(node).version
    with quarter.session() as db:
        jobs.follow_time(db, quarter.now + DAY)
    assert quarter.told(node).version == before, "nothing ended"


@pytest.mark.req("PRIV-06")
def test_a_template_without_consent_or_person_is_an_orphan_and_is_ordered_away(quarter, node, say):
    silent = quarter.settle_in("李示例", consents=False)
    with quarter.session() as db:
        assert jobs.count_faces(db, quarter.now).orphans == 0
    say(node, stored(silent))
    say(node, TemplateStored(cardholder_id=new_id(), model=MODEL, photos=1))
    with quarter.session() as db:
        assert jobs.count_faces(db, quarter.now + DAY).orphans == 2
        assert jobs.follow_time(db, quarter.now + DAY) == 2
        assert jobs.count_faces(db, quarter.now + 2 * DAY).orphans == 0, "they are under way"
        assert [r.what for r in db.scalars(select(AuditRow).where(AuditRow.what == "face.orphans"))] == ["face.orphans"]
    orders = quarter.ordered(node)
    assert silent.holder in orders and len(orders) == 2
    for holder, order_id in orders.items():
        say(node, TemplateErased(cardholder_id=holder, order_id=order_id, had_template=True, places=("template",)))
    with quarter.session() as db:
        last = jobs.count_faces(db, quarter.now + 3 * DAY)
        assert (last.orphans, last.faces) == (0, 0)


@pytest.mark.req("PRIV-11")
def test_a_person_counts_once_however_many_gates_know_the_face(quarter, node, other_node, say):
    who, other = quarter.settle_in(), quarter.settle_in("李示例")
    for one in (node, other_node):
        say(one, stored(who))
    say(node, stored(other))
    with quarter.session() as db:
        assert jobs.count_faces(db, quarter.now).faces == 2


@pytest.mark.req("PRIV-11")
def test_each_mark_is_told_once_and_the_last_has_a_day(quarter, node, monkeypatch):
    monkeypatch.setattr(jobs, "reached", lambda faces: reached(faces * 1000))
    sizes, rows = (79, 80, 94, 95, 99, 100, 101, 60), []
    for night, size in enumerate(sizes):
        there = {(node.id, new_id()) for _ in range(size)}
        monkeypatch.setattr(jobs, "stored_at", lambda db, community_id, words=(), there=there: there)
        with quarter.session() as db:
            row = jobs.count_faces(db, quarter.now + night * DAY)
            rows.append((row.reached, row.file_by))
    assert [mark for mark, _ in rows] == [0, 80_000, 80_000, 95_000, 95_000, FILING, FILING, FILING]
    assert [day is None for _, day in rows] == [True] * 5 + [False] * 3 and rows[5] == rows[7]
    with quarter.session() as db:
        told = [row.after["reached"] for row in db.scalars(select(AuditRow).where(AuditRow.what == "face.count"))]
    assert sorted(told) == [80_000, 95_000, FILING]


@pytest.mark.req("PRIV-11")
def test_thirty_working_days_leave_out_weekends_and_holidays():
    assert working_day_after(date(2026, 11, 27), 1, ()) == date(2026, 11, 30), "Friday to Monday"
    assert working_day_after(date(2026, 11, 23), 30, ()) == date(2027, 1, 4)
    assert working_day_after(date(2026, 11, 23), 30, {date(2027, 1, 1)}) == date(2027, 1, 5)
    assert [reached(n) for n in (79_999, 80_000, 94_999, 95_000, 99_999, 100_000)] == [0, 80_000, 80_000, 95_000,
                                                                                      95_000, 100_000]  # fmt: skip


@given(st.booleans(), st.booleans(), st.none() | st.integers(-100, 0))
def test_a_node_that_owes_an_erasure_is_told_of_it_whatever_came_since(overtaken, confirmed, settled_days):
    now = clock.now()
    settled_at = None if settled_days is None else now + settled_days * DAY
    order = Order(now if overtaken else None, settled_at)
    told = is_told(order, confirmed=confirmed, now=now)
    assert not (told and is_told_of_an_old_disk(order, confirmed=confirmed, now=now)), "never both"
    if overtaken:
        assert told is not confirmed
    elif settled_at is None:
        assert told


def test_a_receipt_that_comes_twice_is_one_and_a_rebuild_changes_nothing(quarter, node, say):
    who = quarter.settle_in()
    say(node, stored(who))
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    for _ in range(2):  # a node that crashed between journal and memory says it again
        say(node, erased(who, order_id), correlation=order_id)
    before = face(quarter, who)
    assert len(before.erased) == 1
    with quarter.session() as db:
        rebuild(db, quarter.site.community_id, projections)
    assert face(quarter, who) == before


def test_two_nodes_that_confirm_at_once_settle_the_order(quarter, node, other_node, site):
    """Each in a transaction of its own: the second must see the first."""
    who = quarter.settle_in()
    quarter.withdraw(who)
    order_id = quarter.ordered(node)[who.holder]
    batches = []
    for one in (node, other_node):
        one.write(erased(who, order_id), correlation=order_id)
        batches.append((one, one.batch()))
    threads = [threading.Thread(target=site.send, args=batch) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with quarter.session() as db:
        assert db.scalars(select(FaceErasureRow.settled_at)).one() is not None
        assert db.scalar(select(func.count()).select_from(FaceReceiptRow)) == 2


@pytest.mark.req("PRIV-04", "PRIV-09")
def test_a_choice_about_photos_reaches_the_gates_and_their_word_is_shown_until_they_are_gone(quarter, node, say):
    who = quarter.settle_in()

    def chooses(keep, at):
        with quarter.session() as db:
            consent.choose_photos(db, quarter.actor, who.resident, keep, Channel.PHONE, now=at)
        quarter.deliver()
        return [one.keeps_photos for one in quarter.told(node, at).cardholders if one.cardholder_id == who.holder]

    before = quarter.told(node).version
    assert chooses(True, quarter.now) == [True] and quarter.told(node).version > before
    say(node, stored(who))
    say(node, PhotosKept(cardholder_id=who.holder, photos=3))
    assert [(one.node_id, one.photos) for one in face(quarter, who).kept] == [(node.id, 3)]
    assert [one.photos for one in face(quarter, who).stored] == [3], "apart from the template"
    assert chooses(False, quarter.now + DAY) == [False] and quarter.ordered(node) == {}
    say(node, PhotosKept(cardholder_id=who.holder, photos=0))
    assert [one.photos for one in face(quarter, who).kept] == [0] and len(face(quarter, who).stored) == 1
    with quarter.session() as db:
        assert jobs.count_faces(db, quarter.now + DAY).faces == 1
    before = face(quarter, who)
    with quarter.session() as db:
        rebuild(db, quarter.site.community_id, projections)
    assert face(quarter, who) == before


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_the_receipt_of_an_erasure_names_kept_photos(quarter, node, say, login_as):
    who = quarter.settle_in()
    with quarter.session() as db:
        consent.choose_photos(db, quarter.actor, who.resident, True, Channel.PHONE, now=quarter.now)
    say(node, stored(who))
    say(node, PhotosKept(cardholder_id=who.holder, photos=3))
    quarter.withdraw(who)
    assert not any(one.keeps_photos for one in quarter.told(node).cardholders)
    order_id, places = quarter.ordered(node)[who.holder], ("template", "photos", "key")
    say(node, TemplateErased(cardholder_id=who.holder, order_id=order_id, had_template=True, places=places))
    told = login_as("guard", community=quarter.site.community_id).get(f"/api/v1/residents/{who.resident}/face").json()
    assert (told["stored"], told["kept"]) == ([], [])
    assert "人脸特征、保留的照片、密钥" in told["erased"][0]["said"]["zh_CN"]


@pytest.mark.req("PRIV-05")
def test_a_revoked_node_owes_nothing_but_is_named_while_it_may_hold_a_face(quarter, node, other_node, say):
    who = quarter.settle_in()
    say(other_node, stored(who))
    quarter.withdraw(who)
    say(node, erased(who, quarter.ordered(node)[who.holder]))
    with quarter.session() as db:
        enrolment.revoke_node(db, quarter.actor, other_node.id, "丢失", quarter.now)
    order = face(quarter, who).order
    assert order is not None and order.settled_at is not None
    assert [(one.node_id, one.revoked) for one in order.owing] == [(other_node.id, True)]


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_the_page_of_facts_says_all_that_in_words(quarter, node, other_node, say, login_as):
    who = quarter.settle_in()
    say(node, stored(who))
    quarter.withdraw(who)
    say(node, erased(who, quarter.ordered(node)[who.holder]))
    told = login_as("guard", community=quarter.site.community_id).get(f"/api/v1/residents/{who.resident}/face").json()
    assert told["consent"]["standing"] == "withdrawn" and told["cardholder_id"] == str(who.holder)
    assert told["name"] == "张*" and told["stored"] == []
    assert "人脸特征、密钥" in told["erased"][0]["said"]["zh_CN"]
    assert "the template, its key" in told["erased"][0]["said"]["en"]
    (owing,) = told["order"]["owing"]
    assert (owing["node_id"], owing["online"]) == (str(other_node.id), False)
    assert owing["said"]["zh_CN"] and owing["said"]["en"]
    assert "1 个节点未确认" in told["order"]["said"]["zh_CN"]


def test_the_count_is_for_those_who_may_see_the_whole_company(quarter, node, say, login_as):
    who = quarter.settle_in()
    say(node, stored(who))
    assert login_as("guard", community=quarter.site.community_id).get("/api/v1/faces/count").status_code == 403
    manager = login_as("manager")
    assert manager.get("/api/v1/faces/count").json()["counted_at"] is None
    with quarter.session() as db:
        jobs.count_faces(db, quarter.now)
        assert db.scalars(select(FaceCountRow.faces)).all() == [1]
    counted = manager.get("/api/v1/faces/count").json()
    assert (counted["faces"], counted["orphans"]) == (1, 0) and "1" in counted["said"]["zh_CN"]

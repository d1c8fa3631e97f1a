"""Who is looked out for: a right of its own, a ground and an end on each entry, a cap; reading is in the audit too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from central.base.kernel.permissions import ADMINISTRATOR, GUARD, MANAGER, of_preset
from central.gates.face_enrolment import keys as told_keys
from central.gates.face_enrolment import service as enrolment
from central.gates.face_enrolment import watch_photos
from central.gates.nodes import mail
from central.gates.nodes.watch_group import service
from central.gates.nodes.watch_group.rules import LASTS_MAX, EntryState, Ground, entry_problems, state_at
from central.gates.visits import queries
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Alarm, AlarmKind, WatchChanged
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentKey,
    EnrolmentOutcome,
    OfferedKeys,
    PhotoProblem,
    SealedPhoto,
    SealedTemplate,
)
from models.wire.snapshot import WATCH_GROUP_MAX

pytestmark = pytest.mark.req("ACC-30")

HOUR = timedelta(hours=1)
KEY = EnrolmentKey(key_id="ab" * 8, point="04" + "cd" * 64)
OFFERED = OfferedKeys(**KEY.model_dump())
PHOTO = SealedPhoto(key_id=KEY.key_id, ephemeral=b"\x04" * 65, nonce=b"n" * 12, sealed=b"s" * 400)


def keeper(site, *, community_id=None, permissions=("watch_group.keep",)) -> Actor:
    grant = Grant("watch", frozenset(permissions), community_id or site.community_id)
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "李经理", (grant,))


def add(quarter, actor=None, **how):
    said = {
        "label": "走失老人", "ground": Ground.MISSING, "document": "接报单 1107", "asked_by": "监护人",
        "expires_at": quarter.now + HOUR, "now": quarter.now,
    } | how  # fmt: skip
    with quarter.session() as db:
        return service.add_entry(db, actor or keeper(quarter.site), quarter.site.community_id, **said)


def entry(quarter, entry_id, now=None):
    with quarter.session() as db:
        return service.read_entry(db, keeper(quarter.site), entry_id, now or quarter.now)


def audited(quarter, what):
    with quarter.session() as db:
        return [
            row.after
            for row in db.execute(text("SELECT after FROM audit WHERE what = :what ORDER BY id"), {"what": what})
        ]


def test_the_right_is_apart_from_every_other_and_no_manager_has_it(quarter):
    assert "watch_group.keep" not in of_preset(GUARD) | of_preset(MANAGER)
    everything_else = of_preset(ADMINISTRATOR) - {"watch_group.keep"}
    entry_id, site = add(quarter), quarter.site
    for actor in (keeper(site, permissions=everything_else), keeper(site, community_id=new_id())):
        with quarter.session() as db:
            for deed, *more in (
                (service.read_group, site.community_id, quarter.now),
                (service.read_entry, entry_id, quarter.now),
                (service.end_entry, entry_id, "不再需要", quarter.now),
                (service.set_most, site.community_id, 5),
                (watch_photos.send_photos, entry_id, [PHOTO], quarter.now),
            ):
                with pytest.raises(Forbidden):
                    deed(db, actor, *more)
        with pytest.raises(Forbidden):
            add(quarter, actor)


@given(
    label=st.sampled_from(["", "甲", "x" * 121]), document=st.sampled_from(["", "裁定 1 号"]),
    asked_by=st.sampled_from(["", "法院"]), ground=st.sampled_from([None, *Ground]),
    ahead=st.timedeltas(-2 * LASTS_MAX, 2 * LASTS_MAX),
)  # fmt: skip
def test_an_entry_needs_its_ground_its_document_who_asked_and_a_bounded_end(label, document, asked_by, ground, ahead):
    now = utc_now()
    found = set(entry_problems(label, ground, document, asked_by, now + ahead, now))
    wrong = {"label": label != "甲", "document": not document, "asked_by": not asked_by, "ground": ground is None}
    wrong["expires_at"] = not timedelta(0) < ahead <= LASTS_MAX
    assert found == {name for name, is_wrong in wrong.items() if is_wrong}


@given(state=st.sampled_from(EntryState), ahead=st.timedeltas(-HOUR, HOUR))
def test_nothing_stands_past_its_end_whoever_noticed(state, ahead):
    now = utc_now()
    after = state_at(state, now + ahead, now)
    ended = state in (EntryState.ENDED, EntryState.EXPIRED)
    assert after is (state if ended or ahead > timedelta(0) else EntryState.EXPIRED)


def test_what_is_wrong_is_said_field_by_field_and_nothing_is_written(quarter):
    with pytest.raises(Invalid) as refused:
        add(quarter, document=" ", expires_at=quarter.now + LASTS_MAX + HOUR)
    assert dict(refused.value.fields) == {"document": "watch.document_needed", "expires_at": "watch.expires_late"}
    assert audited(quarter, "watch_group.add") == []


def test_the_gates_hear_a_number_a_ground_and_an_end_and_no_more(quarter, node, other_node):
    first, second = add(quarter), add(quarter, ground=Ground.COURT, label="乙")
    for one in (node, other_node):
        told = quarter.told(one).watch
        assert [(e.entry_id, e.number, e.ground) for e in told] == [(first, 1, "missing"), (second, 2, "court")]
        assert told[0].expires_at == quarter.now + HOUR
        assert "走失老人" not in quarter.told(one).model_dump_json()
    with quarter.session() as db:
        service.end_entry(db, keeper(quarter.site), first, "人已找到", quarter.now)
    assert [one.number for one in quarter.told(node).watch] == [2]
    with quarter.session() as db, pytest.raises(Conflict, match=r"watch\.over"):
        service.end_entry(db, keeper(quarter.site), first, "再结束", quarter.now)
    with quarter.session() as db:
        assert service.expire(db, quarter.now + HOUR) == 1
    assert quarter.told(node, quarter.now + HOUR).watch == ()
    assert entry(quarter, second, quarter.now + HOUR).state is EntryState.EXPIRED


def test_the_cap_is_a_setting_of_at_most_a_thousand_and_is_refused_in_words(quarter):
    site = quarter.site
    with quarter.session() as db:
        for wrong in (-1, WATCH_GROUP_MAX + 1):
            with pytest.raises(Invalid, match="most_out_of_range"):
                service.set_most(db, keeper(site), site.community_id, wrong)
        assert service.read_group(db, keeper(site), site.community_id, quarter.now).faces_max == WATCH_GROUP_MAX
        service.set_most(db, keeper(site), site.community_id, 2)
    first = add(quarter)
    add(quarter, expires_at=quarter.now + timedelta(minutes=1))
    with pytest.raises(Conflict, match=r"watch\.full") as full:
        add(quarter)
    assert full.value.params["most"] == 2
    add(quarter, now=quarter.now + timedelta(minutes=2))  # one is over by now
    with quarter.session() as db:
        service.end_entry(db, keeper(site), first, "不再需要", quarter.now)
    add(quarter, now=quarter.now + timedelta(minutes=2))


def test_whoever_reads_or_writes_is_in_the_audit(quarter):
    entry_id = add(quarter)
    entry(quarter, entry_id)
    with quarter.session() as db:
        service.read_group(db, keeper(quarter.site), quarter.site.community_id, quarter.now)
        service.end_entry(db, keeper(quarter.site), entry_id, "人已找到", quarter.now)
    assert [one["document"] for one in audited(quarter, "watch_group.add")] == ["接报单 1107"]
    assert audited(quarter, "watch_group.read") == [{"number": 1}, {"entries": 1}]
    assert audited(quarter, "watch_group.end") == [{"number": 1}]


@pytest.mark.req("ACC-30")
def test_a_wrong_ground_is_corrected_with_a_reason_and_the_gates_hear_it(quarter):
    entry_id, site = add(quarter, ground=Ground.COURT), quarter.site
    right = {"ground": Ground.POLICE, "document": "协查函 31", "asked_by": "派出所", "now": quarter.now}
    with quarter.session() as db:
        with pytest.raises(Invalid) as refused:
            service.correct_entry(db, keeper(site), entry_id, **right | {"ground": None, "document": ""}, reason=" ")
        assert dict(refused.value.fields) == {
            "ground": "watch.ground_needed", "document": "watch.document_needed", "reason": "watch.correct_why_needed",
        }  # fmt: skip
        service.correct_entry(db, keeper(site), entry_id, **right, reason="依据选错了")
        (told,) = service.told_to_gates(db, site.community_id, quarter.now)
    assert (told.number, told.ground) == (1, "police")
    assert (entry(quarter, entry_id).ground, entry(quarter, entry_id).document) == ("police", "协查函 31")
    assert [one["ground"] for one in audited(quarter, "watch_group.correct")] == ["police"]
    with quarter.session() as db:
        service.end_entry(db, keeper(site), entry_id, "人已找到", quarter.now)
        with pytest.raises(Conflict, match=r"watch\.over"):
            service.correct_entry(db, keeper(site), entry_id, **right, reason="再改")


def test_photos_go_sealed_to_the_enrolment_node_and_its_template_to_the_others(quarter, node, other_node):
    entry_id, site, now = add(quarter), quarter.site, quarter.now
    with quarter.session() as db:
        told_keys.offer_keys(db, node.actor, OFFERED, now)
        assert watch_photos.photos_of(db, keeper(site), entry_id, now).key == KEY
        stranger = PHOTO.model_copy(update={"key_id": "00" * 8})
        with pytest.raises(Conflict, match="other_key"):
            watch_photos.send_photos(db, keeper(site), entry_id, [stranger], now)
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
        with pytest.raises(Conflict, match="has_photos"):
            watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
        told = watch_photos.mail_for(db, node.actor, now)
        assert [(job.entry_id, job.photos) for job in told.jobs] == [(entry_id, (PHOTO,))]
        assert [one.node_id for one in told.others] == [other_node.id]
        assert watch_photos.mail_for(db, other_node.actor, now).jobs == ()
        assert enrolment.mail_for(db, node.actor, now).jobs == (), "it is no enrolment"
        template = SealedTemplate(node_id=other_node.id, cardholder_id=entry_id, sealed=b"t" * 200, key_id="cd" * 8)
        done = EnrolmentAnswer(enrolment_id=entry_id, outcome=EnrolmentOutcome.ENROLLED, templates=(template,))
        with pytest.raises(NotFound):
            watch_photos.answer(db, other_node.actor, done, now)
        watch_photos.answer(db, node.actor, done, now)
        watch_photos.answer(db, node.actor, done, now)
        assert not mail.waits(db, node.id), "the photos are deleted"
        assert watch_photos.mail_for(db, other_node.actor, now).templates == (template,)
        watch_photos.settle(db, other_node.actor, entry_id, now)
        assert not mail.waits(db, other_node.id)
    assert entry(quarter, entry_id).state is EntryState.AT_THE_GATES
    assert audited(quarter, "watch_group.enrol") == [{"number": 1, "outcome": "enrolled"}], "as of a resident, once"


def test_a_refused_photo_is_asked_for_again_and_mail_of_an_ended_entry_is_thrown_away(quarter, node):
    entry_id, site, now = add(quarter), quarter.site, quarter.now
    with quarter.session() as db:
        told_keys.offer_keys(db, node.actor, OFFERED, now)
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
        problem = PhotoProblem(problem="no_face", photo=1)
        refused = EnrolmentAnswer(enrolment_id=entry_id, outcome=EnrolmentOutcome.REFUSED, problems=(problem,))
        watch_photos.answer(db, node.actor, refused, now)
    assert entry(quarter, entry_id).state is EntryState.REFUSED
    assert entry(quarter, entry_id).problems == ({"problem": "no_face", "photo": 1},)
    assert [one["outcome"] for one in audited(quarter, "watch_group.enrol")] == ["refused"]
    with quarter.session() as db:
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
        service.end_entry(db, keeper(site), entry_id, "不再需要", now)
        assert watch_photos.mail_for(db, node.actor, now).jobs == ()
        assert not mail.waits(db, node.id)
        with pytest.raises(Conflict, match=r"watch\.over"):
            watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
    late = add(quarter)
    with quarter.session() as db:
        watch_photos.send_photos(db, keeper(site), late, [PHOTO], now)
        assert watch_photos.sweep(db, now + 2 * HOUR) == 1 and not mail.waits(db, node.id)


def test_each_gate_says_that_it_has_the_face_and_that_it_is_gone_and_nobody_counts_it_as_enrolled(quarter, node, say):
    entry_id = add(quarter)
    say(node, WatchChanged(entry_id=entry_id, what="stored"))
    (there,) = entry(quarter, entry_id).nodes
    assert there.what == "stored"
    say(node, WatchChanged(entry_id=entry_id, what="erased"))
    (gone,) = entry(quarter, entry_id).nodes
    assert gone.what == "erased" and gone.at >= there.at
    with quarter.session() as db:
        assert db.execute(text("SELECT count(*) FROM face_receipt")).scalar() == 0


def test_a_hit_alarms_the_guard_each_entry_by_itself_and_makes_no_visit(quarter, node, say):
    for number, score in (("7", "0.612"), ("8", "0.640"), ("7", "0.630")):
        say(node, Alarm(alarm=AlarmKind.WATCH_GROUP, device=number, detail=f"missing {score}"))
    with quarter.session() as db:
        standing = queries.open_alarms(db, [quarter.site.community_id])
        assert {one.device: one.times for one in standing} == {"7": 2, "8": 1}
        assert len({one.card for one in standing}) == 2
        assert queries.recent(db, [quarter.site.community_id], 10) == []


@pytest.mark.req("ACC-12")
def test_an_answer_to_photos_that_were_given_up_is_not_taken_for_one_to_newer_photos(quarter, node):
    entry_id, site, now = add(quarter), quarter.site, quarter.now
    newer = PHOTO.model_copy(update={"sealed": b"z" * 400})
    with quarter.session() as db:
        told_keys.offer_keys(db, node.actor, OFFERED, now)
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now)
        (first,) = watch_photos.mail_for(db, node.actor, now).jobs
        watch_photos.give_up(db, entry_id)
        watch_photos.send_photos(db, keeper(site), entry_id, [newer], now)
        (second,) = watch_photos.mail_for(db, node.actor, now).jobs
        done = EnrolmentAnswer(enrolment_id=entry_id, outcome=EnrolmentOutcome.ENROLLED)
        for sent in (first.sent, None):
            watch_photos.answer(db, node.actor, done.model_copy(update={"sent": sent}), now)
            assert watch_photos.mail_for(db, node.actor, now).jobs == (second,), "the newer ones wait still"
    assert entry(quarter, entry_id).state is EntryState.WAITING
    with quarter.session() as db:
        watch_photos.answer(db, node.actor, done.model_copy(update={"sent": second.sent}), now)
        assert watch_photos.mail_for(db, node.actor, now).jobs == ()
    assert entry(quarter, entry_id).state is EntryState.AT_THE_GATES


@pytest.mark.req("PRIV-05", "SEC-03")
def test_no_photo_is_sealed_to_a_key_that_was_told_two_hours_ago(quarter, node):
    entry_id, site, now = add(quarter, expires_at=quarter.now + 9 * HOUR), quarter.site, quarter.now
    with quarter.session() as db:
        told_keys.offer_keys(db, node.actor, OFFERED, now)
        for later, key in ((now + 2 * HOUR - HOUR / 60, KEY), (now + 2 * HOUR, None)):
            assert watch_photos.photos_of(db, keeper(site), entry_id, later).key == key
        with pytest.raises(Unavailable):
            watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now + 2 * HOUR)
        told_keys.offer_keys(db, node.actor, OFFERED, now + 2 * HOUR)
        watch_photos.send_photos(db, keeper(site), entry_id, [PHOTO], now + 2 * HOUR)

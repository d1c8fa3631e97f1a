"""What the link says after a consent ended by something else than a withdrawal: a slip in the day of birth beside a
newer text, and a person who lives there no more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from central.base.kernel import clock
from central.gates.access.queries import people_behind
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.service import invite
from central.gates.nodes.faces.jobs import follow_time
from central.people.community.queries import residents_of
from central.people.community.service import end_residency
from central.people.consent import service as consent
from central.people.consent.queries import standing_of, text_views
from central.people.consent.rules import Channel
from models.wire.events import TemplateStored
from tests.central.oversight.phone import HTML, Phone, confirm, desk_of


def born(phone: Phone, day: date) -> None:
    with phone.site.gate.session() as db:
        consent.note_age(db, phone.actor, phone.resident, day, now=clock.now())
    phone.parts.dispatcher.drain()


def follow(phone: Phone) -> None:
    with phone.site.gate.session() as db:
        follow_time(db, clock.now())


@pytest.mark.req("PRIV-02", "PRIV-05")
def test_a_link_that_enrolled_asks_for_photos_once_a_slip_had_the_template_destroyed(phone):
    made = {"state": EnrolmentState.ENROLLED.value, "node_id": phone.site.gate.reply.node_id}
    phone.link_is(**made, answered_at=clock.now())
    assert "登记好了" in phone.page()
    born(phone, clock.now().date() - timedelta(days=2000))
    follow(phone)
    confirm(phone)
    born(phone, date(1980, 5, 1))
    page = phone.page()
    assert "登记好了" not in page and "正在送达" not in page and "data-enrol=" in page
    url = f"/api/v1/face-enrolments/{phone.link.removeprefix('/enrol/')}"
    told = phone.client.get(url).json()
    assert (told["agrees"], told["may_send"], told["state"]) == (True, True, "invited")
    phone.says(TemplateStored(cardholder_id=phone.holder, model="m", photos=3))
    assert "登记好了" in phone.page(), "it has one again"


@pytest.fixture
def slipped(phone) -> Phone:
    """Taken for a child for a while: the gate destroyed; a newer text came meanwhile."""
    phone.publish(timedelta())
    assert "没有销毁" in phone.page() and "通常不必重拍" in phone.page() and "留在门口，直到" in phone.page()
    born(phone, clock.now().date() - timedelta(days=2000))
    follow(phone)
    confirm(phone)
    born(phone, date(1980, 5, 1))
    return phone


@pytest.mark.req("PRIV-02", "PRIV-05")
def test_after_a_slip_the_link_says_by_the_receipts_what_was_destroyed_and_that_photos_are_needed(slipped):
    page = slipped.page()
    assert "没有销毁" not in page and "通常不必重拍" not in page and "留在门口，直到" not in page
    assert "东门岗：已确认销毁" in page and "同意后要重新拍三张照片" in page
    assert "three new photos" in slipped.page(language="en")
    slipped.says(TemplateStored(cardholder_id=slipped.holder, model="m", photos=3))
    assert "没有销毁" in slipped.page() and "已确认销毁" not in slipped.page(), "which it has again"


@pytest.mark.req("PRIV-02")
def test_who_is_asked_anew_and_was_never_photographed_reads_that_no_gate_keeps_anything(phone):
    holder, now = phone.site.cardholders[1], clock.now()
    with phone.site.gate.session() as db:
        person = people_behind(db, phone.site.community_id)[holder]
        home = next(one for one in residents_of(db, phone.site.community_id) if one.person_id == person)
        consent.note_age(db, phone.actor, home.resident_id, date(1980, 5, 1), now=now)
        text = text_views(db, phone.site.community_id)[0]
        consent.give_consent(db, phone.actor, home.resident_id, text.text_id, Channel.DESK, now=now)
        token, _ = invite(db, phone.actor, holder, now)
    phone.publish(timedelta())
    page = phone.client.get(f"/enrol/{token}", headers=HTML).text
    assert "已不再算数" in page and "没有销毁" not in page and "各个门口没有存着什么" in page
    assert 'id="gates"' not in page, "nothing stands below"


@pytest.fixture
def gone(phone) -> Phone:
    """Moved out just now, before the job that follows time has come round."""
    with phone.site.gate.session() as db:
        end_residency(db, phone.actor, phone.resident, clock.now(), "搬走")
    return phone


@pytest.mark.req("PRIV-01", "PRIV-05")
def test_the_link_of_who_moved_out_takes_no_photos_and_says_what_becomes_of_the_face(gone):
    page = gone.page("?again=yes")
    assert "data-moved-out" in page and "不再住在这里" in page and "data-enrol=" not in page
    assert "东门岗：正在销毁" in page and "data-under-way" in page and 'name="text_id"' not in page
    assert "live here no more" in gone.page(language="en") and 'name="keep"' not in page
    url = f"/api/v1/face-enrolments/{gone.link.removeprefix('/enrol/')}"
    told = gone.client.get(url).json()
    assert (told["agrees"], told["may_send"]) == (False, False)
    photo = {"key_id": "ab" * 8, "ephemeral": "BA" + "A" * 85 + "=", "nonce": "A" * 16, "sealed": "A" * 24}
    told = gone.client.post(f"{url}/photos", json={"photos": [photo] * 3, "guided": True})
    assert (told.status_code, "不再住在这里" in told.json()["detail"]) == (409, True)
    follow(gone)
    confirm(gone)
    page = gone.page()
    assert "不再住在这里" in page and "东门岗：已确认销毁" in page and 'name="text_id"' not in page
    assert "搬走时同意已结束" in desk_of(gone)


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_a_page_that_was_open_before_they_moved_out_still_withdraws_and_agrees_to_nothing(gone):
    text = gone.publish(timedelta(days=30))
    assert "此人现在不住在这里，无法同意" in gone.press("consent", text_id=text)
    assert "已撤回" in gone.press("withdraw")
    with gone.site.gate.session() as db:
        assert standing_of(db, gone.site.community_id, gone.person, clock.now()).standing == "withdrawn"

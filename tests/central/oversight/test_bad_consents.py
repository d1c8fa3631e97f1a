"""Consents that do not count, item by item: said in words behind the link, no photo taken, nothing written for a gate.

What the gate itself does with one stands in tests/edge/enrolment/test_bad_input.py.
"""

from __future__ import annotations

import base64
import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.i18n import words_in
from central.gates.access import service as access
from central.gates.face_enrolment.keys import offer_keys
from central.gates.nodes.tables import NodeMailRow
from central.people.community import service as community
from central.people.community.queries import resident_of
from central.people.community.rules import Tie
from central.people.consent import service as consent
from central.people.consent.queries import text_views
from central.people.consent.tables import ConsentRow
from edge.enrolment.seals import PhotoKey
from models.wire.faces import OfferedKeys
from tests.central.oversight.phone import Phone

HTML = {"accept": "text/html"}
LANGUAGES = {"zh-CN": "zh_CN", "en": "en"}
KEY = PhotoKey(b"a secret of this test's own node").public
PHOTO = {
    "v": 1, "key_id": KEY.key_id, "ephemeral": base64.b64encode(bytes(65)).decode(),
    "nonce": base64.b64encode(bytes(12)).decode(), "sealed": base64.b64encode(b"s" * 40).decode(),
}  # fmt: skip


def send(phone: Phone, link: str, language: str) -> tuple[int, str]:
    """Photos, as the page sends them: the status, and what the page then says."""
    with phone.site.gate.session() as db:
        offer_keys(db, phone.site.gate.actor, OfferedKeys(**KEY.model_dump()), clock.now())
    token = link.rpartition("/")[2]
    answer = phone.client.post(
        f"/api/v1/face-enrolments/{token}/photos", json={"photos": [PHOTO] * 3}, headers={"accept-language": language}
    )
    return answer.status_code, answer.json().get("detail", "")


def mail(phone: Phone) -> list[Any]:
    with phone.site.gate.session() as db:
        return list(db.scalars(select(NodeMailRow)))


def consents(phone: Phone) -> int:
    with phone.site.gate.session() as db:
        return len(db.scalars(select(ConsentRow)).all())


def said(page: str, key: str, language: str, **params: object) -> bool:
    """`words_in`'s sentence as the page writes it."""
    return words_in(LANGUAGES[language])(key, **params).replace('"', "&#34;").replace("'", "&#39;") in page


@pytest.mark.req("PRIV-02")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consent_of_an_old_version_takes_no_photos_and_is_not_given_anew(phone: Phone, language: str) -> None:
    old = re.search(r'data-enrol="([^"]+)"', phone.page("?again=yes"))
    assert old, "while it counted the camera was there"
    first = _text_ids(phone)
    phone.publish(timedelta())
    before = consents(phone)
    assert send(phone, phone.link, language) == (403, words_in(LANGUAGES[language])("faces.no_consent"))
    assert mail(phone) == []
    page = phone.page("", language)
    assert said(page, "enrol.asks_anew.newer_text", language, version=2) and "data-enrol=" not in page
    late = phone.client.post(
        f"{phone.link}/consent", data={"text_id": first[0]}, headers=HTML | {"accept-language": language}
    )
    assert late.status_code == 409 and said(late.text, "consent.old_text", language)
    assert ("新版全文" if language == "zh-CN" else "New terms") in late.text, "and the one that counts lies open"
    assert consents(phone) == before


@pytest.mark.req("PRIV-01")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consent_of_one_person_is_none_of_anybody_elses(phone: Phone, language: str) -> None:
    """The holder of this link agreed; the brother's link knows nothing of that, and has no camera."""
    with phone.site.gate.session() as db:
        now = clock.now()
        house = community_house(phone)
        brother = community.add_resident(
            db, phone.actor, house, "王示例", None, Tie.FAMILY, starts_at=now - timedelta(days=9)
        )
        holder = access.add_cardholder(db, phone.actor, phone.site.community_id, brother.person_id).id
        consent.note_age(db, phone.actor, brother.id, date(1985, 1, 1), now=now)
    token = phone.client.post(f"/api/v1/cardholders/{holder}/face-invitation").json()["token"]
    link = f"/enrol/{token}"
    assert send(phone, link, language) == (403, words_in(LANGUAGES[language])("faces.no_consent"))
    page = phone.client.get(link, headers=HTML | {"accept-language": language}).text
    assert said(page, "enrol.consent", language) and "data-enrol=" not in page and mail(phone) == []


@pytest.mark.req("PRIV-03")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guardian_no_longer_one_neither_agrees_nor_sends_photos(phone: Phone, language: str) -> None:
    with phone.site.gate.session() as db:
        now, house = clock.now(), community_house(phone)
        child = community.add_resident(
            db, phone.actor, house, "王小例", None, Tie.FAMILY, starts_at=now - timedelta(days=9)
        )
        holder = access.add_cardholder(db, phone.actor, phone.site.community_id, child.person_id).id
        consent.note_age(db, phone.actor, child.id, now.date() - timedelta(days=9 * 366), now=now)
    asked = {"guardian_id": str(phone.resident)}
    token = phone.client.post(f"/api/v1/cardholders/{holder}/face-invitation", json=asked).json()["token"]
    link, text = f"/enrol/{token}", _text_ids(phone)[-1]
    with phone.site.gate.session() as db:
        community.end_residency(db, phone.actor, phone.resident, clock.now(), "搬走")
    before = consents(phone)
    page = phone.client.get(link, headers=HTML | {"accept-language": language}).text
    assert said(page, "enrol.no_guardian", language) and "/consent" in page and "btn-primary" not in page
    agreed = phone.client.post(f"{link}/consent", data={"text_id": text}, headers=HTML | {"accept-language": language})
    assert agreed.status_code == 409 and said(agreed.text, "consent.guardian_elsewhere", language)
    assert send(phone, link, language) == (410, words_in(LANGUAGES[language])("faces.link_over"))
    assert consents(phone) == before and mail(phone) == []


def community_house(phone: Phone) -> Any:
    with phone.site.gate.session() as db:
        return resident_of(db, phone.resident).house_id


def _text_ids(phone: Phone) -> list[Any]:
    with phone.site.gate.session() as db:
        return [one.text_id for one in reversed(text_views(db, phone.site.community_id))]

"""What somebody gets who sends the desk what no page and no honest node sends: nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.enrolment import anew, desk
from edge.enrolment.seals import NotForUs, open_photo, seal_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import Template, template_from_bytes
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.faces import (
    EnrolmentOutcome,
    PhotoProblem,
    PieceRefusal,
    WantedTemplate,
)
from models.wire.snapshot import Erasure
from tests.edge.enrolment.conftest import ANNA, BERTA, MakeSite, Site, by_mail, named, reached_by, to


@pytest.mark.req("ACC-12")
def test_what_the_page_never_sends_is_not_unpacked(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    webp = cv2.imencode(".webp", np.full((64, 64, 3), 128, np.uint8))[1].tobytes()
    answer = site.answer(site.job(ANNA, [photos[0], webp]))
    assert answer.outcome is EnrolmentOutcome.REFUSED
    assert answer.problems == (PhotoProblem(problem="not_jpeg", photo=2),)


def test_a_replayed_capture_or_one_for_another_node_is_refused(make_site: MakeSite, photos: list[bytes]) -> None:
    site, elsewhere = make_site(), make_site("other", UUID(int=12))
    before = site.job(ANNA, photos)
    replayed = before.model_copy(update={"enrolment_id": new_id(), "cardholder_id": BERTA})
    for job in (replayed, elsewhere.job(ANNA, photos)):
        answer = site.answer(job)
        assert answer.outcome is EnrolmentOutcome.REFUSED
        assert {problem.problem for problem in answer.problems} == {"not_for_this_node"}
    assert site.templates.all() == ()


@pytest.mark.req("ACC-14")
def test_no_other_node_can_put_somebodys_face_under_another_name(make_site: MakeSite, photos: list[bytes]) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    site.post.others = (by_mail(other),)
    assert site.answer(site.job(BERTA, photos)).outcome is EnrolmentOutcome.ENROLLED
    found = site.templates.get(BERTA)
    assert found is not None
    content, model = found
    site.post.templates = [seal_template(other.keys, to(site), ANNA, content, model)]
    site.desk.step()
    assert site.post.settled[-1] == (ANNA, False) and site.templates.get(ANNA) is None


@pytest.fixture
def somebody_else(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on whoever stands before the camera has another face: a direction square to the one before."""

    def arrives() -> None:
        made = desk.make_template

        def square(*photos: object, **more: object) -> object:
            template = made(*photos, **more)  # type: ignore[arg-type]  # handed on as it came
            assert isinstance(template, Template)
            return Template(np.roll(template.vector, 64) * np.repeat([1, -1], 64), template.photos, template.model)

        monkeypatch.setattr(desk, "make_template", square)

    return arrives


@pytest.mark.req("ACC-14")
def test_another_face_replaces_nobodys_before_theirs_was_erased(
    make_site: MakeSite, photos: list[bytes], somebody_else: Callable[[], None]
) -> None:
    """Whoever holds a link, or hands out the job: the person's own face stands until they have it erased."""
    site = make_site()
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    before = site.templates.get(ANNA)
    somebody_else()
    answer = site.answer(site.job(ANNA, photos))
    assert (answer.outcome, answer.problems) == (
        EnrolmentOutcome.REFUSED, (PhotoProblem(problem="another_face"),)
    )  # fmt: skip
    assert site.templates.get(ANNA) == before and not answer.templates
    site.templates.erase(ANNA)
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED


@pytest.mark.req("ACC-14")
def test_no_other_node_can_replace_somebodys_face_or_stop_the_desk_with_what_is_none(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    found = site.templates.get(ANNA)
    assert found is not None
    mine = template_from_bytes(*found)
    another = Template(np.roll(mine.vector, 64) * np.repeat([1, -1], 64).astype(np.float32), 3, reader.model)
    nan = found[0][:2] + np.full(128, np.nan, "<f4").tobytes()
    for content in (another.to_bytes(), b"abc", nan, 10**12):
        box = seal_template(other.keys, to(site), ANNA, content, reader.model)  # type: ignore[arg-type]  # as a node that lies may
        site.post.templates = [box]
        site.desk.step()
        assert site.post.settled[-1] == (ANNA, False) and site.templates.get(ANNA) == found


@pytest.mark.req("PRIV-07")
def test_whom_the_signed_rules_do_not_name_gets_no_template_and_plants_none(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    """The mail is written by whoever writes central's database: a row with a key of theirs read out every face."""
    site, rogue, other = make_site(), make_site("rogue", UUID(int=13)), make_site("other", UUID(int=12))
    reached_by(site, rogue)
    site.named, site.post.others = (named(other),), (*site.post.others, by_mail(other))
    answer = site.answer(site.job(ANNA, photos))
    assert [one.node_id for one in answer.templates] == [other.node_id]
    site.post.wanted = (WantedTemplate(node_id=rogue.node_id, cardholder_id=ANNA),)
    found = site.templates.get(ANNA)
    assert found is not None
    site.templates.erase(ANNA)
    site.post.templates = [seal_template(rogue.keys, to(site), BERTA, found[0], reader.model)]
    site.desk.step()
    assert site.post.anew == [] and site.post.settled == [(BERTA, False)] and site.templates.get(BERTA) is None
    site.named = ()
    assert site.answer(site.job(ANNA, photos)).templates == ()


@pytest.mark.req("PRIV-01")
def test_photos_are_given_to_no_other_person(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    answer = site.answer(site.job(BERTA, photos).model_copy(update={"cardholder_id": ANNA}))
    assert answer.outcome is EnrolmentOutcome.REFUSED
    assert {one.problem for one in answer.problems} == {"not_for_this_node"}
    assert site.templates.all() == ()


def ordered_away(site: Site, person: UUID) -> None:
    """Central's order, carried out; the person agreed again since, and the order is told no more."""
    site.templates.erase_ordered([Erasure(order_id=new_id(), cardholder_id=person)], {})
    site.templates.forget_erasures([])


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_job_that_is_played_again_makes_no_template_that_was_erased(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    job = site.job(ANNA, photos)
    assert [site.answer(job).outcome for _ in range(2)] == [EnrolmentOutcome.ENROLLED] * 2, "the answer was lost"
    ordered_away(site, ANNA)
    site.close()
    again = make_site()  # and after a restart
    answer = again.answer(job)
    assert (answer.outcome, answer.problems) == (EnrolmentOutcome.REFUSED, (PhotoProblem(problem="used_before"),))
    assert again.templates.all() == ()
    assert again.answer(again.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED, "sent anew by the page"
    assert again.answer(job).outcome is EnrolmentOutcome.REFUSED, "older than what is here"


@pytest.mark.req("PRIV-01", "PRIV-04", "PRIV-05")
def test_photos_from_before_a_withdrawal_make_no_template_though_their_person_agreed_anew_while_it_was_made(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    make = desk.make_template

    def meanwhile(*made_of: object, **more: object) -> object:
        ordered_away(site, ANNA)  # withdrawn, confirmed, and agreed to again behind the same link
        return make(*made_of, **more)  # type: ignore[arg-type]  # handed on as it came

    with monkeypatch.context() as slow:
        slow.setattr(desk, "make_template", meanwhile)
        answer = site.answer(site.job(ANNA, photos))
    assert answer.outcome is EnrolmentOutcome.NO_CONSENT and answer.templates == ()
    assert site.templates.holders() == site.templates.photos.holders() == frozenset()
    assert site.templates.owed()[-1:] == site.templates.owed()[:1], "the receipt, and no word of a template"
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED, "sent after it was agreed to"


@pytest.mark.req("PRIV-04", "PRIV-05")
@pytest.mark.parametrize("by", ["answer", "wanted"])
def test_a_template_that_was_sealed_while_its_person_was_erased_is_taken_by_no_other_node(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    if by == "wanted":
        assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
        site.post.wanted = (WantedTemplate(node_id=other.node_id, cardholder_id=ANNA),)
    where, seal = (desk if by == "answer" else anew), seal_template

    def meanwhile(*what: object, **more: object) -> object:
        for one in (site, other):
            ordered_away(one, ANNA)
        return seal(*what, **more)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(where, "seal_template", meanwhile)
    if by == "answer":
        other.post.templates = list(site.answer(site.job(ANNA, photos)).templates)
    else:
        site.desk.step()
        other.post.templates = list(site.post.anew[-1].templates)
    assert other.post.templates
    other.desk.step()
    assert other.post.refusals[-1] is PieceRefusal.ERASED_SINCE and other.templates.get(ANNA) is None


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_template_from_before_its_persons_erasure_is_not_taken(make_site: MakeSite, photos: list[bytes]) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    (old,) = site.answer(site.job(ANNA, photos)).templates
    other.post.templates = [old]
    other.desk.step()
    assert other.post.settled == [(ANNA, True)]
    ordered_away(other, ANNA)
    unsaid = old.model_copy(update={"sealed_at": None, "stamp": None})
    later = old.model_copy(update={"sealed_at": utc_now() + timedelta(hours=1)})
    for replayed in (old, unsaid, later):
        other.post.templates = [replayed]
        other.desk.step()
        assert other.post.settled[-1] == (ANNA, False) and other.templates.get(ANNA) is None
    ordered_away(site, ANNA)
    (new,) = site.answer(site.job(ANNA, photos)).templates
    other.post.templates = [new]
    other.desk.step()
    assert other.post.settled[-1] == (ANNA, True)


@pytest.mark.req("PRIV-05", "PRIV-07")
def test_what_phones_seal_to_is_another_key_each_hour_and_destroyed_an_hour_later(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    """What central's write-ahead log and backups keep of a photo opens no more, whoever has the node's folder too."""
    site = make_site()
    site.desk.step()
    first, job = site.post.key, site.job(ANNA, photos)
    copied = [site.keys.person_key(UUID(bytes=name)) for (name,) in key_names(site)]
    site.ahead = timedelta(days=2)
    assert site.answer(job).outcome is EnrolmentOutcome.ENROLLED, "it waited while the node was away"
    assert site.post.key not in (first, None)
    site.ahead += timedelta(minutes=59)
    site.desk.step()
    assert open_photo(site.templates.photo_keys.all(), job.photos[0], job.enrolment_id, 1, ANNA) == photos[0]
    site.ahead += timedelta(minutes=2)
    site.desk.step()
    with pytest.raises(NotForUs):
        open_photo(site.templates.photo_keys.all(), job.photos[0], job.enrolment_id, 1, ANNA)
    held = {site.keys.person_key(UUID(bytes=name)) for (name,) in key_names(site)}
    assert not held & set(copied) and site.keys.derive("photos-are-sealed-to-this-1") not in held


def key_names(site: Site) -> list[tuple[bytes]]:
    return site.templates._database.connection.execute("SELECT name FROM photo_keys").fetchall()

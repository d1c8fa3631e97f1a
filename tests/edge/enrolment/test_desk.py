"""The enrolment node's desk: what it makes of sealed photos, what it tells, and what it never keeps or lets out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.enrolment import anew
from edge.enrolment.desk import EnrolmentDesk
from edge.enrolment.seals import NotForUs, PhotoKey, open_photo, seal_template
from edge.store.keys import KeyRing
from edge.store.templates import Consents, Templates
from edge.sync.errors import Offline
from edge.verify.face.examine import FaceReader
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, PhotosKept, TemplateStored
from models.wire.faces import (
    EnrolmentOutcome,
    NotMadeAnew,
    PhotoProblem,
    TemplateModels,
    WantedTemplate,
)
from models.wire.snapshot import Erasure
from tests.edge.enrolment.conftest import (
    ANNA,
    BEFORE,
    BERTA,
    KEEPER,
    NODE,
    SILENT,
    MakeSite,
    Post,
    Site,
    by_mail,
    files,
    reached_by,
    rules,
    to,
)
from tests.edge.enrolment.test_seals import sealed_as_a_phone_does


@pytest.mark.req("ACC-12", "PRIV-07")
def test_photos_become_a_template_here_and_are_kept_nowhere(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    answer = site.answer(site.job(ANNA, photos))
    assert (answer.outcome, answer.problems) == (EnrolmentOutcome.ENROLLED, ())
    stored = site.templates.get(ANNA)
    assert stored is not None
    told = [EVENT_BODY.validate_json(body) for _, body in site.templates.owed()]
    assert [(one.cardholder_id, one.photos) for one in told if isinstance(one, TemplateStored)] == [(ANNA, 3)]
    assert not any(photo[100:400] in files(site.folder) for photo in photos)
    assert stored[0] not in files(site.folder) and stored[0] not in answer.model_dump_json().encode()


@pytest.mark.req("PRIV-01")
@pytest.mark.parametrize("person", [SILENT, UUID(int=99)], ids=["consent over", "nobody we know"])
def test_without_consent_in_this_nodes_own_rules_nothing_is_made(
    make_site: MakeSite, photos: list[bytes], person: UUID
) -> None:
    site = make_site()
    job = site.job(person, photos)
    answer = site.answer(job)
    assert (answer.outcome, answer.sent) == (EnrolmentOutcome.NO_CONSENT, job.sent)
    assert site.templates.all() == () and not site.templates.owed()


def test_what_is_wrong_is_said_photo_by_photo(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    nobody = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
    answer = site.answer(site.job(ANNA, [photos[0], nobody, b"no picture"]))
    assert answer.outcome is EnrolmentOutcome.REFUSED
    assert answer.problems == (
        PhotoProblem(problem="no_face", photo=2),
        PhotoProblem(problem="not_a_picture", photo=3),
    )
    assert site.templates.all() == ()


@pytest.mark.req("ACC-12")
def test_a_guided_capture_is_answered_photo_by_photo_when_it_is_not_as_asked(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    """Three good photos, all straight ahead: taken as they are where nobody asked for more, else asked for again."""
    site = make_site()
    answer = site.answer(site.job(ANNA, photos).model_copy(update={"guided": True}))
    assert (answer.outcome, answer.problems) == (
        EnrolmentOutcome.REFUSED,
        (PhotoProblem(problem="not_turned", photo=2), PhotoProblem(problem="not_turned", photo=3)),
    )
    answer = site.answer(site.job(ANNA, photos[:2]).model_copy(update={"guided": True}))
    assert answer.problems == (PhotoProblem(problem="too_few_photos"),)
    assert site.templates.all() == ()


@pytest.mark.req("ACC-14")
def test_a_face_that_somebody_has_already_is_not_enrolled_again(make_site: MakeSite, photos: list[bytes]) -> None:
    site = make_site()
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    job = site.job(BERTA, photos)
    answer = site.answer(job)
    assert (answer.outcome, answer.sent) == (EnrolmentOutcome.DUPLICATE, job.sent), "it says which photos it answers"
    assert site.templates.get(BERTA) is None
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED  # once more, by herself


@pytest.mark.req("PRIV-07")
def test_the_other_nodes_of_the_site_get_the_template_sealed(make_site: MakeSite, photos: list[bytes]) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    answer = site.answer(site.job(ANNA, photos))
    other.post.templates = list(answer.templates)
    other.desk.step()
    assert other.post.settled == [(ANNA, True)]
    assert other.templates.get(ANNA) == site.templates.get(ANNA)
    made = site.templates.get(ANNA)
    assert made is not None and made[0] not in answer.model_dump_json().encode()


@pytest.mark.req("PRIV-09")
def test_a_template_of_another_model_or_for_somebody_who_does_not_agree_is_not_taken(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    site.post.others = (by_mail(other),)
    for person, model in ((ANNA, "another model"), (SILENT, "another model")):
        site.post.templates = [seal_template(other.keys, to(site), person, bytes(514), model)]
        site.desk.step()
        assert site.post.settled[-1] == (person, False)
    assert site.templates.all() == ()


@pytest.mark.req("PRIV-09")
def test_whose_template_is_of_an_earlier_model_is_told_until_new_photos_come(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    site = make_site()
    for person in (ANNA, BERTA):
        site.templates.put(person, bytes(514), "the model before")
    for _ in range(2):
        site.desk.step()
    assert site.post.models == [TemplateModels(model=reader.model, earlier=(ANNA, BERTA))]  # told once
    old = site.templates._database.connection.execute("SELECT sealed FROM templates").fetchone()[0]
    assert old in files(site.folder)
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    assert site.post.models[1:] == [TemplateModels(model=reader.model, earlier=(BERTA,))]
    assert old not in files(site.folder) and old[20:60] not in files(site.folder)
    site.templates.erase(BERTA)
    site.desk.step()
    assert site.post.models[-1].earlier == ()


def told(site: Site) -> list[object]:
    return [EVENT_BODY.validate_json(body) for _, body in site.templates.owed()]


@pytest.mark.req("PRIV-01", "PRIV-09")
def test_photos_stay_sealed_only_where_job_and_rules_say_that_the_person_chose_it(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    site = make_site()
    for person, asked in ((ANNA, True), (KEEPER, False)):
        job = site.job(person, photos).model_copy(update={"keep_photos": asked})
        assert site.answer(job).outcome is EnrolmentOutcome.ENROLLED
        site.templates.erase(person)
    assert site.templates.photos.holders() == frozenset() and not any(isinstance(one, PhotosKept) for one in told(site))
    answer = site.answer(site.job(KEEPER, photos).model_copy(update={"keep_photos": True}))
    assert answer.outcome is EnrolmentOutcome.ENROLLED
    assert site.templates.photos.of(KEEPER) == tuple(photos)
    assert told(site)[-1] == PhotosKept(cardholder_id=KEEPER, photos=3)
    assert not any(photo[100:400] in files(site.folder) for photo in photos), "never in clear"
    assert photos[0][100:400] not in answer.model_dump_json().encode()


def outgrown(site: Site, person: UUID, photos: list[bytes]) -> None:
    """Enrolled with photos that stay, under a model that is another since."""
    site.templates.put(person, bytes(514), BEFORE, photos=photos)


@pytest.mark.req("PRIV-09")
def test_after_a_change_of_the_model_kept_photos_give_a_new_template_and_only_the_others_are_asked(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    outgrown(site, KEEPER, photos)
    site.templates.put(BERTA, bytes(514), BEFORE)
    site.desk.step()
    made = site.templates.get(KEEPER)
    assert made is not None and made[1] == reader.model and site.templates.photos.of(KEEPER) == tuple(photos)
    assert told(site)[-1] == TemplateStored(cardholder_id=KEEPER, model=reader.model, photos=3, anew=True)
    assert site.post.models == [TemplateModels(model=reader.model, earlier=(BERTA,))]
    (sent,) = site.post.anew
    assert made[0] not in sent.model_dump_json().encode(), "sealed for the other node"
    other.post.templates = list(sent.templates)
    other.desk.step()
    assert other.post.settled == [(KEEPER, True)] and other.templates.get(KEEPER) == made
    assert other.templates.photos.holders() == frozenset(), "photos stay where they are"
    site.desk.step()
    assert len(site.post.anew) == 1, "once"


@pytest.mark.req("PRIV-05")
def test_of_whom_something_lies_here_without_any_consent_is_told_so_that_central_orders_it_away(
    make_site: MakeSite, reader: FaceReader
) -> None:
    """A disk from before an erasure that is told no more. A consent that has ended by itself is one all the same."""
    site, gone = make_site(), UUID(int=99)
    for person in (ANNA, SILENT, gone):
        site.templates.put(person, bytes(514), reader.model)
    site.desk.step()
    assert site.post.models == [TemplateModels(model=reader.model, unagreed=(gone,))]
    site.templates.erase(gone)
    site.desk.step()
    assert site.post.models[-1] == TemplateModels(model=reader.model)


@pytest.mark.req("PRIV-09")
def test_whose_kept_photos_give_no_template_is_asked_and_why_is_told(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    site = make_site()
    nobody = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
    outgrown(site, KEEPER, [photos[0], nobody])
    for _ in range(2):
        site.desk.step()
    why = NotMadeAnew(cardholder_id=KEEPER, problems=(PhotoProblem(problem="no_face", photo=2),))
    assert site.post.models == [TemplateModels(model=reader.model, earlier=(KEEPER,), not_anew=(why,))]
    assert site.post.anew == []
    assert site.answer(site.job(KEEPER, photos)).outcome is EnrolmentOutcome.ENROLLED
    assert site.post.models[-1] == TemplateModels(model=reader.model)
    assert site.templates.photos.holders() == frozenset(), "the new ones were not to stay"


@pytest.mark.req("ACC-14", "PRIV-01")
def test_nothing_is_made_anew_of_somebody_who_chose_otherwise_since_or_looks_like_another(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    site = make_site()
    outgrown(site, ANNA, photos)  # the rules no longer say that hers may be kept
    site.desk.step()
    assert site.templates.get(ANNA) == (bytes(514), BEFORE) and site.post.models[-1].not_anew == ()
    assert site.answer(site.job(BERTA, photos)).outcome is EnrolmentOutcome.ENROLLED
    outgrown(site, KEEPER, photos)
    site.desk.step()
    assert [one.problems[0].problem for one in site.post.models[-1].not_anew] == ["looks_like_another"]


def test_many_people_are_made_anew_a_few_at_a_time_and_mail_comes_in_between(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    outgrown(site, KEEPER, photos)
    monkeypatch.setattr(anew, "AT_ONCE", 0)
    site.desk.step()
    assert site.desk._rounds.is_knocked() and site.templates.get(KEEPER) == (bytes(514), BEFORE)


@pytest.mark.req("PRIV-09")
def test_a_template_that_could_not_be_sent_is_made_again(make_site: MakeSite, photos: list[bytes]) -> None:
    """Kept here first, it would never reach the other node."""
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    outgrown(site, KEEPER, photos)
    site.post.offline = True
    with pytest.raises(Offline):
        site.desk.step()
    assert site.templates.get(KEEPER) == (bytes(514), BEFORE)
    site.post.offline = False
    site.desk.step()
    assert [one.cardholder_id for one in site.post.anew] == [KEEPER]


@pytest.mark.req("PRIV-09")
def test_a_node_that_comes_to_the_model_later_gets_what_it_lacks(make_site: MakeSite, photos: list[bytes]) -> None:
    site, other = make_site(), make_site("other", UUID(int=12))
    reached_by(site, other)
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    site.post.wanted = tuple(
        WantedTemplate(node_id=node, cardholder_id=person)
        for node, person in ((other.node_id, ANNA), (other.node_id, BERTA), (new_id(), ANNA))
    )
    site.desk.step()
    (sent,) = site.post.anew
    other.post.templates = list(sent.templates)
    other.desk.step()
    assert other.templates.get(ANNA) == site.templates.get(ANNA)


def test_without_face_models_nothing_is_offered_and_nothing_asked(tmp_path: Path) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    templates = Templates.open(tmp_path / "templates.db", keys)
    post = Post()
    EnrolmentDesk(NODE, post, keys, templates, None, rules, utc_now).step()
    assert (post.key, post.models) == (None, [])
    templates.close()
    keys.close()


@pytest.mark.req("PRIV-04")
def test_who_withdrew_while_the_photos_were_looked_at_gets_no_template(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    site = make_site()
    job = site.job(ANNA, photos)
    site.templates.erase_ordered([Erasure(order_id=new_id(), cardholder_id=ANNA)], {})
    assert site.answer(job).outcome is EnrolmentOutcome.NO_CONSENT
    assert site.templates.all() == ()


@pytest.mark.req("ACC-14", "PRIV-02")
def test_nobody_is_enrolled_with_the_face_of_somebody_who_is_asked_to_agree_anew(
    make_site: MakeSite, photos: list[bytes], reader: FaceReader
) -> None:
    agreed = {ANNA}
    site = make_site()
    site.templates.close()
    site.templates = Templates.open(site.folder / "templates.db", site.keys, agreed_to_now(agreed))
    site.desk = EnrolmentDesk(NODE, site.post, site.keys, site.templates, reader, rules, site.now)
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    agreed ^= {ANNA, BERTA}
    assert site.templates.get(ANNA) is None and ANNA in site.templates.holders(), "she is compared with nobody"
    assert site.answer(site.job(BERTA, photos)).outcome is EnrolmentOutcome.DUPLICATE
    assert site.templates.get(BERTA) is None


def agreed_to_now(people: set[UUID]) -> Consents:
    class Now:
        def __contains__(self, cardholder_id: object) -> bool:
            return cardholder_id in people

        def state(self) -> frozenset[UUID]:
            return frozenset(people)

    return Now()


@pytest.mark.req("PRIV-05", "SEC-03")
def test_a_node_that_looks_at_no_faces_any_more_opens_no_photo_after_two_hours(tmp_path: Path) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    templates = Templates.open(tmp_path / "templates.db", keys)
    then, ahead, job_id = utc_now(), [timedelta()], new_id()
    secret = templates.photo_keys.newest(then)
    templates.photo_keys.told(secret, then)
    sealed = sealed_as_a_phone_does(PhotoKey(secret).public, b"JPEG", job_id, 1, cardholder_id=ANNA)
    desk = EnrolmentDesk(NODE, Post(), keys, templates, None, rules, lambda: then + ahead[0])

    def opens() -> bytes:
        return open_photo(templates.photo_keys.all(), sealed, job_id, 1, ANNA)

    ahead[0] = timedelta(hours=1, minutes=59)
    desk.step()
    assert opens() == b"JPEG"
    ahead[0] = timedelta(hours=2)
    desk.step()
    assert templates.photo_keys.all() == ()
    with pytest.raises(NotForUs):
        opens()
    templates.close()
    keys.close()

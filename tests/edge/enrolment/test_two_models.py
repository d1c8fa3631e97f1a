"""A site changes its face model to one that is really another, and back: whoever let photos stay is known all the time,
whoever did not is unknown and told of, and no vector of one model is ever compared with one of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.verify.face.backend import DLIB_MODEL, SFACE_MODEL
from edge.verify.face.checker import FaceChecker
from edge.verify.face.errors import OneToOneOnly
from edge.verify.face.examine import FaceReader
from models.access.verification import FaceStatus
from models.wire.events import TemplateStored
from models.wire.faces import EnrolmentOutcome
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces
from tests.edge.enrolment.test_desk import ANNA, KEEPER, Site, told
from tests.edge.verify.face.following import last


def as_files(photos: list[np.ndarray]) -> list[bytes]:
    return [cv2.imencode(".jpg", photo)[1].tobytes() for photo in photos]


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Callable[[FaceReader], Site]]:
    """The one node of this test, stopped and started again with another backend in its site file."""
    running: list[Site] = []

    def start(reader: FaceReader) -> Site:
        while running:
            running.pop().close()
        running.append(Site(tmp_path / "node", reader))
        return running[-1]

    yield start
    for site in running:
        site.close()


@pytest.mark.req("PRIV-09")
def test_a_change_of_the_model_and_back_makes_templates_anew_and_uses_none_of_the_old_ones(
    restarted: Callable[[FaceReader], Site], reader: FaceReader, dlib_reader: FaceReader, three_people: DemoFaces
) -> None:
    keeper, anna = three_people.pictures("office_holder_1"), three_people.pictures("office_holder_2")
    seen, other = frames.compose(keeper[0], None, 2), frames.compose(anna[0], None, 2)

    site = restarted(reader)
    job = site.job(KEEPER, as_files(keeper)).model_copy(update={"keep_photos": True})
    assert site.answer(job).outcome is EnrolmentOutcome.ENROLLED
    assert site.answer(site.job(ANNA, as_files(anna))).outcome is EnrolmentOutcome.ENROLLED
    first, annas = site.templates.get(KEEPER), site.templates.get(ANNA)
    assert first is not None and annas is not None and first[1] == annas[1] == SFACE_MODEL

    for now, before, model in ((dlib_reader, reader, DLIB_MODEL), (reader, dlib_reader, SFACE_MODEL)):
        site = restarted(now)
        checker = FaceChecker(now, site.templates)
        assert last(checker, seen, KEEPER).status is FaceStatus.NO_REFERENCE, "until it is made anew"
        site.desk.step()
        made = site.templates.get(KEEPER)
        assert made is not None and made[1] == model and site.templates.photos.of(KEEPER) == tuple(as_files(keeper))
        assert told(site)[-1] == TemplateStored(cardholder_id=KEEPER, model=model, photos=len(keeper), anew=True)
        known = last(checker, seen, KEEPER)
        assert (known.status, known.cardholder_id, known.model) == (FaceStatus.MATCHED, KEEPER, model)
        assert last(checker, other, KEEPER).status is not FaceStatus.MATCHED, "a stranger with this person's pass"
        assert last(FaceChecker(before, site.templates), seen, KEEPER).status is FaceStatus.NO_REFERENCE
        assert site.templates.get(ANNA) == annas, "nothing of hers was kept to make another of"
        if model == DLIB_MODEL:
            assert site.post.models[-1].earlier == (ANNA,), "she is asked for new photos"
            assert last(checker, other, ANNA).status is FaceStatus.NO_REFERENCE
            with pytest.raises(OneToOneOnly):
                checker.search(seen)
        else:
            assert site.post.models[-1].earlier == (), "her template is of this model: nobody has to come again"
            assert last(checker, other, ANNA).cardholder_id == ANNA
            assert made == first, "the same photos, the same template"

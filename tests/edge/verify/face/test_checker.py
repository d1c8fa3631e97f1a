"""The lane's view of faces: sealed templates on disk, a frame in, a FaceResult out."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face.checker import FaceChecker
from edge.verify.face.enrol import make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.site_thresholds import FILE, Measure, SiteThresholds
from edge.verify.face.template import Template
from edge.verify.face.track import FRAMES_MIN, InView
from models.access.verification import FaceStatus
from models.values.time import utc_now
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces

RESIDENT, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def templates(tmp_path: Path) -> Iterator[Templates]:
    opened = Templates.open(tmp_path / "templates.db", KeyRing.open(tmp_path / "keys"))
    yield opened
    opened.close()


def enrol(templates: Templates, person: UUID, photo: np.ndarray, reader: FaceReader) -> None:
    made = make_template([photo], reader)
    assert isinstance(made, Template), made
    templates.put(person, made.to_bytes(), made.model)


@pytest.mark.req("ACC-04")
def test_check_and_search_follow_the_templates(reader: FaceReader, templates: Templates, astronaut: np.ndarray) -> None:
    checker = FaceChecker(reader, templates)
    frame = frames.compose(astronaut, None, 1)
    assert checker.check(frame, RESIDENT).status is FaceStatus.NO_REFERENCE
    assert checker.search(frame).status is FaceStatus.NO_REFERENCE
    enrol(templates, RESIDENT, astronaut, reader)
    for found in (checker.check(frame, RESIDENT), checker.search(frame)):
        assert (found.status, found.cardholder_id) == (FaceStatus.MATCHED, RESIDENT)
        assert found.score is not None
        assert found.threshold is not None
        assert found.score >= found.threshold
    templates.erase(RESIDENT)
    assert checker.check(frame, RESIDENT).status is FaceStatus.NO_REFERENCE
    assert checker.search(frame).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-14")
def test_one_face_enrolled_for_two_people_is_ambiguous(
    reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    for person in (RESIDENT, OTHER):
        enrol(templates, person, astronaut, reader)
    found = FaceChecker(reader, templates).search(frames.compose(astronaut, None, 2))
    assert (found.status, found.cardholder_id) == (FaceStatus.AMBIGUOUS, None)


@pytest.mark.req("ACC-09")
def test_low_quality_is_told_and_nobody_is_compared(
    reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    enrol(templates, RESIDENT, astronaut, reader)
    checker = FaceChecker(reader, templates)
    told = checker.check(frames.blurred_face(astronaut, 1), RESIDENT)
    assert (told.status, told.quality, told.score) == (FaceStatus.LOW_QUALITY, "too_blurred", None)
    assert checker.check(frames.no_face(1), RESIDENT).status is FaceStatus.NO_FACE


@pytest.mark.req("PRIV-09")
def test_a_template_of_another_model_counts_as_none(
    reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    made = make_template([astronaut], reader)
    assert isinstance(made, Template)
    templates.put(RESIDENT, made.to_bytes(), "another")
    checker = FaceChecker(reader, templates)
    frame = frames.compose(astronaut, None, 1)
    assert checker.check(frame, RESIDENT).status is FaceStatus.NO_REFERENCE
    assert checker.search(frame).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-14")
def test_several_frames_of_two_people_are_asked_apart(
    reader: FaceReader, templates: Templates, three_people: DemoFaces
) -> None:
    own, stranger = three_people.pictures("office_holder_1")[0], three_people.pictures("office_holder_2")[0]
    enrol(templates, RESIDENT, own, reader)
    checker, view = FaceChecker(reader, templates), InView()
    frame = frames.two_faces(own, stranger, 1)
    assert checker.check(frame, RESIDENT).status is FaceStatus.SEVERAL_FACES
    for turn in range(FRAMES_MIN):
        assert all(checker.ask(track, RESIDENT) is None for track in view.tracks)
        view = view.seen(checker.look(frame), turn * 0.3)
    assert len(view.tracks) == 2
    for cardholder in (RESIDENT, None):
        told = [checker.ask(track, cardholder) for track in view.tracks]
        assert {result.status for result in told if result} == {FaceStatus.MATCHED, FaceStatus.BELOW_THRESHOLD}
        for result in told:
            assert result is not None
            assert result.frames == FRAMES_MIN
            assert (result.cardholder_id == RESIDENT) == (result.status is FaceStatus.MATCHED)


@pytest.mark.req("ACC-09")
def test_over_several_frames_what_to_do_better_is_told_at_once(
    reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    enrol(templates, RESIDENT, astronaut, reader)
    checker = FaceChecker(reader, templates)
    view = InView().seen(checker.look(frames.blurred_face(astronaut, 1)), 0.0)
    told = checker.ask(view.tracks[0], RESIDENT)
    assert told is not None
    assert (told.status, told.quality) == (FaceStatus.LOW_QUALITY, "too_blurred")
    unknown = checker.ask(view.tracks[0], OTHER)
    assert unknown is not None
    assert unknown.status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-08")
def test_a_calibrated_site_uses_its_own_threshold(
    weights_folder: Path, templates: Templates, tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    enrol(templates, RESIDENT, astronaut, reader)
    frame = frames.compose(astronaut, None, 1)
    measured = Measure(least=0.99, goal=1e-4, trials=44_850, reached=0, rate_max=7e-5)
    site = SiteThresholds(model=reader.model, made_at=utc_now(), people=300, photos=3, verify=measured)
    (tmp_path / FILE).write_text(site.model_dump_json())
    told = FaceChecker.open(weights_folder, templates, node_folder=tmp_path).check(frame, RESIDENT)
    assert (told.status, told.threshold) == (FaceStatus.BELOW_THRESHOLD, 0.99)


@pytest.mark.req("ACC-13")
def test_no_visit_ever_changes_a_template(reader: FaceReader, templates: Templates, three_people: DemoFaces) -> None:
    """What a visit "contributed" is nothing: a correction has nothing to take out of a template."""
    own, stranger = three_people.pictures("office_holder_1"), three_people.pictures("office_holder_2")[0]
    enrol(templates, RESIDENT, own[0], reader)
    before = templates.all(), templates.state()
    checker, view = FaceChecker(reader, templates), InView()
    for turn, picture in enumerate([*own, stranger] * 2):
        frame = frames.compose(picture, None, turn)
        checker.check(frame, RESIDENT)
        checker.search(frame)
        view = view.seen(checker.look(frame), turn * 0.3)
        for track in view.tracks:
            checker.ask(track, RESIDENT)
            checker.ask(track, None)
    assert (templates.all(), templates.state()) == before, "not one row was written"

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
from edge.verify.face.thresholds import verify_threshold
from edge.verify.face.track import FRAMES_MIN
from models.access.probe import SHARPNESS_MIN, SIDE_PX_MIN
from models.access.verification import FaceStatus
from models.values.time import utc_now
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces
from tests.edge.verify.face.following import RESIDENT, answers, last

OTHER = UUID(int=2)


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
    assert last(checker, frame).status is FaceStatus.NO_REFERENCE
    assert checker.search(frame).status is FaceStatus.NO_REFERENCE
    enrol(templates, RESIDENT, astronaut, reader)
    for found in (last(checker, frame), checker.search(frame)):
        assert (found.status, found.cardholder_id) == (FaceStatus.MATCHED, RESIDENT)
        assert found.score is not None
        assert found.threshold is not None
        assert found.score >= found.threshold
        assert found.probe_quality is not None
        assert found.probe_quality.side_px >= SIDE_PX_MIN
        assert found.probe_quality.sharpness >= SHARPNESS_MIN
    templates.erase(RESIDENT)
    assert last(checker, frame).status is FaceStatus.NO_REFERENCE
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
    told = last(checker, frames.blurred_face(astronaut, 1))
    assert (told.status, told.quality, told.score) == (FaceStatus.LOW_QUALITY, "too_blurred", None)
    assert last(checker, frames.no_face(1)).status is FaceStatus.NO_FACE


@pytest.mark.req("PRIV-09")
def test_a_template_of_another_model_counts_as_none(
    reader: FaceReader, templates: Templates, astronaut: np.ndarray
) -> None:
    made = make_template([astronaut], reader)
    assert isinstance(made, Template)
    templates.put(RESIDENT, made.to_bytes(), "another")
    checker = FaceChecker(reader, templates)
    frame = frames.compose(astronaut, None, 1)
    assert last(checker, frame).status is FaceStatus.NO_REFERENCE
    assert checker.search(frame).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-14")
def test_frames_of_one_person_are_enough_from_the_third_on_and_name_only_the_holder(
    reader: FaceReader, templates: Templates, three_people: DemoFaces
) -> None:
    own, stranger = three_people.pictures("office_holder_1")[0], three_people.pictures("office_holder_2")[0]
    enrol(templates, RESIDENT, own, reader)
    checker = FaceChecker(reader, templates)
    for picture, status in ((own, FaceStatus.MATCHED), (stranger, FaceStatus.BELOW_THRESHOLD)):
        told = answers(checker, [frames.compose(picture, None, seed) for seed in range(FRAMES_MIN + 1)])
        assert [one is None for one in told] == [True] * (FRAMES_MIN - 1) + [False] * 2
        for count, result in enumerate(told[FRAMES_MIN - 1 :], start=FRAMES_MIN):
            assert result is not None
            assert (result.status, result.frames) == (status, count)
            assert (result.cardholder_id == RESIDENT) == (status is FaceStatus.MATCHED)


@pytest.mark.req("ACC-14")
def test_somebody_who_takes_the_place_of_another_begins_anew(
    reader: FaceReader, templates: Templates, three_people: DemoFaces
) -> None:
    own, stranger = three_people.pictures("office_holder_1")[0], three_people.pictures("office_holder_2")[0]
    enrol(templates, RESIDENT, own, reader)
    swapped = [frames.compose(picture, None, seed) for seed, picture in enumerate((own, own, stranger, stranger))]
    assert answers(FaceChecker(reader, templates), swapped) == [None] * 4
    both = answers(FaceChecker(reader, templates), [frames.two_faces(own, stranger, 1)] * FRAMES_MIN)
    assert [one.status for one in both if one] == [FaceStatus.SEVERAL_FACES] * FRAMES_MIN


@pytest.mark.req("ACC-09")
def test_what_to_do_better_is_told_at_once(reader: FaceReader, templates: Templates, astronaut: np.ndarray) -> None:
    enrol(templates, RESIDENT, astronaut, reader)
    checker, good = FaceChecker(reader, templates), frames.compose(astronaut, None, 1)
    told = answers(checker, [good] * 3 + [frames.blurred_face(astronaut, 1)])[-1]
    assert told is not None, "the newest frame must be fit: a decision is about who stands there"
    assert (told.status, told.quality) == (FaceStatus.LOW_QUALITY, "too_blurred")
    assert last(checker, good, OTHER).status is FaceStatus.NO_REFERENCE


@pytest.mark.req("ACC-08")
def test_a_calibrated_site_uses_its_own_threshold(
    weights_folder: Path, templates: Templates, tmp_path: Path, reader: FaceReader, astronaut: np.ndarray
) -> None:
    enrol(templates, RESIDENT, astronaut, reader)
    frame = frames.compose(astronaut, None, 1)
    measured = Measure(least=0.99, goal=1e-4, trials=44_850, reached=0, rate_max=7e-5)
    site = SiteThresholds(model=reader.model, made_at=utc_now(), people=300, photos=3, verify=measured)
    (tmp_path / FILE).write_text(site.model_dump_json())
    told = last(FaceChecker.open(weights_folder, templates, node_folder=tmp_path), frame)
    expected = verify_threshold(reader.model, 1, FRAMES_MIN, site=site)
    assert (told.status, told.threshold) == (FaceStatus.BELOW_THRESHOLD, expected)
    assert expected > verify_threshold(reader.model, 1, FRAMES_MIN)


@pytest.mark.req("ACC-13")
def test_no_visit_ever_changes_a_template(reader: FaceReader, templates: Templates, three_people: DemoFaces) -> None:
    """What a visit "contributed" is nothing: a correction has nothing to take out of a template."""
    own, stranger = three_people.pictures("office_holder_1"), three_people.pictures("office_holder_2")[0]
    enrol(templates, RESIDENT, own[0], reader)
    before = templates.all(), templates.state()
    checker = FaceChecker(reader, templates)
    for turn, picture in enumerate([*own, stranger] * 2):
        frame = frames.compose(picture, None, turn)
        last(checker, frame)
        checker.search(frame)
    assert (templates.all(), templates.state()) == before, "not one row was written"

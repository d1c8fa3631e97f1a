"""Enrolment: a template of one person, or everything that is wrong with the photos."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.verify.face.backend import SFACE_MODEL
from edge.verify.face.enrol import PHOTOS_MAX, BadSet, Complaint, EnrolmentRefused, combine, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import BadPhoto
from edge.verify.face.poses import WrongPose
from edge.verify.face.quality import Unfit
from edge.verify.face.template import Template
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces

UPRIGHT_FROM = {1: 0, 3: 2, 6: 1, 8: 3}
"""EXIF orientation -> quarter turns (counter-clockwise) from upright to how a camera so held saves it."""


def as_jpeg(pixels: np.ndarray, orientation: int = 1) -> bytes:
    picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def template(made: Template | EnrolmentRefused) -> Template:
    assert isinstance(made, Template), made
    return made


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("orientation", UPRIGHT_FROM)
def test_photos_are_turned_as_their_camera_was(reader: FaceReader, astronaut: np.ndarray, orientation: int) -> None:
    upright = template(make_template([as_jpeg(astronaut)], reader))
    turned = as_jpeg(np.rot90(astronaut, UPRIGHT_FROM[orientation]), orientation)
    again = template(make_template([turned], reader))
    assert float(upright.vector @ again.vector) > 0.98


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_photo_on_its_side_or_head_is_refused(reader: FaceReader, demo_faces: DemoFaces, quarter_turns: int) -> None:
    told = []
    for identity in demo_faces.people:
        for photo in demo_faces.pictures(identity):
            made = make_template([np.ascontiguousarray(np.rot90(photo, quarter_turns))], reader)
            assert isinstance(made, EnrolmentRefused)
            assert isinstance(made.problem, Unfit)
            told.append(made.problem)
    assert Unfit.NOT_UPRIGHT in told, "the one that says what to do"


@pytest.mark.req("ACC-12")
def test_three_photos_make_one_template(reader: FaceReader, three_people: DemoFaces) -> None:
    photos = three_people.pictures("office_holder_1")
    made = template(make_template(photos, reader))
    assert (made.photos, made.model) == (3, reader.model)
    assert float(np.linalg.norm(made.vector)) == pytest.approx(1, abs=1e-5)
    assert not made.vector.flags.writeable


@pytest.mark.req("ACC-12")
def test_copies_of_one_photo_count_once(reader: FaceReader, astronaut: np.ndarray) -> None:
    copies: list[bytes | np.ndarray] = [as_jpeg(astronaut), astronaut, as_jpeg(astronaut)]
    assert template(make_template(copies, reader)).photos == 1


@pytest.mark.req("ACC-12")
def test_photos_of_different_people_are_refused(reader: FaceReader, three_people: DemoFaces) -> None:
    one, again, _ = three_people.pictures("office_holder_1")
    other = three_people.pictures("office_holder_2")[0]
    for photos in ([one, other], [one, again, other]):
        made = make_template(photos, reader)
        assert made == EnrolmentRefused((Complaint(BadSet.NOT_THE_FIRST, len(photos)),)), "the photo of somebody else"
    dark = frames.dark_face(one, 1)
    assert make_template([dark, again, other], reader) == EnrolmentRefused((Complaint(Unfit.TOO_DARK, 1),))


@pytest.mark.req("ACC-12")
def test_that_a_photo_shows_somebody_else_is_said_before_how_the_head_stands_on_it(
    reader: FaceReader, three_people: DemoFaces, astronaut: np.ndarray
) -> None:
    """Two other men looking straight ahead were told to turn their heads."""
    straight, right, _ = three_people.pictures("office_holder_1")
    other = three_people.pictures("office_holder_2")[0]
    assert make_template([straight, other, astronaut], reader, guided=True) == EnrolmentRefused(
        (Complaint(BadSet.NOT_THE_FIRST, 2), Complaint(BadSet.NOT_THE_FIRST, 3))
    )
    assert make_template([straight, straight, other], reader, guided=True) == EnrolmentRefused(
        (Complaint(WrongPose.NOT_TURNED, 2), Complaint(BadSet.NOT_THE_FIRST, 3))
    )
    assert make_template(
        [other, *three_people.pictures("office_holder_1")[1:]], reader, guided=True
    ) == EnrolmentRefused((Complaint(BadSet.NOT_THE_FIRST, 2), Complaint(BadSet.NOT_THE_FIRST, 3)))
    dark = frames.dark_face(right, 1)
    assert make_template([straight, dark, other], reader, guided=True) == EnrolmentRefused(
        (Complaint(Unfit.TOO_DARK, 2), Complaint(BadSet.NOT_THE_FIRST, 3))
    )


@pytest.mark.req("ACC-12")
def test_photos_that_each_resemble_the_first_and_not_each_other_are_of_different_people() -> None:
    """Between two people's faces there is one that verifies as either."""
    one, other = np.eye(2, 512, dtype=np.float32)
    between = (one + other) / np.sqrt(np.float32(2))
    assert combine([between, one, other], SFACE_MODEL) == EnrolmentRefused((Complaint(BadSet.DIFFERENT_PEOPLE),))


@pytest.mark.req("ACC-12")
def test_everything_wrong_is_said_at_once(reader: FaceReader, astronaut: np.ndarray) -> None:
    photos: list[bytes | np.ndarray] = [
        astronaut,
        frames.no_face(1),
        frames.two_faces(astronaut, astronaut, 1),
        frames.tiny_face(astronaut, 1),
        frames.blurred_face(astronaut, 1),
        frames.dark_face(astronaut, 1),
        (astronaut * 0.02).astype(np.uint8),  # so dark that no face is found
        b"not a picture",
        bytes(40_000_000),
        b"\x00\x00\x00\x18ftypheic" + bytes(64),
    ]
    assert make_template(photos, reader) == EnrolmentRefused(
        (
            Complaint(Unfit.NO_FACE, 2),
            Complaint(Unfit.SEVERAL_FACES, 3),
            Complaint(Unfit.TOO_SMALL, 4),
            Complaint(Unfit.TOO_BLURRED, 5),
            Complaint(Unfit.TOO_DARK, 6),
            Complaint(Unfit.TOO_DARK, 7),
            Complaint(BadPhoto.NOT_A_PICTURE, 8),
            Complaint(BadPhoto.FILE_TOO_LARGE, 9),
            Complaint(BadPhoto.HEIF, 10),
        )
    )


@pytest.mark.req("ACC-12")
def test_a_guided_enrolment_is_straight_and_to_either_side(reader: FaceReader, three_people: DemoFaces) -> None:
    straight, right, left = three_people.pictures("office_holder_1")
    for sides in ([right, left], [left, right], [right[:, ::-1].copy(), left[:, ::-1].copy()]):
        assert template(make_template([straight, *sides], reader, guided=True)).photos == 3
    mirrored = right[:, ::-1].copy()
    assert make_template([straight, straight, left], reader, guided=True) == EnrolmentRefused(
        (Complaint(WrongPose.NOT_TURNED, 2),)
    )
    assert make_template([straight, mirrored, left], reader, guided=True) == EnrolmentRefused(
        (Complaint(WrongPose.SAME_SIDE, 3),)
    )
    assert make_template([straight, right], reader, guided=True) == EnrolmentRefused(
        (Complaint(BadSet.TOO_FEW_PHOTOS),)
    )
    dark = frames.dark_face(right, 1)
    assert make_template([straight, dark, straight], reader, guided=True) == EnrolmentRefused(
        (Complaint(Unfit.TOO_DARK, 2), Complaint(WrongPose.NOT_TURNED, 3))
    )


def test_a_smiling_circle_is_no_face(reader: FaceReader) -> None:
    circle = np.full((600, 600, 3), 255, np.uint8)
    cv2.circle(circle, (300, 300), 200, (0, 0, 0), 4, cv2.LINE_AA)
    for x in (230, 370):
        cv2.circle(circle, (x, 250), 18, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.ellipse(circle, (300, 340), (90, 60), 0, 20, 160, (0, 0, 0), 5, cv2.LINE_AA)
    assert make_template([circle], reader) == EnrolmentRefused((Complaint(Unfit.NO_FACE, 1),))


@pytest.mark.req("ACC-12")
def test_somebody_in_the_background_is_too_much_at_enrolment(reader: FaceReader, astronaut: np.ndarray) -> None:
    scene = cv2.copyMakeBorder(astronaut, 0, 0, 0, 120, cv2.BORDER_CONSTANT, value=(190, 190, 190))
    scene[60:170, 255:360] = cv2.resize(astronaut, (105, 110), interpolation=cv2.INTER_AREA)
    large = cv2.resize(scene, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    assert reader.examine(large).unfit is None
    made = make_template([large], reader)
    assert isinstance(made, EnrolmentRefused)
    assert made.problem is Unfit.SEVERAL_FACES


@pytest.mark.req("ACC-12")
def test_none_and_too_many_are_refused(reader: FaceReader) -> None:
    assert make_template([], reader) == EnrolmentRefused((Complaint(BadSet.NO_PHOTOS),))
    many = make_template([b""] * (PHOTOS_MAX + 1), reader)
    assert many == EnrolmentRefused((Complaint(BadSet.TOO_MANY_PHOTOS),))

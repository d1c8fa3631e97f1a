"""What is no photo of one living person for this node, item by item: clear words, no template, and nothing opened.

The consents that do not count stand in tests/central/oversight/test_bad_consents.py.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID

import cv2
import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from central.base.kernel.i18n import words_in
from edge.enrolment.seals import PhotoKey, seal_template
from edge.verify.face.enrol import BadSet, Complaint, EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import BadPhoto
from edge.verify.face.template import template_from_bytes
from edge.verify.words import said
from models.values.ids import new_id
from models.wire.faces import EnrolmentAnswer, EnrolmentOutcome, PhotoProblem
from scripts.prepare import frames
from tests.edge.enrolment.conftest import ANNA, BERTA, SILENT, MakeSite, Site, by_mail, files, to
from tests.edge.enrolment.test_seals import sealed_as_a_phone_does
from tests.edge.verify.face.drawings import drawn_face

pytestmark = pytest.mark.req("ACC-12")

JPEG = b"\xff\xd8\xff"
LARGE = 40_000_000


def jpeg(pixels: np.ndarray, orientation: int | None = None) -> bytes:
    picture, exif, out = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])), Image.Exif(), io.BytesIO()
    if orientation is not None:
        exif[0x0112] = orientation
    picture.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def reads(problem: str, zh: str, en: str) -> None:
    """The person's own page says so, in either language."""
    assert (words_in("zh_CN")(problem), words_in("en")(problem)) == (zh, en)


def refused(site: Site, answer: EnrolmentAnswer, *problems: PhotoProblem) -> None:
    """Said, and nothing made: no template here, none for the others, no word in the journal."""
    assert (answer.outcome, answer.problems) == (EnrolmentOutcome.REFUSED, problems)
    assert answer.templates == () and site.templates.all() == () and site.templates.owed() == ()


def opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> object:
        raise AssertionError("a decoder was asked")

    monkeypatch.setattr(Image, "open", opened)


Bad = Callable[[np.ndarray], bytes]


@pytest.mark.parametrize(
    ("bad", "problem", "zh", "en"),
    [
        pytest.param(
            lambda face: jpeg(frames.no_face(1)), "no_face", "没有看到人脸，请正对镜头。",
            "No face was found. Look into the camera.", id="nobody",
        ),
        pytest.param(
            lambda face: jpeg(frames.two_faces(face, face, 1)), "several_faces", "画面里不止一张脸，请一个人拍。",
            "Several faces. One person only, please.", id="two",
        ),
        pytest.param(
            lambda face: jpeg(drawn_face("outlined")), "drawn", "像是画出来的脸，请拍真人，并关闭美颜。",
            "This looks like a drawn face. Please photograph the person, without beauty filters.", id="a drawing",
        ),
        pytest.param(
            lambda face: jpeg(np.rot90(face, 2), 1), "not_upright", "照片是倒的或横的，请转正再传。",
            "The photo is upside down or on its side: turn it upright, then send it.", id="upside down, said upright",
        ),
        pytest.param(
            lambda face: jpeg(face, 3), "not_upright", "照片是倒的或横的，请转正再传。",
            "The photo is upside down or on its side: turn it upright, then send it.", id="upright, said upside down",
        ),
        pytest.param(
            lambda face: jpeg(face)[:4000], "not_a_picture", "文件读不出来，可能坏了。请换一张 JPEG，或重新拍。",
            "The file cannot be read and may be damaged. Choose a JPEG, or take a new photo.", id="corrupt",
        ),
    ],
)  # fmt: skip
def test_a_photo_of_no_one_living_person_is_refused_by_its_number_in_words(
    make_site: MakeSite, photos: list[bytes], astronaut: np.ndarray, bad: Bad, problem: str, zh: str, en: str
) -> None:
    site, photo = make_site(), bad(astronaut)
    refused(site, site.answer(site.job(ANNA, [photos[0], photo])), PhotoProblem(problem=problem, photo=2))
    assert photo[100:400] not in files(site.folder)
    reads(f"photo.{problem}", zh, en)


def test_a_photo_that_its_camera_held_upside_down_and_says_so_is_turned_and_taken(
    make_site: MakeSite, astronaut: np.ndarray
) -> None:
    site = make_site()
    answer = site.answer(site.job(ANNA, [jpeg(np.rot90(astronaut, 2), 3)]))
    assert answer.outcome is EnrolmentOutcome.ENROLLED


def test_heic_is_named_and_no_decoder_asked(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site()
    job = site.job(ANNA, [b"\x00\x00\x00\x18ftypheic" + bytes(4000)])
    opens_nothing(monkeypatch)
    refused(site, site.answer(job), PhotoProblem(problem="heif", photo=1))
    reads(
        "photo.heif", "读不了 HEIC，请换一张 JPEG，或重新拍。", "HEIC is not read. Choose a JPEG, or take a new photo."
    )


def test_forty_megabytes_fit_in_no_letter_and_are_not_opened_as_a_file(
    make_site: MakeSite, reader: FaceReader, astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone's page shrinks what is chosen there; who sends it past the page is refused before the gate sees it."""
    site = make_site()
    content = jpeg(astronaut) + bytes(LARGE)
    key = PhotoKey(site.templates.photo_keys.newest(site.now())).public
    with pytest.raises(ValidationError):
        sealed_as_a_phone_does(key, content, new_id(), 1, cardholder_id=ANNA)
    opens_nothing(monkeypatch)
    made = make_template([content], reader)
    assert made == EnrolmentRefused((Complaint(BadPhoto.FILE_TOO_LARGE, 1),))
    assert said(made.complaints[0]) == "第 1 张：文件超过 15 MB，请换一张"
    assert said(made.complaints[0], "en") == "Photo 1: The file is larger than 15 MB. Please choose another."
    reads("photo.file_too_large", "文件太大，请换一张。", "The file is too large. Choose a smaller one.")


def test_a_replayed_capture_makes_no_template_that_was_erased(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    job = site.job(ANNA, photos)
    assert site.answer(job).outcome is EnrolmentOutcome.ENROLLED
    site.templates.erase(ANNA)
    told = site.templates.owed()
    opens_nothing(monkeypatch)
    answer = site.answer(job)
    assert (answer.outcome, answer.problems) == (EnrolmentOutcome.REFUSED, (PhotoProblem(problem="used_before"),))
    assert site.templates.all() == () and site.templates.owed() == told
    reads(
        "photo.used_before", "这些照片已经用过一次，那次登记已销毁或更换，请重新拍。",
        "These photos were used before, for an enrolment that was destroyed or replaced since. Take new ones.",
    )  # fmt: skip


@pytest.mark.parametrize("whose", ["another node's", "another person's"])
def test_a_sealed_photo_for_another_node_or_person_is_not_opened(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    site, elsewhere = make_site(), make_site("other", UUID(int=12))
    job = elsewhere.job(ANNA, photos[:1]) if whose == "another node's" else site.job(BERTA, photos[:1])
    opens_nothing(monkeypatch)
    answer = site.answer(job.model_copy(update={"cardholder_id": ANNA}))
    refused(site, answer, PhotoProblem(problem="not_for_this_node", photo=1))
    reads(
        "photo.not_for_this_node", "照片是发给另一台设备的，请刷新页面重拍。",
        "The photo was sealed for another device. Reload the page and take it again.",
    )  # fmt: skip


@pytest.mark.req("PRIV-09")
def test_a_template_of_another_model_is_not_taken_though_its_person_agrees(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    """Two models' numbers say nothing of each other. Its person is asked for new photos, in words, on their page."""
    site, other = make_site(), make_site("other", UUID(int=12))
    site.post.others = (by_mail(other),)
    assert other.answer(other.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    found = other.templates.get(ANNA)
    assert found is not None
    for model, taken in (("another model", False), (found[1], True)):
        site.post.templates = [seal_template(other.keys, to(site), ANNA, found[0], model)]
        site.desk.step()
        assert site.post.settled[-1] == (ANNA, taken)
        assert (site.templates.get(ANNA) is not None) is taken
    for language in ("zh_CN", "en"):
        assert words_in(language).has("enrol.earlier")


@pytest.mark.req("PRIV-02")
def test_with_a_consent_that_no_longer_counts_at_the_gate_no_photo_is_opened(
    make_site: MakeSite, photos: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an old version, by a guardian no longer one, for somebody else: the gate's own rules name no consent then."""
    site = make_site()
    job = site.job(SILENT, photos)
    monkeypatch.setattr("edge.enrolment.desk.open_photo", lambda *_: pytest.fail("a photo was opened"))
    answer = site.answer(job)
    assert (answer.outcome, answer.templates) == (EnrolmentOutcome.NO_CONSENT, ())
    assert site.templates.all() == () and site.templates.owed() == ()
    reads(
        "enrol.no_consent",
        "门口的设备还没有收到您的同意：照片没有打开，什么都没有保存。请过一分钟再发一次。",
        "The device at the gate has not received your consent yet: it opened no photo and kept nothing. Please send "
        "them again in a minute.",
    )


@pytest.mark.req("ACC-14")
def test_the_second_of_twins_is_not_enrolled_and_the_first_stays_known(
    make_site: MakeSite, photos: list[bytes]
) -> None:
    site = make_site()
    assert site.answer(site.job(ANNA, photos)).outcome is EnrolmentOutcome.ENROLLED
    before, told = site.templates.all(), site.templates.owed()
    answer = site.answer(site.job(BERTA, photos[::-1]))
    assert (answer.outcome, answer.templates) == (EnrolmentOutcome.DUPLICATE, ())
    assert site.templates.all() == before and site.templates.owed() == told
    assert template_from_bytes(*before[0][1:]).photos == 3
    reads(
        "enrol.duplicate",
        "这张脸与已登记的一张很像（双胞胎也会这样），没有登记。请带证件到物业值班台当面办理；通行码照常可用。",
        "This face is much like one that is registered already, as a twin's would be; nothing was registered. Please "
        "go to the property's desk with your papers. Passes work as before.",
    )


def test_photos_of_two_people_make_no_template_together(
    make_site: MakeSite, photos: list[bytes], three_people: object
) -> None:
    site = make_site()
    other = three_people.pictures("office_holder_2")[0]  # type: ignore[attr-defined]  # a fixture's DemoFaces
    answer = site.answer(site.job(ANNA, [photos[0], cv2.imencode(".jpg", other)[1].tobytes()]))
    refused(site, answer, PhotoProblem(problem=BadSet.NOT_THE_FIRST.value, photo=2))
    reads(
        "photo.not_the_first", "和第 1 张不像同一个人，三张都要拍同一个人。",
        "Not the person of photo 1. All three have to be of one person.",
    )  # fmt: skip
    reads(
        "photo.different_people", "几张照片不像同一个人，请每张都拍同一个人。",
        "The photos do not seem to show the same person. Each one has to be of that person.",
    )  # fmt: skip

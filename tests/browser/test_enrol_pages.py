"""How the pages around an enrolment look: who is to be asked again, the links, a person's faces, a child's consent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.i18n import words_in
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.gates.access import service as access
from central.gates.face_enrolment.keys import offer_keys
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.service import answer, invite
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes.faces.earlier import note_models
from central.gates.nodes.faces.tables import FaceErasureRow
from central.people.community import queries
from central.people.community.rules import Tie
from central.people.community.service import add_resident
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from edge.enrolment.seals import PhotoKey
from models.values.ids import new_id
from models.wire.events import HeldPicture, PhotosKept, TemplateErased, TemplateStored
from models.wire.faces import EnrolmentAnswer, EnrolmentOutcome, NotMadeAnew, OfferedKeys, PhotoProblem, TemplateModels
from tests.browser.camera import CAMERA
from tests.browser.gate import Seeded
from tests.browser.test_pages import look_at

TERMS = (
    "门口的设备提取您的人脸特征，只用于在本小区各门口认出您本人。照片用后即毁，特征只存于门口的设备。\n您可以随时撤回。"
)


@dataclass(frozen=True)
class Household:
    resident: UUID
    child: UUID
    child_link: str


@pytest.fixture
def household(site) -> Household:
    """Somebody whom an earlier model knew, whose kept photos will not do, and a child of the same home with a link."""
    keeper, now, place = system(site.tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now(), site.community_id
    with site.gate.session() as db:
        home = queries.residents_of(db, place)[0]
        shown = consent.publish_text(db, keeper, place, TERMS, TERMS, old_until=now, lasts_days=730, now=now)
        consent.note_age(db, keeper, home.resident_id, date(1980, 5, 1), now=now)
        consent.give_consent(db, keeper, home.resident_id, shown.id, Channel.DESK, now=now, keep_photos=True)
        child = add_resident(db, keeper, home.house_id, "张小例", None, Tie.FAMILY, starts_at=now - timedelta(days=9))
        holder = access.add_cardholder(db, keeper, place, child.person_id).id
        consent.note_age(db, keeper, child.id, now.date() - timedelta(days=9 * 365), now=now)
        node = replace(keeper, id=site.gate.reply.node_id)
        why = NotMadeAnew(cardholder_id=site.cardholders[0], problems=(PhotoProblem(problem="too_dark", photo=1),))
        note_models(db, node, TemplateModels(model="new", earlier=site.cardholders, not_anew=(why,)), now)
        token, _ = invite(db, keeper, holder, now, guardian_id=home.resident_id)
    site.gate.write(TemplateStored(cardholder_id=site.cardholders[0], model="old", photos=3))
    site.gate.write(PhotosKept(cardholder_id=site.cardholders[0], photos=3))
    site.gate.write(TemplateStored(cardholder_id=new_id(), model="new", photos=3, anew=True))
    site.gate.tell()
    return Household(home.resident_id, child.id, f"/enrol/{token}")


@pytest.mark.req("ADMIN-14", "PRIV-03")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (360, "en", "light"), (1440, "zh_CN", "light"), (1440, "en", "dark")],
)
def test_pages_around_an_enrolment(sit_down, household, width, language, theme):
    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto("/face-figures")
    page.locator("a[href='/faces/earlier']").click()
    look_at(page, "faces-earlier", width, language, theme)
    page.locator("form[action='/faces/earlier/ask'] button").click()
    expect(page.locator(".face-slips li")).to_have_count(1)
    look_at(page, "faces-asked", width, language, theme)
    page.goto(f"/people/homes/{household.resident}/face")
    look_at(page, "face-of-earlier", width, language, theme)
    page.goto(household.child_link)
    assert not page.locator("input[name=keep_photos]").is_checked()
    look_at(page, "enrol-child", width, language, theme)
    sizes = "all => new Set(all.map(one => getComputedStyle(one).fontSize)).size"
    assert page.locator(".enrol__text, .enrol__photos > p:not(.quiet)").evaluate_all(sizes) == 1, "photos: as large"
    label = page.locator(".enrol__photos label").bounding_box()
    assert label is not None and label["height"] >= 44 and label["width"] >= 240, "the whole row is the target"
    page.goto(f"/people/homes/{household.child}/face")
    page.locator("form[action$='/face/invite'] button").click()
    expect(page.locator(".face-link")).to_be_visible()
    look_at(page, "face-link-child", width, language, theme)
    page.goto(f"/people/homes/{household.resident}/face")
    page.locator("form[action$='/face/photos'] button").click()
    page.locator("section:has(form[action$='/face/photos']) summary").click()
    look_at(page, "face-photos-ended", width, language, theme)
    page.locator("form[action$='/here'] button").click()
    expect(page.locator("[data-enrol]")).to_be_visible()
    page.locator("form[action$='/keep-photos'] summary").click()
    look_at(page, "enrol-at-desk", width, language, theme)
    page.locator("form[action$='/finish'] button").click()
    expect(page.locator("#password")).to_be_visible()


@pytest.mark.req("ADMIN-14", "PRIV-03", "PRIV-04", "ACC-12")
@pytest.mark.parametrize(("width", "language", "theme"), [(360, "zh_CN", "light"), (360, "en", "dark")])
def test_a_childs_photos_are_taken_again_and_the_consent_is_withdrawn_on_a_phone(
    sit_down, site, household, width, language, theme
):
    page = sit_down("manager", language=language, theme=theme, width=width, height=740).page
    page.add_init_script(CAMERA)
    page.goto(household.child_link)
    page.locator("form[action$='/consent'] button").click()
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    look_at(page, "enrol-child-photos", width, language, theme)
    with site.gate.session() as db:
        db.execute(update(FaceEnrolmentRow).values(state=EnrolmentState.WAITING.value))
    wrong = [{"problem": "too_dark", "photo": 1}, *({"problem": "not_turned", "photo": one} for one in (2, 3))]
    refused = {"state": "refused", "may_send": True, "agrees": True, "problems": wrong}
    page.route("**/api/v1/face-enrolments/*", lambda route: route.fulfill(json=refused))
    page.goto(household.child_link)
    expect(page.locator("[data-enrol-wrong] li")).to_have_count(2)
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    assert page.locator("[data-enrol-take]").evaluate("one => one.getBoundingClientRect().bottom <= innerHeight"), (
        "what is wrong, what to do and the button are on one screen"
    )
    look_at(page, "enrol-child-again", width, language, theme)
    for number in (1, 2, 3):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)
    expect(page.locator("[data-enrol-wrong]")).to_be_hidden()
    page.locator("[data-enrol-shots] [data-place='2'] button").click()
    look_at(page, "enrol-child-second-missing", width, language, theme)
    page.unroute("**/api/v1/face-enrolments/*")
    withdraw = page.locator("form[action$='/withdraw']")
    expect(withdraw).to_be_hidden()
    page.locator("[data-asks-once] summary").click()
    expect(withdraw.locator("li")).to_contain_text(
        {"zh_CN": ["孩子的人脸特征", "通行码、门卡和密码照常可用", "重新同意"],
         "en": ["child's face features", "pass, card and PIN", "agree anew"]}[language]
    )  # fmt: skip
    expect(withdraw.locator("[data-keep]")).to_be_focused()
    look_at(page, "enrol-withdraw-asks", width, language, theme)
    page.keyboard.press("Enter")
    expect(withdraw).to_be_hidden()
    page.locator("[data-asks-once] summary").click()
    withdraw.locator("button[type=submit]").click()
    expect(page.locator(".enrol__anew a")).to_be_visible()
    expect(page.locator("form[action$='/consent']")).to_have_count(0)
    look_at(page, "enrol-withdrawn", width, language, theme)
    page.locator(".enrol__anew a").click()
    expect(page.locator("form[action$='/consent'] button")).to_be_visible()
    look_at(page, "enrol-anew", width, language, theme)


@pytest.mark.req("ADMIN-14", "ACC-12")
def test_without_a_camera_one_step_at_a_time_is_the_next_one(sit_down, household, tmp_path):
    page = sit_down("manager", language="zh_CN", theme="light", width=360, height=740).page
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError') }"
    )
    page.goto(household.child_link)
    page.locator("form[action$='/consent'] button").click()
    photos = [tmp_path / f"{number}.png" for number in (1, 2, 3)]
    for number, photo in enumerate(photos, 1):
        cv2.imwrite(str(photo), np.tile(np.uint8([20 * number, 60, 180, 180]), (60, 20)))
    primary, nothing_found = page.locator("[data-enrol] .btn-primary:visible"), page.get_by_text("没有找到相机")
    expect(primary).to_have_count(1)
    expect(primary).to_contain_text("选已有的照片")
    expect(nothing_found).to_be_visible()
    page.locator("[data-enrol-file]").set_input_files(photos)
    expect(page.locator("[data-enrol-shots] li")).to_have_count(3)
    expect(primary).to_have_count(1)
    expect(primary).to_contain_text("发送")
    expect(nothing_found).to_be_hidden()
    look_at(page, "enrol-files-chosen", 360, "zh_CN", "light")
    page.locator("[data-enrol-shots] [data-place='2'] button").click()
    expect(nothing_found).to_be_visible()
    expect(primary).to_contain_text("选已有的照片")


def three_photos(page: Page) -> None:
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    for number in (1, 2, 3):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)


def gate_refuses(site: Seeded, *problems: PhotoProblem) -> None:
    """The gate's answer to the photos that were sent last; those of other tests wait, too."""
    with site.gate.session() as db:
        waiting = select(FaceEnrolmentRow.id).where(FaceEnrolmentRow.state == EnrolmentState.WAITING.value)
        told = EnrolmentAnswer(
            enrolment_id=db.scalars(waiting.order_by(FaceEnrolmentRow.id.desc()).limit(1)).one(),
            outcome=EnrolmentOutcome.REFUSED,
            problems=problems,
        )
        answer(db, site.gate.actor, told, clock.now())


@pytest.mark.req("ADMIN-14", "ACC-12")
@pytest.mark.parametrize(("width", "language", "theme"), [(360, "zh_CN", "light"), (360, "en", "dark")])
def test_why_the_gate_took_no_photo_stands_on_the_page_however_often_it_is_opened_anew(
    sit_down, site, household, width, language, theme
):
    page = sit_down("manager", language=language, theme=theme, width=width, height=740).page
    page.add_init_script(CAMERA)
    with site.gate.session() as db:
        key = PhotoKey(b"a secret of this test's own node").public
        offer_keys(db, site.gate.actor, OfferedKeys(**key.model_dump()), clock.now())
    page.goto(household.child_link)
    page.locator("form[action$='/consent'] button").click()
    before, wrong = page.locator("[data-enrol-before]"), page.locator("[data-enrol-wrong] li")
    expect(before).to_have_count(0)
    three_photos(page)
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_contain_text({"zh_CN": "正在核对", "en": "looking at them"}[language])
    gate_refuses(
        site, PhotoProblem(problem="too_blurred", photo=2), *(PhotoProblem(problem="too_dark", photo=n) for n in (1, 3))
    )
    said = {
        "zh_CN": ["第 2 张：有点糊，请拿稳。", "第 1、3 张：太暗，请到亮处。"],
        "en": ["Photo 2: Blurred. Hold still.", "Photos 1 and 3: Too dark. Find more light."],
    }[language]
    expect(wrong).to_have_text(said)
    beside = page.locator("[data-enrol-shots] li[data-refused=yes]")
    expect(beside).to_have_count(3)
    expect(beside.nth(1)).to_contain_text({"zh_CN": "有点糊", "en": "Blurred"}[language])
    look_at(page, "enrol-refused-photos", width, language, theme)
    for _ in range(2):
        page.reload()
        expect(before.locator("li")).to_have_text(said)
        expect(before).to_contain_text({"zh_CN": "请把孩子的三张都重新拍", "en": "take all three"}[language])
        expect(wrong).to_have_count(0)
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    look_at(page, "enrol-refused-reload", width, language, theme)
    three_photos(page)
    expect(before).to_be_visible()
    page.locator("[data-enrol-send]").click()
    expect(before).to_be_hidden()
    gate_refuses(site, *(PhotoProblem(problem="not_the_first", photo=number) for number in (2, 3)))
    expect(wrong).to_have_text(
        {"zh_CN": "第 2、3 张：和第 1 张不像同一个人，三张都要拍同一个人。",
         "en": "Photos 2 and 3: Not the person of photo 1. All three have to be of one person."}[language]
    )  # fmt: skip
    expect(page.locator("[data-enrol-shots] li[data-refused=no]")).to_have_attribute("data-place", "1")
    look_at(page, "enrol-not-one-person", width, language, theme)
    page.locator("[data-enrol-take]").click()
    page.locator("[data-enrol-take]").click()
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_contain_text({"zh_CN": "正在核对", "en": "looking at them"}[language])
    gate_refuses(site, PhotoProblem(problem="different_people"))
    expect(page.locator("[data-refused=yes]")).to_have_count(3)
    page.reload()
    expect(before.locator("li")).to_have_count(1)
    expect(before.locator("li")).not_to_contain_text({"zh_CN": "张：", "en": "Photo"}[language])


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_what_technicians_type_at_a_gate_is_shown_to_who_may_set_up_nodes_and_folded(
    sit_down, site, household, language
):
    command = "python -m edge"
    guard = sit_down("guard", language=language).page
    guard.goto(f"/people/homes/{household.resident}/face")
    expect(guard.locator("#stored-title")).to_be_visible()
    assert command not in guard.content() and str(site.cardholders[0]) not in guard.content()
    manager = sit_down("manager", language=language).page
    manager.goto(f"/people/homes/{household.resident}/face")
    folded = manager.locator("[data-technicians]")
    expect(folded.get_by_text(command)).to_be_hidden()
    folded.locator("summary").click()
    expect(folded).to_contain_text(str(site.cardholders[0]))


@pytest.mark.req("ADMIN-14", "PRIV-04", "PRIV-05")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (360, "en", "light"), (1440, "zh_CN", "light"), (1440, "en", "dark")],
)
def test_the_desk_sees_a_withdrawal_through_without_a_reload_and_keeps_its_place(
    sit_down, site, household, width, language, theme
):
    said = words_in(language)
    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto(f"/people/homes/{household.resident}/face")
    now, record = page.locator("#face-now"), page.get_by_role("region", name=said("face.erased"))
    expect(record).to_have_count(0)
    assert now.get_attribute("hx-trigger") == "every 60s", "nothing is under way: it is asked again slowly"
    page.locator("details:has(form[action$='/face/withdraw']) > summary").click()
    page.locator("input[value=person_desk]").check()
    page.locator("form[action$='/face/withdraw'] button").click()
    expect(record).to_be_visible()
    page.evaluate("window.here = true")
    technicians = page.locator("[data-technicians] summary")
    technicians.click()
    expect(record).to_contain_text(said("faces.ordered", why=said("faces.why.withdrawn"), n=1))
    expect(now).to_contain_text(said("face.photos_owing", node="东门岗", n=3))
    look_at(page, "face-destroying", width, language, theme)
    with site.gate.session() as db:
        order = db.scalars(select(FaceErasureRow.id).where(FaceErasureRow.cardholder_id == site.cardholders[0])).one()
    places = ("template", "photos", "key")
    held = HeldPicture(event_id=new_id(), until=clock.now() + timedelta(days=30))
    gone = TemplateErased(
        cardholder_id=site.cardholders[0], order_id=order, had_template=True, places=places, held=(held,)
    )
    site.gate.write(gone)
    site.gate.tell()
    expect(record).to_contain_text(said("faces.place.photos"))
    expect(record).to_contain_text(said.full(held.until))
    expect(now).to_contain_text(said("face.none"))
    expect(page.locator("#face-now[hx-trigger='every 60s']")).to_be_visible()  # all is said: it asks slowly again
    assert page.evaluate("window.here"), "nobody reloaded"
    expect(technicians).to_be_focused()
    expect(page.locator("[data-technicians]")).to_have_attribute("open", "")
    look_at(page, "face-destroyed", width, language, theme)

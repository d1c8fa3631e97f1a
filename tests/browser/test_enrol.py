"""A resident enrols on a phone and takes it back: a browser whose camera is a film, central and a gate as processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from models.wire.events import WatchChanged
from scripts.demo.site import DemoSite
from scripts.prepare.demo_faces import prepare_demo_faces
from scripts.prepare.weights import prepare_weights
from scripts.setup import CACHE
from tests.browser.conftest import WAIT_MS, not_run
from tests.scenarios.seeded_once import seeding
from tests.scenarios.story import Story
from tests.scenarios.test_privacy import arrivals, comes

LANE = "east-in"


pytestmark = pytest.mark.timeout(400)  # whole processes are started, and a camera is walked past


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, chromium: str, assets: Path) -> Iterator[Story]:
    prepare_weights(CACHE)
    site = DemoSite(tmp_path_factory.mktemp("enrol") / "site", lambda text: None, {})
    site.faces = prepare_demo_faces(CACHE, fetch=False)
    if site.faces.missing is not None:
        not_run(f"a second face is needed: {site.faces.missing}")
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(DemoSite, "_seed", seeding(tmp_path_factory))
            site.start(0)
        story = Story(site)
        story.until(story.is_online, "the node is seen by central")
        yield story
    finally:
        site.close()


def bent(portrait: np.ndarray, degrees: float) -> np.ndarray:
    """A portrait laid over a cylinder that is turned: what a turned head does to the place of a nose."""
    small = cv2.resize(portrait, (640, 720))
    across, down = np.meshgrid(np.arange(640, dtype=np.float32), np.arange(720, dtype=np.float32))
    around = np.arcsin(np.clip((across - 320) / 160, -0.98, 0.98)) - np.radians(degrees)
    source = (320 + 160 * np.sin(np.clip(around, -1.5, 1.5))).astype(np.float32)
    return cv2.remap(small, source, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def film(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the phone's camera sees: one portrait, a little nearer and a little turned from picture to picture."""
    portrait = bent(story.site.faces.pictures("office_holder_2")[0], -18)  # the portrait itself looks a little aside
    path = tmp_path_factory.mktemp("film") / "camera.mjpeg"
    with path.open("wb") as file:
        for number in range(60):
            turn = cv2.getRotationMatrix2D((320, 360), 6 * np.sin(number / 8), 1 + 0.05 * np.cos(number / 5))
            frame = cv2.warpAffine(portrait, turn, (640, 720), borderMode=cv2.BORDER_REFLECT)
            file.write(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return path


@pytest.fixture(scope="module")
def sides(story: Story, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same head turned to one side, and its mirror image."""
    turned = bent(story.site.faces.pictures("office_holder_2")[0], 22)
    folder = tmp_path_factory.mktemp("sides")
    paths = folder / "one.jpg", folder / "other.jpg"
    for path, picture in zip(paths, (turned, turned[:, ::-1]), strict=True):
        cv2.imwrite(str(path), picture)
    return paths


@pytest.fixture(scope="module")
def phone(launch: Callable[..., Browser], film: Path) -> Iterator[Page]:
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = launch(*camera, f"--use-file-for-fake-video-capture={film}")
    try:
        context = browser.new_context(viewport={"width": 360, "height": 640}, locale="zh-CN", permissions=["camera"])
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []
    finally:
        browser.close()


@pytest.fixture(scope="module")
def resident(story: Story) -> dict[str, Any]:
    """Somebody at home there whom the gates know and who never agreed to anything."""
    holder = story.site.seeded["consent"]["never"]
    community = story.site.seeded["community"]
    holders = story.person.get("/api/v1/cardholders", community_id=community, limit=200)["items"]
    person_id = next(one["person_id"] for one in holders if one["cardholder_id"] == holder)
    residents = story.person.get("/api/v1/residents", community_id=community, limit=200)["items"]
    found = next(one for one in residents if one["person_id"] == person_id)
    return {"holder": holder, "resident": found["resident_id"]}


@pytest.fixture(scope="module")
def desk(phone: Page, story: Story) -> Page:
    """The manager's screen, signed in."""
    assert phone.context.browser is not None
    page = phone.context.browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{story.site.url}/login")
    page.fill("#login", story.site.seeded["admin"]["login"])
    page.fill("#password", story.password)
    page.get_by_role("button", name="登录").click()
    return page


def link_from_the_desk(story: Story, desk: Page, resident_id: str) -> str:
    desk.goto(f"{story.site.url}/people/homes/{resident_id}")
    desk.get_by_role("link", name="人脸与同意").click()
    desk.fill("input[name=born_on]", "1985-03-02")
    desk.get_by_role("button", name="记下").click()
    desk.get_by_role("button", name="生成登记链接").click()
    expect(desk.get_by_role("link", name="打开登记页")).to_be_visible()  # a phone cannot reach this machine
    return desk.locator(".face-link__text").inner_text()


def face_of(story: Story, resident: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = story.person.get(f"/api/v1/residents/{resident['resident']}/face")
    return told


@pytest.mark.req("PRIV-01", "PRIV-04", "ACC-12", "PRIV-07")
def test_consent_three_pictures_every_gate_and_back_again(
    story: Story, phone: Page, desk: Page, resident: dict[str, Any], sides: tuple[Path, Path], tmp_path: Path
) -> None:
    phone.goto(link_from_the_desk(story, desk, resident["resident"]))
    expect(phone.get_by_role("heading", name="使用人脸需要您单独同意")).to_be_visible()
    assert not phone.locator("[data-enrol]").count(), "no camera before the consent"
    phone.get_by_role("button", name="我已阅读并同意").click()
    said, shots = phone.locator("[data-enrol-said]"), phone.locator("[data-enrol-shots] li")
    wrong = phone.locator("[data-enrol-wrong]")
    for number in range(3):
        expect(said).to_contain_text(f"第 {number + 1} 张")
        fits = (
            "[...document.querySelectorAll('[data-enrol-stage], [data-enrol-take]')]"
            ".every(one => one.getBoundingClientRect().bottom <= innerHeight)"
        )
        assert phone.evaluate(f"scrollTo(0, 0) || {fits}"), "the face and the button are on one small screen"
        phone.get_by_role("button", name="拍照").click()
    expect(shots).to_have_count(3)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="发送").click()
    # All three look straight ahead: the gate wants the two turned ones again and keeps the first.
    expect(wrong).to_have_text("第 2、3 张：头转得不够，请再多转一些。", timeout=60_000)
    expect(said).to_have_text("现在拍第 2 张：头向左转一些，约 30 度，眼睛随着转。")
    expect(shots).to_have_count(3)
    expect(phone.locator("[data-refused=yes]")).to_contain_text(["头转得不够", "头转得不够"])
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"no picture")
    phone.set_input_files("[data-enrol-file]", [str(path) for path in (torn, *sides, sides[0])])
    expect(shots).to_have_count(3)
    expect(wrong).to_contain_text("torn.jpg：读不出来")
    expect(wrong).to_contain_text(f"{sides[0].name}：照片已经够了")
    phone.get_by_role("button", name="发送").click()
    expect(phone.locator("main")).to_contain_text("登记好了", timeout=60_000)
    expect(phone.locator("[data-enrol]")).to_have_count(0)
    expect(phone.locator("#gates")).to_contain_text("已有特征", timeout=60_000)  # by itself: nobody reloads
    story.until(lambda: face_of(story, resident)["stored"], "the gate tells central of the template")
    desk.goto(f"{story.site.url}/people/homes/{resident['resident']}/face")
    expect(desk.locator("section", has_text="各门口的人脸特征")).to_contain_text("张照片提取")
    phone.reload()
    phone.locator("summary", has_text="撤回同意并销毁").click()
    expect(phone.locator("[data-asks-once]")).to_contain_text("会销毁您的人脸特征，不能恢复")
    phone.get_by_role("button", name="撤回并销毁", exact=True).click()
    expect(phone.get_by_role("link", name="可以重新同意")).to_be_visible()
    expect(phone.get_by_role("button", name="我已阅读并同意")).to_have_count(0)
    expect(phone.locator("#gates")).to_contain_text("各个门口都已确认销毁", timeout=60_000)
    story.until(lambda: face_of(story, resident)["erased"], "the gate confirms the erasure")
    told = face_of(story, resident)
    assert told["stored"] == [] and told["order"]["owing"] == [] and "template" in told["erased"][0]["places"]
    desk.reload()
    expect(desk.get_by_role("region", name="销毁记录")).to_be_visible()
    expect(desk.locator("section", has_text="各门口的人脸特征")).to_contain_text("都没有")


def test_a_link_that_is_over_says_so(story: Story, phone: Page) -> None:
    answer = phone.goto(f"{story.site.url}/enrol/{'x' * 32}")
    assert answer is not None and answer.status == 410
    expect(phone.locator("main")).to_contain_text("这个链接已失效")


def appears(found: Callable[[], object], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not found() and time.monotonic() < until:
        time.sleep(0.2)
    return bool(found())


@pytest.mark.req("ACC-30")
def test_a_face_of_the_watch_group_alarms_the_guard_and_the_gate_decides_as_before(
    story: Story, desk: Page, tmp_path: Path
) -> None:
    """From a file in the keeper's browser to the gate's other gallery, to the guard's alarm, and gone again."""
    stranger = arrivals(story)["stranger"]
    before = comes(story, stranger).decision
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), story.site.faces.pictures("office_holder_2")[0])
    desk.goto(f"{story.site.url}/watch-group")
    desk.locator("input[name=ground][value=police]").check()
    for name, said in (("document", "协查通知 2026-18"), ("asked_by", "派出所"), ("label", "协查对象")):
        desk.fill(f"input[name={name}]", said)
    desk.get_by_role("button", name="列入名单").click()
    desk.set_input_files("[data-enrol-file]", photo)
    desk.get_by_role("button", name="发送").click()
    expect(desk.locator(".paper__head")).to_contain_text("正在留意", timeout=60_000)
    expect(desk.locator("main")).not_to_contain_text("等待照片")
    expect(desk.locator("main")).not_to_contain_text("还没有门口说有这张脸")
    entry = f"/api/v1/watch-group/{desk.url.rpartition('/')[2]}"
    story.until(lambda: story.person.get(entry)["nodes"], "the gate says that it has the face")
    after = comes(story, stranger).decision
    assert (after.outcome, after.reason, after.threshold) == (before.outcome, before.reason, before.threshold)
    assert [check.model_dump(exclude={"detail"}) for check in after.checks] == [
        check.model_dump(exclude={"detail"}) for check in before.checks
    ]

    def hits() -> list[dict[str, Any]]:
        return [one for one in story.person.get("/api/v1/alarms/open")["items"] if one["kind"] == "watch_group"]

    for _ in range(3):  # the decision was read at the node, before central has either; and a busy machine may look at
        if appears(hits):  # too few frames of one coming
            break
        comes(story, stranger)
    story.until(hits, "the guard has the alarm")
    (hit,) = hits()
    assert (hit["device"], hit["detail"].split()[0]) == ("1", "police")
    desk.reload()
    desk.fill("#end-reason", "协查已结束")
    desk.get_by_role("button", name="结束并销毁特征").click()
    expect(desk.locator("main")).to_contain_text("协查已结束")  # taken: what comes after it is the gate's
    expect(desk.get_by_role("button", name="结束并销毁特征")).to_have_count(0)
    story.until(lambda: story.person.get(entry)["nodes"][0]["what"] == "erased", "the gate destroyed it")
    (stored,) = [one for _, one in story.in_node() if isinstance(one, WatchChanged) and one.what == "erased"]
    assert str(stored.entry_id) in entry

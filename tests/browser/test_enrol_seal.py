"""What the phone's script does by itself: what it seals opens at its node alone, and what no gate takes it says."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from edge.enrolment.seals import NotForUs, PhotoKey
from edge.store.keys import KeyRing
from models.wire.faces import SealedPhoto
from tests.browser.camera import CAMERA

STATIC = Path(__file__).resolve().parents[2] / "central" / "oversight" / "console" / "static"
PAGE = """<!doctype html><section data-enrol="x"><video></video><canvas></canvas>
<div data-enrol-wrong hidden><ul></ul></div><p data-enrol-said></p><button data-enrol-take></button>
<input type="file" data-enrol-file><button data-enrol-send></button>
<ol data-enrol-shots></ol></section><script src="/enrol.js"></script>"""
CAPTURE = """<!doctype html><style>[hidden] { display: none !important; }</style>
<section data-enrol="/api" data-photos="2" data-pose0="straight" data-pose1="aside" data-ready="ready"
data-failed="no line" data-of="{n}: {why}" data-of_several="{n}: {why}" data-and=", " data-and_last="+"
data-photo="photo {n}" data-file_wrong="{name}: {why}"
data-pose1_same_side="the other side" data-files="two files" data-good="good" data-denied="not allowed"
data-late="late" data-no_consent="not agreed" data-duplicate="the office" data-waiting="looking"
data-once_more="anew" data-nocamera="none here" data-inuse="in use" data-insecure="not secure">
<svg data-enrol-figure="straight" hidden></svg><button data-enrol-retry hidden>retry</button>
<div data-enrol-stage><video muted playsinline></video></div><canvas hidden></canvas>
<div data-enrol-wrong hidden><ul></ul></div><p data-enrol-said></p><ol data-enrol-shots></ol>
<button data-enrol-take>take</button><button data-enrol-send hidden>send</button>
<button data-enrol-turn hidden>turn</button><label><input type="file" data-enrol-file multiple></label>
<ul hidden><li data-problem="too_dark">dark</li><li data-problem="too_bright">bright</li>
<li data-problem="no_face">none</li><li data-problem="no_face_turned">none, turned</li>
<li data-problem="maker_changed">another device</li><li data-problem="same_side">same side</li></ul>
</section><script src="/enrol.js"></script>"""
SAID = "document.querySelector('[data-enrol-said]').textContent"
WRONG = "document.querySelector('[data-enrol-wrong] ul').textContent"
ENROLMENT = UUID("018f0000-0000-7000-8000-000000000001")
HOLDER = UUID(int=77)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        pages = {
            "/": PAGE,
            "/capture": CAPTURE,
            "/waiting": CAPTURE.replace("data-ready", 'data-state="waiting" data-ready'),
            "/stale": CAPTURE.replace("data-ready", 'data-done="/truth" data-stale="out of date" data-ready'),
            "/truth": "<!doctype html>what is true",
        }
        if self.path not in pages:
            return super().do_GET()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(pages[self.path].encode())
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """The script alone, from this machine: browsers give their cryptography to secure origins only."""
    handler = functools.partial(_Quiet, directory=str(STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def lit(path: Path, low: int = 60, high: int = 180) -> None:
    """A picture of two grey levels in stripes."""
    stripes = Image.new("L", (60, 80), low)
    for left in range(0, 60, 8):
        stripes.paste(high, (left, 0, left + 4, 80))
    stripes.convert("RGB").save(path)


@pytest.mark.req("PRIV-07")
def test_a_photo_sealed_in_the_browser_opens_at_its_node_alone(browser: Browser, address: str, tmp_path: Path) -> None:
    ring, other = KeyRing.open(tmp_path / "node"), KeyRing.open(tmp_path / "other")
    key = PhotoKey(ring.derive("photos"))
    photo = bytes(range(256)) * 1200
    page = browser.new_page()
    page.goto(address)
    sealed = page.evaluate(
        """([photo, key, enrolment, holder]) => mentingSeal(
            new Blob([Uint8Array.from(atob(photo), (c) => c.charCodeAt(0))]), key, enrolment, 2, holder)""",
        [base64.b64encode(photo).decode(), key.public.model_dump(), str(ENROLMENT), str(HOLDER)],
    )
    page.close()
    told = SealedPhoto.model_validate(sealed)
    assert photo[:64] not in told.sealed
    assert key.open(told, ENROLMENT, 2, HOLDER) == photo
    for opener, number, holder in (
        (key, 1, HOLDER),
        (PhotoKey(other.derive("photos")), 2, HOLDER),
        (key, 2, ENROLMENT),
        (key, 2, None),
    ):
        with pytest.raises(NotForUs):
            opener.open(told, ENROLMENT, number, holder)
    ring.close()
    other.close()


@pytest.mark.req("ACC-12")
def test_a_picture_that_no_gate_takes_is_said_at_once_and_not_kept(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.add_init_script(f"{CAMERA} paint(0, 20);")  # dark from the first frame on: a good one would be kept
    page.goto(f"{address}capture")
    shots = page.locator("[data-enrol-shots] img")

    def take_until(what: str, said: str) -> None:
        press = f"if ({what} !== said) document.querySelector('[data-enrol-take]').click(); return {what} === said;"
        page.wait_for_function(f"said => {{ {press} }}", arg=said)

    for low, high, words in ((0, 20, "dark"), (250, 254, "bright"), (99, 101, "none")):
        page.evaluate(f"() => paint({low}, {high})")
        take_until(WRONG, f"1: {words}")
        expect(page.locator("[data-enrol-said]")).to_have_text("straight")  # what to do stands by itself
        expect(shots).to_have_count(0)
    page.evaluate("() => paint(60, 180)")
    take_until(SAID, "aside")
    expect(page.locator("[data-enrol-wrong]")).to_be_hidden()
    expect(shots).to_have_class(["enrol__mirrored"])
    page.close()


def test_the_other_camera_is_one_press_away_and_what_it_or_a_file_shows_is_not_mirrored(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.goto(f"{address}capture")
    page.locator("[data-enrol-turn]").click()
    expect(page.locator("video")).not_to_have_class("enrol__mirrored")
    assert page.evaluate("facings") == ["user", "environment"]
    file = tmp_path / "photo.png"
    lit(file)
    page.set_input_files("[data-enrol-file]", [file, file])
    expect(page.locator("[data-enrol-shots] img")).to_have_count(2)
    expect(page.locator("[data-enrol-shots] .enrol__mirrored")).to_have_count(0)
    expect(page.locator("[data-enrol-stage]")).to_be_hidden()
    page.route("**/api**", lambda route: route.abort())
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("no line")
    page.close()


@pytest.mark.req("ACC-12")
def test_an_answer_is_waited_for_after_a_reload_and_says_once_what_is_wrong_with_several(
    browser: Browser, address: str
) -> None:
    """The line breaks meanwhile: nothing is lost by it, and nothing is asked for twice."""
    page = browser.new_page()
    page.add_init_script(CAMERA)
    wrong = [{"problem": "too_dark", "photo": one} for one in (1, 2)]
    answers: list[object] = [None, {"state": "waiting"}, {"state": "refused", "may_send": True, "problems": wrong}]

    def answer(route: Route) -> None:
        told = answers.pop(0)
        route.fulfill(json=told) if told else route.abort()

    page.route("**/api", answer)
    page.goto(f"{address}waiting")
    expect(page.locator("[data-enrol-take]")).to_be_hidden()
    expect(page.locator("[data-enrol-wrong]")).to_have_text("1+2: dark")
    expect(page.locator("[data-enrol-said]")).to_have_text("straight")
    expect(page.locator("[data-enrol-take]")).to_be_visible()
    page.close()


@pytest.mark.req("ACC-12")
def test_a_black_file_is_named_with_why_and_a_face_lit_anywhere_in_the_dark_is_the_gates_to_judge(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.goto(f"{address}capture")
    black, corner = tmp_path / "black.png", tmp_path / "corner.png"
    lit(black, 0, 12)
    dark = Image.new("RGB", (60, 80))
    dark.paste((200, 180, 160), (0, 0, 20, 26))
    dark.save(corner)
    page.set_input_files("[data-enrol-file]", [black, corner])
    expect(page.locator("[data-enrol-wrong]")).to_have_text("black.png: dark")
    expect(page.locator("[data-enrol-said]")).to_have_text("aside")
    expect(page.locator("[data-enrol-shots] img")).to_have_count(1)
    page.close()


@pytest.mark.req("ACC-12")
def test_each_photo_keeps_its_number_while_another_is_missing(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.goto(f"{address}capture")
    shots = page.locator("[data-enrol-shots] li")
    for number in (1, 2):
        page.locator("[data-enrol-take]").click()
        expect(shots).to_have_count(number)
    expect(shots).to_contain_text(["photo 1", "photo 2"])
    shots.first.get_by_role("button").click()
    expect(shots).to_contain_text(["photo 2"])
    expect(shots).to_have_attribute("data-place", "2")
    page.close()


@pytest.mark.req("ACC-12", "PRIV-04")
@pytest.mark.parametrize(
    "now",
    [
        {"state": "enrolled", "may_send": False, "agrees": True, "problems": []},
        {"state": "invited", "may_send": True, "agrees": False, "problems": []},
        {"state": "refused", "may_send": False, "agrees": True, "problems": []},
        None,  # the link is over
    ],
)
def test_a_tab_that_was_left_behind_opens_what_is_true_instead_of_sending(
    browser: Browser, address: str, now: dict[str, object] | None
) -> None:
    """Done in another tab, withdrawn there, used up there: no red line beside a button that leads nowhere."""
    page = browser.new_page()
    page.add_init_script(CAMERA)
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(json=now or {"detail": "over"}, status=200 if now else 410)

    page.route("**/api**", answer)
    page.goto(f"{address}stale")
    for number in (1, 2):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)
    page.locator("[data-enrol-send]").click()
    page.wait_for_url(f"{address}truth")
    assert set(sent) == {"GET"}, "no photo left the phone"
    page.close()


@pytest.mark.req("ACC-12")
def test_photos_of_another_tab_are_waited_for_and_what_was_wrong_with_them_drops_none_of_these(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    dark = [{"problem": "too_dark", "photo": 1}]
    answers: list[dict[str, object]] = [
        {"state": "waiting", "may_send": False, "agrees": True, "problems": []},
        {"state": "refused", "may_send": True, "agrees": True, "problems": dark},
    ]
    page.route("**/api**", lambda route: route.fulfill(json=answers.pop(0)))
    page.goto(f"{address}stale")
    for number in (1, 2):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("ready")
    expect(page.locator("[data-enrol-shots] li")).to_have_count(2)
    expect(page.locator("[data-enrol-send]")).to_be_enabled()
    page.close()


class Central:
    """Answers a phone that sends two photos; `answer` is what the gate says of them, None: nothing yet."""

    def __init__(self, browser: Browser, address: str, tmp_path: Path) -> None:
        page = browser.new_page()
        page.add_init_script(CAMERA)
        page.goto(f"{address}capture")
        self.page, self.answer, self.sent = page, cast("dict[str, object] | None", None), 0
        self.taken_of, self.next_key, self.sealed_to = tmp_path, cast("str | None", None), cast("list[str]", [])
        key = self.key_of("node")
        self.ready = {"state": "invited", "may_send": True, "agrees": True, "problems": [], "key": key,
                      "enrolment_id": str(ENROLMENT), "cardholder_id": str(HOLDER)}  # fmt: skip
        page.route("**/api**", self._told)

    def key_of(self, node: str) -> dict[str, object]:
        return PhotoKey(KeyRing.open(self.taken_of / node).derive("photos")).public.model_dump()

    def _told(self, route: Route) -> None:
        if route.request.method == "POST":
            self.sealed_to += [one["key_id"] for one in route.request.post_data_json["photos"]]
            if self.next_key is not None:  # another enrolling device, between what the page asked and what it sent
                self.ready |= {"key": self.key_of(self.next_key)}
                self.next_key = f"{self.next_key}+" if self.next_key.startswith("always") else None
                route.fulfill(status=409, json={"detail": "another device", "status": 409, "why": "other_key"})
                return
            self.sent, self.answer = self.sent + 1, None
        waiting = self.ready | {"state": "waiting", "may_send": False}
        route.fulfill(
            json=self.ready if not self.sent else waiting if self.answer is None else self.ready | self.answer
        )

    def send_two(self) -> None:
        for number in (1, 2):
            self.page.locator("[data-enrol-take]").click()
            expect(self.page.locator("[data-enrol-shots] li")).to_have_count(number)
        self.page.locator("[data-enrol-send]").click()
        expect(self.page.locator("[data-enrol-said]")).to_have_text("looking")


@pytest.mark.req("ACC-12")
def test_no_photo_is_changed_while_the_gate_looks_at_them(browser: Browser, address: str, tmp_path: Path) -> None:
    """Its answer names photos by their place: one put there meanwhile would be called what another was."""
    central = Central(browser, address, tmp_path)
    page = central.page
    central.send_two()
    shots = page.locator("[data-enrol-shots] li")
    for again in shots.get_by_role("button").all():
        expect(again).to_be_disabled()
    for name in ("take", "send", "file", "turn", "retry"):
        expect(page.locator(f"[data-enrol-{name}]")).to_be_disabled()
    page.locator("[data-enrol-file]").evaluate("one => one.onchange()")
    expect(shots).to_have_count(2)
    expect(page.locator("[data-enrol-said]")).to_have_text("looking")
    central.answer = {"state": "refused", "problems": [{"problem": "no_face", "photo": 2}]}
    expect(shots).to_contain_text(["good", "none, turned"])
    expect(shots.first.get_by_role("button")).to_be_enabled()
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    expect(page.locator("[data-enrol-file]")).to_be_enabled()
    page.close()


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"state": "late"}, "late"),
        ({"state": "no_consent"}, "not agreed"),
        ({"state": "late", "problems": [{"problem": "maker_changed", "photo": None}]}, "another device"),
    ],
)
def test_photos_of_which_nothing_bad_was_said_can_be_sent_once_more(
    browser: Browser, address: str, tmp_path: Path, answer: dict[str, object], words: str
) -> None:
    central = Central(browser, address, tmp_path)
    central.send_two()
    central.answer, page = answer, central.page
    expect(page.locator("[data-enrol-wrong]")).to_have_text(words)
    expect(page.locator("[data-enrol-send]")).to_be_visible()
    expect(page.locator("[data-enrol-send]")).to_be_enabled()
    expect(page.locator("[data-refused=yes]")).to_have_count(0)
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("looking")
    expect(page.locator("[data-enrol-wrong]")).to_be_hidden()
    assert central.sent == 2
    page.close()


@pytest.mark.req("ACC-12")
def test_the_face_of_somebody_else_ends_the_taking_of_photos(browser: Browser, address: str, tmp_path: Path) -> None:
    central = Central(browser, address, tmp_path)
    page = central.page
    central.send_two()
    central.answer = {"state": "duplicate"}
    expect(page.locator("[data-enrol-wrong]")).to_have_text("the office")
    for name in ("stage", "take", "send", "turn", "retry", "file"):
        expect(page.locator(f"[data-enrol-{name}]")).to_be_hidden()
    expect(page.locator("[data-enrol-shots] li")).to_have_count(0)
    expect(page.locator("[data-enrol-said]")).to_have_text("")
    assert page.locator("video").evaluate("one => one.srcObject.getTracks().every(t => t.readyState === 'ended')")
    page.close()


@pytest.mark.req("ACC-12")
def test_a_tab_that_is_looked_at_again_opens_what_is_true_by_itself(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.route("**/api**", lambda route: route.fulfill(json={"state": "enrolled", "may_send": False, "agrees": True}))
    page.goto(f"{address}stale")
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url(f"{address}truth")
    page.close()


@pytest.mark.req("ACC-12")
def test_a_head_turned_the_same_way_twice_is_asked_for_the_opposite_side_whichever_that_is(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    """Who turned to the right first is not told "the right" again."""
    ring = KeyRing.open(tmp_path / "node")
    key = PhotoKey(ring.derive("photos")).public.model_dump()
    page = browser.new_page()
    page.add_init_script(CAMERA)
    ready = {"state": "invited", "may_send": True, "agrees": True, "problems": [], "key": key,
             "enrolment_id": str(ENROLMENT), "cardholder_id": str(HOLDER)}  # fmt: skip
    refused = ready | {"state": "refused", "problems": [{"problem": "same_side", "photo": 2}]}
    page.route("**/api**", lambda route: route.fulfill(json=ready if route.request.method == "GET" else refused))
    page.goto(f"{address}capture")
    for number in (1, 2):
        page.locator("[data-enrol-take]").click()
        expect(page.locator("[data-enrol-shots] li")).to_have_count(number)
    page.locator("[data-enrol-send]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("the other side")
    expect(page.locator("[data-enrol-figure]")).to_have_attribute("data-enrol-figure", "either")
    shots = page.locator("[data-enrol-shots] li")
    expect(shots).to_contain_text(["good", "same side"])
    expect(shots.nth(1)).to_have_attribute("data-refused", "yes")
    shown = shots.nth(1).locator("img").get_attribute("src")
    assert shown is not None and shown.startswith("blob:"), "of this page alone"
    page.locator("[data-enrol-take]").click()
    expect(page.locator("[data-enrol-send]")).to_be_visible()
    expect(page.locator("[data-refused]")).to_have_count(0)
    assert shots.nth(1).locator("img").get_attribute("src") != shown, "the new one in its place"
    page.close()
    ring.close()


@pytest.mark.req("ACC-12")
def test_a_head_is_drawn_as_it_is_to_be_turned_before_a_mirror_and_before_the_other_camera(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.goto(f"{address}capture")
    drawn = page.locator("[data-enrol-figure]")
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    expect(drawn).to_have_attribute("data-enrol-figure", "straight")
    page.locator("[data-enrol-take]").click()
    expect(drawn).to_have_attribute("data-enrol-figure", "left")
    page.locator("[data-enrol-turn]").click()
    expect(drawn).to_have_attribute("data-enrol-figure", "right")
    page.locator("[data-enrol-take]").click()
    expect(page.locator("[data-enrol-said]")).to_have_text("ready")
    expect(drawn).to_be_hidden()
    page.close()


@pytest.mark.req("ACC-12")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("NotAllowedError", "not allowed"),
        ("NotFoundError", "none here"),
        ("NotReadableError", "in use"),
        ("AbortError", "in use"),
        ("OverconstrainedError", "none here"),
    ],
)
def test_why_there_is_no_camera_is_said_and_files_and_another_try_are_offered(
    browser: Browser, address: str, tmp_path: Path, error: str, said: str
) -> None:
    page = browser.new_page()
    page.add_init_script(CAMERA)
    page.add_init_script(
        f"""window.real = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException("", "{error}"); }};"""
    )
    page.goto(f"{address}capture")
    expect(page.locator("[data-enrol-wrong]")).to_have_text(said)
    expect(page.locator("[data-enrol-said]")).to_have_text("two files")
    expect(page.locator("[data-enrol-take]")).to_be_hidden()
    file = tmp_path / "photo.png"
    lit(file)
    page.set_input_files("[data-enrol-file]", file)
    expect(page.locator("[data-enrol-shots] li")).to_have_count(1)
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = real; }")
    page.locator("[data-enrol-retry]").click()
    expect(page.locator("[data-enrol-take]")).to_be_enabled()
    expect(page.locator("[data-enrol-wrong]")).to_be_hidden()
    expect(page.locator("[data-enrol-said]")).to_have_text("aside")
    expect(page.locator("[data-enrol-retry]")).to_be_hidden()
    page.close()


@pytest.mark.req("ACC-12", "PRIV-07")
def test_at_an_address_that_is_not_secure_no_photo_is_asked_for_because_none_could_be_sealed(
    browser: Browser, address: str
) -> None:
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page.goto(f"{address}capture")
    expect(page.locator("[data-enrol-wrong]")).to_have_text("not secure")
    for control in ("take", "send", "file", "retry", "figure"):
        expect(page.locator(f"[data-enrol-{control}]")).to_be_hidden()
    expect(page.locator("[data-enrol-said]")).to_be_empty()
    page.close()

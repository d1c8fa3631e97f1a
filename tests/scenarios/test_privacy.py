"""What leaves a gate: not one byte of a face, but for the one cropped picture where the community allows it. And what
stays there after somebody took their consent back: nothing."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge.lane.pictures import WIDTH_PX
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from models.wire.envelope import Batch
from models.wire.events import EVENT_BODY, DecisionMade, NodeNews, TemplateErased
from models.wire.faces import OfferedKeys, TemplateAnew, TemplateModels
from scripts.demo.arrivals import Arrival, arrive
from scripts.demo.cast import Cast
from scripts.demo.check import AWAY_S
from scripts.demo.site import DemoSite
from tests.edge.faces_on_disk import a_template, in_other_words, traces
from tests.scenarios.story import Story
from tests.scenarios.tap import Request, Tap

LANE = "east-in"
PICTURE_FORMATS = {
    "JPEG": b"\xff\xd8\xff", "JPEG in base64": b"/9j/4AAQSkZJ", "JPEG in hexadecimal": b"ffd8ffe0", "PNG": b"\x89PNG",
    "PNG in base64": b"iVBORw0KGgo", "WebP": b"WEBPVP8",
}  # fmt: skip
SEALED_HEAD = 17
SEALED_MAX = 1000
"""Of an event's sealed part: a pass's text fits, a face would not."""


class TappedSite(DemoSite):
    """A demo site whose node reaches central through the tap only."""

    tap: Tap

    def node_url(self) -> str:
        self.tap.toward(self.url)
        return self.tap.url


@pytest.fixture
def tapped(tmp_path: Path, prepared: None) -> Iterator[Story]:
    site = TappedSite(tmp_path / "site", lambda text: print(text, flush=True), {}, check=True)
    site.tap = Tap()
    try:
        site.start(0)
        story = Story(site)
        story.until(story.is_online, "the node is seen by central")
        yield story
    finally:
        site.close()
        site.tap.close()


def tap_of(story: Story) -> Tap:
    assert isinstance(story.site, TappedSite)
    return story.site.tap


def send_pictures(story: Story, allowed: bool) -> None:
    """The community's choice, and until the node has it."""
    community = story.site.seeded["community"]
    told = story.person.post(f"/api/v1/gate-settings/{community}", {"send_pictures": allowed})
    story.until(lambda: node_view(story)["rules_version"] >= told["snapshot_version"], "the node has the new rules")


def node_view(story: Story) -> dict[str, Any]:
    (view,) = story.person.get("/api/v1/nodes")["items"]
    return view | {"rules_version": view["rules_version"] or 0}


def arrivals(story: Story) -> dict[str, Arrival]:
    cast = Cast(story.site.seeded, story.site.faces)
    return {arrival.key: arrival for arrival in cast.check()}


def comes(story: Story, arrival: Arrival) -> DecisionMade:
    """Somebody comes, is decided about, and goes; central has it all."""
    lane, before = story.site.world.lanes[LANE], len(decided(story))
    arrive(lane, arrival, arrival.painted())
    story.until(lambda: len(decided(story)) > before, arrival.key)
    lane.leave()
    story.until(lambda: lane.gate.door.shut, f"{arrival.key}: the door is shut again")
    story.until(story.drained, f"{arrival.key}: central has it")
    time.sleep(AWAY_S)  # the same code counts again only after it was away
    return decided(story)[before]


def decided(story: Story) -> list[DecisionMade]:
    return [body for _, body in story.in_node() if isinstance(body, DecisionMade)]


def templates_in(node: Path) -> dict[UUID, bytes]:
    """In clear, as only the node's own keys can show them."""
    keys = KeyRing.open(node / "keys")
    templates = Templates.open(node / "templates.db", keys)
    try:
        return {person: template for person, template, _ in templates.all()}
    finally:
        templates.close()
        keys.close()


def assert_no_face_in(what: bytes, templates: dict[UUID, bytes]) -> None:
    for name, mark in PICTURE_FORMATS.items():
        assert mark not in what, f"a {name} left the node"
    for person, template in templates.items():
        left = [piece for piece in in_other_words(template) if piece in what]
        assert not left, f"numbers of {person}'s template left the node: {left[:1]}"


def assert_plain(request: Request) -> None:
    """A question, a batch of readable events whose sealed parts are too small for a face, or the key for photos."""
    if request.method == "GET":
        asked = ("/edge/v1/downlink", "/edge/v1/faces/mail", "/edge/v1/watch-group/mail")
        assert request.path in asked and not request.body
        return
    if (request.method, request.path) == ("PUT", "/edge/v1/faces/key"):
        OfferedKeys.model_validate_json(request.body)
        assert len(request.body) < 600, "two public points and a signature"
        return
    if (request.method, request.path) == ("PUT", "/edge/v1/faces/models"):
        TemplateModels.model_validate_json(request.body)
        return
    if request.method == "PUT" and request.path.startswith("/edge/v1/faces/anew/"):
        TemplateAnew.model_validate_json(request.body)
        return
    assert (request.method, request.path) in {("POST", "/edge/v1/enrol"), ("POST", "/edge/v1/batches")}, request[:2]
    told = json.loads(request.body)
    if request.path == "/edge/v1/batches":
        for event in Batch.model_validate(told).events:
            assert EVENT_BODY.validate_json(event.body)
            assert event.sealed is None or len(event.sealed) <= SEALED_MAX


@pytest.mark.parametrize(
    "leak",
    [a_template(1), base64.b64encode(a_template(1)), a_template(1).hex().encode(), a_template(1)[100:140],
     b"\xff\xd8\xff\xe0\x00\x10JFIF"],
    ids=["raw", "base64", "hexadecimal", "a part", "a picture"],
)  # fmt: skip
def test_the_search_would_find_a_face(leak: bytes) -> None:
    """In any of the ways that it might travel, in the middle of something else."""
    with pytest.raises(AssertionError, match="left the node"):
        assert_no_face_in(b"POST /edge/v1/batches" + leak + b"and so on", {UUID(int=1): a_template(1)})
    assert_no_face_in(b"POST /edge/v1/batches and so on", {UUID(int=1): a_template(1)})


@pytest.mark.req("PRIV-07")
@pytest.mark.timeout(400)
def test_no_byte_of_a_face_leaves_but_the_one_cropped_picture_where_it_is_allowed(tapped: Story) -> None:
    tap, who = tap_of(tapped), arrivals(tapped)
    send_pictures(tapped, False)
    templates = templates_in(tapped.node)
    assert templates, "there are faces at this gate that could leave"
    for key, reason in (("both", "ok"), ("no_reference", "no_reference"), ("stranger", "low_score")):
        assert comes(tapped, who[key]).decision.reason.value == reason, "a face was looked at"
    assert not list((tapped.node / "pictures").iterdir()), "and none is kept"
    for stream in tap.streams():
        assert_no_face_in(stream, templates)
    for request in tap.requests():
        assert_plain(request)

    send_pictures(tapped, True)
    for key in ("both", "stranger"):
        assert comes(tapped, who[key]).picture
    shown = {str(event.event_id) for event in with_picture(tap)}
    assert len(shown) == 2
    tapped.until(lambda: len(pictures_in(tap)) >= len(shown), "the pictures are sent")
    sent = pictures_in(tap)
    assert sorted(one.path.rpartition("/")[2] for one in sent) == sorted(shown), "one of each decision, once"
    for one in sent:
        assert one.headers["content-type"] == "image/jpeg"
        assert one.body.startswith(b"\xff\xd8\xff") and one.body.count(b"\xff\xd8\xff") == 1, (
            "one picture, no thumbnail"
        )
        height, width = cv2.imdecode(np.frombuffer(one.body, np.uint8), cv2.IMREAD_GRAYSCALE).shape
        assert width <= WIDTH_PX and height * width < 640 * 480, "cropped, never the frame"
        for piece in (piece for template in templates.values() for piece in in_other_words(template)):
            assert piece not in one.body
    for request in tap.requests():
        if request not in sent:
            assert_plain(request)
            assert_no_face_in(request.body, templates)


def with_picture(tap: Tap) -> list[Any]:
    """The decisions the node has sent that name a picture."""
    batches = [Batch.model_validate_json(one.body) for one in tap.requests() if one.path == "/edge/v1/batches"]
    bodies = [(event, EVENT_BODY.validate_json(event.body)) for batch in batches for event in batch.events]
    return [event for event, body in bodies if isinstance(body, DecisionMade) and body.picture]


def pictures_in(tap: Tap) -> list[Request]:
    return [one for one in tap.requests() if one.path.startswith("/edge/v1/pictures/")]


def resident_of(story: Story, cardholder: str) -> str:
    """The resident's id of a cardholder, as the desk finds it."""
    community = story.site.seeded["community"]
    person = story.person.get(f"/api/v1/cardholders/{cardholder}")["person_id"]
    cursor: dict[str, str] = {}
    while True:
        page = story.person.get("/api/v1/residents", community_id=community, **cursor)
        for resident in page["items"]:
            if resident["person_id"] == person:
                return str(resident["resident_id"])
        cursor = {"after": page["next"]}


def secrets_of(node: Path, cardholder: str) -> list[bytes]:
    """Template, its ciphertext, the wrapped key and the key: whatever of them is left is too much.

    Not the ciphertext's head: the key's id stands before everything ever sealed with it, and names nobody.
    """
    keys = KeyRing.open(node / "keys")
    templates = Templates.open(node / "templates.db", keys)
    try:
        person = UUID(cardholder)
        stored = templates.get(person)
        assert stored is not None
        (sealed,) = templates._database.connection.execute(
            "SELECT sealed FROM templates WHERE cardholder_id=?", (person.bytes,)
        ).fetchone()
        (wrapped,) = keys._database.connection.execute(
            "SELECT wrapped FROM person_keys WHERE person_id=?", (person.bytes,)
        ).fetchone()
        return [stored[0], sealed[SEALED_HEAD:], wrapped, keys.person_key(person)]
    finally:
        templates.close()
        keys.close()


def erased(story: Story, cardholder: str) -> list[TemplateErased]:
    told = [body for _, body in story.in_node() if isinstance(body, TemplateErased)]
    return [one for one in told if str(one.cardholder_id) == cardholder]


def face(story: Story, resident: str) -> dict[str, Any]:
    told: dict[str, Any] = story.person.get(f"/api/v1/residents/{resident}/face")
    return told


def is_settled(story: Story, resident: str) -> bool:
    order = face(story, resident)["order"]
    return order is not None and order["settled_at"] is not None


def withdraw(story: Story, resident: str) -> None:
    story.person.post(f"/api/v1/residents/{resident}/consents/withdraw", {"channel": "phone"})


@pytest.mark.req("PRIV-04", "PRIV-05")
@pytest.mark.timeout(400)
def test_a_consent_taken_back_is_gone_from_the_gate_and_first_thing_from_one_that_was_away(story: Story) -> None:
    first, second = story.site.seeded["faces"]["first"], story.site.seeded["faces"]["second"]
    lives, lives_too = resident_of(story, first), resident_of(story, second)
    story.until(lambda: face(story, lives)["stored"], "central knows that the gate has a template")
    secrets = secrets_of(story.node, first)
    both = arrivals(story)["both"]
    assert comes(story, both).decision.reason.value == "ok"
    withdraw(story, lives)
    story.until(lambda: is_settled(story, lives), "the gate confirms")
    told = face(story, lives)
    assert told["stored"] == [] and told["order"]["owing"] == [] and told["consent"]["standing"] == "withdrawn"
    assert [one["places"] for one in told["erased"]] == [["template", "key", "pictures"]]
    assert traces(story.node, secrets) == []
    again = comes(story, both).decision
    assert (again.outcome.value, again.reason.value) == ("grant", "no_consent"), "the pass goes on as a pass, alone"

    away = secrets_of(story.node, second)
    story.site.kill("edge")
    withdraw(story, lives_too)
    story.until(lambda: (face(story, lives_too)["order"] or {}).get("owing"), "central says who owes it")
    assert traces(story.node, away), "it is there until the gate hears of it"
    story.site.start_node()
    story.until(lambda: is_settled(story, lives_too), "the gate confirms when it is back")
    assert len(erased(story, second)) == 1 and traces(story.node, away) == []
    bodies = [body for _, body in story.in_node()]
    gone = next(
        i for i, one in enumerate(bodies) if isinstance(one, TemplateErased) and str(one.cardholder_id) == second
    )
    started = max(i for i, one in enumerate(bodies) if isinstance(one, NodeNews) and one.what == "started")
    applied = [i for i, one in enumerate(bodies) if isinstance(one, NodeNews) and one.what == "snapshot_applied"]
    assert not [i for i in applied if started < i < gone], "before any newer rules counted"

"""A whole node: who withdrew is gone from its folder to the last byte, and central is told once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from edge import faces
from edge.__main__ import main
from edge.bootstrap import RunningNode
from edge.journal.journal import Entry
from edge.store.kept_photos import photos_key
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.sync.errors import Offline
from edge.verify.face.backend import SFACE_MODEL as MODEL
from edge.verify.face.template import template_from_bytes
from models.access.credential import Cardholder, Kind
from models.access.decision import Decision, Outcome, Reason
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, DecisionMade, TemplateErased, TemplateStored
from models.wire.snapshot import Erasure
from scripts.rig import Rig
from tests.edge.faces_on_disk import a_template, traces

MakeRig = Callable[..., Rig]
Until = Callable[[Callable[[], object]], None]
JPEG = b"\xff\xd8\xff\xe0" + b"a face, cropped " * 40 + b"\xff\xd9"


class Secrets(NamedTuple):
    """What must not be found: the numbers, their ciphertext, the wrapped key, the key; a kept photo, its ciphertext,
    its key."""

    template: bytes
    sealed: bytes
    wrapped: bytes
    key: bytes
    photo: bytes
    sealed_photo: bytes
    photos_key: bytes


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    return make_rig()


def data(rig: Rig) -> Path:
    return rig.folder / "node"


def told(node: RunningNode, kind: type) -> list[object]:
    read = [EVENT_BODY.validate_json(event.body) for event in node.journal.read(0, 10_000)]
    return [body for body in read if isinstance(body, kind)]


def enrolled(node: RunningNode, person: UUID, seed: int = 1) -> Secrets:
    """Somebody with a template here, as `python -m edge face` leaves it."""
    body = TemplateStored(cardholder_id=person, model="m", photos=1)
    node.templates.put(person, a_template(seed), "m", told=body, photos=[JPEG])
    sealed = node.templates._database.connection.execute(
        "SELECT sealed FROM templates WHERE cardholder_id=?", (person.bytes,)
    ).fetchone()[0]
    wrapped = node.keys._database.connection.execute(
        "SELECT wrapped FROM person_keys WHERE person_id=?", (person.bytes,)
    ).fetchone()[0]
    sealed_photo = node.templates._database.connection.execute(
        "SELECT sealed FROM photos WHERE cardholder_id=?", (person.bytes,)
    ).fetchone()[0]
    key, own_key = node.keys.person_key(person), node.keys.person_key(photos_key(person))
    return Secrets(a_template(seed), sealed, wrapped, key, JPEG, sealed_photo, own_key)


def pictured(node: RunningNode, rig: Rig, person: UUID) -> UUID:
    """A decision about a person with its event picture; the decision's id."""
    lane = next(iter(rig.lanes.values()))
    made = Decision(
        outcome=Outcome.GRANT, reason=Reason.OK, kind=Kind.PASS, at=utc_now(), lane_id=lane.lane_id, rules_version=1,
        rules_age_s=0, cardholder_id=person,
    )  # fmt: skip
    body = DecisionMade(decision=made, seen_at=utc_now(), duration_us=1, picture=True)
    (event,) = node.journal.append(Entry(body, correlation=new_id(), lane_id=lane.lane_id))
    assert node.pictures.keep(event.event_id, JPEG).stored
    return event.event_id


def order(rig: Rig, person: UUID, erase: bool = True) -> Erasure:
    """Central's next snapshot orders a person erased."""
    assert rig.node is not None
    made = Erasure(order_id=new_id(), cardholder_id=person)
    assert rig.node.store.apply(rig.authority.snapshot(rig.lanes.values(), erase=(made,)), utc_now()) is None
    return made


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_an_order_erases_template_key_and_pictures_and_is_journaled_once(rig: Rig) -> None:
    node, person, other = rig.start(), new_id(), new_id()
    secrets = enrolled(node, person)
    enrolled(node, other, 2)
    own, others = pictured(node, rig, person), pictured(node, rig, other)
    assert traces(data(rig), [secrets.sealed]) and traces(data(rig), [secrets.sealed_photo]), (
        "the search finds what is there"
    )
    ordered = order(rig, person)
    assert told(node, TemplateErased) == [
        TemplateErased(
            cardholder_id=person,
            order_id=ordered.order_id,
            had_template=True,
            places=("template", "photos", "key", "pictures"),
        )
    ]
    assert node.pictures.take(own) is None and node.pictures.take(others) == JPEG
    assert node.templates.holders() == {other}
    assert traces(data(rig), [*secrets]) == [], "nothing in any file, write-ahead logs included"
    event = next(e for e in node.journal.read(0, 1000) if e.correlation == ordered.order_id)
    assert EVENT_BODY.validate_json(event.body).kind == "template_erased"
    assert node.journal.verify() is None


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_crash_between_disk_and_journal_is_told_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is written and the power goes before the node has noted that it is."""
    node, person = rig.start(), new_id()
    enrolled(node, person)
    node.receipts.bring()
    with monkeypatch.context() as power:
        power.setattr(node.templates, "told", lambda ids: None)
        order(rig, person)
    assert len(told(node, TemplateErased)) == 1 and node.templates.owed()
    rig.stop()
    again = rig.start()
    again.receipts.bring()
    assert len(told(again, TemplateErased)) == 1 and not again.templates.owed()


@pytest.mark.req("PRIV-05")
def test_a_restored_backup_is_erased_at_the_next_start(rig: Rig) -> None:
    node, person = rig.start(), new_id()
    enrolled(node, person)
    node.receipts.bring()
    rig.stop()
    node.templates.close()
    backup = rig.folder / "templates.backup"
    shutil.copy(data(rig) / "templates.db", backup)
    node = rig.start()
    order(rig, person)
    rig.stop()
    node.templates.close()
    shutil.copy(backup, data(rig) / "templates.db")
    node = rig.start()
    node.receipts.bring()
    assert node.templates.holders() == frozenset()
    assert [one.had_template for one in told(node, TemplateErased)] == [True, True]


@pytest.mark.req("PRIV-05", "PRIV-09")
@pytest.mark.parametrize("running", [True, False])
def test_forgetting_by_hand_leaves_no_byte_and_central_hears_of_it(rig: Rig, until: Until, running: bool) -> None:
    node, person = rig.start(), new_id()
    secrets = enrolled(node, person)
    own = pictured(node, rig, person)
    if not running:
        rig.stop()
    assert faces.forget_person(data(rig), person)
    if not running:
        node = rig.start()
    until(lambda: told(node, TemplateErased))
    (said,) = told(node, TemplateErased)
    assert said == TemplateErased(
        cardholder_id=person, order_id=None, had_template=True, places=("template", "photos", "key", "pictures")
    )
    assert traces(data(rig), [*secrets]) == []
    assert node.pictures.take(own) is None
    assert not faces.forget_person(data(rig), person), "there is nothing any more"
    node.receipts.bring()
    assert len(told(node, TemplateErased)) == 1


@pytest.mark.req("PRIV-09")
def test_a_stolen_disk_without_the_nodes_key_opens_nothing(rig: Rig) -> None:
    node, person = rig.start(), new_id()
    secrets = enrolled(node, person)
    pictured(node, rig, person)
    rig.stop()
    assert traces(data(rig), [secrets.template, secrets.key, JPEG, secrets.photos_key]) == []


class Made(NamedTuple):
    node: RunningNode
    holder: Cardholder


@pytest.fixture
def at_the_node(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Photos always make the same template: what is asked here is whether one may be made at all."""
    monkeypatch.setattr("edge.faces.FaceReader.open", lambda weights, backend: None)
    monkeypatch.setattr("edge.faces.make_template", lambda contents, reader: template_from_bytes(a_template(1), MODEL))
    return rig


def enrol(rig: Rig, person: UUID) -> str | None:
    photo = rig.folder / "photo.jpg"
    photo.write_bytes(JPEG)
    return faces.enrol_face(data(rig), rig.folder, person, [photo])


def agree(rig: Rig, *holders: Cardholder, maker: UUID | None = None) -> None:
    assert rig.node is not None
    signed = rig.authority.snapshot(rig.lanes.values(), cardholders=holders, maker=maker)
    assert rig.node.store.apply(signed, utc_now()) is None


@pytest.mark.req("PRIV-01")
def test_without_a_consent_nothing_is_read_and_nothing_is_written(at_the_node: Rig) -> None:
    rig = at_the_node
    rig.start()
    silent = Cardholder(cardholder_id=new_id())
    agree(rig, silent)
    nowhere = [rig.folder / "there is no such photo"]
    stranger = new_id()
    unknown = faces.UNKNOWN_HOLDER.format(stranger)
    for person, words in ((silent.cardholder_id, faces.NO_CONSENT), (stranger, unknown)):
        assert faces.enrol_face(data(rig), rig.folder, person, nowhere) == words
    keys = KeyRing.open(data(rig) / "keys")
    assert Templates.open(data(rig) / "templates.db", keys).holders() == frozenset()
    assert keys._database.connection.execute("SELECT count(*) FROM person_keys").fetchone() == (0,)


@pytest.mark.req("PRIV-01", "PRIV-09")
@pytest.mark.parametrize("running", [True, False])
def test_who_agreed_is_enrolled_and_central_hears_of_it(at_the_node: Rig, until: Until, running: bool) -> None:
    rig = at_the_node
    node, agreed = rig.start(), Cardholder(cardholder_id=new_id(), face_consent=True)
    agree(rig, agreed)
    if not running:
        rig.stop()
    assert enrol(rig, agreed.cardholder_id) is None
    if not running:
        node = rig.start()
    until(lambda: told(node, TemplateStored))
    assert told(node, TemplateStored) == [TemplateStored(cardholder_id=agreed.cardholder_id, model=MODEL, photos=3)]
    assert node.templates.get(agreed.cardholder_id) == (a_template(1), MODEL)
    agree(rig, agreed.model_copy(update={"face_consent": False}))
    assert node.templates.get(agreed.cardholder_id) is None, "no reference for whoever compares"
    assert node.templates.holders() == {agreed.cardholder_id}, "and yet nothing is destroyed"


@pytest.mark.req("PRIV-09")
def test_at_another_node_than_the_enrolment_node_nobody_is_enrolled(at_the_node: Rig) -> None:
    """Central would call it a claim of a gate in wrong hands."""
    rig = at_the_node
    node, agreed = rig.start(), Cardholder(cardholder_id=new_id(), face_consent=True)
    agree(rig, agreed, maker=new_id())
    assert enrol(rig, agreed.cardholder_id) == faces.NOT_THE_MAKER
    assert node.templates.holders() == frozenset() and told(node, TemplateStored) == []
    agree(rig, agreed, maker=rig.authority.node_id)
    assert enrol(rig, agreed.cardholder_id) is None


@pytest.mark.req("PRIV-01")
def test_a_node_that_knows_no_rules_and_reaches_nobody_enrols_nobody(at_the_node: Rig) -> None:
    with pytest.raises(Offline):
        enrol(at_the_node, new_id())
    assert not (data(at_the_node) / "templates.db").exists()


@pytest.mark.req("PRIV-01")
def test_the_refusal_is_told_in_words(at_the_node: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig = at_the_node
    rig.start()
    silent = Cardholder(cardholder_id=new_id())
    agree(rig, silent)
    site = rig.folder / "site.toml"
    site.write_text(
        '[node]\nname = "rig"\n[[lane]]\ncode = "east-in"\nname = "East in"\ndirection = "in"\nfail = "secure"\n'
        'relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"\nscanner = "scanner+serial:///dev/ttyUSB1"\n'
    )
    asked = ["face", "--site", str(site), "--data", str(data(rig)), "--cardholder", str(silent.cardholder_id), "x.jpg"]
    assert main(asked) == 1
    said = capsys.readouterr().err
    assert "服务台" in said and "record the consent at the desk first" in said


@pytest.mark.req("ACC-14", "PRIV-09")
def test_a_technician_replaces_nobodys_face_and_gives_one_face_to_one_person_only(
    at_the_node: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = at_the_node
    rig.start()
    one, other = (Cardholder(cardholder_id=new_id(), face_consent=True) for _ in range(2))
    agree(rig, one, other)
    assert enrol(rig, one.cardholder_id) is None and enrol(rig, one.cardholder_id) is None, "the same face again"
    assert enrol(rig, other.cardholder_id) == faces.LOOKS_ALIKE
    monkeypatch.setattr("edge.faces.make_template", lambda contents, reader: template_from_bytes(a_template(2), MODEL))
    assert enrol(rig, one.cardholder_id) == faces.ANOTHER_FACE.format(one.cardholder_id)
    assert faces.forget_person(data(rig), one.cardholder_id)
    assert enrol(rig, one.cardholder_id) is None
    assert enrol(rig, other.cardholder_id) == faces.LOOKS_ALIKE

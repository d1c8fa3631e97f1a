"""A whole node: who withdrew is gone from its folder to the last byte, and central is told once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from edge import faces
from edge.__main__ import main
from edge.bootstrap import RunningNode
from edge.commands import set_journal_aside
from edge.journal.journal import Entry
from edge.journal.pictures import Pictures
from edge.store.kept_photos import photos_key
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.sync.errors import Offline
from edge.verify.face.backend import SFACE_MODEL as MODEL
from edge.verify.face.template import template_from_bytes
from models.access.credential import Cardholder, Kind
from models.access.decision import Decision, Outcome, Reason
from models.access.pictures import HELD_FOR, Keeping, Pictured, Shows
from models.values.ids import new_id, unix_ms
from models.values.time import site_time, utc_now
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, DecisionMade, HeldPicture, TemplateErased, TemplateStored
from models.wire.snapshot import Erasure
from scripts.rig import Rig
from tests.edge.faces_on_disk import a_template, traces

MakeRig = Callable[..., Rig]
Until = Callable[[Callable[[], object]], None]
DURESS, REFUSED = Alarm(alarm=AlarmKind.DURESS), Pictured(shows=Shows.CROP, outcome=Outcome.DENY)
JPEG = b"\xff\xd8\xff\xe0" + b"a face, cropped " * 40 + b"\xff\xd9"


SITE = (
    '[node]\nname = "rig"\n[[lane]]\ncode = "east-in"\nname = "East in"\ndirection = "in"\nfail = "secure"\n'
    'relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"\nscanner = "scanner+serial:///dev/ttyUSB1"\n'
)


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


def decided(node: RunningNode, rig: Rig, person: UUID | None, *also: Alarm) -> tuple[UUID, Decision]:
    """A refusal that names a person, and alarms raised with it: the decision's id, and the decision."""
    lane = next(iter(rig.lanes.values()))
    made = Decision(
        outcome=Outcome.DENY, reason=Reason.LOW_SCORE, kind=Kind.PASS, at=utc_now(), lane_id=lane.lane_id,
        rules_version=1, rules_age_s=0, cardholder_id=person,
    )  # fmt: skip
    body, along = DecisionMade(decision=made, seen_at=utc_now(), duration_us=1, picture=True), new_id()
    entries = [Entry(one, correlation=along, lane_id=lane.lane_id) for one in (body, *also)]
    return node.journal.append(*entries)[0].event_id, made


def pictured(node: RunningNode, rig: Rig, person: UUID | None, *also: Alarm) -> UUID:
    """The same with its event picture, as the thread of pictures keeps it."""
    event_id, _ = decided(node, rig, person, *also)
    assert node.pictures.keep(event_id, JPEG, REFUSED, held=bool(also), holder=person).stored
    return event_id


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


def receipt(node: RunningNode) -> TemplateErased:
    (said,) = told(node, TemplateErased)
    assert isinstance(said, TemplateErased)
    return said


def until_of(event_id: UUID) -> datetime:
    return datetime.fromtimestamp(unix_ms(event_id) / 1000, UTC) + HELD_FOR


@pytest.mark.req("PRIV-05", "PRIV-08")
def test_what_an_alarm_holds_stays_and_is_told_until_its_end_and_goes_then_without_a_further_order(rig: Rig) -> None:
    node, person = rig.start(), new_id()
    secrets = enrolled(node, person)
    held, other = pictured(node, rig, person, DURESS), new_id()
    node.journal.append(*[Entry(DURESS, correlation=new_id())])
    order(rig, person)
    assert node.pictures.take(held) == JPEG and node.pictures.pending(9) == (held,), "central still wants it"
    assert receipt(node).held == (HeldPicture(event_id=held, until=until_of(held)),)
    assert receipt(node).places == ("template", "photos", "key"), "no picture is said to be destroyed"
    assert traces(data(rig), [*secrets]) == [], "what the person's key opened is gone all the same"
    rig.stop()
    node = rig.start()
    assert node.pictures.take(held) == JPEG and node.pictures.take(other) is None
    node.pictures.sweep(until_of(held) - timedelta(minutes=1), Keeping())
    assert node.pictures.take(held) == JPEG
    node.pictures.sweep(until_of(held), Keeping())
    assert node.pictures.take(held) is None and not list((data(rig) / "pictures").iterdir())


@pytest.mark.req("PRIV-05", "PRIV-08")
def test_an_alarm_that_only_the_journal_has_by_now_holds_what_was_seen_before_it(rig: Rig) -> None:
    """Its word waits in the queue of the thread that marks pictures."""
    node, person = rig.start(), new_id()
    near, _ = pictured(node, rig, person), node.journal.append(Entry(DURESS, correlation=new_id()))
    order(rig, person)
    assert [one.event_id for one in receipt(node).held] == [near] and node.pictures.take(near) == JPEG
    assert [path.name for path in (data(rig) / "pictures").iterdir()] == [f"{near}.crop-deny-held-{person.hex}.new"]


@pytest.mark.req("PRIV-05")
def test_a_picture_still_being_made_when_the_order_comes_is_not_kept_but_for_an_alarm(rig: Rig) -> None:
    node, person, other = rig.start(), new_id(), new_id()
    early, _ = decided(node, rig, person)
    others, _ = decided(node, rig, other)
    order(rig, person)
    later, _ = decided(node, rig, person)
    for event_id, whose in ((early, person), (others, other), (later, person)):
        node.pictures.keep(event_id, JPEG, REFUSED, holder=whose)
    assert node.pictures.pending(9) == (others, later), "what is decided after the erasure is pictured as anybody's"
    alarmed, _ = decided(node, rig, person, DURESS)
    order(rig, person)
    assert node.pictures.keep(alarmed, JPEG, REFUSED, held=True, holder=person).stored
    assert node.pictures.keep(decided(node, rig, person)[0], JPEG, REFUSED, holder=person).stored
    node.keys.erase(person)
    assert node.pictures.take(alarmed) == JPEG, "what is held opens without the person's key"


@pytest.mark.req("PRIV-05")
@pytest.mark.parametrize("says_whose", [True, False])
def test_after_the_journal_was_set_aside_the_pictures_are_found_all_the_same(rig: Rig, says_whose: bool) -> None:
    """`says_whose`: an older version did not write it on the picture."""
    node, person, other = rig.start(), new_id(), new_id()
    mine, others, nobodys = (pictured(node, rig, one) for one in (person, other, None))
    if not says_whose:
        for event_id in (mine, others):
            node.pictures.erase(event_id)
            sealed = node.keys.seal(JPEG, b"menting-picture-1" + event_id.bytes)
            (data(rig) / "pictures" / f"{event_id}.crop-deny.new").write_bytes(sealed)
    rig.stop()
    kept = set_journal_aside(data(rig))
    if not says_whose:
        kept.write_bytes(b"not a database at all" * 500)
        for side in kept.parent.glob(f"{kept.name}-*"):
            side.unlink()
    node = rig.start()
    assert node.pictures.take(mine) == JPEG, "else nothing is proved"
    order(rig, person)
    assert node.pictures.take(mine) is None and node.pictures.take(nobodys) == JPEG
    assert receipt(node).places == ("key", "pictures")
    assert (node.pictures.take(others) == JPEG) is says_whose, "of which nobody can say any more that it is not theirs"


@pytest.mark.req("PRIV-05")
def test_a_journal_set_aside_that_can_still_be_read_is_read(rig: Rig) -> None:
    node, person, other = rig.start(), new_id(), new_id()
    mine, others = (decided(node, rig, one)[0] for one in (person, other))
    for event_id in (mine, others):
        sealed = node.keys.seal(JPEG, b"menting-picture-1" + event_id.bytes)
        (data(rig) / "pictures" / f"{event_id}.crop-deny.new").write_bytes(sealed)
    rig.stop()
    set_journal_aside(data(rig))
    node = rig.start()
    order(rig, person)
    assert node.pictures.take(mine) is None and node.pictures.take(others) == JPEG


@pytest.mark.req("PRIV-05", "PRIV-09")
def test_without_the_keys_of_persons_a_copy_opens_no_picture_of_a_known_person(rig: Rig) -> None:
    """A backup of all but keys.db, as the node's key ring says it is safe to keep."""
    node, person = rig.start(), new_id()
    mine, nobodys = pictured(node, rig, person), pictured(node, rig, None)
    rig.stop()
    backup = rig.folder / "backup"
    shutil.copytree(data(rig), backup, ignore=shutil.ignore_patterns("keys.db*", "*.lock"))
    keys = KeyRing.open(backup / "keys")
    copy = Pictures.open(backup / "pictures", keys)
    assert copy.take(mine) is None
    assert copy.take(nobodys) == JPEG, "of somebody unknown there is no key but the node's"
    keys.close()


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
    assert faces.forget_person(data(rig), person).destroyed
    if not running:
        node = rig.start()
    until(lambda: told(node, TemplateErased))
    (said,) = told(node, TemplateErased)
    assert said == TemplateErased(
        cardholder_id=person, order_id=None, had_template=True, places=("template", "photos", "key", "pictures")
    )
    assert traces(data(rig), [*secrets]) == []
    assert node.pictures.take(own) is None
    assert faces.forget_person(data(rig), person) == (False, ()), "there is nothing any more"
    node.receipts.bring()
    assert len(told(node, TemplateErased)) == 1


@pytest.mark.req("PRIV-05", "PRIV-08")
@pytest.mark.parametrize("running", [True, False])
def test_forgetting_by_hand_leaves_what_an_alarm_holds_and_says_so(
    rig: Rig, until: Until, running: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    node, person = rig.start(), new_id()
    held, free = pictured(node, rig, person, DURESS), pictured(node, rig, person)
    if not running:
        rig.stop()
    (rig.folder / "site.toml").write_text(SITE)
    assert main(["forget", "--site", str(rig.folder / "site.toml"), "--data", str(data(rig)),
                 "--cardholder", str(person)]) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert str(held) in said and f"{site_time(until_of(held)):%Y-%m-%d %H:%M}" in said
    if not running:
        node = rig.start()
    assert node.pictures.take(held) == JPEG and node.pictures.take(free) is None
    until(lambda: told(node, TemplateErased))
    assert [one.event_id for one in receipt(node).held] == [held] and "pictures" in receipt(node).places


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
    site.write_text(SITE)
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
    assert faces.forget_person(data(rig), one.cardholder_id).destroyed
    assert enrol(rig, one.cardholder_id) is None
    assert enrol(rig, other.cardholder_id) == faces.LOOKS_ALIKE

"""Orders to destroy face data: first, durable, once, and again when a file was put back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from edge.store.erasing import Eraser, Left
from edge.store.kept_photos import photos_key
from edge.store.keys import KeyRing
from edge.store.store import Store
from edge.store.templates import ErasureOrdered, Templates
from models.access.credential import Cardholder
from models.values.ids import new_id
from models.wire.events import TemplateStored
from models.wire.signed import Signed
from models.wire.snapshot import Erasure
from tests.edge.faces_on_disk import a_template, traces

MakeSnapshot = Callable[..., Signed]
PHOTOS = (b"\xff\xd8 a face, straight ahead" * 200, b"\xff\xd8 a face, from the left" * 200)
"""Longer than a page of the file, as photos are."""


class PowerCut(Exception):
    pass


class Node:
    """A store, its templates and keys, with hands on every step."""

    def __init__(self, folder: Path, keys: KeyRing, node_id: UUID, central_key: bytes) -> None:
        self.folder, self.keys = folder, keys
        self.templates = Templates.open(folder / "templates.db", keys)
        self.store = Store.open(folder / "store.db", node_id, central_key, keys)
        self.pictured: set[UUID] = set()
        self.steps: list[str] = []
        self.confirmed: set[UUID] = set()
        self.eraser = Eraser(self.templates, keys, self._erase_pictures, self.confirmed.intersection)
        self.store.before_applying = lambda snapshot: self.eraser.follow(snapshot) and None

    def _erase_pictures(self, people: Collection[UUID]) -> dict[UUID, Left]:
        gone = self.pictured & set(people)
        self.pictured -= gone
        return {person: Left(int(person in gone), ()) for person in people}

    def enrol(self, person: UUID, seed: int = 1, photos: Sequence[bytes] = ()) -> None:
        told = TemplateStored(cardholder_id=person, model="m", photos=1)
        self.templates.put(person, a_template(seed), "m", told=told, photos=photos)
        self.templates.told([note_id for note_id, _ in self.templates.owed()])

    def owed(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.templates.owed()]

    def close(self) -> None:
        self.templates.close()
        self.store.close()


@pytest.fixture
def node(tmp_path: Path, keys: KeyRing, node_id: UUID, central_key: bytes) -> Iterator[Node]:
    made = Node(tmp_path, keys, node_id, central_key)
    yield made
    made.close()


def sealed_photos(node: Node, person: UUID | None = None) -> list[bytes]:
    """A part of each, as it lies on the disk: the file cuts what is longer than a page."""
    rows = node.templates._database.connection.execute("SELECT cardholder_id, sealed FROM photos").fetchall()
    return [sealed[100:400] for raw_id, sealed in rows if person is None or UUID(bytes=raw_id) == person]


def order(person: UUID) -> Erasure:
    return Erasure(order_id=new_id(), cardholder_id=person)


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_what_is_ordered_is_gone_and_owed_to_the_journal_before_the_version_moves(
    node: Node, snapshot: MakeSnapshot, now: datetime
) -> None:
    person, other = new_id(), new_id()
    node.enrol(person)
    node.enrol(other, 2)
    node.pictured = {person}
    ordered = order(person)
    seen: list[tuple[int, frozenset[UUID], int]] = []
    carry_out = node.store.before_applying
    node.store.before_applying = lambda snapshot: (
        carry_out(snapshot),
        seen.append((node.store.view().version, node.templates.holders(), len(node.owed()))),
    )[0]
    assert node.store.apply(snapshot(7, erase=(ordered,)), now) is None
    assert seen == [(0, frozenset({other}), 1)]
    assert node.store.view().version == 7
    assert node.owed() == [{
        "kind": "template_erased", "cardholder_id": str(person), "order_id": str(ordered.order_id),
        "had_template": True, "places": ["template", "key", "pictures"], "held": [],
    }]  # fmt: skip
    assert node.templates.get(other) is not None and not node.pictured


@pytest.mark.req("PRIV-05")
def test_each_order_is_confirmed_once_however_often_it_is_told(
    node: Node, snapshot: MakeSnapshot, now: datetime
) -> None:
    person, stranger = new_id(), new_id()
    node.enrol(person)
    orders = (order(person), order(stranger))
    for version in range(1, 5):
        assert node.store.apply(snapshot(version, erase=orders), now) is None
    assert [(one["cardholder_id"], one["had_template"]) for one in node.owed()] == [
        (str(person), True), (str(stranger), False),
    ]  # fmt: skip
    again = order(person)
    assert node.store.apply(snapshot(5, erase=(again,)), now) is None
    assert [one["order_id"] for one in node.owed()][-1] == str(again.order_id), "another withdrawal is another order"


@pytest.mark.req("PRIV-04", "PRIV-05")
@pytest.mark.parametrize("step", ["pictures", "keys", "template", "store"])
def test_a_power_cut_anywhere_leaves_the_order_to_be_done_and_told_once(
    node: Node, snapshot: MakeSnapshot, now: datetime, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_id()
    node.enrol(person)
    sent = snapshot(3, erase=(order(person),))

    def cut(*args: object, **how: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        if step == "pictures":
            power.setattr(node.eraser, "_erase_pictures", cut)
        elif step == "keys":
            power.setattr(node.keys, "erase", cut)
        elif step == "template":
            power.setattr(node.templates, "erase_ordered", cut)
        else:
            power.setattr("edge.store.store.view_of", cut)
        with pytest.raises(PowerCut):
            node.store.apply(sent, now)
    assert node.store.view().version == 0, "so that it is told again"
    assert node.store.apply(sent, now) is None
    assert [(one["had_template"], "template" in one["places"]) for one in node.owed()] == [(True, True)]
    assert person not in node.templates.holders() and node.store.view().version == 3


@pytest.mark.req("PRIV-05")
def test_a_template_that_comes_back_with_an_old_file_is_destroyed_again(
    node: Node, snapshot: MakeSnapshot, now: datetime, tmp_path: Path
) -> None:
    person = new_id()
    node.enrol(person)
    with sqlite3.connect(tmp_path / "templates.db") as db:
        row = db.execute("SELECT * FROM templates").fetchone()
    db.close()
    ordered = order(person)
    assert node.store.apply(snapshot(1, erase=(ordered,)), now) is None
    node.templates.told([note_id for note_id, _ in node.templates.owed()])
    with sqlite3.connect(tmp_path / "templates.db") as db:
        db.execute("INSERT INTO templates VALUES (?, ?, ?)", row)
    db.close()
    assert node.templates.holders() == {person} and node.templates.get(person) is None, "its key is gone for good"
    assert node.eraser.carry_out((ordered,)) == 1
    assert node.templates.holders() == frozenset()
    assert [(one["order_id"], one["had_template"]) for one in node.owed()] == [(str(ordered.order_id), True)]


@pytest.mark.req("PRIV-05")
def test_a_whole_disk_of_last_month_does_it_all_again(
    node: Node, snapshot: MakeSnapshot, now: datetime, tmp_path: Path, node_id: UUID, central_key: bytes
) -> None:
    person = new_id()
    node.enrol(person)
    node.templates._database.empty_wal()
    node.keys._database.empty_wal()
    old = tmp_path / "old"
    shutil.copytree(tmp_path, old, ignore=shutil.ignore_patterns("old", "*.lock"))
    sent = snapshot(9, erase=(order(person),))
    assert node.store.apply(sent, now) is None
    keys = KeyRing.open(old / "keys")
    restored = Node(old, keys, node_id, central_key)
    assert restored.templates.get(person) is not None, "the face is back"
    assert restored.store.apply(sent, now) is None
    assert restored.templates.holders() == frozenset() and len(restored.owed()) == 1
    restored.close()
    keys.close()


@pytest.mark.req("PRIV-04")
def test_an_older_or_forged_snapshot_destroys_nothing(node: Node, snapshot: MakeSnapshot, now: datetime) -> None:
    person = new_id()
    assert node.store.apply(snapshot(5), now) is None
    node.enrol(person)
    assert node.store.apply(snapshot(4, erase=(order(person),)), now) is not None
    assert node.store.apply(snapshot(6, key=SigningKey.generate(), erase=(order(person),)), now) is not None
    assert node.templates.get(person) is not None and node.owed() == []


@pytest.mark.req("PRIV-04")
def test_what_was_being_enrolled_while_the_order_came_is_not_kept(
    node: Node, snapshot: MakeSnapshot, now: datetime
) -> None:
    person = new_id()
    assert node.store.apply(snapshot(1, erase=(order(person),)), now) is None
    with pytest.raises(ErasureOrdered):
        node.enrol(person)
    assert node.store.apply(snapshot(2), now) is None
    node.enrol(person)  # central tells of it no longer: they agreed anew
    assert node.templates.get(person) is not None


@pytest.mark.req("PRIV-05")
def test_many_orders_after_weeks_without_a_link(node: Node, snapshot: MakeSnapshot, now: datetime) -> None:
    people = [new_id() for _ in range(50)]
    for seed, person in enumerate(people):
        node.enrol(person, seed)
    assert node.store.apply(snapshot(99, erase=tuple(order(person) for person in people)), now) is None
    assert node.templates.holders() == frozenset() and len(node.owed()) == 50


@pytest.mark.req("PRIV-05", "PRIV-09")
def test_no_byte_of_it_is_left_in_any_file(node: Node, snapshot: MakeSnapshot, now: datetime, tmp_path: Path) -> None:
    """Neither the numbers, nor what they were sealed to, nor the key: database, write-ahead log and all the rest."""
    person = new_id()
    node.enrol(person, photos=PHOTOS)
    sealed = node.templates._database.connection.execute("SELECT sealed FROM templates").fetchone()[0]
    photos = sealed_photos(node)
    wrapped = [row[0] for row in node.keys._database.connection.execute("SELECT wrapped FROM person_keys")]
    keys = [node.keys.person_key(person), node.keys.person_key(photos_key(person))]
    assert traces(tmp_path, [a_template(1), *PHOTOS, *keys]) == [], "never in clear"
    for there in (sealed, *photos, *wrapped):
        assert traces(tmp_path, [there]), "the search finds what is there"
    ordered = order(person)
    assert node.store.apply(snapshot(1, erase=(ordered,)), now) is None
    assert traces(tmp_path, [a_template(1), *PHOTOS, sealed, *photos, *wrapped, *keys]) == []
    assert [one["places"] for one in node.owed()] == [["template", "photos", "key"]]


@pytest.mark.req("PRIV-05", "PRIV-09")
def test_a_choice_taken_back_destroys_the_photos_alone_and_is_confirmed(
    node: Node, snapshot: MakeSnapshot, now: datetime, tmp_path: Path
) -> None:
    """The template still opens; of the photos neither a byte nor a key is left, so that no backup of them opens."""
    person, other = new_id(), new_id()
    node.enrol(person, photos=PHOTOS)
    node.enrol(other, 2, photos=PHOTOS[:1])
    keeping = [Cardholder(cardholder_id=one, face_consent=True, keeps_photos=True) for one in (person, other)]
    assert node.store.apply(snapshot(1, cardholders=tuple(keeping)), now) is None
    assert node.templates.photos.of(person) == PHOTOS and node.owed() == []
    key, photos = node.keys.person_key(photos_key(person)), sealed_photos(node, person)
    assert traces(tmp_path, photos)
    gone = keeping[0].model_copy(update={"keeps_photos": False})
    assert node.store.apply(snapshot(2, cardholders=(gone, keeping[1])), now) is None
    assert node.owed() == [{"kind": "photos_kept", "cardholder_id": str(person), "photos": 0}]
    assert traces(tmp_path, [*photos, key]) == []
    assert node.templates.get(person) == (a_template(1), "m")
    assert (node.templates.photos.of(person), node.templates.photos.of(other)) == ((), PHOTOS[:1])
    assert node.store.apply(snapshot(3, cardholders=(gone, keeping[1])), now) is None
    assert len(node.owed()) == 1, "told once"


@pytest.mark.req("PRIV-05")
def test_photos_of_a_restored_file_that_nobody_lets_be_kept_go_at_the_next_start(node: Node) -> None:
    person = new_id()
    node.enrol(person, photos=PHOTOS)
    node.keys.erase(photos_key(person))
    assert node.templates.photos.of(person) == (), "a copy from before opens no more"
    assert node.eraser.keep_photos_of(set()) == 1 and node.templates.photos.holders() == frozenset()


@pytest.mark.req("PRIV-09")
def test_new_photos_take_the_place_of_the_old_and_none_leave_none(node: Node, tmp_path: Path) -> None:
    person = new_id()
    node.enrol(person, photos=PHOTOS)
    before = sealed_photos(node)
    node.enrol(person, 2, photos=PHOTOS[1:])
    assert node.templates.photos.of(person) == PHOTOS[1:] and traces(tmp_path, before) == []
    node.templates.put(person, a_template(3), "m")
    assert node.templates.photos.holders() == frozenset()
    assert node.owed()[-1] == {"kind": "photos_kept", "cardholder_id": str(person), "photos": 0}


def test_a_template_made_anew_leaves_the_photos_and_brings_nobody_back(node: Node) -> None:
    person, gone = new_id(), new_id()
    told = TemplateStored(cardholder_id=person, model="new", photos=2, anew=True)
    node.enrol(person, photos=PHOTOS)
    assert node.templates.put_anew(person, a_template(2), "new", told=told)
    assert node.templates.get(person) == (a_template(2), "new") and node.templates.photos.of(person) == PHOTOS
    assert not node.templates.put_anew(person, a_template(3), "new", told=told), "new photos came meanwhile"
    assert not node.templates.put_anew(gone, a_template(3), "new", told=told), "erased meanwhile"
    assert node.templates.holders() == {person} and [one["anew"] for one in node.owed()] == [True]


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_an_old_disk_destroys_what_a_withdrawn_consent_left_and_what_was_made_since_stays(
    node: Node, snapshot: MakeSnapshot, now: datetime, tmp_path: Path, node_id: UUID, central_key: bytes
) -> None:
    """Enrolled, the whole disk copied, withdrawn and agreed anew: the copy must not bring the old face back."""
    person, ordered = new_id(), None
    node.enrol(person, photos=PHOTOS)
    node.templates._database.empty_wal()
    node.keys._database.empty_wal()
    old = tmp_path / "old"
    shutil.copytree(tmp_path, old, ignore=shutil.ignore_patterns("old", "*.lock"))
    ordered = order(person)
    agreed = snapshot(10, overtaken=(ordered,), cardholders=(Cardholder(cardholder_id=person, face_consent=True),))
    assert node.store.apply(snapshot(9, erase=(ordered,)), now) is None
    assert node.store.apply(agreed, now) is None
    node.enrol(person, 2)
    assert node.store.apply(snapshot(11, overtaken=(ordered,)), now) is None
    assert node.templates.get(person) == (a_template(2), "m") and node.owed() == [], "what was made since stays"

    keys = KeyRing.open(old / "keys")
    restored = Node(old, keys, node_id, central_key)
    assert restored.templates.get(person) == (a_template(1), "m"), "the face is back"
    for _ in range(2):
        assert restored.store.apply(agreed, now) is None
    assert restored.templates.holders() == restored.templates.photos.holders() == frozenset()
    assert [(one["order_id"], one["places"]) for one in restored.owed()] == [
        (str(ordered.order_id), ["template", "photos", "key"])
    ], "told once"
    assert restored.templates.owed()[0][0] != ordered.order_id, "central has a receipt by that name already"
    restored.enrol(person, 3)
    assert restored.store.apply(agreed, now) is None
    assert restored.templates.get(person) == (a_template(3), "m")
    restored.close()
    keys.close()

"""Kept photos through every order of enrolling, taking back, renewing, erasing: what is here was let stay last."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.keys import KeyRing, SealBroken
from edge.store.templates import Templates
from models.values.ids import new_id
from models.wire.events import TemplateErased, TemplateStored
from models.wire.snapshot import Erasure
from tests.edge.faces_on_disk import a_template

PEOPLE = (UUID(int=1), UUID(int=2))
people = st.sampled_from(PEOPLE)
deeds = st.one_of(
    st.tuples(st.just("enrol"), people, st.lists(st.binary(min_size=1, max_size=60), max_size=3)),
    st.tuples(st.sampled_from(["take_back", "anew", "order", "forget"]), people, st.just([])),
)


@pytest.mark.req("PRIV-04", "PRIV-05", "PRIV-09")
@settings(max_examples=12, deadline=None)
@given(st.lists(deeds, max_size=8))
def test_what_lies_here_is_what_was_let_stay_last_and_central_is_told_so(
    done: list[tuple[str, UUID, list[bytes]]],
) -> None:
    with TemporaryDirectory() as folder:
        keys = KeyRing.open(Path(folder) / "keys")
        templates = Templates.open(Path(folder) / "templates.db", keys)
        here: dict[UUID, tuple[bytes, ...]] = {}
        try:
            for what, person, photos in done:
                _do(templates, keys, what, person, photos)
                if what == "enrol":
                    here[person] = tuple(photos)
                elif what != "anew":
                    here.pop(person, None)
                assert {one: templates.photos.of(one) for one in PEOPLE} == {one: here.get(one, ()) for one in PEOPLE}
            assert templates.photos.holders() <= templates.holders(), "no photo outlives the template it is of"
            assert _told(templates) == {one: len(photos) for one, photos in here.items() if photos}
        finally:
            templates.close()
            keys.close()


def _do(templates: Templates, keys: KeyRing, what: str, person: UUID, photos: list[bytes]) -> None:
    if what == "enrol":
        templates.put(person, a_template(1), "m", photos=photos)
    elif what == "anew":
        told = TemplateStored(cardholder_id=person, model="new", photos=1, anew=True)
        templates.put_anew(person, a_template(2), "new", told=told)
    elif what == "take_back":
        templates.erase_photos([person])
    elif what == "order":
        order = Erasure(order_id=new_id(), cardholder_id=person)
        templates.photos.erase_keys([person])
        templates.erase_ordered([order], {})
        templates.forget_erasures([])
    else:
        templates.photos.erase_keys([person])
        templates.erase(person, told=lambda had: TemplateErased(cardholder_id=person, had_template=had))


def _told(templates: Templates) -> dict[UUID, int]:
    """How many photos each person's last word says, as central reads it."""
    last: dict[UUID, int] = {}
    for _, body in templates.owed():
        said = json.loads(body)
        if said["kind"] == "photos_kept":
            last[UUID(said["cardholder_id"])] = said["photos"]
        elif said["kind"] == "template_erased":
            last[UUID(said["cardholder_id"])] = 0
    return {person: photos for person, photos in last.items() if photos}


@pytest.mark.req("PRIV-09")
def test_a_photo_opens_in_its_own_place_alone(tmp_path: Path) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    templates = Templates.open(tmp_path / "templates.db", keys)
    templates.put(PEOPLE[0], a_template(1), "m", photos=[b"straight", b"left"])
    db = templates._database.connection
    db.execute("UPDATE photos SET number=number+10")
    with pytest.raises(SealBroken):
        templates.photos.of(PEOPLE[0])
    db.execute("UPDATE photos SET number=number-10, cardholder_id=?", (PEOPLE[1].bytes,))
    with pytest.raises(SealBroken):
        templates.photos.of(PEOPLE[1])
    templates.close()
    keys.close()

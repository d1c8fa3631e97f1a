"""Face templates: sealed under the person's key, bound to person and model, gone when erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.store.keys import KeyRing, SealBroken
from edge.store.templates import Templates
from models.values.ids import new_id


@pytest.fixture
def templates(tmp_path: Path, keys: KeyRing) -> Iterator[Templates]:
    opened = Templates.open(tmp_path / "templates.db", keys)
    yield opened
    opened.close()


def template(seed: int) -> bytes:
    return np.random.default_rng(seed).standard_normal(128).astype(np.float32).tobytes()


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("templates.db*"))


def test_a_template_comes_back_with_its_model(templates: Templates, tmp_path: Path, keys: KeyRing) -> None:
    one, two = sorted((new_id(), new_id()))
    templates.put(one, template(1), "sface-0a1b")
    templates.put(two, template(2), "sface-0a1b")
    templates.put(one, template(3), "sface-9999")
    beside = Templates.open(tmp_path / "templates.db", keys)  # a technician's command, beside the running node
    assert beside.get(one) == (template(3), "sface-9999")
    assert beside.all() == ((one, template(3), "sface-9999"), (two, template(2), "sface-0a1b"))
    assert beside.get(new_id()) is None
    beside.close()


def test_nothing_readable_lies_on_disk(templates: Templates, tmp_path: Path) -> None:
    templates.put(new_id(), template(1), "m")
    content = files(tmp_path)
    assert not any(template(1)[at : at + 16] in content for at in range(0, 512, 16))


def test_erasing_takes_the_row_out_of_the_file(templates: Templates, tmp_path: Path) -> None:
    person = new_id()
    templates.put(person, template(1), "m")
    sealed = templates._database.connection.execute("SELECT sealed FROM templates").fetchone()[0]
    assert sealed in files(tmp_path)
    assert templates.erase(person) and not templates.erase(person)
    assert (
        sealed not in files(tmp_path) and sealed[20:60] not in files(tmp_path) and person.bytes not in files(tmp_path)
    )
    assert templates.get(person) is None


def test_erasing_the_persons_key_is_enough(templates: Templates, keys: KeyRing) -> None:
    person = new_id()
    templates.put(person, template(1), "m")
    keys.erase(person)
    assert templates.get(person) is None and templates.all() == ()


def test_a_template_moved_to_another_person_or_model_does_not_open(templates: Templates, tmp_path: Path) -> None:
    one, two = new_id(), new_id()
    templates.put(one, template(1), "m")
    templates.put(two, template(2), "m")
    with sqlite3.connect(tmp_path / "templates.db") as db:
        db.execute("UPDATE templates SET sealed=(SELECT sealed FROM templates WHERE cardholder_id=?)", (one.bytes,))
        db.execute("UPDATE templates SET model='n' WHERE cardholder_id=?", (one.bytes,))
    db.close()
    for person in (one, two):
        with pytest.raises(SealBroken):
            templates.get(person)


def test_the_state_tells_of_every_change_also_by_another_process(
    templates: Templates, tmp_path: Path, keys: KeyRing
) -> None:
    states, person = [templates.state()], new_id()
    assert templates.state() == states[0]
    templates.put(person, template(1), "m")
    states.append(templates.state())
    beside = Templates.open(tmp_path / "templates.db", keys)
    beside.put(new_id(), template(2), "m")
    states.append(templates.state())
    beside.erase(person)
    states.append(templates.state())
    beside.close()
    assert len(set(states)) == 4


@pytest.mark.parametrize("length", [0, 4097])
def test_what_is_no_template_is_refused(templates: Templates, length: int) -> None:
    with pytest.raises(ValueError, match="template"):
        templates.put(new_id(), bytes(length), "m")

"""The wire, as it once was: files of version 1 are read for ever, and what is written says all that they say.

A golden file is never edited. A field added later is absent there and stands at its default; it needs a further sample
and file of its own, which `test_every_field_is_said_in_some_golden_file` asks for.
"""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from models.wire.envelope import Batch, Event, first_break, genesis
from models.wire.events import EVENT_BODY
from tests.models.making import NODE_ID
from tests.models.wire.samples import BODIES, GOLDEN, SAMPLES, reader

FREE_FORM = {"detail", "inputs"}  # maps of words to words: an unknown key there is content and not a field


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def written(value: BaseModel) -> Any:
    return json.loads(value.model_dump_json())


def without_later_fields(now: Any, then: Any) -> Any:
    """What is written now, less the object keys that did not exist then."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: without_later_fields(value, then[key]) for key, value in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [without_later_fields(a, b) for a, b in zip(now, then, strict=True)]
    return now


def with_newer_fields(value: Any, key: str | None = None) -> Any:
    if isinstance(value, dict):
        grown = {k: with_newer_fields(v, k) for k, v in value.items()}
        return grown if key in FREE_FORM else {"a_later_field": {"deep": [1]}, **grown, "zz_later": "x"}
    if isinstance(value, list):
        return [with_newer_fields(item) for item in value]
    return value


def test_every_sample_has_its_file_and_every_file_its_sample() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_golden_file_is_read_as_the_value(name: str) -> None:
    assert reader(name).validate_json((GOLDEN / f"{name}.json").read_bytes()) == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_value_is_written_as_the_golden_file(name: str) -> None:
    assert without_later_fields(written(SAMPLES[name]), golden(name)) == golden(name)


@pytest.mark.parametrize("name", SAMPLES)
def test_fields_of_a_newer_writer_are_passed_over_at_every_depth(name: str) -> None:
    assert reader(name).validate_json(json.dumps(with_newer_fields(golden(name)))) == SAMPLES[name]


def test_every_kind_of_event_has_a_golden_file() -> None:
    kinds = EVENT_BODY.json_schema()["discriminator"]["mapping"]
    assert {golden(name)["kind"] for name in BODIES} == set(kinds)


def test_every_field_is_said_in_some_golden_file() -> None:
    """Said, and not left to its default: a reader that lost the field would otherwise pass every test above."""
    fields: set[str] = set()
    said: set[str] = set()

    def walk(value: Any, text: Any) -> None:
        if isinstance(value, BaseModel):
            for name, field in type(value).model_fields.items():
                label = f"{type(value).__name__}.{name}"
                fields.add(label)
                there = getattr(value, name)
                if name in text and (there != field.get_default(call_default_factory=True) or name in ("v", "kind")):
                    said.add(label)
                if name in text:  # a field added later is not in the older files
                    walk(there, text[name])
        elif isinstance(value, tuple | list):
            for item, part in zip(value, text, strict=True):
                walk(item, part)

    for name in SAMPLES:
        walk(SAMPLES[name], golden(name))
    assert fields - said == set()


@pytest.mark.req("SYNC-07")
def test_the_journal_of_version_1_still_proves_itself_also_with_newer_fields_beside_it() -> None:
    for text in (golden("batch"), with_newer_fields(golden("batch"))):
        batch = Batch.model_validate(text)
        assert first_break(batch.events, genesis(NODE_ID), 1) is None
        assert first_break(batch.events[1:], genesis(NODE_ID), 2) == 2


@pytest.mark.req("SYNC-07")
def test_a_body_is_kept_as_the_text_that_was_hashed_even_when_it_says_more_than_we_know() -> None:
    event = Event.model_validate(golden("envelope"))
    newer = json.dumps(with_newer_fields(json.loads(event.body)))
    assert EVENT_BODY.validate_json(newer) == EVENT_BODY.validate_json(event.body)
    assert Event.model_validate({**golden("envelope"), "body": newer}).body == newer

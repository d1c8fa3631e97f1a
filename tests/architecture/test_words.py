"""Every word that the wire can say stands, with its meaning, in a README of models; and no word that it cannot."""

import enum
import importlib
import pkgutil
import re
import typing

import pytest
from pydantic import BaseModel

import models.wire
from models.access.decision import Reason
from models.wire.events import EVENT_BODY
from models.wire.snapshot import SnapshotRefusal
from tests.architecture.tree import ROOT


def lists_on_the_wire() -> dict[str, set[str]]:
    """Name of each enum or Literal that a message holds, at any depth -> its values."""
    found: dict[str, set[str]] = {SnapshotRefusal.__name__: set(SnapshotRefusal)}  # said in alarms, as text
    seen: set[type] = set()

    def walk(annotation: typing.Any, where: str) -> None:
        if typing.get_origin(annotation) is typing.Literal:
            words = {value for value in typing.get_args(annotation) if isinstance(value, str)}
            if words and not where.endswith(".kind"):
                found[where] = words
        elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
            found[annotation.__name__] = {member.value for member in annotation}
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
            seen.add(annotation)
            for name, field in annotation.model_fields.items():
                walk(field.annotation, f"{annotation.__name__}.{name}")
        for part in typing.get_args(annotation):
            walk(part, where)

    for info in pkgutil.iter_modules(models.wire.__path__, "models.wire."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == info.name:
                walk(value, value.__name__)
    found["EventBody"] = set(EVENT_BODY.json_schema()["discriminator"]["mapping"])
    return found


def documented() -> dict[str, set[str]]:
    """First cell's name -> the words in backticks in the second; rows of one name are taken together."""
    rows: dict[str, set[str]] = {}
    for readme in sorted((ROOT / "models").rglob("README.md")):
        for line in readme.read_text("utf-8").splitlines():
            if row := re.match(r"^\| `([\w.]+)`[^|]*\| (.*) \|$", line):
                rows.setdefault(row[1], set()).update(re.findall(r"`([^`]+)`", row[2]))
    return rows


@pytest.mark.req("ACC-04")
def test_every_word_on_the_wire_is_documented_and_every_documented_word_is_on_the_wire() -> None:
    assert documented() == lists_on_the_wire()


@pytest.mark.req("ACC-04")
def test_every_reason_is_a_word_that_can_be_shown() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", reason.value) for reason in Reason)

"""No request may bring a control character to where somebody reads it: the walk over every field of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from central.base.web.guards import routes_of
from models.values.text import control_in_json

SIGNS = "\x00\n\x1b\x7f\x9b"
LENGTHS = (2, 5, 9, 20, 64)
"""Among them one that fits each field's own limits, so that it is the sign that is refused and not the length."""

DIGESTED = {"password", "old_password", "new_password", "again", "token"}
"""Compared by their digest as they were typed, and never shown."""

SEVERAL_LINES = {"TextIn.zh", "TextIn.en", "AttackTestIn.note", "SignIn.answers"}
"""Where a line break is part of what was written."""


def bodies_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a request's body is made of, the nested ones too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from bodies_of(field.annotation)
    for part in get_args(annotation):
        yield from bodies_of(part)


def shaped(annotation: Any, probe: str) -> list[Any]:
    """Values of this form that hold `probe` wherever a free text may stand; none where there is no free text."""
    if annotation is str:
        return [probe]
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind in (list, tuple, set, frozenset):
        return [[inner] for inner in shaped(parts[0], probe)]
    if kind is dict:
        return [{key: "ok"} for key in shaped(parts[0], probe)] + [{"ok": inner} for inner in shaped(parts[1], probe)]
    return [value for part in parts for value in shaped(part, probe)]


def probes() -> Iterator[str]:
    for sign, length in product(SIGNS, LENGTHS):
        yield sign + "a" * (length - 1)
        yield "1" * (length // 2) + sign + "1" * (length - length // 2 - 1)
        yield "a" * (length - 1) + sign


def comes_through(take: Any, annotation: Any, lines: bool) -> str | None:
    """The first text with a control character that `take` hands on; None when each is refused or cleaned."""
    for probe in probes():
        for value in shaped(annotation, probe):
            try:
                taken = take(value)
            except ValidationError:
                continue
            if control_in_json(json.dumps(taken).replace(r"\n", " " if lines else r"\n")) is not None:
                return probe
    return None


def field_of(model: type[BaseModel], name: str) -> Any:
    """Takes one field's value as the whole model would, its own validators among them."""
    alone = TypeAdapter(model.model_fields[name].rebuild_annotation())

    def take(value: Any) -> Any:
        try:
            model.model_validate({name: value})
        except ValidationError as problem:
            if any(finding["loc"][:1] == (name,) for finding in problem.errors()):
                raise
        return alone.validate_python(value)

    return take


def asked_of(route: APIRoute) -> Iterator[tuple[str, Any, FieldInfo]]:
    """What a request may say: where, how it is taken, and the field."""
    for dependant in walk(route.dependant):
        for place in ("path", "query", "header", "cookie"):
            for field in getattr(dependant, f"{place}_params"):
                yield from told_in(f"{place}.{field.name}", field.field_info)
        for field in dependant.body_params:
            yield from told_in(f"form.{field.name}", field.field_info)


def told_in(where: str, info: FieldInfo) -> Iterator[tuple[str, Any, FieldInfo]]:
    models = list(bodies_of(info.annotation))
    if not models:
        yield where, TypeAdapter(info.rebuild_annotation()).validate_python, info
    for model in models:
        for name, one in model.model_fields.items():
            yield f"{model.__name__}.{name}", field_of(model, name), one


def walk(dependant: Any) -> Iterator[Any]:
    yield dependant
    for below in dependant.dependencies:
        yield from walk(below)


@pytest.mark.req("SEC-09")
def test_no_request_brings_a_control_character_to_where_somebody_reads_it(app):
    """A new free text is `Printable` (models/values/text.py), or a name or reason that is tidied."""
    seen, texts, wrong = set(), 0, set()
    for route in routes_of(app):
        if not isinstance(route, APIRoute):
            continue
        for where, take, info in asked_of(route):
            if id(info) in seen or where.rpartition(".")[2] in DIGESTED:
                continue
            seen.add(id(info))
            texts += bool(shaped(info.annotation, "x"))
            probe = comes_through(take, info.annotation, where in SEVERAL_LINES)
            if probe is not None:
                wrong.add(f"{route.path}: {where} takes {probe!r}")
    assert not wrong, "\n".join(sorted(wrong))
    assert texts > 100

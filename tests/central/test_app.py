"""The whole application's published description: every domain's routes, with examples."""

from __future__ import annotations

import json

from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from central.base.web.guards import routes_of


def test_every_field_body_and_answer_of_the_api_has_an_example_that_its_own_model_takes(app):
    """A new field needs a word in central/base/web/examples.py, or an example of its own."""
    described = app.openapi()
    for name, schema in described["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            assert "$ref" in json.dumps(about) or about.keys() & {"example", "examples"}, f"{name}.{field}"
    shown, wrong = 0, []
    for route in routes_of(app):
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        operation = described["paths"][route.path][next(iter(route.methods)).lower()]
        answer = operation["responses"].get(str(route.status_code or 200), {})
        models = (
            (operation.get("requestBody", {}), route.body_field and route.body_field.field_info.annotation),
            (answer, route.response_model),
        )
        for body, model in models:
            media = body.get("content", {}).get("application/json", {})
            if not media.get("schema"):
                continue
            assert media["example"] not in (None, {}), f"{operation['summary']}: {model}"
            try:
                TypeAdapter(model).validate_json(json.dumps(media["example"]))
            except ValidationError as problem:
                wrong.append(f"{operation['summary']}: {problem}")
            shown += 1
    assert not wrong, "\n".join(wrong)
    assert shown > 50

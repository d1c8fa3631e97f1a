"""The whole application: its published description with examples, and how much each of its routes takes."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from central.base.web import bounds
from central.base.web.guards import routes_of
from central.gates.face_enrolment.schemas import PhotosIn
from central.gates.parking.lot.schemas import PlanIn
from models.wire.faces import TemplateAnew, TemplateModels


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
            (operation.get("requestBody", {}), _sent_model(route)),
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


def _sent_model(route):
    """Of a route that reads its body itself (unread.py) the model is known by its title."""
    if route.body_field:
        return route.body_field.field_info.annotation
    unread = ((route.openapi_extra or {}).get("requestBody") or {}).get("content", {}).get("application/json", {})
    return {model.__name__: model for model in (PhotosIn, PlanIn, TemplateAnew, TemplateModels)}.get(
        unread.get("schema", {}).get("title")
    )


@pytest.mark.req("SEC-17")
def test_large_bodies_are_parsed_for_nobody_who_has_not_been_asked_who_they_are(client):
    photos = b'{"photos": [' + b"{}," * 200_000 + b"{}]}"
    assert client.post("/api/v1/face-enrolments/guess/photos", content=photos).status_code == 410
    assert client.post(f"/api/v1/watch-group/{UUID(int=0)}/photos", content=photos).status_code == 401
    assert client.put("/edge/v1/faces/models", content=photos).status_code == 401
    assert client.put("/edge/v1/faces/key", content=photos).status_code == 413


def test_the_first_photo_that_is_none_ends_the_reading():
    with pytest.raises(ValidationError) as refused:
        PhotosIn.model_validate_json(b'{"photos": [' + b"{}," * 1000 + b"{}]}")
    assert refused.value.error_count() < 10


def test_a_body_is_bounded_by_its_own_route(app):
    of = app.state.bounds.of
    assert of("POST", "/api/v1/session") == of("GET", "/edge/v1/batches") == bounds.BODY_PLAIN_MAX
    assert of("POST", "/edge/v1/batches") == of("POST", "/setup/houses/check") == bounds.BODY_MAX
    assert of("POST", "/api/v1/face-enrolments/x/photos") == bounds.BODY_MAX
    assert of("POST", "/privacy/assessments") == of("POST", "/api/v1/consent-texts") == bounds.BODY_PROSE_MAX
    assert of("PUT", "/edge/v1/faces/key") == 4096
    with pytest.raises(ValueError, match="no route takes more"):
        bounds.takes(bounds.BODY_MAX + 1)


def test_every_route_that_nodes_send_to_says_how_much_it_takes(app):
    sent = [
        route
        for route in routes_of(app)
        if isinstance(route, APIRoute) and route.path.startswith("/edge/") and route.methods & {"POST", "PUT"}
    ]
    assert len(sent) > 8
    assert [route.path for route in sent if not list(bounds.sizes_of(route.dependant))] == []


def test_no_router_has_a_lifespan_that_nobody_would_begin(parts):
    """Routes are taken as they are: what is to run beside them stands in `Parts.while_served`."""
    usual = type(APIRouter().lifespan_context)
    assert [router.prefix for router in parts.routers if type(router.lifespan_context) is not usual] == []

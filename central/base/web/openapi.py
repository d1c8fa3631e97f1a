"""The published description of the API: FastAPI's, with problem documents where FastAPI would put its own errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from central.base.web.examples import settle_examples
from central.base.web.problems import MEDIA_TYPE, ProblemOut


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        schemas["ProblemOut"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        for path in found.get("paths", {}).values():
            for operation in path.values():
                _mend(operation.get("responses", {}))
                _share_parts(operation, schemas)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        settle_examples(found)
        app.openapi_schema = found
    return app.openapi_schema


def _share_parts(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body described by its route (unread.py) comes whole, with its parts; they go where every other model is."""
    whole = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "title" in whole and "properties" in whole:
        schemas.update(whole.get("$defs", {}))
        schemas[whole["title"]] = {name: part for name, part in whole.items() if name != "$defs"}
        body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{whole['title']}"}}}
        operation["requestBody"] = operation["requestBody"] | {"content": body}


def _mend(responses: dict[str, Any]) -> None:
    validation = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if validation.get("$ref", "").endswith("/HTTPValidationError"):
        responses["422"] = {
            "description": "Cannot be taken",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }

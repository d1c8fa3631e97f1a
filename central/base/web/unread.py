"""Large bodies of JSON, taken whole and understood only once the route's guard, or the link, has been asked.

Where a route names its model as a parameter, FastAPI parses the body in the event loop before any guard: of megabytes
that holds everybody up, whoever sent them (SEC-17).
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


async def _whole(request: Request) -> bytes:
    return await request.body()


Unread = Annotated[bytes, Depends(_whole)]
"""Route parameter: the body as it came. Named before `Db`, so that who sends slowly keeps no turn."""


def understood(model: type[Model], body: bytes) -> Model:
    """What was sent. Refused in the same words as a body that FastAPI reads."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from error


def described_as(model: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra`: the body that such a route reads itself (openapi.py puts the parts where they belong)."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

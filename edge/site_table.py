"""One table of the site file: no key that is not known, and no number in quotes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError


class Table(BaseModel):
    """pydantic would take "5" for 5 and true for 1; whoever wrote that meant something else, or learns it late."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _as_it_is_written(cls, given: Any, key: ValidationInfo) -> Any:
        kind = cls.model_fields[key.field_name or ""].annotation
        if kind is bool and not isinstance(given, bool):
            raise PydanticKnownError("bool_type")
        if kind is int and isinstance(given, str | bool):
            raise PydanticKnownError("int_type")
        if kind is float and isinstance(given, str | bool):
            raise PydanticKnownError("float_type")
        return given

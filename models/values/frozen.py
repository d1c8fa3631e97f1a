"""The one base of every value here: frozen, strict about unknown fields, comparable by content."""

from pydantic import BaseModel, ConfigDict, PlainSerializer

# Beside every set in a message: Python orders sets of text anew in each process, and one value must be one text.
IN_ORDER = PlainSerializer(sorted, return_type=list, when_used="json")


class Frozen(BaseModel):
    """A value. Unknown fields are an error: a misspelt fact must never be silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WireValue(BaseModel):
    """A value that crosses the wire. Unknown fields are ignored: a newer writer must not stop an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

"""The one base of every value here: frozen, strict about unknown fields, comparable by content."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Unknown fields are an error: a misspelt fact must never be silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WireValue(BaseModel):
    """A value that crosses the wire. Unknown fields are ignored: a newer writer must not stop an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

"""Lists come in pages by key, never by offset: a page stays right while rows are added above it (INT-01).

The cursor is the sort key of the last row, opaque to the caller. Page size is capped.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from central.base.kernel.errors import Invalid
from models.values.text import Printable

PAGE_SIZE_MAX = 200
PAGE_SIZE = 50

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next` is null on the last page."""

    items: list[Item]
    next: str | None = Field(default=None, description="Pass as `after` to get the following page.")


class PageAsk(BaseModel):
    """What a caller asks of a list."""

    after: str | None = None
    limit: int = PAGE_SIZE


def _page_ask(
    after: Annotated[Printable | None, Query(description="The `next` of the page before.", max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Rows on a page.")] = PAGE_SIZE,
) -> PageAsk:
    return PageAsk(after=after, limit=limit)


Paging = Annotated[PageAsk, Depends(_page_ask)]
"""Route parameter: `paging: Paging`."""

_Key = InstrumentedAttribute[Any] | ColumnElement[Any]


def page(
    db: Session, query: Select[Any], keys: Sequence[_Key], ask: PageAsk, *, newest_first: bool = False
) -> tuple[list[Any], str | None]:
    """Run a query for one page. Returns the rows (of a one-entity select) and the cursor of the next page.

    keys: columns of the entity to sort by, the last of them unique. All run the same way: down when `newest_first`.
    """
    names = [_name(key) for key in keys]
    if ask.after is not None:
        edge = _unpack(ask.after, [key.type.python_type for key in keys])
        ordered = tuple_(*keys)
        query = query.where(ordered < tuple_(*edge) if newest_first else ordered > tuple_(*edge))
    query = query.order_by(*(key.desc() if newest_first else key.asc() for key in keys))
    limit = min(ask.limit, PAGE_SIZE_MAX)
    rows = list(db.scalars(query.limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    return rows, _pack([getattr(rows[-1], name) for name in names])


def page_of(ids: Sequence[UUID], ask: PageAsk) -> tuple[list[UUID], str | None]:
    """One page of rows that were put in order here, because the database cannot: names by their sound.

    The cursor is the last row's id and not what it was sorted by, so that no address holds a name. Raises `Invalid`
    when that row is in the list no more.
    """
    start = 0
    if ask.after is not None:
        (last,) = _unpack(ask.after, [UUID])
        if last not in ids:
            raise Invalid("problem.invalid.cursor", fields={"after": "problem.invalid.cursor"})
        start = ids.index(last) + 1
    limit = min(ask.limit, PAGE_SIZE_MAX)
    chosen = list(ids[start : start + limit])
    return chosen, _pack([chosen[-1]]) if start + limit < len(ids) else None


def to_page(rows: Sequence[Any], following: str | None, present: Callable[[Any], Item]) -> Page[Item]:
    return Page(items=[present(row) for row in rows], next=following)


def _name(key: _Key) -> str:
    return str(getattr(key, "key", None) or key)


def _pack(values: Sequence[Any]) -> str:
    tagged = [_tag(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(tagged, separators=(",", ":")).encode()).decode().rstrip("=")


def _tag(value: Any) -> list[Any]:
    match value:
        case datetime():
            return ["t", value.isoformat()]
        case UUID():
            return ["u", str(value)]
        case int() | str():
            return ["v", value]
        case _:
            raise TypeError(f"cannot page by a {type(value).__name__}")


def _unpack(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The values of a cursor, one of each kind. Raises `Invalid` for a text that no page ever gave out."""
    try:
        tagged = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_untag(*pair) for pair in tagged]
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid("problem.invalid.cursor", fields={"after": "problem.invalid.cursor"}) from error
    if len(values) != len(kinds) or not all(map(_could_be, values, kinds)):
        raise Invalid("problem.invalid.cursor", fields={"after": "problem.invalid.cursor"})
    return values


def _could_be(value: Any, kind: type) -> bool:
    """Whether a column of this kind could hold the value; compared with another kind, the database would fail."""
    match value:
        case datetime() if value.tzinfo is None:
            return False
        case int() if not -(2**63) <= value < 2**63:
            return False
        case str() if "\x00" in value:
            return False
        case _:
            return type(value) is kind


def _untag(tag: str, value: Any) -> Any:
    match tag:
        case "t" if isinstance(value, str):
            return datetime.fromisoformat(value)
        case "u" if isinstance(value, str):
            return UUID(value)
        case "v":
            return value
        case _:
            raise ValueError(f"unknown tag {tag!r}")

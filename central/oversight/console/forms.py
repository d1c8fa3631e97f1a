"""Forms as they were typed: what cannot be taken comes back as it was, with what is wrong beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import Words
from central.base.kernel.session import tenant_of
from central.oversight.console.frame import parts_of, session_of
from models.values.text import LAYOUT, without_control
from models.values.time import SITE_TZ

LOCAL = "%Y-%m-%dT%H:%M"
"""What a `datetime-local` field sends: the site's clock, without a zone."""
TEXT_MAX = 400


async def _read(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_read)]
"""Route parameter: the form as it was sent."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form by its key, which makes the ids of its fields. `fields`: name -> words of what is wrong."""

    key: str
    values: Mapping[str, str | list[str]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 200

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def chosen(self, name: str) -> list[str]:
        value = self.values.get(name, [])
        return value if isinstance(value, list) else [value]

    def first(self, name: str) -> bool:
        """Whether this is the first field that is wrong: where the cursor goes."""
        return next(iter(self.fields), None) == name


def one_at_a_time(db: Session, form: str, about: UUID) -> None:
    """Let no second sending of this form, about this thing, begin before the first has ended: a browser without
    scripts sends a form as often as its button is pressed, and the second must find what the first has made."""
    key = f"form:{tenant_of(db)}:{form}:{about}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def sent_again(request: Request, sent: FormData) -> bool:
    """Whether the deed of this very form is done: its answer showed a secret, and was reloaded."""
    return parts_of(request).once.is_used(session_of(request), text_of(sent, "once"))


def used_up(request: Request, sent: FormData) -> None:
    """The deed of this form is done, and its secret stands in the answer."""
    if number := text_of(sent, "once"):
        parts_of(request).once.use(number)


def text_of(sent: FormData, name: str, most: int = TEXT_MAX) -> str:
    """A field's words in one line, without blanks around them and without what no field of a page lets one type (a
    control character); "" when it is not there. Longer than the page lets one type: cut."""
    value = sent.get(name)
    return without_control(value).strip()[:most] if isinstance(value, str) else ""


def lines_of(sent: FormData, name: str, most: int) -> str:
    """The same of a field that takes several lines: its line breaks and tabs stay."""
    value = sent.get(name)
    return without_control(value, but=LAYOUT).strip()[:most] if isinstance(value, str) else ""


def all_of(sent: FormData, name: str) -> list[str]:
    return [without_control(value) for value in sent.getlist(name) if isinstance(value, str)]


def kept(key: str, sent: FormData, *, several: tuple[str, ...] = ()) -> Filled:
    """The form as it was typed. `several`: fields that may come more than once."""
    values: dict[str, str | list[str]] = {name: lines_of(sent, name, 1_000_000) for name in sent}
    return Filled(key, values | {name: all_of(sent, name) for name in several})


def refused(t: Words, form: Filled, problem: Invalid | Conflict, beside: str) -> Filled:
    """`form` with what the service said. What it does not lay at a field's door goes beside the field `beside`."""
    found = problem.fields if isinstance(problem, Invalid) else {}
    fields = {name: t(key, **problem.params) for name, key in found.items()}
    return Filled(form.key, form.values, fields or {beside: t(problem.key, **problem.params)}, problem.status)


def instant_of(text: str, field_name: str, problem: str = "form.time_needed") -> datetime:
    """A day and time at the site's clock: as a `datetime-local` sends it, or typed with a blank between the two."""
    try:
        at = datetime.fromisoformat(text.strip())
        if len(text.strip()) < len("2026-11-23 08:00") or at.tzinfo is not None:
            raise ValueError("a day without a time, or a zone of its own")
        at.replace(tzinfo=SITE_TZ).astimezone(UTC)  # the ends of the calendar have no instant
    except (ValueError, OverflowError) as error:
        raise Invalid(fields={field_name: problem}) from error
    return at.replace(tzinfo=SITE_TZ)


def day_of(text: str, field_name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={field_name: "form.day_needed"}) from error


def whole_of(sent: FormData, name: str) -> int:
    """A whole number. Invalid for anything else, which stands in the field as it was typed."""
    try:
        return int(text_of(sent, name, 12))
    except ValueError as error:
        raise Invalid(fields={name: "form.number_needed"}) from error


def local(at: datetime | None) -> str:
    """An instant as a `datetime-local` shows it."""
    return at.astimezone(SITE_TZ).strftime(LOCAL) if at else ""

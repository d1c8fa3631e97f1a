"""The audit as people read it: who did what, when, why, and what changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import or_, select

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import AuditRow
from central.base.kernel.i18n import Words
from central.base.kernel.paging import Paging
from central.base.kernel.paging import page as page_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.permissions import READ_AUDIT
from central.oversight.console.phrases import dated

pages = APIRouter(include_in_schema=False)

VALUE_MAX = 60
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")


@pages.get("/audit")
def audit(request: Request, db: Db, actor: Annotated[Actor, requires(READ_AUDIT)], paging: Paging) -> Response:
    """Newest first. Who reads for some communities sees their deeds, and none of those of the whole company."""
    where, t = actor.communities(READ_AUDIT), words_of(request)
    query = select(AuditRow)
    if where is not None:
        query = query.where(or_(AuditRow.community_id.in_(where), AuditRow.actor_id == actor.id))
    rows, following = page_of(db, query, [AuditRow.at, AuditRow.id], paging, newest_first=True)
    return page(
        request, "console/audit.html", now=clock.now(), places=communities_for(db, actor, READ_AUDIT), next=following,
        rows=[(row, deed_said(t, row.what), changes(t, row.before, row.after)) for row in rows],
    )  # fmt: skip


def deed_said(t: Words, what: str) -> str:
    """发出通行码 for "pass.issue"; a deed without words is shown by its name."""
    key = f"deed.{what}"
    return t(key) if t.has(key) else what


def changes(t: Words, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    """(field, was, is) of the fields that differ, in words. Ids of things are for programs and stay out."""
    old, new = before or {}, after or {}
    names = [name for name in dict.fromkeys((*old, *new)) if not name.endswith("_id") and name != "correlation"]
    return [
        (field_said(t, name), _said(t, name, old.get(name)), _said(t, name, new.get(name)))
        for name in names
        if old.get(name) != new.get(name)
    ]


def field_said(t: Words, name: str) -> str:
    return t(f"field.{name}") if t.has(f"field.{name}") else name


def _said(t: Words, name: str, value: Any) -> str:
    """As `value_said`, for fields whose values have words of their own."""
    if name == "uses" and value == 0:
        return t("passes.no_limit")
    if name == "kind" and t.has(f"alarm.{value}.what"):
        return t(f"alarm.{value}.what")
    return value_said(t, value)


def value_said(t: Words, value: Any) -> str:
    """Instants at the site's clock, yes and no, known words as words; never longer than VALUE_MAX."""
    match value:
        case None:
            return ""
        case bool():
            return t("field.yes" if value else "field.no")
        case list():
            text = ", ".join(value_said(t, one) for one in value)
        case str() if _INSTANT.fullmatch(value):
            text = dated(t, datetime.fromisoformat(value), clock.now())
        case _:
            known = (f"{kind}.{value}" for kind in ("role", "direction", "tie", "group", "passes.state", "field"))
            key = next((key for key in (*known, str(value)) if t.has(key)), None)
            text = t(key) if key else str(value)
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"

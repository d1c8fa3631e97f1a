"""What somebody asks of the audit: which days, whose deeds, which deed, or the one request behind a 查询编号."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Invalid
from central.oversight.console.forms import day_of
from central.oversight.console.permissions import READ_AUDIT
from models.values.time import SITE_TZ

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
NOBODY = (ActorKind.SYSTEM.value, ActorKind.NODE.value)
"""Who is no account, as `who` says it: all of them together."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`since` and `until` are days of the site's clock, both of them whole. What is None or "" leaves nothing out."""

    since: date | None = None
    until: date | None = None
    who: UUID | str | None = None
    what: str = ""
    trace: UUID | None = None

    def __bool__(self) -> bool:
        return self != Ask()


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen: only what stands in rows that this reader sees. `accounts`: id -> name as last used."""

    accounts: Mapping[UUID, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    deeds: frozenset[str] = frozenset()


def read_ask(said: Mapping[str, str]) -> Ask:
    """Of an address. Invalid with what is wrong, field by field."""
    wrong: dict[str, str] = {}

    def day(name: str) -> date | None:
        if not said.get(name):
            return None
        try:
            found = day_of(said[name], name)
        except Invalid:
            found = LAST_DAY
        if FIRST_DAY <= found < LAST_DAY:
            return found
        wrong[name] = "form.day_needed"
        return None

    since, until = day("from"), day("until")
    if since and until and until < since:
        wrong["until"] = "audit.until_before"
    who, trace = _who(said.get("who", "")), trace_of(said.get("trace", ""))
    if said.get("who") and who is None:
        wrong["who"] = "problem.invalid.choice"
    if said.get("trace", "").strip() and trace is None:
        wrong["trace"] = "audit.trace_form"
    if wrong:
        raise Invalid(fields=wrong)
    return Ask(since, until, who, said.get("what", ""), trace)


def trace_of(text: str) -> UUID | None:
    """The number that a page of an error shows, however it was copied: 32 hex digits, hyphens and blanks aside."""
    digits = "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "")
    try:
        return UUID(hex=digits) if len(digits) == 32 else None
    except ValueError:
        return None


def seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    """Who reads for some communities sees their deeds and their own, and none of those of the whole company."""
    where = actor.communities(READ_AUDIT)
    return [] if where is None else [or_(AuditRow.community_id.in_(where), AuditRow.actor_id == actor.id)]


def asked_for(ask: Ask, actor: Actor) -> Select[AuditRow]:
    """The rows asked for, among those that the actor sees."""
    query = select(AuditRow).where(*seen_by(actor))
    if ask.since:
        query = query.where(AuditRow.at >= _midnight(ask.since))
    if ask.until:
        query = query.where(AuditRow.at < _midnight(ask.until + timedelta(days=1)))
    if isinstance(ask.who, UUID):
        query = query.where(AuditRow.actor_kind == ActorKind.ACCOUNT.value, AuditRow.actor_id == ask.who)
    elif ask.who:
        query = query.where(AuditRow.actor_kind == ask.who)
    if ask.what:
        query = query.where(AuditRow.what == ask.what)
    if ask.trace:
        query = query.where(AuditRow.correlation_id == ask.trace)
    return query


def offered_to(db: Session, actor: Actor) -> Offered:
    """One question for both lists: a company has few accounts and few kinds of deeds, however many rows."""
    row = AuditRow
    told = db.execute(
        select(row.actor_kind, row.actor_id, row.actor_name, row.what, func.max(row.at).label("last"))
        .where(*seen_by(actor))
        .group_by(row.actor_kind, row.actor_id, row.actor_name, row.what)
        .order_by("last")
    ).all()
    return Offered(
        accounts={
            one.actor_id: one.actor_name for one in told if one.actor_id and one.actor_kind == ActorKind.ACCOUNT.value
        },
        others=tuple(kind for kind in NOBODY if any(one.actor_kind == kind for one in told)),
        deeds=frozenset(one.what for one in told),
    )


def _who(text: str) -> UUID | str | None:
    if text in NOBODY:
        return text
    try:
        return UUID(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SITE_TZ)

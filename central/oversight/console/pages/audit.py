"""The audit as people read it: who did what, when, why, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import Words
from central.base.kernel.paging import Paging
from central.base.kernel.paging import page as page_of
from central.oversight.console.audit_ask import Ask, Offered, asked_for, offered_to, read_ask
from central.oversight.console.audit_words import actor_said, changes, deed_said
from central.oversight.console.forms import Filled, refused
from central.oversight.console.frame import communities_for, page, place_names, words_of
from central.oversight.console.names import names_in
from central.oversight.console.permissions import READ_AUDIT
from central.oversight.console.subjects import subjects_of
from central.people.community.rules import by_sound
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Said = Annotated[Printable, Query(max_length=80)]


@pages.get("/audit")
def audit(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_AUDIT)], paging: Paging,
    since: Annotated[Printable, Query(alias="from", max_length=80)] = "", until: Said = "", who: Said = "",
    what: Said = "", trace: Said = "",
) -> Response:  # fmt: skip
    """Newest first: all of it that the reader may see, or what is asked for by day, account, deed or request."""
    t, now, places = words_of(request), clock.now(), communities_for(db, actor, READ_AUDIT)
    said = {"from": since, "until": until, "who": who, "what": what, "trace": trace}
    form, rows, following = Filled("audit", said), list[AuditRow](), None
    try:
        ask = read_ask(said)
        rows, following = page_of(
            db, asked_for(ask, actor), [AuditRow.at, AuditRow.id], paging, newest_first=True
        )  # fmt: skip
    except Invalid as problem:
        if not problem.fields.keys() <= said.keys():
            raise  # a page that was never given out
        ask, form = Ask(), refused(t, form, problem, "from")
    told = {row.community_id for row in rows}
    names = names_in(db, [one.community_id for one in places if one.community_id in told], now)
    things, offered = subjects_of(db, actor, rows, names), offered_to(db, actor)
    return page(
        request, "console/audit.html", status_code=form.status, now=now, places=places,
        place_names=place_names(places), next=following, form=form, ask=ask, everything=actor.may(READ_AUDIT, None),
        address=f"/audit?{urlencode({name: value for name, value in said.items() if value})}" if ask else "/audit",
        people=_people(t, offered), deeds=_deeds(t, offered),
        rows=[
            (row, actor_said(t, row.actor_name, row.actor_kind), came_from(t, row), deed_said(t, row.what),
             things[row.id], changes(t, row.before, row.after, names, row.community_id))
            for row in rows
        ],
    )  # fmt: skip


def came_from(t: Words, row: AuditRow) -> str:
    """As what, and from where: 保安 · 来自 203.0.113.9. "" of what the program did itself."""
    roles: Sequence[str] = row.roles if row.actor_kind == ActorKind.ACCOUNT else ()
    said = [t(f"role.{role}") if t.has(f"role.{role}") else role for role in dict.fromkeys(roles)]
    address = [t("audit.from", address=row.source_address)] if row.source_address else []
    return " · ".join([*([t("opening.and").join(said)] if said else []), *address])


def _people(t: Words, offered: Offered) -> list[tuple[str, str]]:
    accounts = sorted(offered.accounts.items(), key=lambda one: by_sound(one[1]))
    return [*((str(one), name) for one, name in accounts), *((kind, t(f"audit.all.{kind}")) for kind in offered.others)]


def _deeds(t: Words, offered: Offered) -> list[tuple[str, str]]:
    """By their words: a person looks for 撤销通行码, not for pass.revoke."""
    return sorted(((what, deed_said(t, what)) for what in offered.deeds), key=lambda one: by_sound(one[1]))

"""Who signs in: accounts made, opened and closed again, their roles and where these hold.

A one-time password is shown in the answer to the form that asked for it and nowhere else, so that answer is no
redirect. A form sent twice, as by a reload, makes nothing anew: the password handed over is the one that holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity import accounts, roles
from central.base.identity.guard import Db, requires
from central.base.identity.permissions import EDIT_ACCOUNTS, GRANT_ROLES, READ_ACCOUNTS
from central.base.identity.routes import passwords_of
from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.paging import Paging
from central.base.kernel.paging import page as page_of
from central.base.web.render import redirect
from central.oversight.console.forms import Filled, Sent, kept, one_at_a_time, refused, sent_again, text_of, used_up
from central.oversight.console.frame import AGAIN, communities_for, page, words_of
from central.oversight.console.setup.place import uuid_of
from central.people.community.queries import CommunityView, community_of
from central.people.community.rules import tidy_name
from models.values.ids import new_id
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_ACCOUNTS)]
Editor = Annotated[Actor, requires(EDIT_ACCOUNTS)]
Granter = Annotated[Actor, requires(GRANT_ROLES)]

EVERYWHERE = "all"


@pages.get("/accounts")
def everyone(request: Request, db: Db, actor: Reader, paging: Paging) -> Response:
    actor.demand(READ_ACCOUNTS, None)
    return _list(request, db, actor, paging, Filled("account", {"account": str(new_id())}))


@pages.post("/accounts")
def add(request: Request, db: Db, actor: Editor, paging: Paging, sent: Sent) -> Response:
    """The form carries the id of the account it makes: sent twice, one is made, and its password stays."""
    actor.demand(EDIT_ACCOUNTS, None)
    account_id, form = uuid_of(sent, "account"), kept("account", sent)
    one_at_a_time(db, "account", account_id)
    made = db.scalar(select(AccountRow).where(AccountRow.id == account_id))
    if made is not None:
        return redirect(request, f"/accounts/{account_id}?said={AGAIN}")
    try:
        with db.begin_nested():
            one_time = _add(request, db, actor, sent, account_id)
    except (Invalid, Conflict) as problem:
        return _list(request, db, actor, paging, refused(words_of(request), form, problem, "login"))
    return _alone(request, db, actor, account_id, one_time=one_time)


@pages.get("/accounts/{account_id}")
def one(request: Request, account_id: UUID, db: Db, actor: Reader, said: Printable = "") -> Response:
    actor.demand(READ_ACCOUNTS, None)
    return _alone(request, db, actor, account_id, said=said)


@pages.post("/accounts/{account_id}/password")
def reset(request: Request, account_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    actor.demand(EDIT_ACCOUNTS, None)
    form = kept("reset", sent)
    one_at_a_time(db, "reset", account_id)
    if sent_again(request, sent):
        return redirect(request, f"/accounts/{account_id}?said={AGAIN}")
    try:
        with db.begin_nested():
            one_time = accounts.reset_password(db, actor, passwords_of(request), account_id, _reason(sent))
    except (Invalid, Conflict) as problem:
        return _alone(request, db, actor, account_id, wrong=refused(words_of(request), form, problem, "reason"))
    used_up(request, sent)
    return _alone(request, db, actor, account_id, one_time=one_time)


@pages.post("/accounts/{account_id}/disable")
def disable(request: Request, account_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    actor.demand(EDIT_ACCOUNTS, None)
    form = kept("disable", sent)
    try:
        with db.begin_nested():
            accounts.disable_account(db, actor, account_id, _reason(sent))
    except (Invalid, Conflict) as problem:
        return _alone(request, db, actor, account_id, wrong=refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/accounts/{account_id}?said=saved")


@pages.post("/accounts/{account_id}/enable")
def enable(request: Request, account_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    actor.demand(EDIT_ACCOUNTS, None)
    form = kept("enable", sent)
    try:
        with db.begin_nested():
            accounts.enable_account(db, actor, account_id, _reason(sent))
    except (Invalid, Conflict) as problem:
        return _alone(request, db, actor, account_id, wrong=refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/accounts/{account_id}?said=saved")


@pages.post("/accounts/{account_id}/roles")
def give_role(request: Request, account_id: UUID, db: Db, actor: Granter, sent: Sent) -> Response:
    actor.demand(READ_ACCOUNTS, None)
    form = kept("role", sent)
    one_at_a_time(db, "role", account_id)
    try:
        role, where = _role(db, sent), _where(db, sent)
        with db.begin_nested():
            roles.grant_role(db, actor, account_id, role, where)
    except (Invalid, Conflict) as problem:
        return _alone(request, db, actor, account_id, wrong=refused(words_of(request), form, problem, "role"))
    return redirect(request, f"/accounts/{account_id}?said=saved")


@pages.post("/accounts/{account_id}/roles/withdraw")
def take_role(request: Request, account_id: UUID, db: Db, actor: Granter, sent: Sent) -> Response:
    actor.demand(READ_ACCOUNTS, None)
    role, where = text_of(sent, "role"), _where(db, sent)
    form = kept(_take_key(role, where), sent)
    try:
        with db.begin_nested():
            roles.withdraw_role(db, actor, account_id, role, where, _reason(sent))
    except (Invalid, Conflict) as problem:
        return _alone(request, db, actor, account_id, wrong=refused(words_of(request), form, problem, "reason"))
    except NotFound:
        accounts.account_of(db, account_id)  # pressed twice: the role is taken, which was the wish
    return redirect(request, f"/accounts/{account_id}?said=saved")


def _add(request: Request, db: Session, actor: Actor, sent: FormData, account_id: UUID) -> str:
    login, name = text_of(sent, "login"), tidy_name(text_of(sent, "name"))
    wrong: dict[str, str] = {}
    if not name or len(name) > accounts.NAME_MAX:
        wrong["name"] = "form.name_needed"
    if not re.fullmatch(accounts.LOGIN, login):
        wrong["login"] = "identity.login_form"
    for part in (_role, _where):
        try:
            part(db, sent)
        except Invalid as problem:
            wrong |= problem.fields
    if wrong:
        raise Invalid(fields=wrong, most=accounts.NAME_MAX)
    made, one_time = accounts.add_account(db, actor, passwords_of(request), login, name, account_id=account_id)
    roles.grant_role(db, actor, made.id, _role(db, sent), _where(db, sent))
    return one_time


def _role(db: Session, sent: FormData) -> str:
    role = text_of(sent, "role")
    if role not in roles.role_keys(db):
        raise Invalid(fields={"role": "accounts.role_needed"})
    return role


def _where(db: Session, sent: FormData) -> UUID | None:
    """None for everywhere, which is said in as many words: an empty field must not mean it."""
    if text_of(sent, "where") == EVERYWHERE:
        return None
    try:
        return community_of(db, uuid_of(sent, "where")).community_id
    except NotFound as error:
        raise Invalid(fields={"where": "accounts.where_needed"}) from error


def _reason(sent: FormData) -> str:
    reason = text_of(sent, "reason", accounts.REASON_MAX)
    if not reason:
        raise Invalid(fields={"reason": "accounts.reason_needed"})
    return reason


def _list(request: Request, db: Session, actor: Actor, paging: Paging, form: Filled) -> Response:
    rows, following = page_of(db, accounts.all_accounts(), [AccountRow.login, AccountRow.id], paging)
    ids, places = [row.id for row in rows], communities_for(db, actor, READ_ACCOUNTS)
    return page(
        request, "console/accounts.html", status_code=form.status, now=clock.now(), places=places, rows=rows,
        next=following, held=roles.roles_held(db, ids), last=accounts.last_log_ins(db, ids), form=form,
        where=_places(request, places), names=_names(places), role_keys=roles.role_keys(db),
    )  # fmt: skip


def _alone(
    request: Request, db: Session, actor: Actor, account_id: UUID, *, wrong: Filled | None = None,
    one_time: str | None = None, said: str = "",
) -> Response:  # fmt: skip
    db.flush()
    row, places = accounts.account_of(db, account_id), communities_for(db, actor, READ_ACCOUNTS)
    held = roles.roles_held(db, [row.id]).get(row.id, [])
    keys = [*FORMS, *(_take_key(role, where) for role, where in held)]
    answer = page(
        request, "console/account.html", status_code=wrong.status if wrong else 200, now=clock.now(), places=places,
        row=row, held=held, take_key=_take_key,
        last=accounts.last_log_ins(db, [row.id]).get(row.id), one_time=one_time, said=said == "saved",
        forms={key: wrong if wrong and wrong.key == key else Filled(key) for key in keys},
        where=_places(request, places), names=_names(places), role_keys=roles.role_keys(db),
        central_url=str(request.base_url).rstrip("/"),
    )  # fmt: skip
    if one_time is not None:
        answer.headers["cache-control"] = "no-store"
    return answer


FORMS = ("reset", "disable", "enable", "role")


def _take_key(role: str, where: UUID | None) -> str:
    """Each role held has a form of its own to take it back."""
    return f"take-{role}-{where or EVERYWHERE}"


def _places(request: Request, places: Sequence[CommunityView]) -> list[tuple[str, str]]:
    return [(str(place.community_id), place.name) for place in places] + [
        (EVERYWHERE, words_of(request)("accounts.everywhere"))
    ]


def _names(places: Sequence[CommunityView]) -> dict[UUID, str]:
    return {place.community_id: place.name for place in places}

"""What a person decides about cash that was taken at an exit whose arm never opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.parking.dues import unclaimed_cash
from central.money.payments.permissions import GIVE_BACK
from central.oversight.console.forms import Sent, text_of
from central.oversight.console.frame import words_of
from central.oversight.console.pages.parking import fen_in_page, look_page
from central.oversight.console.setup.place import place_sent

pages = APIRouter(include_in_schema=False)
Giver = Annotated[Actor, requires(GIVE_BACK)]


@pages.post("/parking/unclaimed/{exit_id}/count")
def count(request: Request, exit_id: UUID, db: Db, actor: Giver, sent: Sent) -> Response:
    def deed() -> str:
        stay = unclaimed_cash.count_for(
            db, actor, exit_id, text_of(sent, "plate"), fen_in_page(sent, "fen"), text_of(sent, "reason"), clock.now()
        )
        return f"/parking/stays/{stay.stay_id}"

    return _deed(request, db, actor, exit_id, sent, deed)


@pages.post("/parking/unclaimed/{exit_id}/give-back")
def give_back(request: Request, exit_id: UUID, db: Db, actor: Giver, sent: Sent) -> Response:
    def deed() -> str:
        reason = text_of(sent, "reason")
        unclaimed_cash.give_back(db, actor, exit_id, fen_in_page(sent, "fen"), reason, clock.now())
        return f"/parking/money?community={text_of(sent, 'community')}"  # where it waits for who hands it over

    return _deed(request, db, actor, exit_id, sent, deed)


def _deed(
    request: Request, db: Session, actor: Actor, exit_id: UUID, sent: FormData, deed: Callable[[], str]
) -> Response:
    """Do it and lead on; what is refused is said at this money."""
    chosen, t = place_sent(db, actor, GIVE_BACK, sent), words_of(request)
    try:
        with db.begin_nested():
            onward = deed()
    except (Conflict, Invalid) as problem:
        keys = problem.fields.values() if isinstance(problem, Invalid) and problem.fields else [problem.key]
        said = " ".join(t(key, **problem.params) for key in keys)
        return look_page(
            request, db, actor, chosen, problem.status, unclaimed_at=exit_id, unclaimed_said=said
        )  # fmt: skip
    return redirect(request, onward)

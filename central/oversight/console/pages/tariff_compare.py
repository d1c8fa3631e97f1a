"""Two versions on last month's real stays, before one of them is published (PARK-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.web.render import is_htmx, redirect
from central.gates.parking.permissions import DRAFT_TARIFFS, READ_STAYS, READ_TARIFFS
from central.gates.parking.rules import VersionState
from central.gates.parking.stays.compare import MONTH, SoFar, differences, go_on, stays_there
from central.gates.parking.tariffs.queries import VersionView, versions_of
from central.oversight.console.frame import communities_for, fragment, page, pick
from central.oversight.console.tariff_plot import DaysPlot, days_plot
from central.people.community.queries import community_of
from models.values.text import Printable
from models.values.time import site_day

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_TARIFFS)]
DAY = timedelta(days=1)
SO_FAR_MAX = 12_000


@pages.get("/tariffs/compare")
def compare(
    request: Request, db: Db, actor: Reader, community: UUID | None = None, version: Printable = "",
    beside: Printable = "",
) -> Response:  # fmt: skip
    """Which two, and where both are picked what becomes of it so far."""
    places = [one for one in communities_for(db, actor, READ_TARIFFS) if actor.may(READ_STAYS, one.community_id)]
    chosen = pick(request, places, community)
    if chosen is None:
        return page(request, "console/tariff_compare.html", now=clock.now(), places=places, community=None)
    versions = [one for one in versions_of(db, chosen.community_id, clock.now()) if not one.tariff.ends]
    first, second = _usual(versions) if not version else (_named(versions, version), _named(versions, beside))
    more: dict[str, Any] = {"so_far": None}
    if version and first is not None and second is not None:
        more = _answer(db, actor, chosen.community_id, first, second, SoFar(until=clock.now()))
    return page(
        request, "console/tariff_compare.html", now=clock.now(), places=places, community=chosen, versions=versions,
        first=first, second=second, asked=bool(version), drafts=actor.may(DRAFT_TARIFFS, chosen.community_id), **more,
    )  # fmt: skip


@pages.post("/tariffs/compare")
def compare_on(
    request: Request, db: Db, actor: Reader, community: Annotated[UUID, Form()], version: Annotated[UUID, Form()],
    beside: Annotated[UUID, Form()], so_far: Annotated[Printable, Form(max_length=SO_FAR_MAX)] = "",
) -> Response:  # fmt: skip
    """The next part of it. What was reckoned so far is the reader's own: who changes it changes what they see."""
    chosen = community_of(db, community)
    actor.demand(READ_TARIFFS, community)
    actor.demand(READ_STAYS, community)
    versions = [one for one in versions_of(db, community, clock.now()) if not one.tariff.ends]
    first, second = _named(versions, str(version)), _named(versions, str(beside))
    if first is None or second is None:
        raise NotFound("parking.no_version")
    try:
        known = SoFar.model_validate_json(so_far)
    except ValidationError:
        return redirect(request, f"/tariffs/compare?community={community}&version={version}&beside={beside}")
    more = _answer(db, actor, community, first, second, known)
    if is_htmx(request):
        return fragment(request, "console/tariff_compared.html", now=clock.now(), community=chosen, first=first,
                        second=second, **more)  # fmt: skip
    return page(
        request, "console/tariff_compare.html", now=clock.now(), places=[chosen], community=chosen, versions=versions,
        first=first, second=second, asked=True, **more,
    )  # fmt: skip


def _answer(
    db: Session, actor: Actor, community_id: UUID, first: VersionView, second: VersionView, so_far: SoFar
) -> dict[str, Any]:  # fmt: skip
    there = stays_there(db, actor, community_id, so_far)
    known = go_on(db, actor, community_id, first, second, so_far)
    if not known.done:
        return {"so_far": known, "there": there}
    return {
        "so_far": known, "there": there, "biggest": differences(db, community_id, first, second, known),
        "plot": _plot(known),
    }  # fmt: skip


def _usual(versions: list[VersionView]) -> tuple[VersionView | None, VersionView | None]:
    """The one in force, and the newest that is still to come."""
    first = next((one for one in versions if one.state is VersionState.IN_FORCE), None)
    coming = (one for one in versions if one.state in (VersionState.WAITING, VersionState.PLANNED))
    return first, next(coming, None)


def _named(versions: list[VersionView], wanted: str) -> VersionView | None:
    return next((one for one in versions if str(one.version_id) == wanted), None)


def _plot(known: SoFar) -> DaysPlot | None:
    """Income by the day, by both."""
    first = site_day(known.until - MONTH)
    days = [first + DAY * n for n in range(MONTH // DAY + 1)]
    return days_plot(days, known.days) if known.fit else None

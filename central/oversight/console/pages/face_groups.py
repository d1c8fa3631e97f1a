"""Error rates by group: what the manager's face figures show of them, closing a finding, and taking part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.oversight.console.forms import Sent, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.privacy import group_rates
from central.oversight.privacy.permissions import CLOSE_FINDINGS
from central.oversight.privacy.tables import GroupFindingRow
from central.people.community.queries import CommunityView, community_of, resident_of
from central.people.consent.permissions import READ_CONSENTS, RECORD_CONSENTS
from central.people.group_test import service
from central.people.group_test.rules import GROUPS, Dimension

pages = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Groups:
    """Of one community, for the page."""

    place: CommunityView
    report: group_rates.Report
    findings: list[GroupFindingRow]


def groups_for(db: Session, actor: Actor, places: list[CommunityView]) -> list[Groups]:
    """For whoever answers for faces; for everybody else nothing."""
    return [
        Groups(place, group_rates.report_of(db, place.community_id), group_rates.findings_of(db, place.community_id))
        for place in places
        if actor.may(CALIBRATE_FACES, place.community_id)
    ]


@pages.post("/face-figures/findings/{finding_id}/close")
def close(
    request: Request, finding_id: UUID, db: Db, actor: Annotated[Actor, requires(CLOSE_FINDINGS)], sent: Sent
) -> Response:
    group_rates.close_finding(db, actor, finding_id, text_of(sent, "reason"), clock.now())
    return redirect(request, "/face-figures#groups")


@pages.get("/people/homes/{resident_id}/group-test")
def taking_part(
    request: Request, resident_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_CONSENTS)]
) -> Response:
    return _page(request, db, actor, resident_id)


@pages.post("/people/homes/{resident_id}/group-test")
def agree(
    request: Request, resident_id: UUID, db: Db, actor: Annotated[Actor, requires(RECORD_CONSENTS)], sent: Sent
) -> Response:
    """What the person says at the desk; each question may be left open."""
    actor.demand(RECORD_CONSENTS, resident_of(db, resident_id).community_id)
    said = {one.value: text_of(sent, one.value) or None for one in Dimension}
    try:
        with db.begin_nested():
            service.agree(db, actor, resident_id, said, now=clock.now())
    except (Invalid, Conflict) as problem:
        t, fields = words_of(request), problem.fields if isinstance(problem, Invalid) else {}
        words = t(next(iter(fields.values()))) if fields else t(problem.key, **problem.params)
        return _page(request, db, actor, resident_id, told=words, status=problem.status)
    return redirect(request, f"/people/homes/{resident_id}/group-test")


@pages.post("/people/homes/{resident_id}/group-test/withdraw")
def withdraw(
    request: Request, resident_id: UUID, db: Db, actor: Annotated[Actor, requires(RECORD_CONSENTS)]
) -> Response:
    service.withdraw(db, actor, resident_id)
    return redirect(request, f"/people/homes/{resident_id}/group-test")


def _page(
    request: Request, db: Session, actor: Actor, resident_id: UUID, *, told: str | None = None, status: int = 200
) -> Response:
    here = resident_of(db, resident_id)
    actor.demand(READ_CONSENTS, here.community_id)
    place = community_of(db, here.community_id)
    return page(
        request, "console/group_test.html", status_code=status, now=clock.now(), places=[place], one=here, told=told,
        since=service.takes_part(db, here.community_id, here.person_id), dimensions=GROUPS,
    )  # fmt: skip

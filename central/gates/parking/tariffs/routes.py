"""Tariffs over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import Words
from central.base.web.context import context_of
from central.base.web.problems import problems
from central.gates.parking.permissions import APPROVE_TARIFFS, DRAFT_TARIFFS, READ_TARIFFS
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs import queries, service
from central.gates.parking.tariffs.queries import VersionView
from central.gates.parking.tariffs.schemas import (
    BillOut,
    CouponIn,
    LineOut,
    SimulateIn,
    TariffIn,
    VersionOut,
    WithdrawIn,
)
from central.gates.parking.tariffs.simulating import Asked, asked_problems, simulate, turned_away
from central.gates.parking.tariffs.terms import read_terms, terms_of
from central.gates.parking.tariffs.ties import lane_names, ties_in_words
from central.gates.parking.tariffs.words import (
    LaneNames,
    choice_said,
    fen_text,
    finding_said,
    line_said,
    scope_said,
    tariff_said,
)
from central.people.community.queries import community_of
from models.parking.bill import Line
from models.parking.tariff import Coupon, Tariff
from models.values.ids import new_id

router = APIRouter(prefix="/api/v1/tariffs", tags=["parking"])
Reader = Annotated[Actor, requires(READ_TARIFFS)]
Drafter = Annotated[Actor, requires(DRAFT_TARIFFS)]
Approver = Annotated[Actor, requires(APPROVE_TARIFFS)]


@router.get("", summary="The versions of a community's tariff, newest first", responses=problems(401, 403, 404))
def get_tariffs(community_id: UUID, request: Request, db: Db, actor: Reader) -> list[VersionOut]:
    community_of(db, community_id)
    actor.demand(READ_TARIFFS, community_id)
    t = context_of(request).words
    lanes = lane_names(db, community_id)
    return [_version(t, view, lanes) for view in queries.versions_of(db, community_id, clock.now())]


@router.post("", status_code=201, summary="Draft a version, for somebody else to approve",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_tariff(body: TariffIn, request: Request, db: Db, actor: Drafter) -> VersionOut:
    t = context_of(request).words
    community_of(db, body.community_id)
    actor.demand(DRAFT_TARIFFS, body.community_id)
    read = read_terms(body.terms, body.name, body.starts_at)
    if not isinstance(read, Tariff):
        raise Invalid(fields={f"terms.{one.path}".rstrip("."): finding_said(t, one) for one in read})
    with ties_in_words(t):
        return _said(t, db, service.draft_tariff(db, actor, body.community_id, read, now=clock.now()))


@router.post("/{version_id}/approve", summary="Be the second person", responses=problems(401, 403, 404, 409))
def approve(version_id: UUID, request: Request, db: Db, actor: Approver) -> VersionOut:
    t = context_of(request).words
    with ties_in_words(t):
        return _said(t, db, service.approve_tariff(db, actor, version_id, now=clock.now()))


@router.post("/{version_id}/withdraw", summary="Withdraw a version before it starts",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def withdraw(version_id: UUID, body: WithdrawIn, request: Request, db: Db, actor: Drafter) -> VersionOut:
    t = context_of(request).words
    with ties_in_words(t):
        return _said(t, db, service.withdraw_tariff(db, actor, version_id, body.reason, now=clock.now()))


@router.post("/simulate", summary="What a stay would cost, line by line", responses=problems(401, 403, 404, 409, 422))
def post_simulation(body: SimulateIn, request: Request, db: Db, actor: Reader) -> BillOut:
    community_of(db, body.community_id)
    actor.demand(READ_TARIFFS, body.community_id)
    t, now = context_of(request).words, clock.now()
    coupons = tuple(_coupon(one, at) for at, one in enumerate(body.coupons))
    asked = Asked(
        body.entry, body.exit, body.vehicle_class, coupons, body.permit_until, body.lane_id, body.colour, body.group,
        body.other_inside, body.other_leaves, body.invited,
    )  # fmt: skip
    if wrong := asked_problems(asked):
        raise Invalid(fields=wrong)
    versions = queries.versions_of(db, body.community_id, now)
    chosen = queries.version_at(versions, body.version_id, body.entry, asked.car)
    mine, others = queries.choice(versions, body.entry, asked.car)
    bill = simulate(chosen.tariff, asked, queries.calendar_for(db, body.community_id))
    return BillOut(
        version_id=chosen.version_id, tariff_id=bill.tariff_id, version=bill.version, minutes=bill.minutes,
        chosen=choice_said(t, mine, others, lane_names(db, body.community_id)), fee_fen=bill.fee, free=bill.free,
        turned_away=turned_away(chosen.tariff, asked),
        lines=[line_out(t, line, body.entry, chosen.tariff) for line in bill.lines],
    )  # fmt: skip


def line_out(t: Words, line: Line, entry: datetime, tariff: Tariff | None = None) -> LineOut:
    """A line of a bill with its instants; `entry` is that of the stay."""
    said = line_said(t, line, entry, tariff)
    return LineOut(
        rule=line.rule, said=said.what, from_at=said.start, to_at=said.end, times=line.times,
        unit_fen=fen_text(line.unit), amount_fen=fen_text(line.amount), note=line.note,
    )  # fmt: skip


def _coupon(given: CouponIn, at: int) -> Coupon:
    try:
        return Coupon(coupon_id=new_id(), minutes=given.minutes, percent_off=given.percent_off, fen=given.fen)
    except ValidationError as error:
        raise Invalid(fields={f"coupons.{at}": "parking.coupon_one_kind"}) from error


def _said(t: Words, db: Session, row: TariffVersionRow) -> VersionOut:
    here = queries.versions_of(db, row.community_id, clock.now())
    view = next(view for view in here if view.version_id == row.id)
    return _version(t, view, lane_names(db, row.community_id))


def _version(t: Words, view: VersionView, lanes: LaneNames) -> VersionOut:
    return VersionOut(
        version_id=view.version_id, community_id=view.community_id, tariff_id=view.tariff.tariff_id,
        version=view.version, name=view.tariff.name, starts_at=view.starts_at, state=view.state,
        terms=terms_of(view.tariff), said=list(tariff_said(t, view.tariff, lanes)),
        for_whom=scope_said(t, view.tariff.scope, lanes), drafted_name=view.drafted_name,
        drafted_at=view.drafted_at, approved_name=view.approved_name, approved_at=view.approved_at,
        withdrawn_name=view.withdrawn_name, withdrawn_at=view.withdrawn_at, withdrawn_reason=view.withdrawn_reason,
    )  # fmt: skip

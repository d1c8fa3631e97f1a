"""The car park: who is inside, who has left, what a person should look at; one stay with its history, its bill and what
can be put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import Words
from central.base.kernel.paging import PageAsk, Paging
from central.base.web.render import redirect
from central.gates.parking.contracts.views import charge_of
from central.gates.parking.driver.tickets import to_look, written
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.arrears import denied_in
from central.gates.parking.dues.disputes import dispute_of
from central.gates.parking.dues.pay_stay import owed_for
from central.gates.parking.dues.till import Free
from central.gates.parking.dues.unclaimed_cash import unclaimed_in
from central.gates.parking.dues.waive import owes, proposals_of, proposed_in
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.zones import zones_of
from central.gates.parking.permissions import CORRECT_STAYS, KEEP_SIGNS, LET_OFF, READ_STAYS, TAKE_CASH, WRITE_OFF
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.bill import priced, prices_for, to_look_at
from central.gates.parking.stays.exit_unseen import Moment, moments_of
from central.gates.parking.stays.gate_fee import gate_fee
from central.gates.parking.stays.paid import debts_by, moved_for, received, undecided_of
from central.gates.parking.stays.reads import StayView
from central.gates.parking.tariffs.ties import lane_names
from central.gates.parking.tariffs.words import car_said, class_said, line_said, scope_said
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.gates.visits.waits_at_exit import AtExit, at_exits
from central.money.payments.permissions import GIVE_BACK
from central.money.payments.queries import order_of, payments_for
from central.money.payments.rules import COUNTS
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of, whole_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.link_code import base_for_phones, link_code
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView, community_of
from models.parking.stays import State
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_STAYS)]
Corrector = Annotated[Actor, requires(CORRECT_STAYS)]

TABS = ("inside", "left", "look")
NEEDS = ("denied", "proposed", "unclaimed")
OVER = (State.VOID, State.MERGED, State.BACKED_OUT)
"""Nothing of these can be put right any more."""


@pages.get("/parking")
def car_park(
    request: Request, db: Db, actor: Reader, paging: Paging, community: UUID | None = None, tab: Printable = ""
) -> Response:
    chosen = place_of(request, db, actor, READ_STAYS, community)
    return _page(request, db, actor, chosen, tab if tab in TABS else TABS[0], paging, Filled("find"))


@pages.post("/parking")
def find(request: Request, db: Db, actor: Reader, sent: Sent) -> Response:
    """A plate is looked for by a form that is sent: it names somebody, and stands in no address and no log."""
    chosen, form = place_sent(db, actor, READ_STAYS, sent), kept("find", sent)
    try:
        found = stays.find_plate(db, actor, chosen.community_id, text_of(sent, "plate"))
    except Invalid as problem:
        form = refused(words_of(request), form, problem, "plate")
        return _page(request, db, actor, chosen, TABS[0], PageAsk(), form)
    return _page(request, db, actor, chosen, "", PageAsk(), form, found=found)


def look_page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView, status: int, **told: Any
) -> Response:  # fmt: skip
    """What a person should look at, with what was refused about it."""
    return _page(request, db, actor, chosen, TABS[2], PageAsk(), Filled("find", status=status), **told)


@pages.get("/parking/stays/{stay_id}")
def stay(request: Request, stay_id: UUID, db: Db, actor: Reader) -> Response:
    return _stay(request, db, actor, stay_id)


@pages.post("/parking/stays/{stay_id}/plate")
def correct(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    plate, reason = text_of(sent, "plate"), text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("plate", sent),
        lambda: stay_deeds.correct_plate(db, actor, stay_id, plate, reason, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/void")
def void(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("void", sent),
        lambda: stay_deeds.void_stay(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{exit_id}/join")
def join(request: Request, exit_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    """A lone exit was the end of the stay that is chosen."""
    reason = text_of(sent, "reason")

    proposed = list[UUID]()

    def deed() -> None:
        stays.stay_of(db, actor, exit_id)
        chosen = _chosen(text_of(sent, "stay"))
        if not stay_deeds.join_exit(db, actor, exit_id, chosen, reason, clock.now()):
            proposed.append(chosen)

    answer = stay_deed(request, db, actor, exit_id, kept("join", sent), deed)
    return redirect(request, f"/parking/stays/{proposed[0]}") if proposed else answer  # what was proposed stands there


def _chosen(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid(fields={"stay": "stays.choose"}) from error


def stay_deed(
    request: Request, db: Session, actor: Actor, stay_id: UUID, form: Filled, deed: Callable[[], object],
    beside: str = "reason",
) -> Response:  # fmt: skip
    """Do it and show the stay, or the booth that it was done from; what is refused is said at its form, with what was
    typed."""
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Invalid) as problem:
        return _stay(request, db, actor, stay_id, refused(words_of(request), form, problem, beside))
    return redirect(request, _back_to_booth(form) or f"/parking/stays/{stay_id}")


def _back_to_booth(form: Filled) -> str:
    """ "" where the deed was not done from the booth."""
    try:
        return f"/booth?lane={UUID(form.text('booth'))}"
    except ValueError:
        return ""


def fen_in_page(sent: FormData, name: str) -> int:
    """The amount that the page itself sent along, and nobody types. Raises Conflict: look at the fee again."""
    try:
        return whole_of(sent, name)
    except Invalid as error:
        raise Conflict("parking.fee_grew") from error


def till_of(sent: FormData) -> UUID | None:
    """The lane whose till takes the cash; None for whoever has no till of a lane. Raises Invalid."""
    said = text_of(sent, "till")
    try:
        return UUID(said) if said else None
    except ValueError as error:
        raise Invalid(fields={"till": "parking.no_till"}) from error


def exits_mark(waiting: Sequence[AtExit]) -> str:
    """Differs when the page must say something else."""
    return "_".join(f"{one.visit_id.hex[-12:]}-{one.asked_fen}-{len(one.paid)}" for one in waiting) or "none"


def _needs(db: Session, actor: Actor, community_id: UUID, now: datetime) -> dict[str, Any]:
    """For the page of the car park."""
    waiting = at_exits(db, actor, community_id, now)
    return {
        "exits": waiting, "exits_mark": exits_mark(waiting), "denied": denied_in(db, actor, community_id),
        "proposed": proposed_in(db, actor, community_id), "unclaimed": unclaimed_in(db, actor, community_id, now),
        "may_give_back": actor.may(GIVE_BACK, community_id),
        "at_exit": {one.stay.stay_id for one in waiting if one.stay is not None},
        "may": actor.may(CORRECT_STAYS, community_id), "may_let_off": actor.may(LET_OFF, community_id),
        "may_write_off": actor.may(WRITE_OFF, community_id),
    }  # fmt: skip


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, tab: str, ask: PageAsk, form: Filled, *,
    found: list[StayView] | None = None, **told: Any,
) -> Response:  # fmt: skip
    """`told`: what was refused about one of the things to look at."""
    t, now = words_of(request), clock.now()
    shown: Sequence[StayView] = found or ()
    following, look, counts, abandoned = None, None, {}, now
    needs: dict[str, Any] = {}
    if chosen is not None:
        place = chosen.community_id
        look, abandoned = to_look_at(db, actor, place, now), now - settings_of(db, place).abandoned
        counts, needs = stays.inside_by_class(db, place), _needs(db, actor, place, now)
        if tab in TABS[:2]:
            shown, following = (stays.inside if tab == "inside" else stays.left)(db, actor, place, ask)
    everyone = [*shown, *(look.long if look is not None else ())]
    prices = prices_for(db, chosen.community_id, everyone, now) if chosen is not None else None
    fees = {one.stay_id: priced(prices, one, now) for one in everyone} if prices is not None else {}
    plates = {one.stay_id: one.plate.text for one in everyone if one.plate is not None and one.inside}
    debts = debts_by(db, sorted(set(plates.values())))
    before = {
        stay_id: sum(one.fen for one in debts[plate] if not one.frozen and one.stay_id != stay_id)
        for stay_id, plate in plates.items()
    }  # fmt: skip
    return page(
        request, "console/parking.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        before=before,
        others=communities_for(db, actor, READ_STAYS), community=chosen, tab=tab, form=form, found=found, rows=shown,
        next=following, fees=fees, look=look, inside=sum(counts.values()), abandoned=abandoned,
        waiting=look.waiting + sum(len(needs[one]) for one in NEEDS) if look is not None else 0,
        counts=[(class_said(t, name), count) for name, count in sorted(counts.items())],
        class_said=lambda name: class_said(t, name),
        signs=chosen is not None and actor.may(KEEP_SIGNS, chosen.community_id), mine=Filled, **needs,
        **({"unclaimed_at": None, "unclaimed_said": ""} | told),
    )  # fmt: skip


def _stay(request: Request, db: Session, actor: Actor, stay_id: UUID, form: Filled | None = None) -> Response:
    t, now = words_of(request), clock.now()
    found = stays.stay_of(db, actor, stay_id)
    owed, place = owed_for(db, stay_id, now), found.community_id
    bill = owed.bill
    at_gate = gate_fee(db, owed.prices, found)
    may = actor.may(CORRECT_STAYS, found.community_id) and found.state not in OVER
    entered = found.entered_at
    ticket = written(db, to_look(None, stay_id, now, typed=False)) if owed.asked_fen else ""
    dispute = dispute_of(db, found) if owed.due_fen and not found.inside else None
    frozen = dispute is not None and dispute.frozen
    waives = WRITE_OFF if dispute is not None and dispute.said_by is not None else LET_OFF
    base = base_for_phones(request)
    link = f"{base or str(request.base_url).rstrip('/')}/stay/{ticket}" if ticket else ""
    moments = moments_of(db, found)
    void_fen = undecided_of(db, [stay_id]).get(stay_id, 0) if found.state is State.VOID else 0
    receipts = [one for one in payments_for(db, stay_id) if one.verdict in COUNTS]
    before = {
        one.order_id: sum(part.fen for part in order_of(db, one.order_id).parts if part.subject_id != stay_id)
        for one in receipts
    }  # fmt: skip
    paid_lone = received(moved_for(db, [stay_id]).get(stay_id, ())).paid if found.lone_exit else 0
    return page(
        request, "console/stay.html", status_code=form.status if form is not None else 200, now=now,
        places=[community_of(db, found.community_id)], stay=found, history=stays.history_of(db, found), bill=bill,
        zones=zones_of(db, place),
        lines=[line_said(t, one, entered, bill.version.tariff) for one in bill.bill.lines]
        if bill is not None and entered else [],
        at_gate=at_gate,
        gate_lines=[line_said(t, one, entered) for one in at_gate.lines] if at_gate is not None and entered else [],
        central_lines=[
            line_said(t, one, entered, bill.version.tariff if bill is not None else None)
            for one in at_gate.central_lines
        ] if at_gate is not None and entered else [],
        mine=lambda key: form if form is not None and form.key == key else Filled(key),
        may=may,
        vehicle_class=car_said(t, found.vehicle_class, found.colour, found.entered_as),
        cars=scope_said(t, bill.version.tariff.scope, lane_names(db, place))
        if bill is not None and bill.version.tariff.scope.weight else "",
        dispute=dispute, phone=link, may_waive=frozen and actor.may(waives, place),
        phone_code=link_code(link) if link and base else None,
        charge=charge_of(db, stay_id), owed=owed, may_cash=owed.asked_fen > 0 and actor.may(TAKE_CASH, place),
        may_free=bool(owed.due_fen) and found.inside and actor.may(LET_OFF, place),
        may_write_off=bool(owed.due_fen) and not found.inside and actor.may(WRITE_OFF, place),
        tills=[
            ("", t("money.till_desk")), *((str(one.lane.lane_id), one.lane.name) for one in vehicle_lanes(db, place))
        ],
        reasons=[(one.value, t(f"parking.free.{one.value}")) for one in Free],
        moments=_moments(t, moments, now), may_let_off=bool(moments) and actor.may(LET_OFF, place), void_fen=void_fen,
        may_give=bool(void_fen) and actor.may(GIVE_BACK, place), paid_lone=paid_lone,
        may_lone=found.lone_exit and actor.may(TAKE_CASH, place), lone_fee=stay_till.lone_fee(db, found),
        receipts=receipts, paid_before=before,
        proposals=proposals_of(db, stay_id) if found.state not in (*OVER, State.LEFT) else [],
        proposes=not actor.may(WRITE_OFF, place) and owes(db, found, now) > 0,
        form=form or Filled(""), suggested=stay_deeds.suggested(db, found, now) if may else [],
        entries=[
            _called(t.dated(one.entered_at or one.began_at, now), one) for one in stays.may_be_its_entry(db, found)
        ] if may and found.lone_exit else [],
    )  # fmt: skip


def _moments(t: Words, moments: Sequence[Moment], now: datetime) -> list[tuple[str, str]]:
    """(key, words) of the instants up to which a stay may be charged, and of one that is typed."""
    if not moments:
        return []
    said = [
        (one.key, t(f"stays.moment.{one.key}", at=t.dated(one.until, now), fee=t.money(one.fee_fen or 0),
                    due=t.money(one.due_fen or 0)))
        for one in moments
    ]  # fmt: skip
    return [*said, ("typed", t("stays.moment.typed"))]


def _called(since: str, one: StayView) -> tuple[str, str]:
    """(id, words) of a car inside that a lone exit may have been."""
    return str(one.stay_id), " · ".join(part for part in (str(one.plate or "—"), since, one.entry_gate) if part)

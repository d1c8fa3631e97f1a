"""The remote booth 中控室: who asks for a person at any lane, oldest first, and what an operator does for each.

The page brings together what there is: what the gate saw and decided, the stay with its fee, and the deeds of other
pages, each under the operator's own name. Of the talk it knows only where it rings: Menting carries no sound.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict
from central.base.web.render import redirect
from central.gates.parking.dues.pay_stay import owed_for
from central.gates.parking.dues.till import Free
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF, READ_STAYS, TAKE_CASH
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import reads
from central.gates.parking.stays.reads import StayView
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.gates.visits import live, queries
from central.gates.visits.calls import deeds
from central.gates.visits.calls.rules import LaneAsks, next_of
from central.gates.visits.calls.waiting import Waits, missed_in, waits_in
from central.gates.visits.permissions import ANSWER_CALLS
from central.gates.visits.standing import standing_now
from central.gates.visits.waits_at_exit import AtExit, waits_at
from central.oversight.console.cards import card_of
from central.oversight.console.forms import Filled, Sent, text_of
from central.oversight.console.frame import communities_for, fragment, page, place_names, words_of
from central.oversight.console.pages.alarms_told import storm_looks
from central.oversight.console.pages.remote_open import fee_lines
from central.people.community.queries import LaneView, lane_of
from central.people.community.rules import ring_link
from models.site.topology import Direction
from models.values.plate import may_be_misread

pages = APIRouter(include_in_schema=False)
Operator = Annotated[Actor, requires(ANSWER_CALLS)]
NEAR_MAX = 6


@pages.get("/booth")
def booth(request: Request, db: Db, actor: Operator, lane: UUID | None = None) -> Response:
    """The head of the stream is read first: what happens while the rest is read comes again by the live line."""
    head = live.latest(db)
    return _page(request, db, actor, lane, head)


@pages.get("/booth/now")
def booth_now(request: Request, db: Db, actor: Operator, lane: UUID | None = None) -> Response:
    """The same as it is now, for the live line: the list, and the lane that is shown."""
    return fragment(request, "console/booth_now.html", **_context(request, db, actor, lane, clock.now()))


@pages.post("/booth/{lane_id}/take")
def take(request: Request, lane_id: UUID, db: Db, actor: Operator, sent: Sent) -> Response:
    """`over`: also where somebody else has it."""
    over = text_of(sent, "over") == "yes"
    return _deed(request, db, actor, lane_id, lambda: deeds.take(db, actor, lane_id, clock.now(), over=over))


@pages.post("/booth/{lane_id}/give-back")
def give_back(request: Request, lane_id: UUID, db: Db, actor: Operator) -> Response:
    return _deed(request, db, actor, lane_id, lambda: deeds.give_back(db, actor, lane_id, clock.now()))


@pages.post("/booth/{lane_id}/done")
def done(request: Request, lane_id: UUID, db: Db, actor: Operator) -> Response:
    """Whoever waits next is shown then."""
    return _deed(request, db, actor, lane_id, lambda: deeds.done(db, actor, lane_id, clock.now()), on="/booth")


@pages.post("/booth/missed/{call_id}")
def seen(request: Request, call_id: UUID, db: Db, actor: Operator) -> Response:
    deeds.look_at_missed(db, actor, call_id, clock.now())
    return redirect(request, "/booth")


def booth_address(lane_id: object) -> str:
    return f"/booth?lane={lane_id}"


def _deed(
    request: Request, db: Session, actor: Actor, lane_id: UUID, deed: Callable[[], None], on: str = ""
) -> Response:  # fmt: skip
    """Do it and show the booth; what is refused is said on top of it."""
    lane = lane_of(db, lane_id)
    actor.demand(ANSWER_CALLS, lane.community_id)
    try:
        with db.begin_nested():
            deed()
    except Conflict as problem:
        said = words_of(request)(problem.key, **problem.params)
        return _page(request, db, actor, lane_id, live.latest(db), refused=said, status_code=problem.status)
    return redirect(request, on or booth_address(lane_id))


def _page(
    request: Request, db: Session, actor: Actor, lane: UUID | None, head: int, *, refused: str = "",
    status_code: int = 200,
) -> Response:  # fmt: skip
    now = clock.now()
    places = communities_for(db, actor, ANSWER_CALLS)
    return page(
        request, "console/booth.html", places=places, status_code=status_code, stream_head=head, refused=refused,
        **_context(request, db, actor, lane, now),
    )  # fmt: skip


def _context(request: Request, db: Session, actor: Actor, lane: UUID | None, now: datetime) -> dict[str, Any]:
    places = communities_for(db, actor, ANSWER_CALLS)
    ids = [place.community_id for place in places]
    waits = waits_in(db, ids, now)
    shown = _shown(db, actor, ids, waits, lane)
    asks = next((one.asks for one in waits if shown is not None and one.lane == shown), None)
    return {
        "now": now, "place_names": place_names(places), "waits": waits, "missed": missed_in(db, ids, now),
        "standing": standing_now(db, ids, now), "storm_looks": storm_looks(db, actor, now), "shown": shown,
        "asks": asks, "mine": Filled, "form": Filled(""),
        **(_panel(request, db, actor, shown, asks, now) if shown is not None else {}),
    }  # fmt: skip


def _shown(
    db: Session, actor: Actor, ids: list[UUID], waits: list[Waits], lane: UUID | None
) -> LaneView | None:  # fmt: skip
    """The lane that was asked for; else what this person has; else who waits longest."""
    if lane is not None:
        found = lane_of(db, lane)
        actor.demand(ANSWER_CALLS, found.community_id)
        return found
    by_lane = {one.asks.lane_id: one.lane for one in waits}
    own = next((one.lane for one in waits if one.asks.holder is not None and one.asks.holder.account_id == actor.id),
               None)  # fmt: skip
    following = next_of([one.asks for one in waits])
    return own or (by_lane[following.lane_id] if following is not None else None)


def _panel(
    request: Request, db: Session, actor: Actor, lane: LaneView, asks: LaneAsks | None, now: datetime
) -> dict[str, Any]:
    """All that is known of one lane now, and what may be done about it."""
    t, lane_id, place = words_of(request), lane.lane.lane_id, lane.community_id
    state = queries.lane_now(db, lane_id, place, now)
    visit = state.last_visit if state is not None else None
    leads = (state.leads if state is not None else None) or lane.lane.direction
    out = bool(lane.vehicles) and leads is Direction.OUT and actor.may(READ_STAYS, place)
    exit_now = waits_at(db, lane, now) if out else None
    owed = owed_for(db, exit_now.stay.stay_id, now) if exit_now is not None and exit_now.stay is not None else None
    may = actor.may(CORRECT_STAYS, place)
    holder = asks.holder if asks is not None else None
    fen = owed.asked_fen if owed is not None else 0
    return {
        "lane": state, "card": card_of(t, visit, now) if visit is not None else None, "exit": exit_now, "owed": owed,
        "fee": fee_lines(request, owed), "may": may, "near": _near(db, actor, exit_now),
        "may_cash": owed is not None and owed.asked_fen > 0 and actor.may(TAKE_CASH, place),
        "may_free": owed is not None and bool(owed.due_fen) and actor.may(LET_OFF, place),
        "suggested": stay_deeds.suggested(db, owed.stay, now) if owed is not None and may else [],
        "tills": [
            (str(one.lane.lane_id), one.lane.name) for one in vehicle_lanes(db, place) if one.lane.lane_id == lane_id
        ] + [("", t("money.till_desk"))] if owed is not None else [],
        "reasons": [(one.value, t(f"parking.free.{one.value}")) for one in Free],
        "rings": ring_link(lane.rings_at), "yours": holder is not None and holder.account_id == actor.id,
        "mark": "-".join(str(one) for one in (
            asks.state.value if asks is not None else "none",
            *(f"{one.subject_id.hex[-8:]}.{one.asked_at.timestamp():.0f}" for one, _ in (asks.asks if asks else ())),
            holder.at.timestamp() if holder is not None else "",
            visit.visit_id if visit is not None else "", visit.passed if visit is not None else "", fen,
            state.position if state is not None else "", state.in_contact if state is not None else "",
        )),
    }  # fmt: skip


def _near(db: Session, actor: Actor, exit_now: AtExit | None) -> list[StayView]:
    """Cars inside whose plate the camera at the exit may have meant, where it read one that nobody saw come in."""
    if exit_now is None or exit_now.plate is None or exit_now.stay is not None:
        return []
    place, read = exit_now.lane.community_id, exit_now.plate.text
    alike = [one for one in reads.plates_inside(db, place) if may_be_misread(read, one)][:NEAR_MAX]
    return [stay for one in alike for stay in reads.find_plate(db, actor, place, one) if stay.inside]

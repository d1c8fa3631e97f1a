"""What a scanned sign shows: at a lane the car that stands there now, at the lot a plate to type; and what is charged.

No account: the sign's address is the key. It is bound to one lot, so that nobody asks through it for a car elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import Gone, Invalid, TooMany
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect, render
from central.gates.parking.driver.signs import BY_SIGN, FoundSign, found_sign
from central.gates.parking.driver.stay import Says, find_by_plate, inside_of, shown
from central.gates.parking.driver.tickets import to_look, written
from central.gates.parking.tariffs.fee_board import fee_board
from central.gates.visits.at_lane import AtLane, car_at
from central.gates.visits.calls.by_phone import ask_by_phone, phone_call_state
from central.gates.visits.calls.rules import State
from central.oversight.console.driver.alone import ALONE, InLanguage, driver_page, found, over, unchanged
from central.oversight.console.driver.limits import limits_of
from central.oversight.console.frame import words_of
from central.people.community.queries import community_of
from models.values.plate import PROVINCES, Plate, kind_of, normalised
from models.values.text import Printable
from models.wire.plates import masked

pages = APIRouter(include_in_schema=False)
TOKEN_MAX = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """The car at the lane, as whoever has the sign's address sees it, from wherever: its plate masked, and nothing of
    its stay; the board beside the lane shows it whole."""

    car: AtLane | None
    plate: str = ""
    call: State | None = None
    """Of the call for help that stands at this lane."""

    @property
    def mark(self) -> str:
        """Differs when the page must say something else."""
        call = f"-{self.call.value}" if self.call is not None else ""
        return f"{self.car_mark}{call}"

    @property
    def car_mark(self) -> str:
        """Of the car alone."""
        if self.car is None:
            return "none"
        return f"{int(self.car.since.timestamp())}-{self.plate}-{int(self.car.released)}"


@pages.get("/park/{token}", dependencies=[public(BY_SIGN)])
def sign(token: str, request: Request, db: OpenDb, _: InLanguage, type: bool = False) -> Response:
    """`type`: at a lane too, the plate is to be typed."""
    try:
        where = _found(request, db, token)
    except Gone as problem:
        return over(request, problem)
    typing = type or where.lane is None
    try:
        if not typing:
            _count_poll(request, where)
    except TooMany as problem:
        return _refused(request, db, token, where, problem)
    return _page(request, db, token, where, typing=typing)


@pages.get("/park/{token}/now", dependencies=[public(BY_SIGN)])
def standing_now(
    token: str, request: Request, db: OpenDb, seen: Annotated[Printable, Query(max_length=80)] = ""
) -> Response:
    """Who stands at the lane, in place of who stood there; nothing where it is the same still."""
    where = _found(request, db, token)
    _count_poll(request, where)
    standing = _standing(db, where)
    if standing.mark == seen:
        return unchanged()
    return render(request, "console/driver_lane.html", headers=ALONE, standing=standing, token=token)


@pages.post("/park/{token}", dependencies=[public(BY_SIGN)])
def look_for(
    token: str, request: Request, db: OpenDb, plate: Annotated[Printable, Form(max_length=40)] = ""
) -> Response:
    """By a form that is sent: a plate stands in no address and no log."""
    try:
        where = _found(request, db, token)
    except Gone as problem:
        return over(request, problem)
    now, text = clock.now(), normalised(plate)
    try:
        if kind_of(text) is not None:
            limits_of(request).looks.count(context_of(request).source_address, where.community_id, text, now)
        stay_id = find_by_plate(db, where.community_id, plate, now)
    except (Invalid, TooMany) as problem:
        fields = problem.fields if isinstance(problem, Invalid) else {}
        said = words_of(request)(fields.get("plate", problem.key), **problem.params)
        return _page(
            request, db, token, where, typing=True, plate=text[:10], wrong=said, status_code=problem.status
        )  # fmt: skip
    if stay_id is None:
        return _page(request, db, token, where, typing=True, plate=text, nothing=str(Plate(text=text)))
    ticket = written(db, to_look(where.sign_id, stay_id, now, typed=True))
    return redirect(request, f"/stay/{ticket}")


@pages.post("/park/{token}/car", dependencies=[public(BY_SIGN)])
def this_car(
    token: str, request: Request, db: OpenDb, seen: Annotated[Printable, Form(max_length=80)] = ""
) -> Response:
    """Whoever says that the car at the lane is theirs may pay for it; counted as a look, as if its plate was typed.
    `seen`: which car was meant; where another stands there by now, the page shows that one first."""
    try:
        where = _found(request, db, token)
    except Gone as problem:
        return over(request, problem)
    standing, now = _standing(db, where), clock.now()
    car = standing.car
    if car is None or not car.plate or car.released or standing.car_mark != seen:
        return redirect(request, f"/park/{token}")
    try:
        limits_of(request).looks.count(context_of(request).source_address, where.community_id, car.plate, now)
    except TooMany as problem:
        return _refused(request, db, token, where, problem)
    stays = inside_of(db, where.community_id, car.plate)
    says = shown(db, stays[0], now) if stays else None
    if says is not None and says.owed.asked_fen:
        return redirect(request, f"/stay/{written(db, to_look(where.sign_id, stays[0], now, typed=False))}")
    known = says is not None and says.says in (Says.NOTHING, Says.MAY_LEAVE)
    return _page(request, db, token, where, typing=False, of_car="nothing" if known else "nobody_saw")


@pages.post("/park/{token}/call", dependencies=[public(BY_SIGN)])
def call_somebody(token: str, request: Request, db: OpenDb) -> Response:
    """Whoever stands at the exit asks for a person, who sees the lane and may open it (LANE-26)."""
    try:
        where, now = _found(request, db, token), clock.now()
    except Gone as problem:
        return over(request, problem)
    if where.lane is None:
        return redirect(request, f"/park/{token}")
    try:
        limits_of(request).looks.count_call(context_of(request).source_address, where.sign_id, now)
    except TooMany as problem:
        return _refused(request, db, token, where, problem)
    ask_by_phone(db, where.lane, now)
    return redirect(request, f"/park/{token}")


@pages.get("/park/{token}/fees", dependencies=[public(BY_SIGN)])
def fees(token: str, request: Request, db: OpenDb, _: InLanguage) -> Response:
    try:
        where = _found(request, db, token)
    except Gone as problem:
        return over(request, problem)
    board = fee_board(db, words_of(request), where.community_id, clock.now())
    return driver_page(request, "console/driver_board.html", board=board, token=token)


def _found(request: Request, db: Session, token: str) -> FoundSign:
    return found(request, partial(found_sign, db, token[:TOKEN_MAX]))


def _standing(db: Session, where: FoundSign) -> Standing:
    if where.lane is None:
        return Standing(None)
    now = clock.now()
    car, call = car_at(db, where.lane.lane.lane_id, now), phone_call_state(db, where.lane, now)
    return Standing(car, masked(car.plate) if car is not None and car.plate else "", call)


def _count_poll(request: Request, where: FoundSign) -> None:
    limits_of(request).looks.count_poll(context_of(request).source_address, where.sign_id, clock.now())


def _refused(request: Request, db: Session, token: str, where: FoundSign, problem: TooMany) -> Response:
    said = words_of(request)(problem.key, **problem.params)
    return _page(request, db, token, where, typing=True, wrong=said, status_code=problem.status)


def _page(
    request: Request, db: Session, token: str, where: FoundSign, *, typing: bool, plate: str = "", wrong: str = "",
    nothing: str = "", of_car: str = "", status_code: int = 200,
) -> Response:  # fmt: skip
    return driver_page(
        request, "console/driver_sign.html", status_code=status_code, token=token, lane=where.lane,
        community=community_of(db, where.community_id), typing=typing, plate=plate, wrong=wrong, nothing=nothing,
        standing=None if typing else _standing(db, where), provinces=PROVINCES, of_car=of_car,
    )  # fmt: skip

"""Cards: a view together with the words and facts that its template shows. Made in one place for page and fragment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.i18n import Words
from central.gates.nodes.queries import fire_enders, node_places
from central.gates.parking.lot.misused import car_at
from central.gates.visits import queries
from central.gates.visits.rules import ended_by_command
from central.gates.visits.views import AlarmView, LaneNow, VisitView
from central.oversight.console.facts import Fact, five_facts, means, unconfirmed
from central.oversight.console.phrases import (
    NOT_ON_ITS_LIST,
    OF_BAYS,
    RECORDS,
    AlarmSaid,
    Said,
    alarm_said,
    check_said,
    visit_said,
)
from models.access.decision import Outcome, Reason
from models.access.pictures import PASSED_S_MAX, PAYS_FOR, REFUSED_DAYS_MAX
from models.access.verification import Liveness
from models.parking.admission import Case
from models.wire.events import AlarmKind, ImageRule

SHOWN = 40
FEW = 4
READ_AT_MOST = 1_000
"""A filter looks this far back at once; the reader asks for older ones from there."""

PICTURE_COMES_WITHIN = timedelta(seconds=PASSED_S_MAX)
WAITS = timedelta(minutes=10)
"""So long who was referred to a person may still stand there; the desk's script counts the same."""
FROM_AFAR = frozenset({
    Reason.WRONG_TIME, Reason.SECOND_FACTOR, Reason.NO_FACE, Reason.LOW_QUALITY, Reason.LOW_SCORE, Reason.NO_REFERENCE,
    Reason.FACE_ALONE,
})  # fmt: skip
"""Of who was not let through for these, what to do may be to open from afar; a test holds their words to it."""
UNPROVEN = "unproven"
OVER_SOONER = timedelta(seconds=10)
"""Its minute counts from when it was taken, some seconds before the rest was known, and whoever is late for nearly all
of it is not on the way."""

FILTERS = {"all": None, "refused": "deny", "referred": "refer"}
ALARMS = "alarms"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation."""

    question: str
    answer: str
    passed: bool | None
    """None: neither, such as a list that a car is not on and need not be on."""


@dataclass(frozen=True, slots=True)
class Card:
    visit: VisitView
    at: datetime
    said: Said | None
    facts: tuple[Fact, ...]
    checks: tuple[Line, ...]
    means: str
    unconfirmed: bool
    picture: str
    """Which words stand where a picture would, or speak of the one there is: `picture_key`."""
    liveness: str
    """Which words say what is known of whether the face was alive: `liveness_key`."""
    asks: bool
    """Whether a person may be to open for them: its button stands with what to do. Nobody for who has driven past."""
    pays: bool
    """It was asked to pay: the way to the bill of its stay stands with what to do."""
    left: bool
    """It asks, and so long ago that nobody waits there any more: what to do then would come too late."""

    @property
    def picture_why(self) -> str:
        """Why there is none; of a vehicle in words of its own, which speak of no face."""
        if self.picture not in ("picture.coming", "picture.over", "picture.gone"):
            return f"image.{self.visit.image_rule or 'not_told'}"
        about = "car." if self.visit.vehicles and self.picture != "picture.coming" else ""
        return f"picture.{about}{self.picture.removeprefix('picture.')}.why"


def _line(t: Words, check: Mapping[str, Any], now: datetime, decisive: bool) -> Line:
    question, answer = check_said(t, check, now, decisive)
    beside = check["step"] in NOT_ON_ITS_LIST and not decisive
    return Line(question, answer, None if beside else bool(check["passed"]))


def card_of(t: Words, visit: VisitView, now: datetime) -> Card:
    lines = tuple(_line(t, check, now, check is visit.checks[-1]) for check in visit.checks)
    at = happened_at(visit)
    said, facts = visit_said(t, visit, now), five_facts(t, visit)
    asks = not visit.passed and (
        visit.outcome == Outcome.REFER or (visit.outcome == Outcome.DENY and visit.reason in FROM_AFAR)
    )
    left = asks and now - at >= WAITS
    words = means(t, visit), unconfirmed(visit), picture_key(visit, at, now), liveness_key(visit)
    asked = visit.detail.get("case") == Case.PAY or "fee_fen" in visit.detail
    pays = visit.outcome == Outcome.REFER and asked
    return Card(visit, at, said, facts, lines, *words, asks, pays, left)


def liveness_key(visit: VisitView) -> str:
    """Where a proof was asked for and did not come about, nobody says that none was asked for."""
    measured = visit.liveness not in (None, Liveness.NOT_MEASURED)
    return (
        f"liveness.{visit.liveness}"
        if measured
        else f"liveness.{UNPROVEN if UNPROVEN in visit.detail else Liveness.NOT_MEASURED}"
    )


def picture_key(visit: VisitView, at: datetime, now: datetime) -> str:
    """What is known of the picture of an access: here, on its way, gone, or never taken. A node that says "kept" sends
    it after the decision. Of somebody let through it is over after `PASSED_S_MAX`, whether it came or not, and of
    anybody after `REFUSED_DAYS_MAX` (PRIV-08). Between these nobody knows: a frame goes as soon, a crop did not
    come. Of a car that has only to pay it is over after `PAYS_FOR`.
    """
    if visit.picture_id is not None:
        return "picture.here"
    if visit.image_rule != ImageRule.KEPT:
        return "picture.none"
    age = now - at
    if age < PICTURE_COMES_WITHIN - OVER_SOONER:
        return "picture.coming"
    paying = visit.vehicles and visit.detail.get("case") == Case.PAY and age >= PAYS_FOR
    over = visit.outcome == Outcome.GRANT or paying or age >= timedelta(days=REFUSED_DAYS_MAX)
    return "picture.over" if over else "picture.gone"


def happened_at(visit: VisitView) -> datetime:
    """The first instant known of an access: when it was seen, else decided, else moved, else when we heard of it."""
    known = (visit.seen_at, visit.decided_at, visit.actuated_at, visit.opened_at)
    return next((at for at in known if at is not None), visit.received_at)


def fits(visit: VisitView, show: str) -> bool:
    wanted = FILTERS.get(show)
    return show in FILTERS and (wanted is None or visit.outcome == wanted)


def stream(
    db: Session, communities: Collection[UUID] | None, show: str, before: UUID | None = None
) -> tuple[list[VisitView], UUID | None]:
    """Up to SHOWN visits that fit, newest first, and the visit to go on from (None: there are no older ones)."""
    found: list[VisitView] = []
    size = SHOWN + 1 if show == "all" else 200
    for _ in range(READ_AT_MOST // size):
        batch = queries.recent(db, communities, size, before)
        whole = len(batch) == size
        for place, visit in enumerate(batch):
            before = visit.visit_id
            if fits(visit, show):
                found.append(visit)
            if len(found) == SHOWN:
                return found, before if whole or place + 1 < len(batch) else None
        if not whole:
            return found, None
    return found, before


def visits_named(db: Session, communities: Collection[UUID], wanted: Sequence[UUID]) -> list[VisitView]:
    """The visits of these communities that have these ids; several at once cost no more than a page of recent ones."""
    recent = queries.recent(db, communities, 2 * SHOWN) if len(wanted) > FEW else []
    near = {visit.visit_id: visit for visit in recent}
    found = [near.get(one) or queries.visit(db, one) for one in dict.fromkeys(wanted)]
    return [visit for visit in found if visit is not None and visit.community_id in communities]


def lane_cards(t: Words, lanes: Sequence[LaneNow], now: datetime) -> list[tuple[LaneNow, Card | None]]:
    return [(lane, card_of(t, lane.last_visit, now) if lane.last_visit else None) for lane in lanes]


def alarm_cards(db: Session, t: Words, alarms: Sequence[AlarmView]) -> list[tuple[AlarmView, AlarmSaid]]:
    """With their words, in the order of `rules.urgency`, the oldest first where that is alike."""
    return alarms_said(db, t, sorted(alarms, key=lambda one: one.place))


def alarms_said(db: Session, t: Words, alarms: Sequence[AlarmView]) -> list[tuple[AlarmView, AlarmSaid]]:
    """With their words, in the order given. Who ended a fire hold is asked once for all of them, and which gate has
    the nodes whose records they tell of; of a bay where it is, and the plate of its car."""
    burnt = {one.lane_id for one in alarms if one.kind == AlarmKind.FIRE and one.over_seq is not None and one.lane_id}
    answers = fire_enders(db, burnt) if burnt else []
    places = node_places(db, {one.node_id for one in alarms if one.kind in RECORDS and one.node_id})
    return [
        (one, _bay_said(db, t, one) if one.kind in OF_BAYS else alarm_said(
            t, one, _who_ended(one, answers), places.get(one.node_id) if one.kind in RECORDS else None
        ))
        for one in alarms
    ]  # fmt: skip


def _bay_said(db: Session, t: Words, alarm: AlarmView) -> AlarmSaid:
    """Where its bay is; and, while it goes on, which car a camera read there."""
    level, plate = car_at(db, alarm.community_id, alarm.detail or "")
    said = alarm_said(t, alarm, at=level or None)
    known = plate is not None and alarm.over_at is None
    return replace(said, detail=t("alarm.bay_plate", plate=plate)) if known else said


def _who_ended(alarm: AlarmView, answers: Sequence[tuple[UUID, UUID, int, str]]) -> str | None:
    if alarm.kind != AlarmKind.FIRE or alarm.over_seq is None:
        return None
    return next(
        (
            name for node_id, lane_id, seq, name in answers
            if (node_id, lane_id) == (alarm.node_id, alarm.lane_id) and ended_by_command(alarm.over_seq, seq)
        ), None,
    )  # fmt: skip

"""How faces do at each lane, for who answers for them: counts, reasons, scores, and what the thresholds stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.face_enrolment.ask_again import to_ask
from central.gates.nodes import queries as nodes
from central.gates.nodes import service
from central.gates.nodes.faces.earlier import earlier_of
from central.gates.nodes.permissions import CALIBRATE_FACES
from central.gates.visits import face_figures
from central.gates.visits.face_figures import BINS, Bar, FaceSpan, LaneFaces
from central.gates.visits.permissions import READ_VISITS
from central.oversight.console.cards import card_of
from central.oversight.console.frame import communities_for, fragment, page, words_of
from central.oversight.console.pages.face_groups import groups_for
from central.oversight.console.phrases import reason_counted
from central.oversight.privacy.attack_tests import attacks_at
from central.people.community.queries import lane_of
from models.access import probe
from models.access.decision import Outcome
from models.values.text import Printable
from models.wire.commands import Action

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_VISITS)]
Calibrator = Annotated[Actor, requires(CALIBRATE_FACES)]
Days = Annotated[FaceSpan, Query()]

HEIGHT = 96.0
"""Of the tallest bar, in the picture's own units; the picture is 10 units wide a bar."""


FORMS = {"side_px": "%.0f", "sharpness": "%.4f", "brightness": "%.0f", "yaw": "%.2f"}
"""Of each figure of how a face was seen: with which digits it is written."""
FIT_FROM = {
    "px": probe.SIDE_PX_MIN, "sharp": probe.SHARPNESS_MIN, "dark": probe.BRIGHTNESS_MIN,
    "bright": probe.BRIGHTNESS_MAX, "yaw": probe.YAW_MAX,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar as the picture wants it: where it stands, and how high its two parts are."""

    bar: Bar
    x: float
    granted: float
    others: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Scores of one lane. `marks`: where the thresholds stand. `first`: the score at the left edge."""

    bars: tuple[Drawn, ...]
    marks: tuple[float, ...]
    width: float
    first: float


def picture_of(lane: LaneFaces) -> Picture | None:
    """The picture of a lane's scores; None where there are none."""
    if not lane.bars:
        return None
    first = min(lane.bars[0].low, min(lane.thresholds) if lane.thresholds else 1.0, 0.0)
    first = max(-1.0, (first * BINS // 2) * 2 / BINS)
    scale = HEIGHT / max(bar.granted + bar.others for bar in lane.bars)
    unit = 10 * BINS / 2
    drawn = tuple(
        Drawn(bar, round((bar.low - first) * unit, 1), round(bar.granted * scale, 1), round(bar.others * scale, 1))
        for bar in lane.bars
    )
    marks = sorted({round((mark - first) * unit, 1) for mark in lane.thresholds or ()})
    return Picture(drawn, tuple(marks), round((1 - first) * unit, 1), first)


@pages.get("/face-figures")
def figures(request: Request, db: Db, actor: Reader, days: Days = FaceSpan.WEEK) -> Response:
    now = clock.now()
    places = communities_for(db, actor, READ_VISITS)
    ids = [place.community_id for place in places]
    lanes = face_figures.lanes_with_faces(db, ids, days, now)
    return page(
        request, "console/face_figures.html", now=now, places=places, days=days, spans=tuple(FaceSpan),
        lanes=lanes, pictures={lane.lane_id: picture_of(lane) for lane in lanes}, outcomes=tuple(Outcome),
        gates=_by_node(lanes), stands=face_figures.calibrations(db, ids),
        groups=groups_for(db, actor, places), left_behind=_earlier(db, actor, ids, now),
        older_text=_older_text(db, actor, ids, now), measures=tuple(FORMS.items()), fit_from=FIT_FROM,
        attacks=attacks_at(db, [lane.lane_id for lane in lanes], now), why=partial(reason_counted, words_of(request)),
    )  # fmt: skip


@pages.get("/face-figures/{lane_id}")
def behind(
    request: Request, lane_id: UUID, db: Db, actor: Reader, days: Days = FaceSpan.WEEK,
    outcome: Outcome | None = None, reason: Annotated[Printable | None, Query(max_length=40)] = None,
) -> Response:  # fmt: skip
    """The visits that a figure counts."""
    now, t, lane = clock.now(), words_of(request), lane_of(db, lane_id)
    if not actor.may(READ_VISITS, lane.community_id):
        raise NotFound
    places = [place for place in communities_for(db, actor, READ_VISITS) if place.community_id == lane.community_id]
    visits = face_figures.visits_behind(db, lane, days, now, outcome.value if outcome else None, reason)
    return page(
        request, "console/face_figures_behind.html", now=now, places=places, days=days, lane=lane, outcome=outcome,
        reason=reason, cards=[card_of(t, visit, now) for visit in visits], most=face_figures.BEHIND_MAX,
        why=partial(reason_counted, t),
    )  # fmt: skip


@pages.post("/face-figures/{lane_id}/calibrate")
def calibrate(
    request: Request, lane_id: UUID, db: Db, actor: Calibrator, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    """The node does it, where the faces are; what became of it is asked of the next address."""
    now, t = clock.now(), words_of(request)
    try:
        command_id = service.calibrate_faces(db, actor, lane_id, reason)
    except (Invalid, Conflict) as problem:
        told = t(problem.key, **problem.params)
        return fragment(
            request, "console/face_calibrated.html", now=now, lane_id=lane_id, state="not_given", reason=None, told=told
        )
    return _became(request, db, lane_id, command_id)


@pages.get("/face-figures/{lane_id}/calibrations/{command_id}")
def calibration(request: Request, lane_id: UUID, command_id: UUID, db: Db, actor: Calibrator) -> Response:
    actor.demand(CALIBRATE_FACES, lane_of(db, lane_id).community_id)
    return _became(request, db, lane_id, command_id)


def _became(request: Request, db: Db, lane_id: UUID, command_id: UUID) -> Response:
    command = nodes.command(db, command_id, clock.now())
    if command.lane_id != lane_id or command.action != Action.CALIBRATE:
        raise NotFound("nodes.no_command")
    return fragment(
        request, "console/face_calibrated.html", now=clock.now(), lane_id=lane_id, command_id=command_id,
        state=command.state, reason=command.result_reason,
    )  # fmt: skip


def _earlier(db: Session, actor: Actor, community_ids: Sequence[UUID], now: datetime) -> tuple[int, int]:
    """How many people were enrolled under an earlier model, and how many by an enrolment node of before, told to
    whoever may ask them again."""
    views = [
        view for community_id in community_ids if actor.may(CALIBRATE_FACES, community_id)
        for view in earlier_of(db, community_id, now)
    ]  # fmt: skip
    lacking = sum(view.lacking for view in views)
    return len(views) - lacking, lacking


def _older_text(db: Session, actor: Actor, community_ids: Sequence[UUID], now: datetime) -> int:
    """How many enrolled people have to agree anew, told to whoever may ask them."""
    return sum(
        one.text for community_id in community_ids if actor.may(CALIBRATE_FACES, community_id)
        for one in to_ask(db, community_id, now)
    )  # fmt: skip


def _by_node(lanes: Sequence[LaneFaces]) -> list[tuple[UUID, tuple[LaneFaces, ...]]]:
    """Nodes in the order of their first lane, each with its lanes: thresholds belong to a node."""
    found: dict[UUID, list[LaneFaces]] = {}
    for lane in lanes:
        if lane.node_id is not None:
            found.setdefault(lane.node_id, []).append(lane)
    return [(node_id, tuple(mine)) for node_id, mine in found.items()]

"""What is said over HTTP about a car park's places."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.parking.lot.counts import CountView
from central.gates.parking.lot.sensors import READINGS_MAX
from central.people.community.schemas import In, Out, Why
from models.parking.occupancy import BayState, Charging, How
from models.parking.plan import BayKind
from models.parking.plan_check import Wrong
from models.parking.plan_file import FILE_MAX
from models.values.text import Printable
from models.values.time import Instant


class TallyOut(Out):
    """Bays of one kind. `unknown`: their sensor is silent; `unwatched`: they have none;
    `kept`: free, and kept for a booking."""

    kind: BayKind
    bays: int = Field(examples=[26])
    free: int = Field(examples=[4])
    taken: int = Field(examples=[20])
    unknown: int = Field(examples=[2])
    unwatched: int = Field(examples=[0])
    kept: int = Field(default=0, examples=[1])


class ZoneNowOut(Out):
    """`free` is null where nobody counts. `how`: by sensors, by the zone's own lanes, or by nothing."""

    code: str = Field(examples=["A"])
    name: str = Field(examples=["A 区"])
    level: str = Field(examples=["B1"])
    how: How
    places: int = Field(examples=[26])
    free: int | None = Field(examples=[4])
    tallies: list[TallyOut]


class LotNowOut(Out):
    """`places`: those for anybody; somebody's own never count as free. `inside_own`: cars with a permit."""

    how: How
    places: int = Field(examples=[62])
    own_places: int = Field(examples=[37])
    inside_own: int = Field(examples=[12])
    inside_others: int = Field(examples=[18])
    free: int | None = Field(examples=[44])
    full: bool = Field(examples=[False])
    full_at: int = Field(examples=[0])
    kept: int = Field(default=0, description="places that bookings take off the free ones now", examples=[1])
    zones: list[ZoneNowOut]
    tallies: list[TallyOut]
    bays: dict[str, BayState]


class LotOut(Out):
    """`now` is null where nobody has said how many places there are; `plan_version` where there is no floor plan."""

    community_id: UUID
    plan_version: int | None = Field(examples=[3])
    now: LotNowOut | None


class CountIn(In):
    """`zone`: its code; empty for the whole car park. `counted`: cars on the places for anybody."""

    community_id: UUID
    zone: Printable = Field(default="", max_length=16, examples=[""])
    counted: int = Field(ge=0, le=20_000, examples=[31])
    reason: Why = Field(examples=["晚上巡场清点"])


class CountOut(Out):
    zone: str = Field(examples=[""])
    counted: int = Field(examples=[31])
    was: int = Field(examples=[34])
    at: datetime
    by_name: str = Field(examples=["王师傅"])
    reason: str = Field(examples=["晚上巡场清点"])


class FindCarIn(In):
    community_id: UUID
    part: Printable = Field(max_length=40, examples=["A123"])
    reason: Why = Field(examples=["车主忘了停在哪里"])


class FoundCarOut(Out):
    """`bay` is empty where no camera at a bay has read this plate; then its lane, its time and, as far as lanes tell,
    its `zone` are known."""

    plate: str = Field(examples=["川A·12345"])
    stay_id: UUID | None
    entered_at: datetime | None
    lane: str = Field(examples=["东门车行进"])
    bay: str = Field(examples=["A14"])
    bay_at: datetime | None
    zone: str = Field(examples=["地下一层 · A 区"])


class ReadingIn(In):
    """`at`: when the sensor saw it. `plate`: of a camera at the bay. `charging`: of a charging post."""

    bay: Printable = Field(max_length=16, examples=["A14"])
    taken: bool = Field(examples=[True])
    at: Instant
    plate: Printable = Field(default="", max_length=40, examples=["川AD12345"])
    charging: Charging | None = None


class ReadingsIn(In):
    readings: list[ReadingIn] = Field(min_length=1, max_length=READINGS_MAX)


class RefusedOut(Out):
    """`why`: no_bay, it stands on no plan; no_sensor, the plan says it has none; future, its time has not come."""

    bay: str = Field(examples=["Z99"])
    why: str = Field(examples=["no_bay"])


class TakenOut(Out):
    taken: int = Field(examples=[26])
    known: int = Field(examples=[0])
    refused: list[RefusedOut]


class PlanIn(In):
    """`file`: the text of a floor plan's file (models/parking/plan_file.py)."""

    community_id: UUID
    file: str = Field(max_length=FILE_MAX, examples=['{"menting_plan": 1, "levels": []}'])


class ProblemOut(Out):
    wrong: Wrong
    where: str = Field(examples=["levels[1].bays[4].width"])
    what: str = Field(examples=[""])


class CheckedOut(Out):
    """`plan_id` is null where something is wrong: then nothing was kept."""

    plan_id: UUID | None
    problems: list[ProblemOut] = Field(examples=[[{"wrong": "no_zone", "where": "A14", "what": "Z"}]])


def count_out(view: CountView) -> CountOut:
    return CountOut.model_validate(view)

"""What is said over HTTP about tariffs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from central.gates.parking.rules import VersionState
from central.people.community.schemas import In, Name, Out, Why
from models.parking.bill import Rule
from models.parking.scope import Group
from models.parking.tariff import Minutes, Percent, Price
from models.values.plate import PlateColour
from models.values.text import Printable, control_in_json
from models.values.time import Instant

TERMS = {
    "rates": {"kind": "blocks", "first": {"minutes": 60, "fen": 500}, "next": {"minutes": 60, "fen": 200}},
    "free": {"minutes": 15, "mode": "threshold"},
    "cap": {"fen": 2000},
}
SAID = ["首 60 分钟 ¥5.00，之后每 60 分钟 ¥2.00，不足一段按一段计。", "15 分钟以内离场免费；超过则从入场起计费。"]


def _demand_printable(terms: dict[str, Any]) -> dict[str, Any]:
    if (where := control_in_json(json.dumps(terms))) is not None:
        raise ValueError(
            f"{where}：有显示不了的字符，请去掉 / {where} holds a control character, which cannot be shown"
        )
    return terms


Terms = Annotated[dict[str, Any], AfterValidator(_demand_printable)]
"""The parameters of a tariff as they were sent: the names in them are shown on bills."""


class TariffIn(In):
    """A draft. `terms` are the parameters of the tariff; those left out stand at their defaults. It is the next version
    of the tariff with the same `scope`, or the first of a new one: {"lanes", "classes", "colours", "groups"}, each a
    list of those for whom it is, left out for all. `ends`: from its start on that tariff is in force for nobody."""

    community_id: UUID
    name: Name = Field(examples=["地面车位 2027"])
    starts_at: Instant = Field(examples=["2027-01-01T00:00:00+08:00"])
    terms: Terms = Field(examples=[TERMS])


class VersionOut(Out):
    """A version. `said`: the whole tariff in sentences. `for_whom`: its scope in words."""

    version_id: UUID
    community_id: UUID
    tariff_id: UUID
    version: int = Field(examples=[2])
    name: str = Field(examples=["地面车位 2027"])
    starts_at: datetime
    state: VersionState
    terms: dict[str, Any] = Field(examples=[TERMS])
    said: list[str] = Field(examples=[SAID])
    for_whom: str = Field(examples=["大型车；从东门 · 东门车行进 进场"])
    drafted_name: str = Field(examples=["李经理"])
    drafted_at: datetime
    approved_name: str | None = Field(examples=["王主任"])
    approved_at: datetime | None
    withdrawn_name: str | None = Field(examples=["王主任"])
    withdrawn_at: datetime | None
    withdrawn_reason: str | None = Field(examples=["价格写错"])


class WithdrawIn(In):
    reason: Why = Field(examples=["价格写错"])


class CouponIn(In):
    """One of minutes, percent and money."""

    minutes: Minutes = Field(default=0, examples=[120])
    percent_off: Percent = Field(default=0, examples=[0])
    fen: Price = Field(default=0, examples=[0])


class SimulateIn(In):
    """A stay that nobody made. `version_id` left out: the version by which a car that comes in through `lane_id`, of
    this class, plate colour and group, would be priced at the entry. `permit_until`: when the car's permit ends; left
    out, it has none. `other_inside`: another car of its permit's bay is there as it comes, until `other_leaves`; left
    out, for longer than it. `invited`: a visitor's pass names the car."""

    community_id: UUID
    version_id: UUID | None = None
    entry: Instant = Field(examples=["2027-01-05T09:00:00+08:00"])
    exit: Instant = Field(examples=["2027-01-05T13:10:00+08:00"])
    vehicle_class: Printable = Field(default="small", min_length=1, max_length=30, examples=["small"])
    lane_id: UUID | None = None
    colour: PlateColour = Field(default=PlateColour.UNKNOWN, examples=["blue"])
    group: Group = Field(default=Group.TEMPORARY, examples=["temporary"])
    coupons: list[CouponIn] = Field(default=[], max_length=10)
    permit_until: Instant | None = None
    other_inside: bool = Field(default=False, examples=[False])
    other_leaves: Instant | None = None
    invited: bool = Field(default=False, examples=[False])


class LineOut(Out):
    """One line. `unit_fen` and `amount_fen` are exact: "200", or a fraction where a fen is parted; `times` × `unit_fen`
    is the amount, but for what is cut, shared or given back."""

    rule: Rule
    said: str = Field(examples=["后续时段"])
    from_at: datetime
    to_at: datetime
    times: int = Field(examples=[2])
    unit_fen: str = Field(examples=["200"])
    amount_fen: str = Field(examples=["400"])
    note: str = Field(examples=[""])


class BillOut(Out):
    """The fee and why: the amounts of the lines add up to `fee_fen`, exactly. `free`: the free minutes held. `chosen`:
    which tariff such a car has at the entry, and why it and no other. `turned_away`: it is not let in, since its bay is
    taken; the bill is what it would have cost."""

    version_id: UUID
    tariff_id: UUID
    version: int = Field(examples=[2])
    turned_away: bool = Field(examples=[False])
    chosen: str = Field(examples=["这样的车进场适用《大型车》第 1 版（大型车）。没有其他收费标准适用。"])
    minutes: int = Field(examples=[250])
    fee_fen: int = Field(examples=[900])
    free: bool
    lines: list[LineOut]

"""The cards of a community by what they prove, and whom to give another first (ACC-28); as a page and as a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.i18n import Words
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.queries_credentials import cards_held, pins_count
from central.gates.access.views import HeldCard
from central.gates.access.weak_cards import Advice, advice_for
from central.gates.visits.queries import last_uses
from central.oversight.console.frame import communities_for, page, pick, words_of
from central.oversight.console.setup.place import place_of
from central.oversight.console.setup.rules import group_said
from central.people.community.queries import CommunityView, homes_among
from central.people.community.views import ResidentView
from models.values.time import site_day

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_CREDENTIALS)]

SHOWN = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell. Names are typed by people: a quote goes before it."""


@dataclass(frozen=True, slots=True)
class Line:
    held: HeldCard
    used_at: datetime | None
    advice: Advice


@pages.get("/cards")
def weak_cards(request: Request, db: Db, actor: Editor, community: UUID | None = None) -> Response:
    now, t, places = clock.now(), words_of(request), communities_for(db, actor, EDIT_CREDENTIALS)
    chosen = pick(request, places, community)
    lines = _lines(db, chosen.community_id, now) if chosen else []
    counts = Counter(line.advice for line in lines)
    weak = sum(line.held.card.weak for line in lines)
    first = [line for line in lines if line.advice is not Advice.KEEP][:SHOWN]
    owners = [line.held.person.person_id for line in first if line.held.person.person_id is not None]
    homes = {one.person_id: one.resident_id for one in homes_among(db, (), owners) if chosen and _here(one, chosen)}
    return page(
        request, "console/weak_cards.html", now=now, places=places, community=chosen, counts=counts, weak=weak,
        strong=len(lines) - weak, pins=pins_count(db, chosen.community_id) if chosen else 0, homes=homes,
        lines=first, shown=SHOWN,
        group_said=lambda group: group_said(t, group), advices=list(Advice),
    )  # fmt: skip


@pages.get("/cards/list.csv")
def table(request: Request, db: Db, actor: Editor, community: UUID | None = None) -> Response:
    """Every card that counts, for a spreadsheet: names masked, numbers unknown as everywhere."""
    chosen, t, now = place_of(request, db, actor, EDIT_CREDENTIALS, community), words_of(request), clock.now()
    file = io.StringIO()
    write = csv.writer(file)
    write.writerow(t(f"cards.csv.{name}") for name in ("house", "name", "card", "kind", "given", "used", "advice"))
    for line in _lines(db, chosen.community_id, now) if chosen else []:
        write.writerow(cells(t, line))
    return Response(
        "\ufeff" + file.getvalue(), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="cards-{site_day(now).isoformat()}.csv"'},
    )  # fmt: skip


def cells(t: Words, line: Line) -> Iterable[str]:
    card, person = line.held.card, line.held.person
    number = f"••••{card.label}" if card.label else ""
    said = (
        person.house or "", person.label, f"{card.name} {number}".strip(),
        t("cards.weak" if card.weak else "cards.strong"), site_day(card.given_at).isoformat(),
        site_day(line.used_at).isoformat() if line.used_at else "", t(f"cards.advice.{line.advice}"),
    )  # fmt: skip
    return (f"'{cell}" if cell.startswith(FORMULA) else cell for cell in said)


def _here(home: ResidentView, place: CommunityView) -> bool:
    return home.community_id == place.community_id


def _lines(db: Session, community_id: UUID, now: datetime) -> list[Line]:
    """What is worth doing first comes first; of the same, the oldest card."""
    held = cards_held(db, community_id)
    used = last_uses(db, [one.card.card_id for one in held])
    lines = [
        Line(one, used.get(one.card.card_id),
             advice_for(one.card.weak, one.groups, one.card.given_at, used.get(one.card.card_id), now))
        for one in held
    ]  # fmt: skip
    order = list(Advice)
    return sorted(lines, key=lambda line: (order.index(line.advice), line.held.card.given_at))

"""A resident's cards and PINs: given by number or as a lane has just read them, named, passed on, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.i18n import Words
from central.base.web.render import redirect
from central.gates.access import service as access
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.queries import cardholder_of, holder_id_of, person_of
from central.gates.access.queries_credentials import cards_of, kinds_of, pins_of, unit_codes
from central.gates.access.rules import CARD_NAME_MAX
from central.gates.access.set_pin import code_of_label
from central.gates.access.views import CardView, LaneKindsView, PinView
from central.gates.nodes.queries import NodeView, nodes
from central.gates.visits.read_cards import give_read_card, read_cards
from central.oversight.console.card_typed import PRINTED, card_typed
from central.oversight.console.forms import (
    Filled,
    Sent,
    instant_of,
    kept,
    one_at_a_time,
    refused,
    sent_again,
    text_of,
    used_up,
)
from central.oversight.console.frame import AGAIN, page, words_of
from central.oversight.console.setup.place import uuid_of
from central.oversight.console.setup.schedule import spans_said
from central.oversight.console.told_gates import Told, told_of
from central.people.community.queries import community_of, homes_of, household_of, resident_of
from central.people.community.rules import REASON_MAX
from central.people.community.views import ResidentView
from models.access.credential import Kind
from models.access.pins import DIGITS_MAX, duress_of
from models.access.schedule import ALWAYS
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_CREDENTIALS)]

TOLD_FOR = timedelta(days=7)
"""How long a card that was taken back stands in the list of what the gates know, once all of them know it."""
SAID = ("given", "named", "passed_on", "taken_back", "pin_dropped")


@dataclass(frozen=True, slots=True)
class Shown:
    """A PIN on the one page that ever shows it."""

    given: access.GivenPin
    duress: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When a lane takes cards and PINs, in words; None where it takes none of the kind."""

    lane: LaneKindsView
    card: list[str] | None
    pin: list[str] | None


@pages.get("/people/homes/{resident_id}/cards")
def cards(
    request: Request, resident_id: UUID, db: Db, actor: Editor, said: Printable = "", told: int | None = None,
    reader: Printable = "",
) -> Response:  # fmt: skip
    """`reader`: the lane whose readings are offered; "" for any. At a busy gate others hold cards up as well."""
    return _page(request, db, _found(db, actor, resident_id), said=said, told=told, reader=reader)


@pages.post("/people/homes/{resident_id}/cards")
def give(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """By the number on the card; sent twice, the second says that they have it."""
    here, form = _found(db, actor, resident_id), kept("number", sent)
    one_at_a_time(db, "card", here.person_id)
    try:
        card, name, until = card_typed(text_of(sent, "printed"), text_of(sent, "number")), _name(sent), _until(sent)
        with db.begin_nested():
            access.give_card(
                db, actor, _holder(db, here), card, now=clock.now(), weak=text_of(sent, "proved") != "yes", name=name,
                valid_until=until,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, "number"), taken=problem)
    return _done(request, resident_id, "given")


@pages.post("/people/homes/{resident_id}/cards/read")
def give_read(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """The card that a lane has just refused as unknown: whoever holds it needs no number."""
    here, form = _found(db, actor, resident_id), kept("read", sent)
    one_at_a_time(db, "card", here.person_id)
    try:
        name, until = _name(sent), _until(sent)
        visit_id = _chosen(sent, "visit", "access.card_not_read")
        with db.begin_nested():
            give_read_card(
                db, actor, visit_id, _holder(db, here), now=clock.now(), name=name, valid_until=until,
                community_id=here.community_id,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, "visit"), taken=problem)
    return _done(request, resident_id, "given")


@pages.post("/people/homes/{resident_id}/cards/{card_id}/name")
def name_it(request: Request, resident_id: UUID, card_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    here, form = _found(db, actor, resident_id), kept(f"name-{card_id}", sent)
    _theirs(db, here, card_id)
    try:
        access.name_card(db, actor, card_id, _name(sent))
    except Invalid as problem:
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, "name"))
    return _done(request, resident_id, "named")


@pages.post("/people/homes/{resident_id}/cards/{card_id}/pass-on")
def pass_on(request: Request, resident_id: UUID, card_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """To somebody else of the household. A second press finds the card with them."""
    here, form = _found(db, actor, resident_id), kept(f"on-{card_id}", sent)
    one_at_a_time(db, "card", card_id)
    if _theirs(db, here, card_id).revoked_at is not None:
        return _done(request, resident_id, "passed_on")
    try:
        other = _chosen(sent, "cardholder", "cards.household_needed")
        if other not in {holder for holder, _ in _household(db, here)}:
            raise Invalid(fields={"cardholder": "cards.household_needed"})
        with db.begin_nested():
            access.pass_card_on(db, actor, card_id, other, words_of(request)("cards.passed_on_why"), now=clock.now())
    except (Invalid, Conflict) as problem:
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, "cardholder"))
    return _done(request, resident_id, "passed_on")


@pages.post("/people/homes/{resident_id}/cards/{card_id}/revoke")
def take_back(request: Request, resident_id: UUID, card_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Lost, or handed in: the gates are told at once. A second press finds it done."""
    here, form = _found(db, actor, resident_id), kept(f"back-{card_id}", sent)
    one_at_a_time(db, "card", card_id)
    if _theirs(db, here, card_id).revoked_at is None:
        try:
            access.revoke_card(db, actor, card_id, _reason(sent), now=clock.now())
        except Invalid as problem:
            return _page(request, db, here, wrong=refused(words_of(request), form, problem, "reason"))
    return _done(request, resident_id, "taken_back")


@pages.post("/people/homes/{resident_id}/pin")
def set_pin(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """The answer is the only place where the PIN is ever shown, so it is no redirect and nothing keeps it."""
    here, house_id = _found(db, actor, resident_id), uuid_of(sent, "house_id")
    form = kept(f"pin-{house_id}", sent)
    one_at_a_time(db, "pin", here.person_id)
    if sent_again(request, sent):
        return _done(request, resident_id, AGAIN)
    try:
        typed, code, until = text_of(sent, "pin", DIGITS_MAX + 8), text_of(sent, "code", 20), _until(sent)
        with db.begin_nested():
            given = access.set_pin(
                db, actor, _holder(db, here), house_id, now=clock.now(), pin=typed or None, code=code or None,
                valid_until=until,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        form = Filled(form.key, {**form.values, "pin": ""})  # what was typed is a secret, and not written back
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, _beside(problem)))
    used_up(request, sent)
    return _page(request, db, here, shown=Shown(given, duress_of(given.pin)))


@pages.post("/people/homes/{resident_id}/pins/{pin_id}/drop")
def drop(request: Request, resident_id: UUID, pin_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    here, form = _found(db, actor, resident_id), kept(f"drop-{pin_id}", sent)
    one_at_a_time(db, "pin", here.person_id)
    holder = holder_id_of(db, here.community_id, here.person_id)
    if holder is None or all(one.pin_id != pin_id for one in pins_of(db, holder)):  # a second press finds none
        return _done(request, resident_id, "pin_dropped")
    try:
        version = access.drop_pin(db, actor, pin_id, _reason(sent), now=clock.now())
    except Invalid as problem:
        return _page(request, db, here, wrong=refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/people/homes/{resident_id}/cards?said=pin_dropped&told={version}")


def _found(db: Session, actor: Actor, resident_id: UUID) -> ResidentView:
    here = resident_of(db, resident_id)
    actor.demand(EDIT_CREDENTIALS, here.community_id)
    return here


def _holder(db: Session, here: ResidentView) -> UUID:
    """As the gates know them; a card for somebody they do not know would open nothing."""
    found = holder_id_of(db, here.community_id, here.person_id)
    if found is None:
        raise Conflict("cards.not_known")
    return found


def _theirs(db: Session, here: ResidentView, card_id: UUID) -> CardView:
    holder = holder_id_of(db, here.community_id, here.person_id)
    found = next((card for card in cards_of(db, holder) if card.card_id == card_id), None) if holder else None
    if found is None:
        raise NotFound("access.no_card")
    return found


def _household(db: Session, here: ResidentView) -> list[tuple[UUID, str]]:
    """The others of the house whom the gates know: (cardholder, masked name)."""
    others = [one for one in household_of(db, here.house_id, clock.now()) if one.person_id != here.person_id]
    known = [(holder_id_of(db, here.community_id, one.person_id), one.name) for one in others]
    return [(holder, name) for holder, name in known if holder is not None]


def _chosen(sent: FormData, name: str, problem: str) -> UUID:
    try:
        return UUID(text_of(sent, name))
    except ValueError as error:
        raise Invalid(fields={name: problem}) from error


def _name(sent: FormData) -> str:
    name = text_of(sent, "name")
    if len(name) > CARD_NAME_MAX:
        raise Invalid(fields={"name": "access.card_name_long"}, most=CARD_NAME_MAX)
    return name


def _until(sent: FormData) -> datetime | None:
    typed = text_of(sent, "valid_until")
    return instant_of(typed, "valid_until") if typed else None


def _reason(sent: FormData) -> str:
    reason = text_of(sent, "reason")
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "community.reason_needed"})
    return reason


def _beside(problem: Invalid | Conflict) -> str:
    return "code" if problem.key.startswith("access.unit_code") else "pin"


def _done(request: Request, resident_id: UUID, said: str) -> Response:
    return redirect(request, f"/people/homes/{resident_id}/cards?said={said}")


def _page(
    request: Request, db: Session, here: ResidentView, *, wrong: Filled | None = None, shown: Shown | None = None,
    said: str = "", told: int | None = None, taken: Exception | None = None, reader: str = "",
) -> Response:  # fmt: skip
    t, now = words_of(request), clock.now()
    holder = cardholder_of(db, here.community_id, here.person_id, now)
    owned = cards_of(db, holder.cardholder_id) if holder else []
    pins = {one.house_id: one for one in pins_of(db, holder.cardholder_id)} if holder else {}
    homes = [one for one in homes_of(db, here.person_id, here.community_id) if not one.ends_at or one.ends_at > now]
    here_nodes = nodes(db, [here.community_id], now)
    news = [(card, told_of(here_nodes, card.told_version)) for card in owned]
    place = community_of(db, here.community_id)
    codes = unit_codes(db, [one.house_id for one in homes])
    return page(
        request, "console/resident_cards.html", status_code=wrong.status if wrong else 200, now=now, places=[place],
        community=place, one=here, holder=holder, cards=[one for one in news if one[0].revoked_at is None],
        gone=[one for one in news if one[0].revoked_at is not None and _recent(*one, now)],
        homes=[_home(home, pins.get(home.house_id), codes, here_nodes) for home in homes],
        read=[card for card in read_cards(db, here.community_id, now) if reader in ("", str(card.lane_id))],
        household=_household(db, here), printed=PRINTED,
        hours=_hours(t, kinds_of(db, here.community_id)), wrong=wrong, blank=Filled, shown=shown,
        said=said if said in SAID else "", dropped=told_of(here_nodes, told) if told is not None else None,
        owner=_owner(db, taken), name_max=CARD_NAME_MAX, told_version=told,
    )  # fmt: skip


def _home(
    home: ResidentView, pin: PinView | None, codes: Mapping[UUID, str], here: Sequence[NodeView]
) -> tuple[ResidentView, PinView | None, str, bool, Told | None]:
    """A home with its PIN, what is keyed before it, whether that is settled, and which gates know the PIN."""
    kept = home.house_id in codes
    code = codes[home.house_id] if kept else code_of_label(home.house)
    return home, pin, code, kept, told_of(here, pin.told_version) if pin else None


def _recent(card: CardView, told: Told, now: datetime) -> bool:
    return bool(told.waiting) or card.revoked_at is None or now - card.revoked_at < TOLD_FOR


def _owner(db: Session, problem: Exception | None) -> object:
    """Who has the card that was refused as taken, masked: the page leads there."""
    if not isinstance(problem, Conflict) or "cardholder_id" not in problem.extra:
        return None
    return person_of(db, None, UUID(str(problem.extra["cardholder_id"])))


def _hours(t: Words, lanes: list[LaneKindsView]) -> list[Hours]:
    found = []
    for lane in lanes:
        taken = {one.kind: one.schedule for one in lane.kinds} or {Kind.CARD: ALWAYS, Kind.PIN: ALWAYS}
        said = [spans_said(t, taken[kind]) if kind in taken else None for kind in (Kind.CARD, Kind.PIN)]
        found.append(Hours(lane, *said))
    return found

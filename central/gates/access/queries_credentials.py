"""What pages and programs are shown of cards, PINs and the kinds that lanes take. Never a number, digest or hash."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.access.queries import people_of
from central.gates.access.tables import CardholderRow, CardRow, PinRow, UnitCodeRow
from central.gates.access.told_credentials import kinds_told
from central.gates.access.views import CardView, HeldCard, KindView, LaneKindsView, PinView
from central.people.community.finding import find
from central.people.community.queries import house_labels, lanes_of
from models.access.credential import Kind


def cards_of(db: Session, cardholder_id: UUID) -> list[CardView]:
    """Somebody's cards, those that count first, then those taken back, the last one first."""
    query = select(CardRow).where(CardRow.cardholder_id == cardholder_id)
    rows = db.scalars(query.order_by(CardRow.revoked_at.desc().nulls_first(), CardRow.given_at, CardRow.id))
    return [card_view(row) for row in rows]


def digests_given(db: Session, community_id: UUID, digests: Collection[str]) -> set[str]:
    """Those among these digests that are somebody's card now."""
    query = select(CardRow.digest).where(
        CardRow.community_id == community_id, CardRow.digest.in_(digests), CardRow.revoked_at.is_(None)
    )
    return set(db.scalars(query))


def community_of_holder(db: Session, cardholder_id: UUID) -> UUID:
    return find(db, CardholderRow, cardholder_id, "access.no_cardholder").community_id


def pins_of(db: Session, cardholder_id: UUID) -> list[PinView]:
    """Somebody's PINs, one behind each of their houses at most."""
    query = select(PinRow, UnitCodeRow).join(UnitCodeRow, UnitCodeRow.id == PinRow.unit_code_id)
    pairs = db.execute(query.where(PinRow.cardholder_id == cardholder_id).order_by(PinRow.id)).all()
    houses = house_labels(db, [unit.house_id for _, unit in pairs])
    return [
        PinView(
            pin_id=pin.id, house_id=unit.house_id, house=houses[unit.house_id], unit=unit.code, given_at=pin.given_at,
            valid_until=pin.valid_until, told_version=pin.told_version,
        )
        for pin, unit in pairs
    ]  # fmt: skip


def unit_codes(db: Session, house_ids: Collection[UUID]) -> dict[UUID, str]:
    """What is keyed before a PIN of these houses, of those that have such a number already."""
    query = select(UnitCodeRow.house_id, UnitCodeRow.code).where(UnitCodeRow.house_id.in_(house_ids))
    return dict(db.execute(query).all())


def cards_held(db: Session, community_id: UUID) -> list[HeldCard]:
    """Every card that counts in a community, with its owner by masked name."""
    query = (
        select(CardRow, CardholderRow.groups)
        .join(CardholderRow, CardholderRow.id == CardRow.cardholder_id)
        .where(CardRow.community_id == community_id, CardRow.revoked_at.is_(None))
    )
    pairs = db.execute(query.order_by(CardRow.given_at, CardRow.id)).all()
    people = people_of(db, {(None, card.cardholder_id) for card, _ in pairs})
    return [
        HeldCard(card_view(card), people[None, card.cardholder_id], tuple(groups)) for card, groups in pairs
    ]  # fmt: skip


def pins_count(db: Session, community_id: UUID) -> int:
    return db.scalar(select(func.count()).select_from(PinRow).where(PinRow.community_id == community_id)) or 0


def kinds_of(db: Session, community_id: UUID) -> list[LaneKindsView]:
    """Every lane of a community with what it takes; a lane of which nothing was said takes every kind, always."""
    said: dict[UUID, list[KindView]] = {}
    for window in kinds_told(db, community_id):
        said.setdefault(window.lane_id, []).append(KindView(window.kind, window.schedule))
    order = list(Kind)
    return [
        LaneKindsView(
            lane.lane.lane_id, community_id, lane.lane.name, lane.gate_name,
            tuple(sorted(said.get(lane.lane.lane_id, ()), key=lambda one: order.index(one.kind))),
        )
        for lane in lanes_of(db, community_id)
    ]  # fmt: skip


def card_view(row: CardRow) -> CardView:
    return CardView(
        card_id=row.id, community_id=row.community_id, cardholder_id=row.cardholder_id, name=row.name, label=row.label,
        weak=row.weak, given_at=row.given_at, given_by=row.given_by, valid_until=row.valid_until,
        revoked_at=row.revoked_at, revoked_reason=row.revoked_reason, told_version=row.told_version,
    )  # fmt: skip

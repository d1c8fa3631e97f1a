"""Sample cards and a PIN for the sample residents, made once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.access import service as access
from central.gates.access.tables import CardRow
from models.access.cards import Card
from scripts.seed_passes import DemoResident

CARDS = {
    "resident": Card(format="wiegand26", facility=12, number=34567),
    "revoked": Card(format="wiegand26", facility=12, number=34568),
}
PIN = "402817"


def seed_credentials(db: Session, actor: Actor, known: Sequence[DemoResident], now: datetime) -> None:
    """The first resident has a card and the PIN; the second's card is revoked."""
    holders = [one.cardholder_id for one in known[:2]]
    if db.scalar(select(CardRow.id).where(CardRow.cardholder_id.in_(holders)).limit(1)) is not None:
        return
    access.give_card(db, actor, holders[0], CARDS["resident"], now=now, name="蓝色门卡")
    lost = access.give_card(db, actor, holders[1], CARDS["revoked"], now=now)
    access.revoke_card(db, actor, lost.id, "遗失", now=now)
    access.set_pin(db, actor, holders[0], known[0].house_id, now=now, pin=PIN)

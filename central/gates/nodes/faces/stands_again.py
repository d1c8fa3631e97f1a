"""An order that time or a slip gave, and a consent that is in force beside it: one of the two ends.

Both cannot hold: central would say that somebody agrees, and every gate would answer that they do not. Whoever moved
out has their consent ended with the order, and agrees anew when they move in again. Of whom it was believed that nobody
had agreed, as after a slip in the day of birth, the consent stands again once that is corrected, and the order holds
only where it is still owed, as after a new consent.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.outbox import News
from central.base.kernel.session import tenant_of
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.gates.nodes.faces.orders import newest_orders
from central.gates.nodes.faces.rules import Why
from central.people.consent import queries as consent
from central.people.consent import service
from central.people.consent.rules import KEEPS_TEMPLATE


def follow_consents(db: Session, community_id: UUID, now: datetime) -> int:
    """Returns of how many people."""
    people = access.people_behind(db, community_id)
    orders = {
        people[holder]: order
        for holder, order in newest_orders(db, community_id).items()
        if holder in people and order.overtaken_at is None and order.why in (Why.MOVED_OUT, Why.NO_CONSENT)
    }
    standings = consent.standings(db, community_id, orders.keys(), now) if orders else {}
    followed = 0
    for person_id, view in standings.items():
        order = orders[person_id]
        if view.standing not in KEEPS_TEMPLATE or view.last is None or view.last.given_at >= order.ordered_at:
            continue
        if order.why == Why.MOVED_OUT:
            actor = system(tenant_of(db), "faces")
            service.end_by_moving_out(db, actor, community_id, person_id, order.ordered_at)
        else:
            order.overtaken_at = now
        followed += 1
    db.flush()
    return followed


def on_age_noted(db: Session, news: News) -> None:
    """A consent may end earlier or later than the gates were told, or stand again."""
    community_id = UUID(news.payload["community_id"])
    follow_consents(db, community_id, clock.now())
    snapshot.changed(db, community_id, correlation_id=news.correlation_id)

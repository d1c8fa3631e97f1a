"""What the owner of a bay is credited for a guest's stay there (PARK-10): so many percent of what was paid for the
hours.

Beside the income, which stays what the stay cost: owners -, passed on +, about the stay, on the account of the offer.
As the rest of a stay's money it is made good and never changed: a payment credits, a refund or a stay that counts for
nothing takes back, and nothing is credited twice however often this runs. Until the stay is over nothing is credited.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.bookings.tables import BayOfferRow, LotBookingRow
from central.gates.parking.stays.bill import Priced
from central.gates.parking.stays.paid import received
from central.gates.parking.stays.reads import GONE, StayView
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind, Code, Posting, balances, missing
from central.money.ledger.service import post
from models.parking.offers import owners_fen

KINDS = (AccountKind.OWNERS, AccountKind.PASSED_ON)


def credit_owners(db: Session, by: Actor, stay: StayView, bill: Priced | None, moved: Sequence[Moved]) -> None:
    """moved: all that moved about this stay."""
    before = [one for one in moved if one.entry.account.kind in KINDS]
    should = _should(db, stay, bill, moved) if bill is not None and stay.state in GONE else {}
    lines = missing(balances(one.entry for one in before), should, stay.stay_id)
    if not lines:
        return
    more = sum(line.fen for line in lines if line.account.kind is AccountKind.PASSED_ON) > 0
    at = max(stay.left_at or stay.began_at, moved[-1].at if moved else stay.began_at)
    key = f"owner:{stay.stay_id}:{len({one.posting_id for one in before})}"
    post(db, by, Posting(key, Code.OWNER_SHARE if more else Code.CORRECTION, at, lines))


def _should(db: Session, stay: StayView, bill: Priced, moved: Sequence[Moved]) -> dict[Account, int]:
    came, total = received(moved), bill.due.total
    stays_paid = max(0, min(came.paid, total - came.waived))
    found: dict[Account, int] = {}
    if not bill.shared or not stays_paid:
        return found
    query = (
        select(LotBookingRow.id, BayOfferRow.id, BayOfferRow.percent)
        .join(BayOfferRow, BayOfferRow.id == LotBookingRow.offer_id)
        .where(LotBookingRow.id.in_(bill.shared))
    )
    for booking_id, offer_id, percent in db.execute(query):
        fen = owners_fen(bill.shared[booking_id], stays_paid, total, percent)
        for kind, sign in ((AccountKind.OWNERS, -1), (AccountKind.PASSED_ON, 1)):
            account = Account(stay.community_id, kind, str(offer_id))
            found[account] = found.get(account, 0) + sign * fen
    return found

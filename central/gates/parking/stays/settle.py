"""Stays hear what was paid and what they cost, and the ledger is made good once they are over.

Of a stay that is over the ledger has to say:

    income    what it costs, credit        arrears   what it left owing, under its plate's key, debit
    waivers   what it was let off, debit   refunds   what was paid beyond it, credit

beside the money that came, and the share of a bay's owner (owners.py). What a channel has accepted to charge and has
not said the end of stands on none of these until it does (PARK-11). What differs is posted, and nothing where nothing
does: so a late event, a corrected plate or a payment after the exit each lead to one more posting, and nothing is
counted twice however often this runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.outbox import News
from central.base.kernel.session import tenant_of
from central.gates.parking.stays.bill import Priced as Bill
from central.gates.parking.stays.bill import Prices, priced, prices_for, used_coupons
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.fold import NOT_OVER, fold, row_of, touched
from central.gates.parking.stays.news import changed, lock_lot
from central.gates.parking.stays.owners import credit_owners
from central.gates.parking.stays.paid import COUNTS, MONEY, accepted_of, moved_for, received, ref_of
from central.gates.parking.stays.reads import GONE, StayView, stays_by_id
from central.gates.parking.stays.sealed_plates import digest_of, digests_in
from central.gates.parking.stays.tables import StayFactRow, StayRow
from central.gates.parking.stays.used import note_ended
from central.gates.parking.stays.used_coupons import fix, set_free
from central.gates.parking.tariffs.queries import tariffs_by_id
from central.money.ledger.queries import Moved
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting, balances, missing
from central.money.ledger.service import post
from models.parking.earlier import asks_earlier, ended_of
from models.parking.stays import Fact, Paid, Priced
from models.values.ids import new_id
from models.wire.stays import EndedStay

AT_ONCE = timedelta(microseconds=1)
"""Cash of a car that nobody saw come in may come before its exit makes its stay (cash_at_exit.py)."""
OF_STAY = (AccountKind.INCOME, AccountKind.ARREARS, AccountKind.WAIVERS, AccountKind.REFUNDS)


def on_news(db: Session, news: News) -> None:
    """Stays were folded, or paid, or paid back: whichever community they are of. What stands under an exit is of the
    stay that it ended."""
    ids = [UUID(one) for one in news.payload["stay_ids" if "stay_ids" in news.payload else "subject_ids"]]
    ended = db.scalars(select(StayRow.stay_id).where(StayRow.exit_id.in_(ids)))
    settle_up(db, {*ids, *ended})


def settle_up(db: Session, stay_ids: Collection[UUID]) -> None:
    by_place: dict[UUID, list[UUID]] = {}
    for one in stays_by_id(db, stay_ids):
        by_place.setdefault(one.community_id, []).append(one.stay_id)
    for place in sorted(by_place):  # always in this order, so that two never wait for one another
        lock_lot(db, place)
        waiting = set(by_place[place])
        while waiting:
            first = _first_of_each(stays_by_id(db, waiting))
            waiting = (waiting - first | _settle(db, place, sorted(first))) if first else set()


def _first_of_each(views: Sequence[StayView]) -> set[UUID]:
    """The first stay of each plate: the later ones are priced by it (P08, P19)."""
    first: dict[str, UUID] = {}
    for one in sorted(views, key=lambda one: (one.entered_at or one.began_at, one.stay_id)):
        first.setdefault(one.plate.text if one.plate is not None else str(one.stay_id), one.stay_id)
    return set(first.values())


def _settle(db: Session, community_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Returns later stays of their plates that cost something else now."""
    db.flush()
    views, moved = stays_by_id(db, ids), moved_for(db, ids)
    latest = max((one.left_at or one.entered_at or one.began_at for one in views), default=None)
    if latest is None:
        return set()
    by = system(tenant_of(db), "parking.settle_up")
    set_free(db, by, community_id, views)
    prices = _with_used(db, by, prices_for(db, community_id, views, latest), views)
    bills = {one.stay_id: priced(prices, one, one.left_at or latest) for one in views}
    about = [*ids, *(one.exit_id for one in views if one.exit_id is not None)]
    known = db.scalars(select(StayFactRow).where(StayFactRow.subject_id.in_(about), StayFactRow.fen.is_not(None))).all()
    coming = {stay_id: one.fen for stay_id, one in accepted_of(db, ids).items()}
    told: dict[UUID, Fact] = {}  # of an exit and of the stay that it ended the same is heard
    for one in views:
        mine = (one.stay_id, one.exit_id)
        heard = sorted((row for row in known if row.subject_id in mine), key=lambda row: (row.at, row.kind))
        facts = _facts(db, one, bills[one.stay_id], moved.get(one.stay_id, []), heard, coming.get(one.stay_id, 0))
        told |= {fact.fact: fact for fact in facts if fact.fact not in told}
    by = system(tenant_of(db), "parking.settle_up")
    over = [one for one in views if one.state not in NOT_OVER]
    posted = [
        one.stay_id for one in over
        if _make_good(db, by, one, bills[one.stay_id], moved.get(one.stay_id, []), coming.get(one.stay_id, 0))
    ]  # fmt: skip
    for one in over:
        credit_owners(db, by, one, bills[one.stay_id], moved.get(one.stay_id, []))
    changed(db, community_id, posted)  # a debt is asked for at the next exit of its plate
    if told:
        rows = [row_of(db, community_id, FromLane(fact, None)) for fact in told.values()]
        db.add_all(rows)
        fold(db, community_id, [touched(row) for row in rows])
    return _note_ended(db, community_id, views, bills)


def _note_ended(
    db: Session, community_id: UUID, views: Sequence[StayView], bills: Mapping[UUID, Bill | None]
) -> set[UUID]:
    """Keep what these used of caps that later stays share. Those are told to the gates again."""
    digests = digests_in(db, community_id, {one.plate.text for one in views if one.plate is not None})
    ended = dict[UUID, tuple[bytes, EndedStay] | None]()
    for one in views:
        bill, digest = bills[one.stay_id], digests.get(one.plate.text) if one.plate is not None else None
        ended[one.stay_id] = None
        if bill and digest and one.plate and one.entered_at and one.left_at and one.state in GONE:
            told = ended_of(one.stay_id, one.plate.text, one.entered_at, one.left_at, bill.due)
            ended[one.stay_id] = (digest, told)
    differ, later = note_ended(db, community_id, ended)
    if differ and any(map(asks_earlier, tariffs_by_id(db, community_id).values())):
        changed(db, community_id, differ | later)
        return later
    return set()


def _with_used(db: Session, by: Actor, prices: Prices, views: Sequence[StayView]) -> Prices:
    """With the coupons that each stay has used up, now that it is paid or has left: none is used by two."""
    held, used, taken = dict(prices.coupons), dict[UUID, tuple[datetime, frozenset[UUID]]](), set[UUID]()
    for one in sorted(views, key=lambda one: (one.left_at or one.began_at, one.stay_id)):
        mine = [each for each in held.get(one.stay_id, ()) if each.coupon.coupon_id not in taken]
        held[one.stay_id] = tuple(mine)
        at = one.left_at or max((each.at for each in prices.payments.get(one.stay_id, ())), default=None)
        bill = priced(prices.with_coupons(held), one, at) if mine and at is not None else None
        if bill is None or at is None or (one.state not in GONE and bill.due.due):
            continue
        ids = used_coupons(prices.with_coupons(held), one, at)
        used[one.stay_id], taken = (at, ids), taken | ids
        held[one.stay_id] = tuple(
            each.model_copy(update={"until": None}) if each.coupon.coupon_id in ids else each
            for each in mine if each.coupon.coupon_id in ids or one.state not in GONE
        )  # fmt: skip
    fix(db, by, used)
    return prices.with_coupons(held)


def _facts(
    db: Session, stay: StayView, bill: Bill | None, moved: Sequence[Moved], known: Sequence[StayFactRow], coming: int
) -> list[Fact]:
    """What the stay has not heard yet: what it cost as each payment came, and the payment; what it cost as it left."""
    heard, facts = {row.fact_id for row in known}, list[Fact]()
    fee = next((row.fen for row in reversed(known) if row.kind == "priced"), None)
    last = max((row.at for row in known), default=stay.began_at)
    for one in moved:
        about = one.entry.subject_id or stay.stay_id  # its exit's, where that was paid for alone
        fact_id = uuid5(one.posting_id, str(about))
        if one.entry.account.kind not in COUNTS or fact_id in heard:
            continue
        then = bill_at(db, stay, one.at)
        if then is not None and then.due.total != fee:
            fee = then.due.total
            facts.append(Priced(new_id(), stay.stay_id, fee, one.at))
        at = max(one.at, stay.left_at + AT_ONCE) if stay.lone_exit and stay.left_at is not None else one.at
        facts.append(Paid(fact_id, about, one.entry.fen, at))
        last = max(last, at)
    if stay.state in GONE and stay.left_at is not None and bill is not None:
        total = _without(bill.due.total, moved, coming)
        if total != fee and (fee is not None or bill.due.due):
            facts.append(Priced(new_id(), stay.stay_id, total, max(last, stay.left_at)))
    return facts


def bill_at(db: Session, stay: StayView, at: datetime) -> Bill | None:
    """As it was when a payment came: by what had been paid until then, that payment too."""
    prices = prices_for(db, stay.community_id, [stay], at)
    until = {stay.stay_id: [one for one in prices.payments.get(stay.stay_id, ()) if one.at <= at]}
    inside = stay.left_at is not None and at < stay.left_at
    return priced(prices.with_payments(until), replace(stay, left_at=None) if inside else stay, at)


def _without(total: int, moved: Sequence[Moved], coming: int) -> int:
    """What it cost, less what of it is accepted and still to come."""
    came = received(moved)
    return total - min(coming, max(0, total - came.paid - came.waived))


def _make_good(db: Session, by: Actor, stay: StayView, bill: Bill | None, moved: Sequence[Moved], coming: int) -> bool:
    """Whether the ledger lacked anything of what this stay came to; it lacks it no more."""
    if bill is None and not moved:
        return False
    came = received(moved)
    settled = came.paid + came.waived
    entries = [one.entry for one in moved if one.entry.account.kind in OF_STAY]
    now = balances(entries)
    charged = bill is not None and stay.state in GONE
    # of what counts for nothing the money stays where it is, and what a person said goes back does (stay_void.py)
    back = -sum(fen for account, fen in now.items() if account.kind is AccountKind.REFUNDS)
    total = _without(bill.due.total, moved, coming) if bill is not None and charged else settled - back
    place, digest = stay.community_id, None
    if stay.plate is not None:
        digest = digest_of(db, place, stay.plate.text)
    should = {account: fen for account, fen in now.items() if account.kind is AccountKind.WAIVERS}
    should |= {
        Account(place, AccountKind.INCOME): -total,
        Account(place, AccountKind.ARREARS, ref_of(digest)): max(0, total - settled),
        Account(place, AccountKind.REFUNDS): -max(0, settled - total),
    }
    lines = missing(now, should, stay.stay_id)
    at = max(stay.left_at or stay.began_at, moved[-1].at if moved else stay.began_at)
    lacked = bool(lines)
    more = -sum(one.fen for one in lines if one.account.kind is AccountKind.REFUNDS)
    if share := of_exit(stay, moved, more):
        pair = {Account(place, AccountKind.INCOME): share, Account(place, AccountKind.REFUNDS): -share}
        assert stay.exit_id is not None
        mine = {one.posting_id for one in moved if one.entry.subject_id == stay.exit_id}
        key = f"stay:{stay.stay_id}:{stay.exit_id}:{len(mine)}"
        entries_ = tuple(Entry(account, fen, stay.exit_id) for account, fen in pair.items())
        post(db, by, Posting(key, Code.PAID_TOO_MUCH if share > 0 else Code.CORRECTION, at, entries_))
        lines = missing(pair, {one.account: one.fen for one in lines}, stay.stay_id)
    if lines:
        owed = any(one.account.kind is AccountKind.ARREARS for one in entries)
        kinds = {one.account.kind: one.fen for one in lines}
        code = Code.LEFT_OWING if kinds.get(AccountKind.ARREARS, 0) > 0 and not owed else Code.CORRECTION
        if kinds.get(AccountKind.REFUNDS, 0) < 0:
            code = Code.PAID_TOO_MUCH
        mine = {one.posting_id for one in moved if one.entry.subject_id == stay.stay_id}
        key = f"stay:{stay.stay_id}:{len(mine)}"
        post(db, by, Posting(key, code, at, lines))
    return lacked


def of_exit(stay: StayView, moved: Sequence[Moved], more: int) -> int:
    """Where so much more goes back, or less: what of it is of money that came under the number of the exit. There it
    goes back too, so that the receipt of that money is taken back with it."""
    there = [one.entry for one in moved if one.entry.subject_id == stay.exit_id != stay.stay_id]
    goes_back = -sum(one.fen for one in there if one.account.kind is AccountKind.REFUNDS)
    if more >= 0:
        return min(more, max(0, sum(one.fen for one in there if one.account.kind in MONEY) - goes_back))
    of_stay = -sum(one.entry.fen for one in moved if one.entry.account.kind is AccountKind.REFUNDS) - goes_back
    return -min(max(0, -more - max(0, of_stay)), max(0, goes_back))

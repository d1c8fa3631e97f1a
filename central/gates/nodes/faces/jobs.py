"""Timed work on faces: orders that time itself gives, and the nightly count and sweep."""

from __future__ import annotations

import logging
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.base.kernel.session import tenant_of
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.gates.nodes.faces.left_out import gates_of_nodes, order_narrowed
from central.gates.nodes.faces.orders import counts_at, erase_forgotten, newest_orders, order_erasure, orders_of
from central.gates.nodes.faces.receipts import held_at, settle_all, stored_at
from central.gates.nodes.faces.rules import FILING, FILING_DAYS, Why, reached, working_day_after
from central.gates.nodes.faces.stands_again import follow_consents
from central.gates.nodes.faces.tables import FaceCountRow
from central.gates.nodes.own_keys import nodes_of
from central.people.community.queries import communities, stays_of
from central.people.community.rules import left_at
from central.people.consent import queries as consent
from central.people.consent.rules import KEEPS_TEMPLATE, Standing
from models.values.time import site_day

log = logging.getLogger(__name__)

_WHY = {Standing.WITHDRAWN: Why.WITHDRAWN, Standing.EXPIRED: Why.EXPIRED}


def follow_time(db: Session, now: datetime) -> int:
    """Consents that ran out, people who moved out, templates that nobody agreed to: ordered away. Returns how many.

    Gates know in advance when a consent ends and stop by themselves; this is what makes them destroy.
    """
    ordered = 0
    for community in communities(db):
        community_id = community.community_id
        for why, holders in due(db, community_id, now).items():
            ordered += order_erasure(db, community_id, holders, why, now)
        ordered += order_narrowed(db, community_id, None, now)
        if follow_consents(db, community_id, now):
            snapshot.changed(db, community_id)
        told_at = snapshot.changed_at(db, community_id)
        if told_at is not None and consent.ended_between(db, community_id, told_at, now):
            snapshot.changed(db, community_id)
        settle_all(db, community_id, now)
        erase_forgotten(db, community_id, now)
    return ordered


def due(db: Session, community_id: UUID, now: datetime) -> dict[Why, set[UUID]]:
    """Cardholders whose face data must go and of whom no order stands.

    What a gate only claims is ordered away once, while it is a gate: it could claim it again as often as it likes. One
    that is revoked confirms nothing more, and the others are asked for its sake once.
    """
    people = access.people_behind(db, community_id)
    live = nodes_of(db, community_id).keys()
    held, held_there = stored_at(db, community_id), held_at(db, community_id)
    stored = {holder for _, holder in held} | {holder for node_id, holder in held_there if node_id in live}
    stays, orders = stays_of(db, community_id), newest_orders(db, community_id)
    held_again = {holder for node_id, holder in held if node_id in live}
    standing = {one for one, order in orders.items() if order.settled_at is None or one not in held_again}
    standings = consent.standings(db, community_id, None, now)
    found: dict[Why, set[UUID]] = {why: set() for why in Why}
    for holder, person in people.items():
        view, order = standings.get(person), orders.get(holder)
        left = left_at(stays.get(person, []), now)
        if left is not None and (view is not None or holder in stored):
            if order is None or order.ordered_at < left:
                found[Why.MOVED_OUT].add(holder)
        elif view is not None and view.last is not None and view.standing not in KEEPS_TEMPLATE:
            if order is None or order.ordered_at < view.last.given_at:
                found[_WHY.get(view.standing, Why.NO_CONSENT)].add(holder)
        elif view is None and holder in stored and holder not in standing:
            found[Why.NO_CONSENT].add(holder)
    found[Why.NO_CONSENT] |= stored - people.keys() - standing
    return found


def count_faces(db: Session, now: datetime) -> FaceCountRow:
    """Distinct people with a template somewhere, over all sites of the tenant, and templates that may not be (PRIV-06).

    A template of a revoked node counts until it confirmed: counting one too many files a day early, never late. What a
    gate only claims is nobody's face, and ends with that gate.
    """
    faces, orphans = set[UUID](), 0
    for community in communities(db):
        people = access.people_behind(db, community.community_id)
        standings = consent.standings(db, community.community_id, None, now)
        gates = gates_of_nodes(db, community.community_id)
        stored, live = stored_at(db, community.community_id), nodes_of(db, community.community_id).keys()
        faces |= {people.get(holder) or holder for _, holder in stored}
        claimed = {(node_id, holder) for node_id, holder in held_at(db, community.community_id) if node_id in live}
        orders = orders_of(db, community.community_id, {holder for _, holder in stored | claimed})
        for node_id, holder in stored | claimed:
            person, order = people.get(holder), counts_at(orders.get(holder, ()), gates[node_id])
            view = standings.get(person) if person is not None else None
            under_way = order is not None and order.settled_at is None
            may = view is not None and view.standing in KEEPS_TEMPLATE and not view.leaves_out(gates[node_id])
            if not may and not under_way:
                orphans += 1
    before = db.scalar(select(func.max(FaceCountRow.reached))) or 0
    mark = max(before, reached(len(faces)))
    row = FaceCountRow(counted_at=now, faces=len(faces), orphans=orphans, reached=mark, file_by=_file_by(db, mark, now))
    db.add(row)
    db.flush()
    actor = system(tenant_of(db), "faces")
    if mark > before:
        after = {"faces": len(faces), "reached": mark, "file_by": row.file_by.isoformat() if row.file_by else None}
        record(db, actor, "face.count", "tenant", tenant_of(db), after=after)
        log.warning("so many faces are stored that somebody must know", extra=after)
    if orphans:
        record(db, actor, "face.orphans", "tenant", tenant_of(db), after={"orphans": orphans})
        log.error("templates are stored without a consent or a person", extra={"orphans": orphans})
    return row


def _file_by(db: Session, mark: int, now: datetime) -> date | None:
    """The day by which storing so many must be filed: counted from the first night that said so."""
    if mark < FILING:
        return None
    first = db.scalar(select(FaceCountRow.file_by).where(FaceCountRow.file_by.is_not(None)).limit(1))
    holidays = {day for one in communities(db) for day in snapshot.holidays_of(db, one.community_id)}
    return first or working_day_after(site_day(now), FILING_DAYS, holidays)

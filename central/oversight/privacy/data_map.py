"""The data map: which data of people lie where, who may see them, how long they stay (PRIV-10).

Nothing of it is written down as prose that could become untrue: what lies where is asked of the tables that were made,
who may see it of the roles that this company has now, how long it stays of the settings and constants that the sweeps
themselves use. A test holds that every table is in exactly one kind, or named as holding nothing about people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from central.base.identity.tables import RoleRow
from central.base.kernel import clock
from central.base.kernel.permissions import PRESETS
from central.base.kernel.tables import metadata
from central.gates.access.permissions import READ_PASSES, READ_RULES
from central.gates.access.rules import REVOKED_KEPT
from central.gates.access.service import settings_of
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.face_enrolment.rules import INVITATION_LIFE, PHOTOS_LIFE
from central.gates.ingest.permissions import RESOLVE_PARKED
from central.gates.nodes.permissions import OPEN_LANES
from central.gates.nodes.rules import PICTURE_KEPT, SNAPSHOT_LIFE
from central.gates.nodes.watch_group.permissions import KEEP_WATCH_GROUP
from central.gates.parking.permissions import FIND_CARS, KEEP_PLATES, READ_STAYS
from central.gates.visits.permissions import READ_VISITS
from central.money.ledger.permissions import READ_LEDGER
from central.money.payments.permissions import READ_PAYMENTS
from central.money.receipts.permissions import ISSUE_INVOICES
from central.money.receipts.rules import BUYER_KEPT
from central.people.assessment.permissions import READ_ASSESSMENTS
from central.people.assessment.rules import KEPT_YEARS
from central.people.community.permissions import READ_PEOPLE
from central.people.consent.permissions import READ_CONSENTS
from central.people.consent.queries import keeping_photos, text_views


@dataclass(frozen=True, slots=True)
class Stay:
    """How long: the key of a sentence, and its figures. `rule` "no_end": nothing here deletes it by itself."""

    rule: str
    figures: dict[str, int | str]


KeptFor = Callable[[Session, UUID], Stay]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data. `tables`: where it lies at central, the first is counted; none: it lies at the gates alone.

    `right`: what one needs to see it; "" where no person is shown it at all.
    """

    key: str
    tables: tuple[str, ...]
    right: str
    kept: KeptFor


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind as it is now. `sealed`: columns that are ciphertext at rest. `unlogged`: in no backup and no replica."""

    key: str
    tables: tuple[str, ...]
    sealed: tuple[str, ...]
    unlogged: bool
    rows: int | None
    right: str
    roles: tuple[str, ...]
    stay: Stay


def _lasts(rule: str, **figures: timedelta | int) -> KeptFor:
    said = {name: _said(value) for name, value in figures.items()}
    return lambda db, community_id: Stay(rule, dict(said))


def _said(value: timedelta | int) -> int | str:
    return int(value.total_seconds()) if isinstance(value, timedelta) else value


def _pictures(db: Session, community_id: UUID) -> Stay:
    settings = settings_of(db, community_id)
    if not settings.send_pictures:
        return Stay("pictures_off", {})
    return Stay("pictures", {"seconds": settings.picture_passed_s, "days": settings.picture_refused_days})


def _templates(db: Session, community_id: UUID) -> Stay:
    texts = text_views(db, community_id)
    return Stay("consent", {"days": texts[0].lasts_days, "version": texts[0].version}) if texts else Stay("no_text", {})


def _kept_photos(db: Session, community_id: UUID) -> Stay:
    return Stay("photos_chosen", {"n": len(keeping_photos(db, community_id, clock.now()))})


NO_END = _lasts("no_end")

KINDS = (
    Kind("template", (), "", _templates),
    Kind("kept_photo", (), "", _kept_photos),
    Kind("picture", ("event_picture", "picture_erasure", "picture_hold", "picture_sweep"), READ_VISITS, _pictures),
    Kind("live_picture", ("live_picture",), OPEN_LANES, _lasts("lasts", seconds=PICTURE_KEPT)),
    Kind("photo", ("face_enrolment", "node_mail", "missed_mail", "sent_mail", "photo_key"), INVITE_FACES,
         _lasts("photos", seconds=PHOTOS_LIFE, link=INVITATION_LIFE)),
    Kind("face_count", ("face_receipt", "face_erasure", "face_count", "face_model", "template_piece"), READ_CONSENTS,
         NO_END),
    Kind("consent", ("consent", "consent_text", "person_age"), READ_CONSENTS, NO_END),
    Kind("group_test", ("group_test",), "", _lasts("withdrawn")),
    Kind("person", ("resident", "person", "house", "unit", "building", "household_block"), READ_PEOPLE, NO_END),
    Kind("visitor", ("gate_pass", "pass_link"), READ_PASSES, NO_END),
    Kind("credential", ("cardholder", "credential", "card", "pin", "unit_code"), READ_RULES,
         _lasts("told_gates", seconds=REVOKED_KEPT)),
    Kind("passage", ("visit", "alarm", "alarm_seen", "alarm_closed", "lane_state", "review", "visit_correction",
                     "lane_call", "call_deed"),
         READ_VISITS, NO_END),
    Kind("watch_group", ("watch_entry", "watch_receipt"), KEEP_WATCH_GROUP, NO_END),
    Kind("plate", ("plate_entry", "permit_link", "lot_booking", "bay_offer"), KEEP_PLATES, NO_END),
    Kind(
        "stay", ("stay", "stay_change", "stay_fact", "stay_odd", "stay_dispute", "stay_kept", "stay_used",
                 "stay_proposal", "coupon", "exit_meant", "bay_spell",
                 "exit_cash", "storm_told"), READ_STAYS, NO_END,
    ),
    Kind("bay", ("bay_state",), FIND_CARS, NO_END),
    Kind("money", ("payment", "payment_order", "order_at_lane", "payment_notice", "refund", "till_close", "stay_charge",
                   "stay_contract",
                   "ledger_posting", "ledger_entry", "ledger_account", "coupon_shop", "coupon_quota"),
         READ_LEDGER, NO_END),
    Kind("receipt", ("receipt", "receipt_print"), READ_PAYMENTS, NO_END),
    Kind("invoice_request", ("invoice_request",), ISSUE_INVOICES, _lasts("after_answer", days=BUYER_KEPT.days)),
    Kind("journal", ("journal_event", "parked_event", "journal_gap"), RESOLVE_PARKED, NO_END),
    Kind("snapshot", ("node_snapshot",), "", _lasts("lasts", seconds=SNAPSHOT_LIFE)),
    Kind("command", ("command", "open_nonce"), OPEN_LANES, NO_END),
    Kind("account", ("account", "role_grant", "session"), "account.read", NO_END),
    Kind("audit", ("audit", "outbox", "outbox_parked"), "audit.read", NO_END),
    Kind("attack_test", ("attack_test",), READ_VISITS, NO_END),
    Kind("assessment", ("impact_assessment",), READ_ASSESSMENTS, _lasts("years", years=KEPT_YEARS)),
)  # fmt: skip

ABOUT_NOBODY = frozenset(
    {
        "tenant", "role", "community", "gate", "lane", "gate_settings", "pass_key", "access_rule", "holiday",
        "passback_zone", "passback_lane", "stay_news", "contract_lot", "key_point", "watch_settings", "lift_unit",
        "tariff_version", "lot_plan", "lot_settings", "lot_count", "bay_system", "receipt_counter",
        "parking_sign", "coupon_shop_session", "lockdown", "storm", "lane_kind", "node", "node_token", "node_nonce",
        "site_key", "node_cursor", "node_state", "node_presence", "lane_node", "outbox_position", "group_finding",
        "ebike_seen",
    }
)  # fmt: skip
"""Tables that hold no data of people: places, rules, keys, machines."""


def data_map(db: Session, community_id: UUID) -> tuple[Entry, ...]:
    """Every kind of data as it is kept now, for one community."""
    roles = _roles_by_right(db)
    return tuple(_entry(db, community_id, kind, roles) for kind in KINDS)


def _entry(db: Session, community_id: UUID, kind: Kind, roles: dict[str, tuple[str, ...]]) -> Entry:
    tables = [metadata.tables[name] for name in kind.tables]
    sealed = tuple(
        f"{table.name}.{column.name}" for table in tables for column in table.columns if "sealed" in column.name
    )
    unlogged = bool(tables) and all("UNLOGGED" in table._prefixes for table in tables)
    return Entry(
        kind.key, kind.tables, sealed, unlogged, _count(db, community_id, tables[0]) if tables else None, kind.right,
        roles.get(kind.right, ()), kind.kept(db, community_id),
    )  # fmt: skip


def _count(db: Session, community_id: UUID, table: Table) -> int:
    query = select(func.count()).select_from(table)
    if "community_id" in table.columns:
        query = query.where(table.columns["community_id"] == community_id)
    return db.scalar(query) or 0


def _roles_by_right(db: Session) -> dict[str, tuple[str, ...]]:
    """Which of this company's roles carry each right: presets from the guard up, then its own by name."""
    found: dict[str, list[str]] = {}
    order = {key: at for at, key in enumerate(PRESETS)}
    for key, permissions in sorted(
        db.execute(select(RoleRow.key, RoleRow.permissions)), key=lambda one: (order.get(one[0], 9), one[0])
    ):
        for permission in permissions:
            found.setdefault(permission, []).append(key)
    return {right: tuple(keys) for right, keys in found.items()}


def facts_of(db: Session, community_id: UUID) -> list[dict[str, object]]:
    """The map as it is kept with a signed assessment."""
    return [
        {
            "data": one.key, "tables": list(one.tables), "sealed": list(one.sealed), "rows": one.rows,
            "right": one.right, "roles": list(one.roles), "kept": {"rule": one.stay.rule, **one.stay.figures},
        }
        for one in data_map(db, community_id)
    ]  # fmt: skip

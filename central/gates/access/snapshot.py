"""What the gates of a community are told: whole, numbered, and never older than its number.

Everything that a gate must learn calls `changed` in its own transaction. A revocation is therefore in the parts as
soon as it is true at all, and a node that asks again with its old version gets it (VIS-08).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.outbox import announce
from central.base.kernel.session import tenant_of
from central.gates.access import rules
from central.gates.access.own_pass_keys import is_own
from central.gates.access.queries_zones import zones_of
from central.gates.access.site_keys import card_key_if_made
from central.gates.access.tables import (
    AccessRuleRow,
    CardholderRow,
    CredentialRow,
    GatePassRow,
    GateSettingsRow,
    HolidayRow,
    HouseholdBlockRow,
    LockdownRow,
    PassKeyRow,
)
from central.gates.access.told_credentials import cards_told, kinds_told, units_told
from central.gates.access.told_floors import floors_told
from central.people.community.queries import homes_of_households, lanes_of, stays_of
from central.people.consent import queries as consent
from models.access.cards import CardEntry
from models.access.credential import Cardholder
from models.access.lifts import FloorsOf
from models.access.lockdown import Lockdown
from models.access.passback import PassbackZone
from models.access.pictures import PASSED_S_MAX, REFUSED_DAYS_MAX, Keeping
from models.access.pins import UnitPins
from models.access.policy import Effect, KindWindow, Rule
from models.access.schedule import Span
from models.site.topology import Lane
from models.wire.snapshot import CredentialEntry, PassKey

CHANNEL = "menting_snapshot"
"""NOTIFY channel; the payload is "<tenant id> <community id>"."""


@dataclass(frozen=True, slots=True)
class SnapshotParts:
    """The parts of a `models.wire.snapshot.Snapshot` that are the same for every node. `version` 0: nothing yet."""

    version: int
    lanes: tuple[Lane, ...]
    pass_keys: tuple[PassKey, ...]
    rules: tuple[Rule, ...]
    holidays: frozenset[date]
    cardholders: tuple[Cardholder, ...]
    credentials: tuple[CredentialEntry, ...]
    revoked: frozenset[UUID]
    refer_when_stale: bool
    send_pictures: bool
    pictures_kept: Keeping
    passback: tuple[PassbackZone, ...]
    lockdowns: tuple[Lockdown, ...]
    card_key: str
    cards: tuple[CardEntry, ...]
    units: tuple[UnitPins, ...]
    kinds: tuple[KindWindow, ...]
    floors: tuple[FloorsOf, ...]


def changed(db: Session, community_id: UUID, *, correlation_id: UUID | None = None) -> int:
    """The gates have something to learn: raise the version and wake those who wait. Returns the new version.

    Changes of one community queue here until the one before has committed, so that versions grow in commit order.
    """
    added = insert(GateSettingsRow).values(community_id=community_id)
    version_now = db.scalar(
        added.on_conflict_do_update(
            index_elements=[GateSettingsRow.tenant_id, GateSettingsRow.community_id],
            set_={"snapshot_version": GateSettingsRow.snapshot_version + 1, "changed_at": func.now()},
        ).returning(GateSettingsRow.snapshot_version)
    )
    assert version_now is not None
    announce(
        db,
        "snapshot.changed",
        {"community_id": str(community_id), "version": version_now},
        correlation_id=correlation_id,
    )
    db.execute(
        text("SELECT pg_notify(:channel, :payload)"),
        {"channel": CHANNEL, "payload": f"{tenant_of(db)} {community_id}"},
    )
    return version_now


def overtake(db: Session, community_id: UUID, have: int) -> int | None:
    """Bring the version above one that a gate has already: this central was restored from an older backup.

    The caller has seen that it was made here. Returns the version before, or None when nothing had to be done.
    """
    before = version(db, community_id)
    if have <= before:
        return None
    raised = db.scalar(
        update(GateSettingsRow)
        .where(GateSettingsRow.community_id == community_id, GateSettingsRow.snapshot_version < have)
        .values(snapshot_version=have)
        .returning(GateSettingsRow.snapshot_version)
    )
    if raised is None:
        return None  # another gate's word came first
    changed(db, community_id)
    return before


def version(db: Session, community_id: UUID) -> int:
    """The version now; 0 before anything was ever set up for the gates."""
    query = select(GateSettingsRow.snapshot_version).where(GateSettingsRow.community_id == community_id)
    return db.scalar(query) or 0


def parts(db: Session, community_id: UUID, now: datetime, gate_id: UUID | None = None) -> SnapshotParts:
    """Everything the gates may know at `now`. The version is read first: what commits meanwhile is told too early
    under the old number and again under the new one, never left out of the new one.

    gate_id: whose face consents count; None tells of consents for any gate.
    """
    settings = db.execute(settings_query(community_id)).one_or_none()
    number, refer_when_stale, send_pictures, passed_s, refused_days = settings or (
        0, False, False, PASSED_S_MAX, REFUSED_DAYS_MAX
    )  # fmt: skip
    return SnapshotParts(
        version=number,
        lanes=tuple(view.lane for view in lanes_of(db, community_id)),
        pass_keys=_pass_keys(db, community_id, now),
        rules=_rules(db, community_id),
        holidays=holidays_of(db, community_id),
        cardholders=_cardholders(db, community_id, now, gate_id),
        credentials=_credentials(db, community_id, now),
        revoked=_revoked(db, community_id, now),
        refer_when_stale=refer_when_stale,
        send_pictures=send_pictures,
        pictures_kept=Keeping(passed_s=passed_s, refused_days=refused_days),
        passback=_passback(db, community_id),
        lockdowns=_lockdowns(db, community_id, now),
        card_key=(card_key_if_made(db, community_id) or b"").hex(),
        cards=cards_told(db, community_id),
        units=units_told(db, community_id, now),
        kinds=kinds_told(db, community_id),
        floors=floors_told(db, community_id, now),
    )


def settings_query(community_id: UUID) -> Select[int, bool, bool, int, int]:
    """Version, refer when stale, send pictures, and how long they are kept: one row, or none before any set-up."""
    return select(
        GateSettingsRow.snapshot_version,
        GateSettingsRow.refer_when_stale,
        GateSettingsRow.send_pictures,
        GateSettingsRow.picture_passed_s,
        GateSettingsRow.picture_refused_days,
    ).where(GateSettingsRow.community_id == community_id)


def rules_at(db: Session, community_id: UUID, at: datetime) -> tuple[Rule, ...]:
    """The rules that stood at an instant, for an explanation of then."""
    query = select(AccessRuleRow).where(
        AccessRuleRow.community_id == community_id,
        AccessRuleRow.added_at <= at,
        or_(AccessRuleRow.retired_at.is_(None), AccessRuleRow.retired_at > at),
    )
    return tuple(rule_of(row) for row in db.scalars(query.order_by(AccessRuleRow.id)))


def rule_of(row: AccessRuleRow) -> Rule:
    return Rule(
        rule_id=row.id,
        effect=Effect(row.effect),
        groups=frozenset(row.groups),
        lanes=frozenset(row.lanes),
        schedule=tuple(Span.model_validate(span) for span in row.schedule),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def holidays_of(db: Session, community_id: UUID) -> frozenset[date]:
    return frozenset(db.scalars(select(HolidayRow.day).where(HolidayRow.community_id == community_id)))


BlockedWhen = tuple[ColumnElement[bool], ...]
"""Which blocks of households count."""


def blocked_now(now: datetime) -> BlockedWhen:
    """Those that nobody has ended. When they began and ended is not asked: a change that has committed is told under
    its version, also where `now` was taken a moment before it."""
    return HouseholdBlockRow.until > now, HouseholdBlockRow.ended_at.is_(None)


def blocked_then(at: datetime) -> BlockedWhen:
    """Those that stood at an instant, for an explanation of then."""
    ended = HouseholdBlockRow.ended_at
    return HouseholdBlockRow.blocked_at <= at, HouseholdBlockRow.until > at, or_(ended.is_(None), ended > at)


def blocked_households(db: Session, community_id: UUID, at: datetime, which: BlockedWhen) -> dict[UUID, datetime]:
    """Person -> until when, for everybody who is kept out at `at` because their household is."""
    query = select(HouseholdBlockRow.house_id, HouseholdBlockRow.until)
    blocks = dict(db.execute(query.where(HouseholdBlockRow.community_id == community_id, *which)).all())
    if not blocks:
        return {}
    homes = homes_of_households(db, community_id, blocks, at)
    kept_out = {person: rules.household_blocked_until(theirs, blocks, at) for person, theirs in homes.items()}
    return {person: until for person, until in kept_out.items() if until is not None}


def holder_of(
    row: CardholderRow, stays: list[rules.Stay], now: datetime, face: consent.Agreed | None = None,
    household_blocked_until: datetime | None = None, keeps_photos: bool = False,
) -> Cardholder:  # fmt: skip
    """The cardholder as gates know them, narrowed to their time at home. `face`: the consent that holds there, or that
    held there until it ended by itself."""
    valid_from, valid_until = rules.effective_validity(row.valid_from, row.valid_until, stays, now)
    if valid_until is not None and valid_until <= now:
        face, keeps_photos = None, False  # the purpose went with the home
    return Cardholder(
        cardholder_id=row.id,
        groups=frozenset(row.groups),
        valid_from=valid_from,
        valid_until=valid_until,
        blocked=row.blocked_at is not None,
        face_consent=face is not None,
        face_consent_until=face.until if face is not None else None,
        household_blocked_until=household_blocked_until,
        keeps_photos=keeps_photos,
    )


def consents_at(
    db: Session, community_id: UUID, at: datetime, gate_id: UUID | None, person_ids: Collection[UUID] | None = None
) -> dict[UUID, consent.Agreed]:
    """Whose consent a gate is told of, in force or with the end that it had. None asks for any gate at all."""
    told = consent.agreed_once(db, community_id, at, person_ids=person_ids)
    return {person_id: one for person_id, one in told.items() if one.at(gate_id)}


def changed_at(db: Session, community_id: UUID) -> datetime | None:
    """When the gates last had something to learn; None before anything was set up."""
    return db.scalar(select(GateSettingsRow.changed_at).where(GateSettingsRow.community_id == community_id))


def _rules(db: Session, community_id: UUID) -> tuple[Rule, ...]:
    """Those not retired. Rules whose validity has not begun are among them, so that gates know in time."""
    query = select(AccessRuleRow).where(AccessRuleRow.community_id == community_id, AccessRuleRow.retired_at.is_(None))
    return tuple(rule_of(row) for row in db.scalars(query.order_by(AccessRuleRow.id)))


def _passback(db: Session, community_id: UUID) -> tuple[PassbackZone, ...]:
    return tuple(
        PassbackZone(zone_id=zone.zone_id, mode=zone.mode, lanes=frozenset(zone.lanes), minutes=zone.minutes)
        for zone in sorted(zones_of(db, community_id), key=lambda zone: zone.zone_id)
    )


def _lockdowns(db: Session, community_id: UUID, now: datetime) -> tuple[Lockdown, ...]:
    """Those that two persons started and nobody has ended. Each carries its hour, so that a gate ends it alone."""
    return _locked(db, community_id, now, LockdownRow.approved_at.is_not(None), LockdownRow.ended_at.is_(None))


def lockdowns_at(db: Session, community_id: UUID, at: datetime) -> tuple[Lockdown, ...]:
    """Those that held at an instant, for an explanation of then."""
    ended = or_(LockdownRow.ended_at.is_(None), LockdownRow.ended_at > at)
    return _locked(db, community_id, at, LockdownRow.approved_at <= at, ended)


def _locked(db: Session, community_id: UUID, at: datetime, *which: ColumnElement[bool]) -> tuple[Lockdown, ...]:
    query = select(LockdownRow).where(LockdownRow.community_id == community_id, LockdownRow.until > at, *which)
    return tuple(
        Lockdown(lockdown_id=row.id, lanes=frozenset(row.lanes), group=row.admits, until=row.until)
        for row in db.scalars(query.order_by(LockdownRow.id))
    )


def _pass_keys(db: Session, community_id: UUID, now: datetime) -> tuple[PassKey, ...]:
    query = select(PassKeyRow).where(PassKeyRow.community_id == community_id).order_by(PassKeyRow.number)
    return tuple(
        PassKey(key_id=row.number, public_key=row.public_key.hex())
        for row in db.scalars(query)
        if rules.key_accepted(row.accepted_until, now) and is_own(db, row)
    )


def _cardholders(db: Session, community_id: UUID, now: datetime, gate_id: UUID | None) -> tuple[Cardholder, ...]:
    stays, here = stays_of(db, community_id), consents_at(db, community_id, now, gate_id)
    blocked = blocked_households(db, community_id, now, blocked_now(now))
    keeping = consent.keeping_photos(db, community_id, now, gate_id)
    query = select(CardholderRow).where(CardholderRow.community_id == community_id).order_by(CardholderRow.id)
    return tuple(
        holder_of(
            row,
            stays.get(row.person_id, []),
            now,
            here.get(row.person_id),
            blocked.get(row.person_id),
            row.person_id in keeping,
        )
        for row in db.scalars(query)
    )


def _credentials(db: Session, community_id: UUID, now: datetime) -> tuple[CredentialEntry, ...]:
    """Those that could still be shown, revoked ones included: a refusal then says whose credential it was."""
    query = select(CredentialRow.id, CredentialRow.cardholder_id).where(
        CredentialRow.community_id == community_id, CredentialRow.not_after > now - rules.REVOKED_KEPT
    )
    return tuple(
        CredentialEntry(credential_id=credential_id, cardholder_id=cardholder_id)
        for credential_id, cardholder_id in db.execute(query.order_by(CredentialRow.id))
    )


def _revoked(db: Session, community_id: UUID, now: datetime) -> frozenset[UUID]:
    oldest = now - rules.REVOKED_KEPT
    passes = select(GatePassRow.id).where(
        GatePassRow.community_id == community_id,
        GatePassRow.revoked_at.is_not(None),
        GatePassRow.not_after > oldest,
    )
    credentials = select(CredentialRow.id).where(
        CredentialRow.community_id == community_id,
        CredentialRow.revoked_at.is_not(None),
        CredentialRow.not_after > oldest,
    )
    return frozenset(db.scalars(passes)) | frozenset(db.scalars(credentials))

"""What can be done about enrolments: invite, send photos, answer, hand over and settle mail, give up.

Central sees ciphertext only. Whether the person agrees is asked twice: here when photos come, and by the node itself
before it opens anything (PRIV-01).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Gone, NoSuchLink, NotFound, Unavailable
from central.base.kernel.link_token import digest_of, new_token
from central.base.kernel.session import bind_tenant, tenant_of
from central.gates.access.second_factor import lanes_wanting_both
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.anew import wanted_of
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.face_enrolment.rules import (
    AT_DESK_LIFE,
    INVITATION_LIFE,
    PHOTOS,
    PHOTOS_LIFE,
    TEMPLATE,
    EnrolmentState,
    may_send,
)
from central.gates.face_enrolment.tables import FaceEnrolmentRow, PhotoKeyRow
from central.gates.nodes import mail
from central.gates.nodes.faces.earlier import nodes_with_earlier
from central.gates.nodes.tables import NodeRow
from central.people.assessment.service import demand_current
from central.people.community.finding import find
from central.people.community.queries import community_of, person_briefs, resident_at
from central.people.community.views import PersonBrief, ResidentView
from central.people.consent import queries as consent
from central.people.consent.guardians import guardians_for
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.rules import AgeBand, Channel, Standing
from central.people.consent.service import choose_photos, demand_text, give_consent, withdraw_consent
from central.people.consent.views import TextView
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentJob,
    EnrolmentKey,
    EnrolmentOutcome,
    FaceMail,
    NodeKey,
    SealedPhoto,
    SealedTemplate,
)

JOBS_AT_ONCE, TEMPLATES_AT_ONCE = 2, 100


@dataclass(frozen=True, slots=True)
class Enrolment:
    """For the phone's page. `key` None: no node of this site can make templates just now."""

    enrolment_id: UUID
    state: EnrolmentState
    problems: tuple[dict[str, object], ...]
    may_send: bool
    key: EnrolmentKey | None


@dataclass(frozen=True, slots=True)
class LastTry:
    """For the desk: what became of the last link. `over`: it opens no more. `at`: of the answer, else when it was
    made."""

    state: EnrolmentState
    problems: tuple[str, ...]
    over: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """What the page behind a link says first. `text`: the newest version; None while none was published.

    `guardians`: for a child, who at home may consent for them; None where the person consents alone. `earlier`: the
    gates have another face model than when the person enrolled, and know them no more. `keeps_photos`: chosen besides.
    `until`: when the link ends, and with it the one step that takes the consent back. `both`: lanes where the rules
    want a pass, card or PIN beside this person's face; `every_lane`: that is all of them.
    `person`: whose face it is for, masked, as whoever holds a phone with several such links has to know.
    """

    community: str
    person: PersonBrief
    agrees: bool
    text: TextView | None
    state: EnrolmentState
    channel: Channel
    guardians: tuple[ResidentView, ...] | None
    earlier: bool
    keeps_photos: bool
    until: datetime
    both: tuple[str, ...]
    every_lane: bool


def offer_key(db: Session, node: Actor, key: EnrolmentKey, now: datetime) -> None:
    """A node says where photos for it are sealed to. Saying it again changes nothing."""
    values = {"key_id": key.key_id, "point": key.point, "offered_at": now}
    added = insert(PhotoKeyRow).values(node_id=node.id, **values)
    db.execute(added.on_conflict_do_update(index_elements=[PhotoKeyRow.tenant_id, PhotoKeyRow.node_id], set_=values))


def invite(
    db: Session, actor: Actor, cardholder_id: UUID, now: datetime, channel: Channel = Channel.PHONE
) -> tuple[str, FaceEnrolmentRow]:
    """A link's token for this person; an earlier one ends. Photos are taken only once the person has agreed.

    `channel`: DESK where the person stands before the desk's own screen. Conflict where no impact assessment counts
    (PRIV-10): no face is ever made known to a gate before there is one; and where there is no text to consent to.
    """
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(INVITE_FACES, holder.community_id)
    demand_current(db, holder.community_id, now)
    demand_text(db, holder.community_id)
    db.execute(
        update(FaceEnrolmentRow)
        .where(FaceEnrolmentRow.cardholder_id == holder.id, FaceEnrolmentRow.expires_at > now)
        .values(expires_at=now)
    )
    token = new_token()
    row = FaceEnrolmentRow(
        community_id=holder.community_id, cardholder_id=holder.id, token_sha256=digest_of(token),
        state=EnrolmentState.INVITED.value, channel=channel.value, made_at=now,
        expires_at=now + (AT_DESK_LIFE if channel is Channel.DESK else INVITATION_LIFE),
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "face.invite", "cardholder", holder.id, after={"channel": channel.value},
        community_id=holder.community_id,
    )  # fmt: skip
    return token, row


def enrolment_of(db: Session, token: str, now: datetime) -> Enrolment:
    """What the person with this link sees. `db` is not bound yet. Gone when the link is unknown or over."""
    return _view(db, of_token(db, token, now))


def consent_page(db: Session, token: str, now: datetime) -> ConsentPage:
    """`db` is not bound yet. Gone when the link is unknown or over."""
    row = of_token(db, token, now)
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    texts = consent.text_views(db, row.community_id)
    stands = consent.standing_of(db, row.community_id, holder.person_id, now)
    child = stands.age is AgeBand.UNDER_14
    both, every_lane = lanes_wanting_both(db, row.community_id, holder.groups, now)
    return ConsentPage(
        community=community_of(db, row.community_id).name,
        person=person_briefs(db, [holder.person_id], row.community_id, now)[holder.person_id],
        agrees=stands.standing is Standing.IN_FORCE,
        text=texts[0] if texts else None, state=EnrolmentState(row.state), channel=Channel(row.channel),
        guardians=guardians_for(db, _resident(db, row, now), now) if child else None,
        earlier=bool(nodes_with_earlier(db, row.community_id, row.cardholder_id)), keeps_photos=stands.keeps_photos,
        until=row.expires_at, both=both, every_lane=every_lane,
    )  # fmt: skip


def agree(
    db: Session, token: str, text_id: UUID, now: datetime, guardian_id: UUID | None = None, *, keep_photos: bool = False
) -> None:
    """The person consents to the text that was shown, or for a child the guardian who is named, a resident of the same
    home; `keep_photos`: and chooses besides that photos stay. Raises what `give_consent` raises: the desk's own rules.
    """
    row = of_token(db, token, now, lock=True)
    give_consent(
        db, _by_link(db, row), _resident(db, row, now), text_id, Channel(row.channel), now=now, guardian_id=guardian_id,
        keep_photos=keep_photos,
    )  # fmt: skip


def photos_choice(db: Session, token: str, keep: bool, now: datetime) -> None:
    """That photos stay at the gate, or no longer. Raises what `choose_photos` raises."""
    row = of_token(db, token, now, lock=True)
    choose_photos(db, _by_link(db, row), _resident(db, row, now), keep, Channel(row.channel), now=now)


def finish(db: Session, token: str, now: datetime) -> None:
    """The person leaves the desk's screen: the link is over, for whoever sits there next."""
    of_token(db, token, now, lock=True).expires_at = now
    db.flush()


def withdraw(db: Session, token: str, now: datetime) -> None:
    """As easy as giving: one step behind the same link. The link goes on, so that the person may agree again."""
    row = of_token(db, token, now, lock=True)
    withdraw_consent(db, _by_link(db, row), _resident(db, row, now), Channel(row.channel), now=now)
    forget(db, row.cardholder_id)
    row.state, row.problems = EnrolmentState.INVITED.value, []
    db.flush()


def send_photos(
    db: Session, token: str, photos: Sequence[SealedPhoto], now: datetime, *, guided: bool = False
) -> Enrolment:
    """Put sealed photos into the enrolment node's box. `db` is not bound yet. `guided`: they were asked for one by
    one, and the node shall say which is not as it was asked for.

    Conflict while an answer is awaited, after it came, or when sealed to a key that is no longer the site's.
    """
    row = of_token(db, token, now, lock=True)
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    stands = consent.standing_of(db, holder.community_id, holder.person_id, now)
    if stands.standing is not Standing.IN_FORCE:
        raise Forbidden("faces.no_consent")
    if not may_send(EnrolmentState(row.state), row.tries):
        raise Conflict("faces.not_now")
    found = key_of_site(db, row.community_id)
    if found is None:
        raise Unavailable("faces.no_node")
    node_id, key = found
    if any(photo.key_id != key.key_id for photo in photos):
        raise Conflict("faces.other_key")
    job = EnrolmentJob(
        enrolment_id=row.id, cardholder_id=row.cardholder_id, photos=tuple(photos), guided=guided,
        keep_photos=stands.keeps_photos,
    )  # fmt: skip
    mail.send(db, node_id, PHOTOS, row.id, job.model_dump_json(), now)
    row.node_id, row.state, row.problems, row.tries = node_id, EnrolmentState.WAITING.value, [], row.tries + 1
    db.flush()
    record(
        db, system(tenant_of(db), row.channel), "face.photos", "cardholder", row.cardholder_id,
        after={"photos": len(photos)}, community_id=row.community_id,
    )  # fmt: skip
    return _view(db, row)


def mail_for(db: Session, node: Actor, now: datetime) -> FaceMail:
    """What waits for this node, and who the others of its site are."""
    assert node.id is not None
    own = _node(db, node.id)
    jobs = [EnrolmentJob.model_validate_json(text) for _, text in mail.waiting(db, own.id, PHOTOS, JOBS_AT_ONCE)]
    templates = mail.waiting(db, own.id, TEMPLATE, TEMPLATES_AT_ONCE)
    return FaceMail(
        jobs=tuple(jobs),
        templates=tuple(SealedTemplate.model_validate_json(payload) for _, payload in templates),
        others=other_nodes(db, own.id),
        wanted=wanted_of(db, own, now),
        server_time=now,
    )


def other_nodes(db: Session, node_id: UUID) -> tuple[NodeKey, ...]:
    """The other nodes of this node's site: whom templates are sealed to, and from whom they are taken."""
    own = _node(db, node_id)
    others = db.execute(
        select(NodeRow.id, NodeRow.public_key).where(
            NodeRow.community_id == own.community_id, NodeRow.id != own.id, NodeRow.revoked_at.is_(None)
        )
    )
    return tuple(NodeKey(node_id=row.id, public_key=row.public_key.hex()) for row in others)


def answer(db: Session, node: Actor, told: EnrolmentAnswer, now: datetime) -> None:
    """The enrolment node's answer: photos are deleted, templates go on to the other nodes. Twice is harmless."""
    row = db.scalar(select(FaceEnrolmentRow).where(FaceEnrolmentRow.id == told.enrolment_id).with_for_update())
    if row is None or row.node_id != node.id:
        raise NotFound("faces.no_enrolment")
    mail.take_away(db, [PHOTOS], subject_id=row.id)
    if row.state != EnrolmentState.WAITING.value:
        return
    row.state, row.answered_at = EnrolmentState(told.outcome.value).value, now
    row.problems = [problem.model_dump(mode="json") for problem in told.problems]
    if told.outcome is EnrolmentOutcome.ENROLLED:
        here = set(db.scalars(select(NodeRow.id).where(NodeRow.community_id == row.community_id)))
        for template in told.templates:
            if template.node_id in here and template.cardholder_id == row.cardholder_id:
                mail.take_away(db, [TEMPLATE], subject_id=row.cardholder_id, node_id=template.node_id)
                mail.send(db, template.node_id, TEMPLATE, row.cardholder_id, template.model_dump_json(), now)
    db.flush()
    record(
        db, node, "face.enrol", "cardholder", row.cardholder_id, after={"outcome": row.state},
        community_id=row.community_id,
    )  # fmt: skip


def settle_template(db: Session, node: Actor, cardholder_id: UUID) -> None:
    """The node has taken the template, or never will: it waits no longer. Who has one is told by the node's journal."""
    mail.take_away(db, [TEMPLATE], subject_id=cardholder_id, node_id=node.id)


def forget(db: Session, cardholder_id: UUID) -> None:
    """The person withdrew: nothing of theirs waits anywhere at central."""
    for enrolment_id in db.scalars(select(FaceEnrolmentRow.id).where(FaceEnrolmentRow.cardholder_id == cardholder_id)):
        mail.take_away(db, [PHOTOS], subject_id=enrolment_id)
    mail.take_away(db, [TEMPLATE], subject_id=cardholder_id)


def sweep(db: Session, now: datetime) -> int:
    """Photos that nobody fetched within the hour are deleted, and their enrolment asks again. Returns how many."""
    late = db.scalars(
        update(FaceEnrolmentRow)
        .where(
            FaceEnrolmentRow.state == EnrolmentState.WAITING.value,
            FaceEnrolmentRow.id.in_(mail.subjects_before(db, PHOTOS, now - PHOTOS_LIFE)),
        )
        .values(state=EnrolmentState.LATE.value)
        .returning(FaceEnrolmentRow.id)
    ).all()
    mail.take_away(db, [PHOTOS], before=now - PHOTOS_LIFE)
    return len(late)


def of_token(db: Session, token: str, now: datetime, *, lock: bool = False) -> FaceEnrolmentRow:
    """The enrolment behind a link; binds `db` to its tenant. Gone when the link is over, NoSuchLink when it is
    unknown."""
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.face_enrolment(:digest)"), {"digest": digest_of(token)})
    if tenant_id is None:
        raise NoSuchLink("faces.link_over")
    bind_tenant(db, tenant_id)
    query = select(FaceEnrolmentRow).where(
        FaceEnrolmentRow.token_sha256 == digest_of(token), FaceEnrolmentRow.expires_at > now
    )
    row = db.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise Gone("faces.link_over")
    return row


def last_try(db: Session, cardholder_id: UUID, now: datetime) -> LastTry | None:
    """What became of the newest link of this person; None where none was ever made."""
    mine = select(FaceEnrolmentRow).where(FaceEnrolmentRow.cardholder_id == cardholder_id)
    row = db.scalar(mine.order_by(FaceEnrolmentRow.made_at.desc(), FaceEnrolmentRow.id.desc()).limit(1))
    if row is None:
        return None
    problems = dict.fromkeys(str(one["problem"]) for one in row.problems)
    return LastTry(EnrolmentState(row.state), tuple(problems), row.expires_at <= now, row.answered_at or row.made_at)


def _view(db: Session, row: FaceEnrolmentRow) -> Enrolment:
    state = EnrolmentState(row.state)
    found = key_of_site(db, row.community_id)
    return Enrolment(row.id, state, tuple(row.problems), may_send(state, row.tries), found[1] if found else None)


def key_of_site(db: Session, community_id: UUID) -> tuple[UUID, EnrolmentKey] | None:
    """The site's enrolment node: of those that offered a key, the one that was enrolled first."""
    row = db.execute(
        select(PhotoKeyRow.node_id, PhotoKeyRow.key_id, PhotoKeyRow.point)
        .join(NodeRow, NodeRow.id == PhotoKeyRow.node_id)
        .where(NodeRow.community_id == community_id, NodeRow.revoked_at.is_(None))
        .order_by(NodeRow.enrolled_at, NodeRow.id)
        .limit(1)
    ).first()
    return None if row is None else (row.node_id, EnrolmentKey(key_id=row.key_id, point=row.point))


def _by_link(db: Session, row: FaceEnrolmentRow) -> Actor:
    return system(tenant_of(db), row.channel, [RECORD_CONSENTS])


def _resident(db: Session, row: FaceEnrolmentRow, now: datetime) -> UUID:
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    return resident_at(db, holder.person_id, row.community_id, now)


def _node(db: Session, node_id: UUID) -> NodeRow:
    return find(db, NodeRow, node_id, "nodes.no_node")

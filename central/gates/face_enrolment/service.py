"""What can be done about enrolments: invite, send photos, answer, hand over and settle mail, give up.

Central sees ciphertext only. Whether the person agrees is asked twice: here when photos come, and by the node itself
before it opens anything (PRIV-01).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from central.base.identity.company import company_name
from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Gone, NoSuchLink, NotFound, Unavailable
from central.base.kernel.link_token import digest_of, new_token
from central.base.kernel.session import bind_tenant, tenant_of
from central.gates.access.second_factor import lanes_wanting_both
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.anew import send_on, wanted_of
from central.gates.face_enrolment.keys import demand_key, key_of_site, other_nodes
from central.gates.face_enrolment.own_gates import at_central, at_gates, is_known, refusing_photos, settled_at
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.face_enrolment.rules import (
    AT_DESK_LIFE,
    INVITATION_LIFE,
    PHOTOS,
    PHOTOS_LIFE,
    TRIES_MAX,
    EnrolmentState,
    Step,
    answers_newest,
    may_send,
    step_of,
)
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.face_enrolment.views import ConsentPage, Enrolment, LastTry
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.maker import maker_is_away, maker_of
from central.gates.nodes.faces.queries import face_of
from central.gates.nodes.faces.receipts import is_gone_since
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.tables import NodeRow
from central.people.assessment.service import demand_current
from central.people.community.finding import find
from central.people.community.queries import (
    community_of,
    gate_of,
    homes_among,
    household_of,
    person_briefs,
    resident_at,
    resident_of,
    stays_of,
)
from central.people.community.rules import left_at
from central.people.community.views import ResidentView
from central.people.consent import queries as consent
from central.people.consent.guardians import guardians_for, link_problem
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.rules import AgeBand, Channel, Standing
from central.people.consent.service import choose_photos, demand_text, give_consent, withdraw_consent
from central.people.consent.siblings import called_at_home
from central.people.consent.views import StandingView
from models.wire.faces import (
    EnrolmentAnswer,
    EnrolmentJob,
    EnrolmentOutcome,
    FaceMail,
    PieceRefusal,
    SealedPhoto,
    SealedTemplate,
)

JOBS_AT_ONCE, TEMPLATES_AT_ONCE = 2, 100


def invite(
    db: Session, actor: Actor, cardholder_id: UUID, now: datetime, channel: Channel = Channel.PHONE,
    guardian_id: UUID | None = None,
) -> tuple[str, FaceEnrolmentRow]:  # fmt: skip
    """A link's token for this person; an earlier one ends. Photos are taken only once the person has agreed.

    `channel`: DESK where the person stands before the desk's own screen. `guardian_id`: for a child, the resident who
    shall agree behind the link; nobody chooses there. Conflict where no impact assessment counts (PRIV-10): no face is
    ever made known to a gate before there is one; where there is no text to consent to; and in words for a child whose
    guardian is not named, no longer at home there, or not of age.
    """
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(INVITE_FACES, holder.community_id)
    demand_current(db, holder.community_id, now)
    demand_text(db, holder.community_id)
    _demand_guardian(db, holder, guardian_id, now)
    db.execute(
        update(FaceEnrolmentRow)
        .where(FaceEnrolmentRow.cardholder_id == holder.id, FaceEnrolmentRow.expires_at > now)
        .values(expires_at=now)
    )
    token = new_token()
    row = FaceEnrolmentRow(
        community_id=holder.community_id, cardholder_id=holder.id, guardian_id=guardian_id,
        token_sha256=digest_of(token), state=EnrolmentState.INVITED.value, channel=channel.value, made_at=now,
        expires_at=now + (AT_DESK_LIFE if channel is Channel.DESK else INVITATION_LIFE),
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "face.invite", "cardholder", holder.id,
        after={"channel": channel.value, "by_guardian": guardian_id is not None}, community_id=holder.community_id,
    )  # fmt: skip
    return token, row


def enrolment_of(db: Session, token: str, now: datetime) -> Enrolment:
    """What the person with this link sees. `db` is not bound yet. Gone when the link is unknown or over."""
    return _view(db, of_token(db, token, now), now)


def consent_page(db: Session, token: str, now: datetime, *, again: bool = False) -> ConsentPage:
    """`db` is not bound yet. `again`: new photos, though a gate knows the person. Gone when the link is unknown or
    over."""
    row = of_token(db, token, now)
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    texts = consent.text_views(db, row.community_id)
    face = face_of(db, row.community_id, holder.person_id, now)
    stands, state = face.consent, _state(db, row)
    not_at, child = _left_out(db, row.community_id, stands), stands.age is AgeBand.UNDER_14
    left = _left_at(db, holder, now)
    agrees = stands.standing is Standing.IN_FORCE and not_at is None and left is None
    newer = bool(texts) and stands.last is not None and stands.last.text_version < texts[0].version
    waits = refusing_photos(db, row.community_id, holder.person_id, now) if agrees else None
    person = person_briefs(db, [holder.person_id], row.community_id, now)[holder.person_id]
    both, every_lane = lanes_wanting_both(db, row.community_id, holder.groups, now)
    return ConsentPage(
        community=community_of(db, row.community_id).name, handler=company_name(db), standing=stands.standing,
        anew=stands.anew, person=person, called=called_at_home(db, holder.person_id, row.community_id, now),
        step=Step.MOVED_OUT if left is not None
        else step_of(state, row.tries, agrees=agrees, newer_text=newer, known=is_known(face), again=again)
        if texts else Step.CLOSED,
        text=texts[0] if texts else None, newer_text=newer, state=state, problems=tuple(row.problems),
        maker_away=_is_away(db, row, now), channel=Channel(row.channel),
        child=child, guardian=_guardian(db, row, now) if child else None, earlier=face.left_behind,
        keeps_photos=stands.keeps_photos, not_at=not_at, until=stands.until, link_until=row.expires_at,
        photos_ended_at=stands.last.photos_ended_at if stands.last else None, kept=face.kept,
        gates=at_gates(
            db, row.community_id, face, now, enrolled=state is EnrolmentState.ENROLLED, left=left is not None
        ),
        settled=settled_at(face), central=at_central(face), withdrawn_here=_withdrawn_since(stands, row.made_at),
        both=both, every_lane=every_lane, no_maker=maker_of(db, row.community_id) is None,
        records_wait=waits.node if waits is not None else None, known=is_known(face), left_at=left,
    )  # fmt: skip


def agree(db: Session, token: str, text_id: UUID, now: datetime, *, keep_photos: bool = False) -> None:
    """The person consents to the text that was shown, or for a child the guardian whom the link names; `keep_photos`:
    and chooses besides that photos stay. Raises what `give_consent` raises: the desk's own rules.
    """
    row = of_token(db, token, now, lock=True)
    give_consent(
        db, _by_link(db, row), _resident(db, row, now), text_id, Channel(row.channel), now=now,
        guardian_id=row.guardian_id, keep_photos=keep_photos,
    )  # fmt: skip


def photos_choice(db: Session, token: str, keep: bool, now: datetime) -> None:
    """That photos stay at the gate, or no longer. Raises what `choose_photos` raises, and Forbidden for a choice by
    whoever may not speak for the child: to take it back is refused to nobody."""
    row = of_token(db, token, now, lock=True)
    if keep and not speaks(db, row, now):
        raise Forbidden("faces.speaks_no_more")
    if keep and _left_at(db, find(db, CardholderRow, row.cardholder_id, "access.no_cardholder"), now) is not None:
        raise Conflict("faces.moved_out")
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


def send_photos(db: Session, token: str, photos: Sequence[SealedPhoto], now: datetime) -> Enrolment:
    """Put sealed photos into the enrolment node's box. `db` is not bound yet. The node is told that they were asked for
    one by one, and says which is not as it was asked for: that it was so is the page's word, and anybody can send.

    Conflict while an answer is awaited, after it came, when the link's tries are used up, when sealed to a key that is
    no longer the site's, where the consent leaves out the gate at which the template would be made and kept, or where
    that gate would answer with no consent since its records wait for a decision; and where the person moved out.
    """
    row = of_speaker(db, token, now, lock=True)
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    if _left_at(db, holder, now) is not None:
        raise Conflict("faces.moved_out")
    stands = consent.standing_of(db, holder.community_id, holder.person_id, now)
    if stands.standing is not Standing.IN_FORCE:
        raise Forbidden("faces.no_consent")
    if not may_send(_state(db, row), row.tries):
        raise _used_up() if _is_used_up(row) else Conflict("faces.not_now")
    waits = refusing_photos(db, row.community_id, holder.person_id, now)
    if waits is not None:
        raise Conflict("faces.records_wait", node=waits.node)
    found = key_of_site(db, row.community_id, now)
    if found is None:
        raise Unavailable("faces.no_node")
    node_id, key = found
    gate = _left_out(db, row.community_id, stands)
    if gate is not None:
        raise Conflict("faces.not_agreed_there", gate=gate)
    demand_key(photos, key)
    job = EnrolmentJob(
        enrolment_id=row.id, cardholder_id=row.cardholder_id, photos=tuple(photos), guided=True,
        keep_photos=stands.keeps_photos,
    )  # fmt: skip
    mail.send(db, node_id, PHOTOS, row.id, job.model_dump_json(), now)
    row.node_id, row.state, row.problems, row.tries = node_id, EnrolmentState.WAITING.value, [], row.tries + 1
    row.unanswered = [*row.unanswered, job.sent]
    db.flush()
    record(
        db, system(tenant_of(db), row.channel), "face.photos", "cardholder", row.cardholder_id,
        after={"photos": len(photos)}, community_id=row.community_id,
    )  # fmt: skip
    return _view(db, row, now)


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


def answer(db: Session, node: Actor, told: EnrolmentAnswer, now: datetime) -> bool:
    """The enrolment node's answer: photos are deleted, templates go on to the other nodes. A node for which it sealed
    none, or to a key that lasts, is noted as missing it, and so is one at whose gate the person did
    not agree. Twice is harmless.

    One that comes after the photos were given up counts as well, since the template is made; but whatever was sealed
    to another key than a node's of now may open no more by then, and is noted as missed at once. False for one to
    other photos than the newest, which changes nothing: those may be of before a withdrawal.
    """
    row = db.scalar(select(FaceEnrolmentRow).where(FaceEnrolmentRow.id == told.enrolment_id).with_for_update())
    if row is None or row.node_id != node.id or node.id is None:
        raise NotFound("faces.no_enrolment")
    if not answers_newest(row.unanswered, told.sent):
        return False
    mail.take_away(db, [PHOTOS], subject_id=row.id)
    late = row.state == EnrolmentState.LATE.value
    if not late and row.state != EnrolmentState.WAITING.value:
        return True
    enrolled = told.outcome is EnrolmentOutcome.ENROLLED
    if late and not (enrolled and maker_of(db, row.community_id) == node.id):
        return True  # the person was asked for new photos, which nothing of this takes back
    row.state, row.answered_at, row.unanswered = EnrolmentState(told.outcome.value).value, now, []
    row.problems = [problem.model_dump(mode="json") for problem in told.problems]
    if enrolled:
        holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
        send_on(db, holder, node.id, told.templates, now, late=late)
    db.flush()
    record(
        db, node, "face.enrol", "cardholder", row.cardholder_id, after={"outcome": row.state},
        community_id=row.community_id,
    )  # fmt: skip
    return True


def settle_template(
    db: Session, node: Actor, cardholder_id: UUID, now: datetime, *, piece: str | None = None, taken: bool = True,
    why: PieceRefusal | None = None, again: bool = False,
) -> None:  # fmt: skip
    """The node has taken this piece, or never will, and says why: it waits no longer. Who has one is told by the node's
    journal. `again`: it could not take what waited, which has to be sealed once more."""
    assert node.id is not None
    pieces.settle(db, node.id, cardholder_id, now, piece=piece, taken=taken, why=why, again=again)


def forget(db: Session, cardholder_id: UUID) -> None:
    """The person withdrew: nothing of theirs waits anywhere at central, and their links begin anew, though with no more
    tries than they had left."""
    for row in db.scalars(select(FaceEnrolmentRow).where(FaceEnrolmentRow.cardholder_id == cardholder_id)):
        mail.take_away(db, [PHOTOS], subject_id=row.id)
        row.state, row.problems, row.answered_at = EnrolmentState.INVITED.value, [], None
    pieces.forget(db, cardholder_id)
    db.flush()


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


def of_speaker(db: Session, token: str, now: datetime, *, lock: bool = False) -> FaceEnrolmentRow:
    """The same for whoever is to send photos or correct a visit. Raises Gone and NoSuchLink."""
    row = of_token(db, token, now, lock=lock)
    if not speaks(db, row, now):
        raise Gone("faces.link_over")
    return row


def speaks(db: Session, row: FaceEnrolmentRow, now: datetime) -> bool:
    """False for a guardian who may no longer speak for the child, and for a child's own link, made before the age was
    noted: they may go on reading what was agreed to, take back that photos stay, withdraw, and nothing else."""
    if row.guardian_id is not None:
        return _guardian(db, row, now) is not None
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    return consent.standing_of(db, row.community_id, holder.person_id, now).age is not AgeBand.UNDER_14


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
    return LastTry(
        EnrolmentState(row.state), tuple(problems), row.expires_at <= now, row.answered_at or row.made_at,
        _is_used_up(row),
    )  # fmt: skip


def _is_used_up(row: FaceEnrolmentRow) -> bool:
    return row.tries >= TRIES_MAX and row.state not in (EnrolmentState.WAITING.value, EnrolmentState.ENROLLED.value)


def _used_up() -> Conflict:
    return Conflict("faces.tries_over", n=TRIES_MAX)


def _view(db: Session, row: FaceEnrolmentRow, now: datetime) -> Enrolment:
    state = _state(db, row)
    found = key_of_site(db, row.community_id, now)
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    stands = consent.standing_of(db, row.community_id, holder.person_id, now)
    left = _left_at(db, holder, now) is not None
    agrees = not left and stands.standing is Standing.IN_FORCE and _left_out(db, row.community_id, stands) is None
    waits = agrees and refusing_photos(db, row.community_id, holder.person_id, now) is not None
    return Enrolment(
        row.id, row.cardholder_id, state, tuple(row.problems), may_send(state, row.tries) and not waits and not left,
        agrees,
        found[1] if found else None, _is_away(db, row, now), waits,
    )  # fmt: skip


def _state(db: Session, row: FaceEnrolmentRow) -> EnrolmentState:
    """Of a link whose template was destroyed since, though nobody withdrew, as after a slip in the day of birth, it is
    that nothing was sent yet."""
    state = EnrolmentState(row.state)
    if state is EnrolmentState.ENROLLED and row.node_id is not None and row.answered_at is not None:
        gone = is_gone_since(db, row.node_id, row.cardholder_id, row.answered_at)
        return EnrolmentState.INVITED if gone else state
    return state


def _left_out(db: Session, community_id: UUID, stands: StandingView) -> str | None:
    """The enrolment node's gate, by name, where a consent in force leaves it out: a template is made and kept there, so
    that whoever does not agree to that gate is not enrolled."""
    maker_id = maker_of(db, community_id)
    if stands.standing is not Standing.IN_FORCE or maker_id is None:
        return None
    gate = gate_of(db, _node(db, maker_id).gate_id)
    return gate.name if stands.leaves_out(gate.gate_id) else None


def _is_away(db: Session, row: FaceEnrolmentRow, now: datetime) -> bool:
    return row.state == EnrolmentState.WAITING.value and maker_is_away(db, row.community_id, now)


def _withdrawn_since(stands: StandingView, made_at: datetime) -> bool:
    if stands.standing is not Standing.WITHDRAWN or stands.last is None:
        return False
    return stands.last.withdrawn_at is not None and stands.last.withdrawn_at >= made_at


def _by_link(db: Session, row: FaceEnrolmentRow) -> Actor:
    return system(tenant_of(db), row.channel, [RECORD_CONSENTS])


def _resident(db: Session, row: FaceEnrolmentRow, now: datetime) -> UUID:
    holder = find(db, CardholderRow, row.cardholder_id, "access.no_cardholder")
    return _home(db, holder, row.guardian_id, now)


def _home(db: Session, holder: CardholderRow, guardian_id: UUID | None, now: datetime) -> UUID:
    """The residence that is meant: of a child with two homes the one in which the guardian lives; of who lives there no
    more the last, in whose name they may still withdraw."""
    if guardian_id is not None:
        for one in household_of(db, resident_of(db, guardian_id).house_id, now):
            if one.person_id == holder.person_id:
                return one.resident_id
    if _left_at(db, holder, now) is not None:
        homes = [one for one in homes_among(db, (), [holder.person_id]) if one.community_id == holder.community_id]
        return max(homes, key=lambda one: (one.ends_at or now, one.resident_id)).resident_id
    return resident_at(db, holder.person_id, holder.community_id, now)


def _left_at(db: Session, holder: CardholderRow, now: datetime) -> datetime | None:
    """Since when this person lives there no more: by the residence, before the consent is ended for it."""
    return left_at(stays_of(db, holder.community_id, [holder.person_id]).get(holder.person_id, []), now)


def _demand_guardian(db: Session, holder: CardholderRow, guardian_id: UUID | None, now: datetime) -> None:
    """Conflict in words where somebody has to speak for the person and is not named, or is and may not."""
    age = consent.standing_of(db, holder.community_id, holder.person_id, now).age
    if age is not AgeBand.UNDER_14 and guardian_id is None:
        return
    problem = link_problem(db, _home(db, holder, guardian_id, now), guardian_id, now)
    if problem is not None:
        raise Conflict(problem)


def _guardian(db: Session, row: FaceEnrolmentRow, now: datetime) -> ResidentView | None:
    """Whom the link names, while they may still speak for the child."""
    able = guardians_for(db, _resident(db, row, now), now)
    return next((one for one in able if one.resident_id == row.guardian_id), None)


def _node(db: Session, node_id: UUID) -> NodeRow:
    return find(db, NodeRow, node_id, "nodes.no_node")

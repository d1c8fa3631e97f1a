"""The node's desk for faces that arrive by mail: photos to make templates of, and templates that other nodes made.

Central says with the downlink that there is mail; the work is done here, in a thread of its own, so that no command
waits for a face to be looked at. Everything may be done twice: central keeps a piece of mail until it hears its fate.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from edge.enrolment.anew import ANOTHER_FACE, Anew, is_another_face, looks_like_somebody_else
from edge.enrolment.receiving import Receiving, Recipient, but, recipients
from edge.enrolment.seals import (
    NotForUs,
    PhotoKey,
    SealAgain,
    SentByNobody,
    open_photo,
    open_template,
    seal_template,
)
from edge.store.keys import KeyRing
from edge.store.templates import ErasureOrdered, Templates
from edge.store.view import RulesView
from edge.sync.errors import SyncError
from edge.sync.rounds import Rounds
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import decode_sealed
from edge.verify.face.template import Template, template_from_bytes
from models.wire.events import TemplateStored
from models.wire.faces import (
    EARLIER_MAX,
    NOT_ANEW_MAX,
    EnrolmentAnswer,
    EnrolmentJob,
    EnrolmentOutcome,
    FaceMail,
    NodeKey,
    NotMadeAnew,
    OfferedKeys,
    PhotoProblem,
    PieceRefusal,
    SealedTemplate,
    TemplateAnew,
    TemplateModels,
)

LOOK_EVERY_S = 60.0
"""How often mail is asked for although nobody said that there is any."""

log = logging.getLogger(__name__)


class MailBox(Protocol):
    """What the desk asks of central. Each raises SyncError."""

    def offer_keys(self, keys: OfferedKeys) -> None: ...
    def tell_models(self, models: TemplateModels) -> None: ...
    def face_mail(self) -> FaceMail: ...
    def send_anew(self, anew: TemplateAnew) -> None: ...
    def answer_enrolment(self, answer: EnrolmentAnswer) -> None: ...
    def template_settled(self, mail: SealedTemplate, refusal: PieceRefusal | None) -> None: ...
    def template_again(self, mail: SealedTemplate) -> None: ...


class EnrolmentDesk:
    """`run` is the thread. Without face models (`reader` None) this node makes no template and takes none."""

    def __init__(
        self, node_id: UUID, mail: MailBox, keys: KeyRing, templates: Templates, reader: FaceReader | None,
        rules: Callable[[], RulesView], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._node_id, self._mail, self._keys = node_id, mail, keys
        self._templates, self._reader, self._rules = templates, reader, rules
        self._now = now
        self._rounds = Rounds(LOOK_EVERY_S, (SyncError,))
        self._offered: str | None = None
        self._told: TemplateModels | None = None
        self._anew = Anew(node_id, mail.send_anew, keys, templates, self._lets_photos_be_used, self._left_out, now)

    def knock(self) -> None:
        """There is mail."""
        self._rounds.knock()

    def run(self, stop: threading.Event) -> None:
        self._rounds.run(self.step, stop, "faces by mail")

    def step(self) -> None:
        """Say where photos and templates are to be sealed to, and deal with everything that waits. Raises SyncError.

        The mail is fetched first: the key it was sealed to, days ago maybe, lives for an hour once a later one is told.
        """
        self._templates.photo_keys.destroy_over(self._now(), tells_no_more=self._reader is None)
        if self._reader is None:
            return
        mail = self._mail.face_mail()
        self._offer_keys()
        rules = self._rules()
        others, makers = recipients(rules.nodes(mail.others), mail.others), rules.makers(mail.others)
        for template in mail.templates:
            self._settle(template, makers, self._reader)
        for job in mail.jobs:
            self._mail.answer_enrolment(self._made(job, others, self._reader, mail.server_time))
        if rules.maker in (None, self._node_id) and self._anew.make(self._reader, others):
            self.knock()  # there are more, and mail is not to wait for all of them
        self._anew.pass_on(mail.wanted, others, self._reader.model)
        self._tell_models(self._reader.model)

    def _offer_keys(self) -> None:
        """What phones and other nodes seal to is another key each hour: nobody opens later what central's disks kept of
        the mail."""
        secret = self._templates.photo_keys.newest(self._now())
        photo, receiving = PhotoKey(secret).public, Receiving(secret)
        if photo.key_id != self._offered:
            told = OfferedKeys(
                key_id=photo.key_id, point=photo.point, receiving=receiving.told(self._keys, self._node_id)
            )
            self._mail.offer_keys(told)
            self._templates.photo_keys.told(secret, self._now())
            self._offered = photo.key_id

    def _tell_models(self, model: str) -> None:
        """Whom this node no longer knows by face, because its model is another since: they are asked for new photos."""
        earlier = sorted(self._templates.of_other_models(model))
        in_vain = [
            NotMadeAnew(cardholder_id=person, problems=problems)
            for person in earlier
            if (problems := self._anew.in_vain.get(person))
        ]
        told = TemplateModels(
            model=model, earlier=tuple(earlier[:EARLIER_MAX]), not_anew=tuple(in_vain[:NOT_ANEW_MAX]),
            unagreed=tuple(self._unagreed()[:EARLIER_MAX]),
        )  # fmt: skip
        if told != self._told:
            self._mail.tell_models(told)
            self._told = told

    def _unagreed(self) -> list[UUID]:
        """Of whom something lies here though they agree to nothing, by these rules. A consent that has ended is one:
        central knows of it, and orders the rest."""
        rules = self._rules()
        if rules.snapshot is None:
            return []
        agreed = {one.cardholder_id for one in rules.snapshot.cardholders if one.face_consent}
        return sorted((self._templates.holders() | self._templates.photos.holders()) - agreed)

    # -- templates that others made ------------------------------------------------------------------------------

    def _settle(self, mail: SealedTemplate, makers: tuple[NodeKey, ...], reader: FaceReader) -> None:
        """Take it or not, and say so. What is lost as it is must be sealed anew: else its person has no face here."""
        try:
            refusal = self._take(mail, makers, reader)
        except SealAgain as error:
            log.warning("a template for %s is asked for again: %s", mail.cardholder_id, error)
            self._offered = None  # a central that was restored knows an older key of this node
            self._mail.template_again(mail)
        else:
            if refusal is not None:
                log.warning("a template for %s was not taken: %s", mail.cardholder_id, refusal)
            self._mail.template_settled(mail, refusal)

    def _take(self, mail: SealedTemplate, makers: tuple[NodeKey, ...], reader: FaceReader) -> PieceRefusal | None:
        """Keep it, when it is for us, of the enrolment node, of our model, its person still agrees, is known here by no
        other face, and nobody else here has that one. Why it will never be taken otherwise. Raises SealAgain."""
        senders = frozenset(bytes.fromhex(maker.public_key) for maker in makers)
        try:
            person, content, model = open_template(self._templates.photo_keys.all(), self._node_id, mail, senders)
            template = template_from_bytes(content, model) if model == reader.model else None
        except SentByNobody:
            self._demand_rules_since(mail)
            return PieceRefusal.NOT_THE_MAKER
        except (NotForUs, ValueError) as error:
            log.warning("a template for %s is damaged, or its sender lies: %s", mail.cardholder_id, error)
            return PieceRefusal.DAMAGED
        if template is None:
            return PieceRefusal.OTHER_MODEL
        if not self._may_be_compared(person):
            self._demand_rules_since(mail)
            return PieceRefusal.NO_CONSENT
        if self._templates.was_erased_since(person, mail.sealed_at):
            return PieceRefusal.ERASED_SINCE
        if looks_like_somebody_else(self._templates, person, template):
            return PieceRefusal.LOOKS_LIKE_ANOTHER
        if is_another_face(self._templates, person, template):
            return PieceRefusal.ANOTHER_FACE
        return None if self._keep(person, template, piece=mail.piece) else PieceRefusal.ERASED_SINCE

    def _demand_rules_since(self, mail: SealedTemplate) -> None:
        """Rules from before it was sealed, as a node has that was away, may not know yet who sent it or who agreed.
        Raises SealAgain."""
        issued_at = self._rules().issued_at
        if mail.sealed_at is not None and (issued_at is None or issued_at < mail.sealed_at):
            raise SealAgain("the rules here are from before it was sealed")

    def _keep(
        self, cardholder_id: UUID, template: Template, photos: Sequence[bytes] = (), sources: Sequence[bytes] = (),
        piece: str | None = None, since: datetime | None = None,
    ) -> bool:  # fmt: skip
        """False when the person withdrew meanwhile, or after `since`: then nothing is kept. `piece`: what another node
        made it of."""
        told = TemplateStored(cardholder_id=cardholder_id, model=template.model, photos=template.photos, piece=piece)
        try:
            self._templates.put(
                cardholder_id, template.to_bytes(), template.model, told=told, photos=photos, sources=sources,
                since=since,
            )  # fmt: skip
        except ErasureOrdered:
            return False
        return True

    def _may_be_compared(self, cardholder_id: UUID) -> bool:
        """Asked of this node's own rules: central's word alone makes no template (PRIV-01)."""
        holder = self._rules().cardholder(cardholder_id)
        return holder is not None and holder.may_be_compared(self._now())

    def _left_out(self, cardholder_id: UUID) -> frozenset[UUID]:
        return self._rules().left_out(cardholder_id)

    def _lets_photos_be_used(self, cardholder_id: UUID) -> bool:
        """Whether photos of theirs may be kept, and a template be made of them: by these rules, at this hour."""
        holder = self._rules().cardholder(cardholder_id)
        return holder is not None and holder.keeps_photos and holder.may_be_compared(self._now())

    # -- photos --------------------------------------------------------------------------------------------------

    def _made(
        self, job: EnrolmentJob, others: tuple[Recipient, ...], reader: FaceReader, waited_at: datetime
    ) -> EnrolmentAnswer:
        """A template of the photos, kept here and sealed for the others where they agreed; or what is wrong. The photos
        die here, but for those of somebody who chose that they stay: by the job and by this node's own rules.

        `waited_at`: by central's clock, when they still waited there. Of whoever withdrew since, and agreed anew while
        a template was made of them, they are of before: none is kept, and another node takes none."""
        if not self._may_be_compared(job.cardholder_id):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.NO_CONSENT, sent=job.sent)
        secrets = self._templates.photo_keys.all()
        photos: list[bytes] = []
        problems: list[PhotoProblem] = []
        for number, sealed in enumerate(job.photos, start=1):
            try:
                photos.append(open_photo(secrets, sealed, job.enrolment_id, number, job.cardholder_id))
            except NotForUs as error:
                log.warning("photo %d of enrolment %s: %s", number, job.enrolment_id, error)
                problems.append(PhotoProblem(problem="not_for_this_node", photo=number))
        if problems:
            return _refused(job, problems)
        sources = [hashlib.sha256(sealed.sealed).digest() for sealed in job.photos]
        if self._templates.were_used_up(sources):
            log.warning("enrolment %s: these photos made a template that is no more", job.enrolment_id)
            return _refused(job, [PhotoProblem(problem="used_before")])
        made = make_template(photos, reader, guided=job.guided, read=decode_sealed)
        if isinstance(made, EnrolmentRefused):
            return _refused(job, [PhotoProblem(problem=one.problem.value, photo=one.photo) for one in made.complaints])
        if looks_like_somebody_else(self._templates, job.cardholder_id, made):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.DUPLICATE, sent=job.sent)
        if is_another_face(self._templates, job.cardholder_id, made):
            return _refused(job, [PhotoProblem(problem=ANOTHER_FACE)])
        stay = photos if job.keep_photos and self._lets_photos_be_used(job.cardholder_id) else ()
        if not self._keep(job.cardholder_id, made, stay, sources, since=waited_at):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.NO_CONSENT, sent=job.sent)
        sealed_templates = tuple(
            seal_template(self._keys, other, job.cardholder_id, made.to_bytes(), made.model, at=waited_at)
            for other in but(others, self._left_out(job.cardholder_id))
        )
        return EnrolmentAnswer(
            enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.ENROLLED, templates=sealed_templates, sent=job.sent
        )


def _refused(job: EnrolmentJob, problems: list[PhotoProblem]) -> EnrolmentAnswer:
    return EnrolmentAnswer(
        enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.REFUSED, problems=tuple(problems[:6]), sent=job.sent
    )

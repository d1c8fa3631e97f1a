"""The node's desk for faces that arrive by mail: photos to make templates of, and templates that other nodes made.

Central says with the downlink that there is mail; the work is done here, in a thread of its own, so that no command
waits for a face to be looked at. Everything may be done twice: central keeps a piece of mail until it hears its fate.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from edge.enrolment.anew import Anew, looks_like_somebody_else
from edge.enrolment.seals import NotForUs, PhotoKey, open_template, seal_template
from edge.store.keys import KeyRing
from edge.store.templates import ErasureOrdered, Templates
from edge.store.view import RulesView
from edge.sync.errors import SyncError
from edge.sync.status import Backoff
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import Template, template_from_bytes
from models.wire.events import TemplateStored
from models.wire.faces import (
    EARLIER_MAX,
    NOT_ANEW_MAX,
    EnrolmentAnswer,
    EnrolmentJob,
    EnrolmentKey,
    EnrolmentOutcome,
    FaceMail,
    NodeKey,
    NotMadeAnew,
    PhotoProblem,
    SealedTemplate,
    TemplateAnew,
    TemplateModels,
)

LOOK_EVERY_S = 60.0
"""How often mail is asked for although nobody said that there is any."""

log = logging.getLogger(__name__)


class MailBox(Protocol):
    """What the desk asks of central. Each raises SyncError."""

    def offer_photo_key(self, key: EnrolmentKey) -> None: ...
    def tell_models(self, models: TemplateModels) -> None: ...
    def face_mail(self) -> FaceMail: ...
    def send_anew(self, anew: TemplateAnew) -> None: ...
    def answer_enrolment(self, answer: EnrolmentAnswer) -> None: ...
    def template_settled(self, cardholder_id: UUID, taken: bool) -> None: ...


class EnrolmentDesk:
    """`run` is the thread. Without face models (`reader` None) this node makes no template and takes none."""

    def __init__(
        self, node_id: UUID, mail: MailBox, keys: KeyRing, templates: Templates, reader: FaceReader | None,
        rules: Callable[[], RulesView], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._node_id, self._mail, self._keys = node_id, mail, keys
        self._templates, self._reader, self._rules = templates, reader, rules
        self._now = now
        self._key = PhotoKey(keys)
        self._there_is_mail = threading.Event()
        self._offered = False
        self._told: TemplateModels | None = None
        self._anew = Anew(node_id, mail.send_anew, keys, templates, self._lets_photos_be_used)

    def knock(self) -> None:
        """There is mail."""
        self._there_is_mail.set()

    def run(self, stop: threading.Event) -> None:
        backoff = Backoff()
        while not stop.is_set():
            self._there_is_mail.clear()
            try:
                self.step()
            except SyncError as error:
                log.warning("faces by mail: %s", error)
                stop.wait(backoff.next_s())
                continue
            backoff.reset()
            for _ in range(int(LOOK_EVERY_S * 2)):
                if stop.is_set() or self._there_is_mail.wait(0.5):
                    break

    def step(self) -> None:
        """Say where photos are to be sealed to, and deal with everything that waits. Raises SyncError."""
        if self._reader is None:
            return
        if not self._offered:
            self._mail.offer_photo_key(self._key.public)
            self._offered = True
        mail = self._mail.face_mail()
        for template in mail.templates:
            taken = self._take(template, mail.others, self._reader)
            self._mail.template_settled(template.cardholder_id, taken)
        for job in mail.jobs:
            self._mail.answer_enrolment(self._made(job, mail.others, self._reader))
        if self._anew.make(self._reader, mail.others):
            self.knock()  # there are more, and mail is not to wait for all of them
        self._anew.pass_on(mail.wanted, mail.others, self._reader.model)
        self._tell_models(self._reader.model)

    def _tell_models(self, model: str) -> None:
        """Whom this node no longer knows by face, because its model is another since: they are asked for new photos."""
        earlier = sorted(self._templates.of_other_models(model))
        in_vain = [
            NotMadeAnew(cardholder_id=person, problems=problems)
            for person in earlier
            if (problems := self._anew.in_vain.get(person))
        ]
        told = TemplateModels(model=model, earlier=tuple(earlier[:EARLIER_MAX]), not_anew=tuple(in_vain[:NOT_ANEW_MAX]))
        if told != self._told:
            self._mail.tell_models(told)
            self._told = told

    # -- templates that others made ------------------------------------------------------------------------------

    def _take(self, mail: SealedTemplate, others: tuple[NodeKey, ...], reader: FaceReader) -> bool:
        """Keep it, when it is for us, of our model, its person still agrees, and nobody else here has that face.
        False: it will never be taken."""
        senders = frozenset(bytes.fromhex(other.public_key) for other in others)
        try:
            person, content, model = open_template(self._keys, self._node_id, mail, senders)
        except NotForUs as error:
            log.warning("a template for %s was not taken: %s", mail.cardholder_id, error)
            return False
        template = template_from_bytes(content, model) if model == reader.model else None
        if template is None or not self._may_be_compared(person):
            return False
        if looks_like_somebody_else(self._templates, person, template):
            log.warning("a template for %s was not taken: somebody else here looks like it", person)
            return False
        return self._keep(person, template)

    def _keep(self, cardholder_id: UUID, template: Template, photos: Sequence[bytes] = ()) -> bool:
        """False when the person withdrew meanwhile: then nothing is kept."""
        told = TemplateStored(cardholder_id=cardholder_id, model=template.model, photos=template.photos)
        try:
            self._templates.put(cardholder_id, template.to_bytes(), template.model, told=told, photos=photos)
        except ErasureOrdered:
            return False
        return True

    def _may_be_compared(self, cardholder_id: UUID) -> bool:
        """Asked of this node's own rules: central's word alone makes no template (PRIV-01)."""
        holder = self._rules().cardholder(cardholder_id)
        return holder is not None and holder.may_be_compared(self._now())

    def _lets_photos_be_used(self, cardholder_id: UUID) -> bool:
        """Whether photos of theirs may be kept, and a template be made of them: by these rules, at this hour."""
        holder = self._rules().cardholder(cardholder_id)
        return holder is not None and holder.keeps_photos and holder.may_be_compared(self._now())

    # -- photos --------------------------------------------------------------------------------------------------

    def _made(self, job: EnrolmentJob, others: tuple[NodeKey, ...], reader: FaceReader) -> EnrolmentAnswer:
        """A template of the photos, kept here and sealed for the others; or what is wrong. The photos die here,
        but for those of somebody who chose that they stay: by the job and by this node's own rules."""
        if not self._may_be_compared(job.cardholder_id):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.NO_CONSENT)
        photos: list[bytes] = []
        problems: list[PhotoProblem] = []
        for number, sealed in enumerate(job.photos, start=1):
            try:
                photos.append(self._key.open(sealed, job.enrolment_id, number))
            except NotForUs as error:
                log.warning("photo %d of enrolment %s: %s", number, job.enrolment_id, error)
                problems.append(PhotoProblem(problem="not_for_this_node", photo=number))
        if problems:
            return _refused(job, problems)
        made = make_template(photos, reader, guided=job.guided)
        if isinstance(made, EnrolmentRefused):
            return _refused(job, [PhotoProblem(problem=one.problem.value, photo=one.photo) for one in made.complaints])
        if looks_like_somebody_else(self._templates, job.cardholder_id, made):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.DUPLICATE)
        stay = photos if job.keep_photos and self._lets_photos_be_used(job.cardholder_id) else ()
        if not self._keep(job.cardholder_id, made, stay):
            return EnrolmentAnswer(enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.NO_CONSENT)
        sealed_templates = tuple(
            seal_template(
                self._keys, other.node_id, bytes.fromhex(other.public_key), job.cardholder_id, made.to_bytes(),
                made.model,
            )
            for other in others
        )  # fmt: skip
        return EnrolmentAnswer(
            enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.ENROLLED, templates=sealed_templates
        )


def _refused(job: EnrolmentJob, problems: list[PhotoProblem]) -> EnrolmentAnswer:
    return EnrolmentAnswer(
        enrolment_id=job.enrolment_id, outcome=EnrolmentOutcome.REFUSED, problems=tuple(problems[:6])
    )

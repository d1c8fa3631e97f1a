"""The node's desk for the watch group: sealed photos of an entry become its template, here and at the other nodes.

Central's mail alone makes nothing: the entry must stand in the signed rules that this node has. What came before its
rules waits for them; what is over is destroyed at each round, at the latest a minute after its time.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from edge.enrolment.receiving import Recipient, recipients
from edge.enrolment.seals import (
    FOR_THE_WATCH_GROUP,
    NotForUs,
    SealAgain,
    open_photo,
    open_template,
    seal_template,
)
from edge.store.database import DatabaseFault
from edge.store.keys import KeyRing
from edge.store.photo_keys import PhotoKeys
from edge.store.view import RulesView
from edge.sync.errors import SyncError
from edge.sync.rounds import Rounds
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import decode_sealed
from edge.verify.face.template import template_from_bytes
from edge.watch_group.group import WatchGroup
from models.wire.faces import (
    PHOTO_FOR_WATCHING,
    EnrolmentAnswer,
    EnrolmentOutcome,
    NodeKey,
    PhotoProblem,
    SealedTemplate,
    TemplateAnew,
    WantedTemplate,
    WatchJob,
    WatchMail,
)

LOOK_EVERY_S = 60.0

log = logging.getLogger(__name__)


class WatchBox(Protocol):
    """What the desk asks of central. Each raises SyncError."""

    def watch_mail(self) -> WatchMail: ...
    def answer_watch(self, answer: EnrolmentAnswer) -> None: ...
    def watch_settled(self, mail: SealedTemplate, taken: bool) -> None: ...
    def watch_again(self, mail: SealedTemplate) -> None: ...
    def send_watch_anew(self, anew: TemplateAnew) -> None: ...


class WatchDesk:
    """`run` is the thread. `photo_keys`: those that the enrolment desk tells central."""

    def __init__(
        self, node_id: UUID, box: WatchBox, keys: KeyRing, group: WatchGroup, reader: FaceReader | None,
        rules: Callable[[], RulesView], photo_keys: PhotoKeys,
    ) -> None:  # fmt: skip
        self._node_id, self._box, self._keys, self._group, self._reader = node_id, box, keys, group, reader
        self._rules, self._photo_keys = rules, photo_keys
        self._rounds = Rounds(LOOK_EVERY_S, (SyncError, DatabaseFault))

    def knock(self) -> None:
        """There is mail."""
        self._rounds.knock()

    def rules_changed(self) -> None:
        """Who is no longer in the group is destroyed here and now, whatever the desk's own thread waits for: a photo
        that is looked at, or central, which may leave a question unanswered for long. What fails, it does again."""
        try:
            self._group.erase_over()
        except (DatabaseFault, sqlite3.Error, OSError) as error:
            log.warning("the watch group: %s", error)
        self.knock()

    def run(self, stop: threading.Event) -> None:
        self._rounds.run(self.step, stop, "the watch group")

    def step(self) -> None:
        """Destroy what is over; then deal with everything that waits. Raises SyncError, DatabaseFault."""
        self._group.erase_over()
        if self._reader is None:
            return
        mail = self._box.watch_mail()
        nodes = self._rules().nodes(mail.others)
        others = recipients(nodes, mail.others)
        makers = self._rules().makers(mail.others)
        for template in mail.templates:
            if self._group.stands(template.cardholder_id):
                self._settle(template, makers, self._reader)
        for job in mail.jobs:
            if self._group.stands(job.entry_id):
                self._box.answer_watch(self._made(job, others, self._reader))
        self._pass_on(mail.wanted, others, self._reader.model)

    def _settle(self, mail: SealedTemplate, makers: tuple[NodeKey, ...], reader: FaceReader) -> None:
        try:
            taken = self._take(mail, makers, reader)
        except SealAgain as error:
            log.warning("a face of the watch group is asked for again: %s", error)
            self._box.watch_again(mail)
        else:
            self._box.watch_settled(mail, taken)

    def _pass_on(self, wanted: Sequence[WantedTemplate], others: tuple[Recipient, ...], model: str) -> None:
        """Seal faces of ours once more, for nodes that missed them."""
        by_id = {other.node_id: other for other in others}
        for one in wanted:
            found = self._group.get(one.cardholder_id)
            if one.node_id in by_id and found is not None and found[1] == model:
                sealed = seal_template(
                    self._keys, by_id[one.node_id], one.cardholder_id, found[0], model, FOR_THE_WATCH_GROUP
                )
                self._box.send_watch_anew(TemplateAnew(cardholder_id=one.cardholder_id, templates=(sealed,)))

    def _take(self, mail: SealedTemplate, makers: tuple[NodeKey, ...], reader: FaceReader) -> bool:
        senders = frozenset(bytes.fromhex(maker.public_key) for maker in makers)
        try:
            entry_id, content, model = open_template(
                self._photo_keys.all(), self._node_id, mail, senders, FOR_THE_WATCH_GROUP
            )
            template = template_from_bytes(content, model) if model == reader.model else None
        except (NotForUs, ValueError) as error:
            log.warning("a face of the watch group was not taken: %s", error)
            return False
        if template is None or self._group.why_not() is not None:
            return False
        return self._group.keep(entry_id, template)

    def _made(self, job: WatchJob, others: tuple[Recipient, ...], reader: FaceReader) -> EnrolmentAnswer:
        if self._group.why_not() is not None:
            return _refused(job, [PhotoProblem(problem="no_search")])
        secrets = self._photo_keys.all()
        photos: list[bytes] = []
        for number, sealed in enumerate(job.photos, start=1):
            try:
                photos.append(open_photo(secrets, sealed, job.entry_id, number, purpose=PHOTO_FOR_WATCHING))
            except NotForUs as error:
                log.warning("photo %d of the watch group's entry %s: %s", number, job.entry_id, error)
                return _refused(job, [PhotoProblem(problem="not_for_this_node", photo=number)])
        made = make_template(photos, reader, read=decode_sealed)
        if isinstance(made, EnrolmentRefused):
            return _refused(job, [PhotoProblem(problem=one.problem.value, photo=one.photo) for one in made.complaints])
        if not self._group.keep(job.entry_id, made):
            return EnrolmentAnswer(enrolment_id=job.entry_id, outcome=EnrolmentOutcome.NO_CONSENT, sent=job.sent)
        sealed_templates = tuple(
            seal_template(self._keys, other, job.entry_id, made.to_bytes(), made.model, FOR_THE_WATCH_GROUP)
            for other in others
        )
        return EnrolmentAnswer(
            enrolment_id=job.entry_id, outcome=EnrolmentOutcome.ENROLLED, templates=sealed_templates, sent=job.sent
        )


def _refused(job: WatchJob, problems: list[PhotoProblem]) -> EnrolmentAnswer:
    return EnrolmentAnswer(
        enrolment_id=job.entry_id, outcome=EnrolmentOutcome.REFUSED, problems=tuple(problems[:6]), sent=job.sent
    )

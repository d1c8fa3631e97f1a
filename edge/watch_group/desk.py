"""The node's desk for the watch group: sealed photos of an entry become its template, here and at the other nodes.

Central's mail alone makes nothing: the entry must stand in the signed rules that this node has. What came before its
rules waits for them; what is over is destroyed at each round, at the latest a minute after its time.
"""

from __future__ import annotations

import logging
import threading
from typing import Protocol
from uuid import UUID

from edge.enrolment.seals import FOR_THE_WATCH_GROUP, NotForUs, PhotoKey, open_template, seal_template
from edge.store.database import DatabaseFault
from edge.store.keys import KeyRing
from edge.sync.errors import SyncError
from edge.sync.status import Backoff
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.template import template_from_bytes
from edge.watch_group.group import WatchGroup
from models.wire.faces import (
    PHOTO_FOR_WATCHING,
    EnrolmentAnswer,
    EnrolmentOutcome,
    NodeKey,
    PhotoProblem,
    SealedTemplate,
    WatchJob,
    WatchMail,
)

LOOK_EVERY_S = 60.0

log = logging.getLogger(__name__)


class WatchBox(Protocol):
    """What the desk asks of central. Each raises SyncError."""

    def watch_mail(self) -> WatchMail: ...
    def answer_watch(self, answer: EnrolmentAnswer) -> None: ...
    def watch_settled(self, entry_id: UUID, taken: bool) -> None: ...


class WatchDesk:
    """`run` is the thread."""

    def __init__(
        self, node_id: UUID, box: WatchBox, keys: KeyRing, group: WatchGroup, reader: FaceReader | None
    ) -> None:
        self._node_id, self._box, self._keys, self._group, self._reader = node_id, box, keys, group, reader
        self._key = PhotoKey(keys)
        self._knocked = threading.Event()

    def knock(self) -> None:
        """There is mail, or there are other rules."""
        self._knocked.set()

    def run(self, stop: threading.Event) -> None:
        backoff = Backoff()
        while not stop.is_set():
            self._knocked.clear()
            try:
                self.step()
            except (SyncError, DatabaseFault) as error:
                log.warning("the watch group: %s", error)
                stop.wait(backoff.next_s())
                continue
            backoff.reset()
            for _ in range(int(LOOK_EVERY_S * 2)):
                if stop.is_set() or self._knocked.wait(0.5):
                    break

    def step(self) -> None:
        """Destroy what is over; then deal with everything that waits. Raises SyncError, DatabaseFault."""
        self._group.erase_over()
        if self._reader is None:
            return
        mail = self._box.watch_mail()
        for template in mail.templates:
            if self._group.stands(template.cardholder_id):
                taken = self._take(template, mail.others, self._reader)
                self._box.watch_settled(template.cardholder_id, taken)
        for job in mail.jobs:
            if self._group.stands(job.entry_id):
                self._box.answer_watch(self._made(job, mail.others, self._reader))

    def _take(self, mail: SealedTemplate, others: tuple[NodeKey, ...], reader: FaceReader) -> bool:
        senders = frozenset(bytes.fromhex(other.public_key) for other in others)
        try:
            entry_id, content, model = open_template(self._keys, self._node_id, mail, senders, FOR_THE_WATCH_GROUP)
        except NotForUs as error:
            log.warning("a face of the watch group was not taken: %s", error)
            return False
        if model != reader.model or self._group.why_not() is not None:
            return False
        return self._group.keep(entry_id, template_from_bytes(content, model))

    def _made(self, job: WatchJob, others: tuple[NodeKey, ...], reader: FaceReader) -> EnrolmentAnswer:
        if self._group.why_not() is not None:
            return _refused(job, [PhotoProblem(problem="no_search")])
        photos: list[bytes] = []
        for number, sealed in enumerate(job.photos, start=1):
            try:
                photos.append(self._key.open(sealed, job.entry_id, number, PHOTO_FOR_WATCHING))
            except NotForUs as error:
                log.warning("photo %d of the watch group's entry %s: %s", number, job.entry_id, error)
                return _refused(job, [PhotoProblem(problem="not_for_this_node", photo=number)])
        made = make_template(photos, reader)
        if isinstance(made, EnrolmentRefused):
            return _refused(job, [PhotoProblem(problem=one.problem.value, photo=one.photo) for one in made.complaints])
        if not self._group.keep(job.entry_id, made):
            return EnrolmentAnswer(enrolment_id=job.entry_id, outcome=EnrolmentOutcome.NO_CONSENT)
        sealed_templates = tuple(
            seal_template(
                self._keys,
                other.node_id,
                bytes.fromhex(other.public_key),
                job.entry_id,
                made.to_bytes(),
                made.model,
                FOR_THE_WATCH_GROUP,
            )
            for other in others
        )
        return EnrolmentAnswer(enrolment_id=job.entry_id, outcome=EnrolmentOutcome.ENROLLED, templates=sealed_templates)


def _refused(job: WatchJob, problems: list[PhotoProblem]) -> EnrolmentAnswer:
    return EnrolmentAnswer(enrolment_id=job.entry_id, outcome=EnrolmentOutcome.REFUSED, problems=tuple(problems[:6]))

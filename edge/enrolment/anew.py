"""After a change of the face model: templates made anew of photos that people let this node keep (PRIV-09).

Whoever left no photos is asked for new ones (desk.py tells central who). A template goes to the other nodes before it
is kept here: a power cut between the two makes it once more, and never leaves this node alone with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from edge.enrolment.receiving import Recipient, but
from edge.enrolment.seals import seal_template
from edge.store.keys import KeyRing, SealBroken
from edge.store.templates import Templates
from edge.verify.face.enrol import EnrolmentRefused, make_template
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import decode_sealed
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import verify_threshold
from models.wire.events import TemplateStored
from models.wire.faces import PhotoProblem, TemplateAnew, WantedTemplate

AT_ONCE = 10
"""People of one step, some five seconds: photos of a phone that waits come in between."""
LOOKS_LIKE_ANOTHER, UNREADABLE = "looks_like_another", "kept_photos_damaged"
"""What can be wrong with photos that were in order once."""
ANOTHER_FACE = "another_face"
"""What is wrong with photos of somebody else than the person who is known here."""

log = logging.getLogger(__name__)


class Anew:
    """`in_vain`: whose photos were tried since the start and gave no template, and why. They are not tried again."""

    def __init__(
        self, node_id: UUID, send: Callable[[TemplateAnew], None], keys: KeyRing, templates: Templates,
        may_use: Callable[[UUID], bool], left_out: Callable[[UUID], frozenset[UUID]], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        """`may_use`: whether this person lets photos be kept and agrees to be known by face, at this moment.
        `left_out`: the nodes at whose gates they do not."""
        self._node_id, self._send, self._keys, self._templates = node_id, send, keys, templates
        self._may_use, self._left_out, self._now = may_use, left_out, now
        self.in_vain: dict[UUID, tuple[PhotoProblem, ...]] = {}

    def make(self, reader: FaceReader, others: tuple[Recipient, ...]) -> bool:
        """The next few people. True when there are more. Raises SyncError."""
        earlier = self._templates.of_other_models(reader.model) & self._templates.photos.holders()
        due = [person for person in sorted(earlier - self.in_vain.keys()) if self._may_use(person)]
        for person in due[:AT_ONCE]:
            began = self._now()
            made = self._made(person, reader)
            if isinstance(made, Template):
                self._put(person, made, others, began)
            else:
                log.warning("kept photos of %s give no template under %s", person, reader.model)
                self.in_vain[person] = made
        return len(due) > AT_ONCE

    def pass_on(self, wanted: Sequence[WantedTemplate], others: tuple[Recipient, ...], model: str) -> None:
        """Seal templates of ours for nodes that lack them: that came to our model after they were made, or missed them.
        Raises SyncError."""
        by_id = {other.node_id: other for other in others}
        for one in wanted:
            read_at = self._now()  # whoever is erased after it has it taken by no other node
            found = self._templates.get(one.cardholder_id)
            if one.node_id in by_id and found is not None and found[1] == model:
                self._share(one.cardholder_id, found[0], model, (by_id[one.node_id],), read_at)

    def _made(self, person: UUID, reader: FaceReader) -> Template | tuple[PhotoProblem, ...]:
        """Not asked whether they look to either side: that was judged when they were taken."""
        try:
            photos = self._templates.photos.of(person)
        except SealBroken:
            photos = ()
        if not photos:
            return (PhotoProblem(problem=UNREADABLE),)
        made = make_template(photos, reader, read=decode_sealed)
        if isinstance(made, EnrolmentRefused):
            return tuple(PhotoProblem(problem=one.problem.value, photo=one.photo) for one in made.complaints)[:6]
        if looks_like_somebody_else(self._templates, person, made):
            return (PhotoProblem(problem=LOOKS_LIKE_ANOTHER),)
        return made

    def _put(self, person: UUID, made: Template, others: tuple[Recipient, ...], began: datetime) -> None:
        self._share(person, made.to_bytes(), made.model, others, began)
        told = TemplateStored(cardholder_id=person, model=made.model, photos=made.photos, anew=True)
        self._templates.put_anew(person, made.to_bytes(), made.model, told=told)

    def _share(self, person: UUID, content: bytes, model: str, others: tuple[Recipient, ...], at: datetime) -> None:
        agreed = but(others, self._left_out(person))
        if agreed:
            sealed = (seal_template(self._keys, other, person, content, model, at=at) for other in agreed)
            self._send(TemplateAnew(cardholder_id=person, templates=tuple(sealed)))


def looks_like_somebody_else(templates: Templates, cardholder_id: UUID, made: Template) -> bool:
    """Whether somebody else's template would verify as this one: the same face twice, or a twin (ACC-14). Theirs counts
    whatever they agree to just now: once they agree again, neither of the two would ever be known."""
    least = verify_threshold(made.model, made.photos)
    return any(
        float(template_from_bytes(content, model).vector @ made.vector) >= least
        for person, content, model in templates.everybody()
        if person != cardholder_id and model == made.model
    )


def is_another_face(templates: Templates, cardholder_id: UUID, made: Template) -> bool:
    """Whether this person is known here by a face that this one does not verify as (1:1, as photos of one set do).

    Whoever holds a link, or writes central's database, replaces nobody's face with it: the old one goes first, by a
    withdrawal, which every gate confirms. A template of an earlier model can be compared with nothing and stops nobody.
    """
    known = templates.get(cardholder_id)
    if known is None or known[1] != made.model:
        return False
    stored = template_from_bytes(*known)
    least = verify_threshold(made.model, max(stored.photos, made.photos), calibrated=True)
    return float(stored.vector @ made.vector) < least

"""What an enrolment may be, and how long its pieces live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

INVITATION_LIFE = timedelta(hours=24)
AT_DESK_LIFE = timedelta(minutes=30)
"""A link that is opened at the desk, with the person there: nobody else shall find it on that screen later."""
PHOTOS_LIFE = timedelta(hours=1)
"""Sealed photos that no node fetched are deleted: the person is asked for new ones."""
KEY_LIFE = timedelta(hours=2)
"""How long photos are sealed to a key that its node told: it tells the next one each hour. A node that does not is
away, or looks at no faces any more and has destroyed it."""
TRIES_MAX = 10

PHOTOS = "face_photos"
WATCH_PHOTOS, WATCH_TEMPLATE = "watch_photos", "watch_template"
"""Kinds of mail; a template's is in `nodes.faces.rules`."""
MAKER_CHANGED: list[dict[str, object]] = [{"problem": "maker_changed", "photo": None}]
"""Photos that waited for a node which is the enrolment node no more: nothing is wrong with them, nobody opens them."""


class EnrolmentState(StrEnum):
    """INVITED until photos come; WAITING until the node answers; ENROLLED ends it, every other answer asks again."""

    INVITED = "invited"
    WAITING = "waiting"
    ENROLLED = "enrolled"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    NO_CONSENT = "no_consent"
    LATE = "late"


class Step(StrEnum):
    """What the page behind a link has for the person now."""

    CONSENT = "consent"
    PHOTOS = "photos"
    DONE = "done"
    CLOSED = "closed"
    MOVED_OUT = "moved_out"


def step_of(
    state: EnrolmentState, tries: int, *, agrees: bool, newer_text: bool, known: bool, again: bool = False
) -> Step:
    """`newer_text`: than the one they agreed to, which is asked for first even while the old consent still counts.
    `known`: a gate has a template of them that stays; whoever wants new photos nevertheless says so (`again`)."""
    if not agrees or newer_text:
        return Step.CONSENT
    if state is EnrolmentState.ENROLLED or (known and state is EnrolmentState.INVITED and not again):
        return Step.DONE
    if state is EnrolmentState.WAITING or may_send(state, tries):
        return Step.PHOTOS
    return Step.CLOSED


def may_send(state: EnrolmentState, tries: int) -> bool:
    """Whether photos may be sent (again)."""
    return state not in (EnrolmentState.WAITING, EnrolmentState.ENROLLED) and tries < TRIES_MAX


def answers_newest(unanswered: Sequence[str], sent: str | None) -> bool:
    """Whether an answer is one to the photos that were sent last. `unanswered`: oldest first; empty where those of
    before the question was asked wait, or none at all. `sent` None: a node of before does not say, and is believed
    while there are no others that it could mean."""
    if sent is None:
        return len(unanswered) <= 1
    return not unanswered or sent == unanswered[-1]

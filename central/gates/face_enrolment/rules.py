"""What an enrolment may be, and how long its pieces live."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

INVITATION_LIFE = timedelta(hours=24)
AT_DESK_LIFE = timedelta(minutes=30)
"""A link that is opened at the desk, with the person there: nobody else shall find it on that screen later."""
PHOTOS_LIFE = timedelta(hours=1)
"""Sealed photos that no node fetched are deleted: the person is asked for new ones."""
TRIES_MAX = 10

PHOTOS, TEMPLATE = "face_photos", "face_template"
WATCH_PHOTOS, WATCH_TEMPLATE = "watch_photos", "watch_template"
"""Kinds of mail."""


class EnrolmentState(StrEnum):
    """INVITED until photos come; WAITING until the node answers; ENROLLED ends it, every other answer asks again."""

    INVITED = "invited"
    WAITING = "waiting"
    ENROLLED = "enrolled"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    NO_CONSENT = "no_consent"
    LATE = "late"


def may_send(state: EnrolmentState, tries: int) -> bool:
    """Whether photos may be sent (again)."""
    return state not in (EnrolmentState.WAITING, EnrolmentState.ENROLLED) and tries < TRIES_MAX

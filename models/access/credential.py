"""Who holds what: cardholders and their credentials, as the lane knows them (pseudonymous: no name, no phone)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.values.frozen import IN_ORDER, Frozen, WireValue
from models.values.time import Instant


class Kind(StrEnum):
    """What was presented. The wire knows all kinds of ACC-01; this version drives pass, face, card, PIN and remote."""

    PASS = "pass"
    FACE = "face"
    CARD = "card"
    PLATE = "plate"
    PIN = "pin"
    MOBILE = "mobile"
    REMOTE = "remote"
    EXIT_BUTTON = "exit_button"
    KEY = "key"
    INTERCOM = "intercom"


class Window(Frozen):
    """From `start` (included) to `end` (excluded)."""

    start: Instant
    end: Instant

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


class Cardholder(WireValue):
    """A person as the gates know them: groups and validity. Names stay at central.

    `face_consent`: agreed to be known by face at this gate. It ends by itself at `face_consent_until`, so that a gate
    without a link stops in time too; afterwards it is told of with that end, so that the gate can say what it was.
    `keeps_photos`: agreed besides, in words of its own, that the photos of their enrolment stay sealed at the node that
    made the template. `household_blocked_until`: the manager keeps every home that they have here from entering, until
    then at the longest, which a gate without a link counts down alone as well.
    """

    cardholder_id: UUID
    groups: Annotated[frozenset[str], IN_ORDER] = frozenset()
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    blocked: bool = False
    face_consent: bool = False
    face_consent_until: Instant | None = None
    household_blocked_until: Instant | None = None
    keeps_photos: bool = False

    def may_be_compared(self, at: datetime) -> bool:
        """Whether the consent holds at this instant."""
        return self.face_consent and (self.face_consent_until is None or at < self.face_consent_until)


class Pass(Frozen):
    """A QR pass as signed: who may enter where, when, how often. `gates` is a bit mask over gate numbers.

    `group` decides which rules apply: 0 visitor, 1 resident. A visitor's pass is complete in itself; a resident's
    names the credential under which the node's snapshot knows the cardholder.
    """

    key_id: int = Field(ge=0, le=255)
    pass_id: UUID
    site_tag: bytes = Field(min_length=8, max_length=8)
    not_before: Instant
    not_after: Instant
    gates: int = Field(ge=0, lt=1 << 64)
    uses: int = Field(ge=0, le=255, description="entries allowed; 0 = without limit inside the window")
    party: int = Field(ge=1, le=20)
    group: int = Field(ge=0, le=23)


VISITOR, RESIDENT = 0, 1
GROUP_NAMES = {VISITOR: "visitor", RESIDENT: "resident"}


def site_tag(site_id: UUID) -> bytes:
    """The 8 bytes by which a pass names its site: the random half of the site's id."""
    return site_id.bytes[8:]

"""The decision and its closed list of reasons. Every reason can be read aloud by a guard; words are in `words/`."""

from enum import StrEnum
from operator import attrgetter
from uuid import UUID

from pydantic import Field

from models.access.credential import Kind
from models.values.frozen import WireValue
from models.values.time import Instant


class Outcome(StrEnum):
    """Grant opens. Deny does not. Refer does not either, but something more can help: a second factor, a guard."""

    GRANT = "grant"
    DENY = "deny"
    REFER = "refer"


class Reason(StrEnum):
    """Why. Closed: a new reason needs a new wire version, its words in every language, and a test (ACC-04)."""

    value = property(attrgetter("_value_"))  # asked of every check of every event; the enum's own takes twice as long
    OK = "ok"
    # let through without the face that was wanted: nobody agreed to compare it, or not any more
    NO_CONSENT = "no_consent"
    CONSENT_ENDED = "consent_ended"
    # what was presented is no credential of ours
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    # it is, but not here, not now, no longer
    REVOKED = "revoked"
    BLOCKED = "blocked"
    HOUSEHOLD_BLOCKED = "household_blocked"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    WRONG_POINT = "wrong_point"
    WRONG_TIME = "wrong_time"
    NO_RULE = "no_rule"
    USED_UP = "used_up"
    PASSBACK = "passback"
    TAILGATE = "tailgate"
    WRONG_ATTEMPTS = "wrong_attempts"
    # the person in front of the camera
    SECOND_FACTOR = "second_factor"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LOW_QUALITY = "low_quality"
    LOW_SCORE = "low_score"
    AMBIGUOUS = "ambiguous"
    SPOOF = "spoof"
    NO_REFERENCE = "no_reference"
    FACE_ALONE = "face_alone"
    # the state of the gate
    LOCKDOWN = "lockdown"
    FIRE = "fire"
    FAULT = "fault"
    STALE_RULES = "stale_rules"
    INTERLOCK = "interlock"
    EBIKE = "ebike"
    # a guard's remote command
    LATE = "late"
    REPLAYED = "replayed"
    NOT_PERMITTED = "not_permitted"


class Check(WireValue):
    """One question the policy asked, and its answer: the lines of an explanation, in the order asked."""

    step: str
    passed: bool
    reason: Reason
    detail: dict[str, str] = Field(default_factory=dict)


class Decision(WireValue):
    """What the policy said, and everything needed to say why, now or in a year (GEN-04)."""

    outcome: Outcome
    reason: Reason
    kind: Kind
    at: Instant
    lane_id: UUID
    cardholder_id: UUID | None = None
    credential_id: UUID | None = None
    rule_id: UUID | None = None
    rules_version: int = Field(ge=0, description="the snapshot's version; 0 = none has arrived yet")
    rules_age_s: int | None = Field(default=None, description="since the snapshot was issued; None = no snapshot")
    score: float | None = None
    threshold: float | None = None
    detail: dict[str, str] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    inputs: dict[str, str] = Field(
        default_factory=dict, description="what it stood on beside the rules; models.access.inputs"
    )

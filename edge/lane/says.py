"""What a lane says to the person in front of it: a closed list, for a screen or a voice."""

from dataclasses import dataclass
from enum import StrEnum

from edge.verify.face.liveness.challenge import Turn
from edge.verify.face.quality import Unfit
from models.access.decision import Decision, Outcome, Reason
from models.access.verification import FaceResult, FaceStatus

CONCLUDED_S = 4.0
"""How long the answer to one person stays."""


class Say(StrEnum):
    """NOTHING: nobody is there. From WELCOME on: the answer to one person."""

    NOTHING = "nothing"
    COME_CLOSER = "come_closer"
    LOOK_STRAIGHT = "look_straight"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    HOLD_STILL = "hold_still"
    ONE_AT_A_TIME = "one_at_a_time"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    WELCOME = "welcome"
    SHOW_PASS = "show_pass"
    ASK_GUARD = "ask_guard"


ANSWERS = frozenset({Say.WELCOME, Say.SHOW_PASS, Say.ASK_GUARD})


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, since when (monotonic seconds)."""

    say: Say = Say.NOTHING
    at: float = float("-inf")


TURNS = {Turn.LEFT: Say.TURN_LEFT, Turn.RIGHT: Say.TURN_RIGHT, None: Say.LOOK_STRAIGHT}

_UNFIT = {
    Unfit.TOO_SMALL: Say.COME_CLOSER,
    Unfit.TURNED_AWAY: Say.LOOK_STRAIGHT,
    Unfit.TOO_DARK: Say.MORE_LIGHT,
    Unfit.TOO_BRIGHT: Say.LESS_LIGHT,
    Unfit.TOO_BLURRED: Say.HOLD_STILL,
    Unfit.SEVERAL_FACES: Say.ONE_AT_A_TIME,
}


def about(quality: str | None) -> Say:
    """What to do about a face that cannot be compared; whatever else is wrong, looking straight helps."""
    return next((say for unfit, say in _UNFIT.items() if unfit.value == quality), Say.LOOK_STRAIGHT)


def asked_of(result: FaceResult | None) -> Say:
    """What somebody is asked for while a face is awaited beside their pass; NOTHING of nobody, and of a fit face."""
    if result is not None and result.status is FaceStatus.SEVERAL_FACES:
        return Say.ONE_AT_A_TIME
    unfit = result is not None and result.status is FaceStatus.LOW_QUALITY
    return about(result.quality) if unfit and result is not None else Say.NOTHING


_FOR_A_GUARD = {
    Reason.LOCKDOWN, Reason.FAULT, Reason.INTERLOCK, Reason.STALE_RULES, Reason.BLOCKED, Reason.HOUSEHOLD_BLOCKED,
}  # fmt: skip


def answer(decision: Decision) -> Say:
    """What a decision is told as, without a reason that others might overhear: a guard reads that."""
    if decision.outcome is Outcome.GRANT:
        return Say.WELCOME
    if decision.reason in _FOR_A_GUARD:
        return Say.ASK_GUARD
    return Say.SHOW_PASS if decision.kind == "face" else Say.ASK_GUARD


def after(said: Said, say: Say, now: float) -> Said:
    """What is said next: an answer stays for a while before the lane falls silent, all else at once."""
    if say is said.say or (say is Say.NOTHING and said.say in ANSWERS and now - said.at < CONCLUDED_S):
        return said
    return Said(say, now)

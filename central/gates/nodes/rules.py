"""Times and states of what goes down to nodes."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from models.wire.commands import OPEN_TTL_MAX_S, Action

TOKEN_LIFE = timedelta(minutes=15)
SNAPSHOT_LIFE = timedelta(hours=72)
SNAPSHOT_RENEW = timedelta(hours=24)
WAIT_MAX_S = 8
"""A poll is answered after so long, with nothing in it if need be: a node that is there is heard of that often. Waiting
longer would spare polls, and leave a guard looking at a gate that has long been cut off."""
LOOK_FRESH = timedelta(seconds=60)
PICTURE_FRESH = timedelta(seconds=30)
LOOK_AGAIN = timedelta(seconds=1)
"""Who looks sooner after a look, or after its picture, is answered with that one: the node is not asked anew."""
PICTURE_KEPT = timedelta(seconds=50)
"""The sweep comes every ten seconds, so that no frame that a guard looked at outlives a minute (PRIV-08)."""
NONCE_LIFE = timedelta(seconds=60)
RESULT_GRACE = timedelta(seconds=60)

TTL_S = {Action.OPEN: OPEN_TTL_MAX_S, Action.LOOK: 30, Action.END_FIRE_HOLD: 30, Action.CALIBRATE: 60,
         Action.RESET_PASSBACK: 30, Action.HOLD_OPEN: 30, Action.RESUME: 30, Action.SWITCH_DIRECTION: 15}  # fmt: skip


class CommandState(StrEnum):
    """waiting -> sent -> done | refused; expired when its time ran out before a result came. A late result counts."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


def state_now(state: CommandState, expires_at: datetime, now: datetime) -> CommandState:
    """The state as it must be shown: what nobody fetched in time has expired, whether or not the job has run."""
    if state is CommandState.WAITING and now >= expires_at:
        return CommandState.EXPIRED
    if state is CommandState.SENT and now >= expires_at + RESULT_GRACE:
        return CommandState.EXPIRED
    return state


def needs_renewal(issued_at: datetime, now: datetime) -> bool:
    return now - issued_at >= SNAPSHOT_RENEW

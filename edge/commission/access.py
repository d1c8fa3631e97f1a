"""Who may use the page: whoever reads the one-time code off the node's own terminal. Pure.

    access = Access(code)                            # the code stands on the terminal, and nowhere else
    access, answer = access.tried("K7M2-9QXD", now)  # Answer.WELCOME once; the code is then used up

Five wrong tries close the door for a minute. At that rate forty bits take longer than any gate stands.
"""

import hmac
import secrets
from dataclasses import dataclass, replace
from enum import Enum, auto

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read for something else
LENGTH = 8
TRIES = 5
PAUSE_S = 60.0
SESSION_S = 8 * 3600.0


class Answer(Enum):
    WELCOME = auto()
    WRONG = auto()
    WAIT = auto()


def new_code() -> str:
    """Eight signs in two groups, as they are read aloud."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


@dataclass(frozen=True, slots=True)
class Access:
    """`code` None: used up, the next one is made by whoever holds this. Times are monotonic seconds."""

    code: str | None
    wrong: int = 0
    closed_until: float = 0.0

    def tried(self, text: str, now: float) -> tuple["Access", Answer]:
        """Somebody typed `text`."""
        if now < self.closed_until:
            return self, Answer.WAIT
        if self.code is not None and hmac.compare_digest(_plain(text).encode(), _plain(self.code).encode()):
            return Access(None), Answer.WELCOME
        wrong = self.wrong + 1
        if wrong >= TRIES:
            return replace(self, wrong=0, closed_until=now + PAUSE_S), Answer.WAIT
        return replace(self, wrong=wrong), Answer.WRONG


def _plain(text: str) -> str:
    return "".join(sign for sign in text[:40].upper() if sign in ALPHABET)

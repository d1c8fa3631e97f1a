"""What a person searched for, kept a few minutes under a token of no meaning.

A name or a phone in an address would stay in histories and logs, so a search is sent in a body. Its answer must have
an address all the same, or the way back from a person to the list is a page that the browser has to send again. The
address holds the token; the words stay here, in memory, for the session that typed them.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_FOR = timedelta(minutes=10)
KEPT_MAX = 2048
"""Of all sessions together; the oldest goes first."""
EACH_MAX = 16
"""Of one session, so that nobody pushes out everybody else's."""


@dataclass(frozen=True, slots=True)
class _Kept:
    session: str
    words: str
    at: datetime


class Asked:
    """Each process of central keeps its own; after a restart a search is typed again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def keep(self, session: str, words: str, now: datetime) -> str:
        """The token to ask for these words with. Not asked for within `KEPT_FOR`, they are forgotten."""
        token = secrets.token_urlsafe(9)
        with self._lock:
            self._forget(now)
            own = [key for key, one in self._kept.items() if one.session == session]
            for key in own[: len(own) - EACH_MAX + 1] if len(own) >= EACH_MAX else []:
                del self._kept[key]
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[token] = _Kept(session, words, now)
        return token

    def words(self, session: str, token: str, now: datetime) -> str | None:
        """What this session searched for; None once it is forgotten, and for everybody else."""
        with self._lock:
            self._forget(now)
            one = self._kept.get(token)
            return one.words if one is not None and one.session == session else None

    def _forget(self, now: datetime) -> None:
        """A clock that was set back keeps nothing for longer."""
        for token in [key for key, one in self._kept.items() if abs(now - one.at) >= KEPT_FOR]:
            del self._kept[token]

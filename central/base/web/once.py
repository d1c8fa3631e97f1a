"""Numbers that are good for one sending of a form: a page that shows a secret once is reloaded without a new one.

The answer to such a form is the page itself, and a browser that reloads it sends the form again. The second sending
would make a second secret, and kill the first, which somebody already holds. So each form that is drawn carries a
number of its own, signed for the session it was drawn for.

A sending without a number comes from no page of ours, and cannot be a reload of one: its deed is done. One with a
number that this process did not sign (an earlier process did, or it is another session's) counts as used: what is not
done can be pressed again, what is done twice cannot be taken back.
"""

from __future__ import annotations

import hmac
import secrets
import threading

USED_MAX = 4096
"""How many used numbers are remembered. A reload brings back a number of minutes ago, not one of 4096 secrets ago."""
_FRESH = 16


class Once:
    """Draws numbers into forms and remembers which were used. Each process of central its own."""

    def __init__(self, most: int = USED_MAX) -> None:
        self._key = secrets.token_bytes(32)
        self._most = most
        self._lock = threading.Lock()
        self._used: dict[str, None] = {}

    def draw(self, session: str) -> str:
        """A number for one form of one page, good in this session."""
        fresh = secrets.token_urlsafe(_FRESH)
        return f"{fresh}.{self._sign(session, fresh)}"

    def is_used(self, session: str, number: str) -> bool:
        """Whether the deed of this form was done already. "" is a form without a number."""
        if not number:
            return False
        fresh, _, signed = number.partition(".")
        if not hmac.compare_digest(self._sign(session, fresh).encode(), signed.encode()):
            return True
        with self._lock:
            return fresh in self._used

    def use(self, number: str) -> None:
        """The deed is done. A form that was refused is not used up."""
        with self._lock:
            self._used[number.partition(".")[0]] = None
            while len(self._used) > self._most:
                del self._used[next(iter(self._used))]

    def _sign(self, session: str, fresh: str) -> str:
        return hmac.new(self._key, f"{session} {fresh}".encode(), "sha256").hexdigest()[:32]

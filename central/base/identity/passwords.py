"""Passwords: argon2id, a bounded number at a time, and what a new one must be.

The defaults of argon2-cffi cost 64 MiB and about a third of a second each, so a flood of log-ins would eat the
machine: only `AT_ONCE` are worked on, `WAITING_MAX` wait for them, and the next is asked to come back at once: who
waits here keeps one of the threads that all routes share. Log-ins may take up some of these places only
(`log_in.ROOM`), so that whoever is signed in always finds one.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from central.base.kernel.errors import Invalid, TooMany

AT_ONCE = 2
WAITING_MAX = 8
WAIT_S = 10.0
RETRY_AFTER_S = 10
LENGTH_MIN = 10
LENGTH_MAX = 200
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, 1, i, o, 0: it is read off a screen and typed


class Passwords:
    """The hasher of the process. `cheap` is for tests: same algorithm, smallest costs."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()
        self._places = threading.BoundedSemaphore(AT_ONCE + WAITING_MAX)
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._nobody: str | None = None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise TooMany("identity.busy", retry_after_s=RETRY_AFTER_S)
        try:
            if not self._slots.acquire(timeout=WAIT_S):
                raise TooMany("identity.busy", retry_after_s=RETRY_AFTER_S)
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()

    def hash(self, password: str) -> str:
        with self._slot():
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """False for a wrong password. With no hash (an unknown login) the same work is done for nothing."""
        with self._slot():
            if password_hash is None:
                self._nobody = self._nobody or self._hasher.hash(secrets.token_hex())
            try:
                return self._hasher.verify(password_hash or self._nobody or "", password) and password_hash is not None
            except VerifyMismatchError:
                return False


def generate_password() -> str:
    """A one-time password of 16 readable characters in groups (79 bits)."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def check_new_password(password: str, login: str, *, field: str = "new_password") -> None:
    """Raise `Invalid` for what may not be a password: too short, too long, one character only, or the login."""
    if len(password) < LENGTH_MIN:
        raise Invalid(fields={field: "identity.password_short"})
    if len(password) > LENGTH_MAX:
        raise Invalid(fields={field: "identity.password_long"})
    if len(set(password)) < 4 or login.lower() in password.lower():
        raise Invalid(fields={field: "identity.password_weak"})

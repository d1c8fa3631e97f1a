"""A link that is a key: whoever has it needs no account. Of its token only the digest is kept."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 24
"""192 random bits: nobody guesses one, so a plain digest without a salt is enough."""
TOKEN_CHARS_MAX = 100
"""Longer than any token: what comes in an address is cut here before it is looked at."""


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token[:TOKEN_CHARS_MAX].encode("utf-8", "surrogatepass")).digest()

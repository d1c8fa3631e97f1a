"""What may go wrong in a request, as RFC 9457 problems.

A problem is raised anywhere below a route and answered by `central/base/web/problems.py`: as
application/problem+json to a program, as a page to a person, as a fragment to htmx. The words come from the
catalogues: `problem.<slug>.title` and the given `key` (default `problem.<slug>.detail`), filled with `params`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Problem(Exception):
    """Base. `extra` becomes members of the problem document (for example `expected_seq`)."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "fault"

    def __init__(self, key: str | None = None, *, extra: Mapping[str, Any] | None = None, **params: Any) -> None:
        self.key = key or f"problem.{self.slug}.detail"
        self.params = params
        self.extra: dict[str, Any] = dict(extra or {})
        self.noted = False  # whether the audit has it already
        super().__init__(f"{self.slug}: {self.key} {params}" if params else f"{self.slug}: {self.key}")

    @property
    def title_key(self) -> str:
        return f"problem.{self.slug}.title"

    @property
    def type(self) -> str:
        """A stable name for programs; it is a name, not an address to fetch."""
        return f"urn:menting:problem:{self.slug}"

    @property
    def headers(self) -> dict[str, str]:
        return {}


class Unauthenticated(Problem):
    """Nobody is signed in, or the session has ended. A person is led to the log-in page."""

    status = 401
    slug = "unauthenticated"


class Forbidden(Problem):
    status = 403
    slug = "forbidden"


class CrossOrigin(Problem):
    """A changing request that did not come from our own pages (CSRF)."""

    status = 403
    slug = "cross-origin"


class NotFound(Problem):
    """Also the answer for what belongs to another tenant: its existence is not told."""

    status = 404
    slug = "not-found"


class Conflict(Problem):
    """The state of things does not allow it, or an edit met a newer one."""

    status = 409
    slug = "conflict"


class Gone(Problem):
    status = 410
    slug = "gone"


class NoSuchLink(Gone):
    """Nothing was ever behind this link. Told as `Gone` is, so that a wrong one and one that is over look alike."""


class TooLarge(Problem):
    status = 413
    slug = "too-large"


class Invalid(Problem):
    """What was sent cannot be taken. `fields` maps a field's path to a catalogue key or to finished words."""

    status = 422
    slug = "invalid"

    def __init__(
        self,
        key: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(key, extra=extra, **params)
        self.fields: dict[str, str] = dict(fields or {})


class TooMany(Problem):
    """Locked out or rate limited; `retry_after_s` goes into the Retry-After header."""

    status = 429
    slug = "too-many"

    def __init__(self, key: str | None = None, *, retry_after_s: int, **params: Any) -> None:
        super().__init__(key, extra={"retry_after_s": retry_after_s}, **params)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(self.retry_after_s)}


class Unavailable(Problem):
    """Something central leans on is away; trying again helps."""

    status = 503
    slug = "unavailable"

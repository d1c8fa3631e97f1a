"""What can go wrong on the way to central. Whether trying again helps is the type.

SyncError
  Offline        no answer, cut off, central overloaded (5xx, 429)   trying again helps
    Untrusted    whoever answers has no certificate that we believe  trying again helps once a person has looked
  Garbled        an answer that is none of ours                      trying again may help (a captive portal goes away)
    TooLong      longer than any answer of central's can be          the same
  Unauthorised   central does not accept this node (401, 403)        a person must look; tried again rarely
  Refused        central says no to this very request (other 4xx)    the same request will be refused again
InsecureAddress  (a ValueError) an address that is neither https nor this machine
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457 problem details. `extra` holds the other members, such as `expected_seq`."""

    status: int
    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    trace: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The last part of the type: `gap` of `urn:menting:problem:gap`."""
        return self.type.rpartition(":")[2]

    def __str__(self) -> str:
        words = " ".join(word for word in (self.title, self.detail) if word) or self.type
        return f"HTTP {self.status} {words}" + (f" (trace {self.trace})" if self.trace else "")


class SyncError(Exception):
    """Root. `retry_helps` says what the caller may do; the text is fit to be shown."""

    retry_helps = True


class Offline(SyncError):
    pass


class Untrusted(Offline):
    pass


class Garbled(SyncError):
    pass


class TooLong(Garbled):
    """An answer of more bytes than any of central's to that route has. None of it is used, and the line is cut."""

    def __init__(self, route: str, most: int) -> None:
        kilobytes = most // 1000
        super().__init__(
            f"中心对 {route} 的回答超过 {kilobytes} kB，没有采用：请核对站点文件 [central] url，再看中心的日志 / the "
            f"answer to {route} is longer than {kilobytes} kB and was not used: check that url in [central] of the "
            "site file leads to central, then see central's log"
        )


class Unauthorised(SyncError):
    """Central's answer is in `problem`."""

    retry_helps = False

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"中心不接受本节点（可能已停用，或时钟不准） / central does not accept this node: {problem}")
        self.problem = problem


class Refused(SyncError):
    """Central's answer is in `problem`."""

    retry_helps = False

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"中心拒绝了请求 / central refused the request: {problem}")
        self.problem = problem


class InsecureAddress(ValueError):
    pass

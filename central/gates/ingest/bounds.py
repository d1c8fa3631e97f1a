"""Limits on what a node may send, asked before anything of it is read."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from central.base.kernel.errors import Invalid, TooLarge
from central.base.web.bounds import bounded


def at_most(size: int) -> Any:
    """For `dependencies=[…]`, first in the list: the body's declared length, and no compressed bodies.

    The outermost layer holds to the size as well (web/bounds.py). A length must be declared; the server holds the
    sender to it. A compressed body could grow without limit.
    """

    def check(request: Request) -> None:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Invalid("ingest.compressed")
        length = request.headers.get("content-length", "")
        if not length.isascii() or not length.isdecimal():
            raise Invalid("ingest.length_needed")
        if len(length) > 12 or int(length) > size:
            raise TooLarge("ingest.too_large", limit=size)

    return Depends(bounded(check, size))

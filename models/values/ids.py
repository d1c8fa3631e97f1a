"""Ids are UUID version 7 (RFC 9562, section 5.7), minted where the fact happens, before it is sent.

    48 bits unix milliseconds | 4 bits version | 12 bits sub-millisecond | 2 bits variant | 62 bits random

The 12 bits after the version carry the fraction of the millisecond, so that ids of one process sort by time.
"""

import os
import time
from uuid import UUID

_ZERO_VARIANT = 0b10 << 62


def new_id(now_ns: int | None = None) -> UUID:
    """A fresh id. `now_ns` is unix time in nanoseconds; the wall clock when left out."""
    ns = time.time_ns() if now_ns is None else now_ns
    ms, rest_ns = divmod(ns, 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    random_62 = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(ms & (1 << 48) - 1) << 80 | 7 << 76 | fraction << 64 | _ZERO_VARIANT | random_62)


def unix_ms(minted: UUID) -> int:
    """When an id was minted, in unix milliseconds, by the clock of whoever minted it."""
    return minted.int >> 80

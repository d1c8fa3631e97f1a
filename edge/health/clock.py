"""How far the node's clock is off central's, measured on each exchange (SYNC-16), and whether it was set.

An exchange gives central's time somewhere between sending and receiving. The best of the recent ones is the one with
the shortest round trip: its middle is off by at most half of that trip. What is remembered is central's time against
this machine's MONOTONIC clock, which nobody can set; so a wall clock that jumps changes the skew at once and by exactly
the jump, and never changes what time we believe it is at central.

    skew = wall - central        positive: the node's clock is ahead

Until the first exchange after a start the wall clock judges, but never earlier than what is known to lie in the past
(`models.values.clocks`). That too is carried on by the monotonic clock.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.values.clocks import judging, moved
from models.values.time import utc_now

ALARM = timedelta(seconds=5)
JUMP = timedelta(seconds=1)  # a clock being slewed moves 0.5 ms per second; a second between two looks is a jump
RECENT = 16
RECENT_S = 1800.0  # crystals drift up to about 100 ppm: 0.18 s in half an hour, well below the 1 s asked for
COARSE_RTT_S = 2.0  # an HTTP Date header counts whole seconds: as good as a two-second round trip


def boot_seconds() -> float:
    """Seconds since boot that also count while the machine sleeps, where the system can say; else monotonic."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class _Exchange:
    rtt_s: float
    received_s: float
    central_at_zero: datetime  # central's time when our monotonic clock stood at 0


class Clock:
    """The node's clocks. Any thread may use it."""

    def __init__(self, wall: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] = boot_seconds) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._recent: deque[_Exchange] = deque(maxlen=RECENT)
        self._best: _Exchange | None = None
        self._looked = self._past = (wall(), monotonic())  # an instant that lies behind us, and the monotonic one then

    def now(self) -> datetime:
        """The wall clock: what events carry. What it once said is never judged behind."""
        wall = self._wall()
        self.not_before(wall)
        return wall

    def not_before(self, at: datetime) -> None:
        """`at` lies in the past: it was written, or came with the rules."""
        monotonic = self._monotonic()
        with self._lock:
            if at > self._carried_on(monotonic):
                self._past = (at, monotonic)

    def monotonic(self) -> float:
        """Seconds of the clock that nobody can set: for intervals and for `exchanged`."""
        return self._monotonic()

    def exchanged(self, sent_s: float, received_s: float, server_time: datetime) -> None:
        """Central said `server_time` between these two instants of the monotonic clock."""
        middle = (sent_s + received_s) / 2
        exchange = _Exchange(received_s - sent_s, received_s, server_time - timedelta(seconds=middle))
        with self._lock:
            self._recent.append(exchange)
            fresh = [e for e in self._recent if received_s - e.received_s <= RECENT_S]
            self._best = min(fresh, key=lambda e: e.rtt_s)

    def exchanged_coarsely(self, sent_s: float, received_s: float, server_time: datetime) -> None:
        """A time in whole seconds (HTTP Date), cut off and not rounded: used only while nothing better is known."""
        slack = max(0.0, COARSE_RTT_S - (received_s - sent_s)) / 2
        self.exchanged(sent_s - slack, received_s + slack, server_time + timedelta(seconds=0.5))

    def central_now(self) -> datetime:
        """Central's time as well as we know it: what passes, rules, commands and consents are judged by."""
        wall, monotonic = self._wall(), self._monotonic()
        with self._lock:
            best, past = self._best, self._carried_on(monotonic)
        central = moved(best.central_at_zero, timedelta(seconds=monotonic)) if best is not None else None
        at = judging(wall, central, past)
        if best is None:
            self.not_before(at)
        return at

    def held_by(self) -> timedelta | None:
        """How far the wall clock lies behind what it may not be judged behind; None where it is not, or not asked."""
        wall, monotonic = self._wall(), self._monotonic()
        with self._lock:
            best, past = self._best, self._carried_on(monotonic)
        return past - wall if best is None and past - wall >= ALARM else None

    def _carried_on(self, monotonic: float) -> datetime:
        at, since = self._past
        return moved(at, timedelta(seconds=monotonic - since))

    def skew(self) -> timedelta | None:
        """The node's clock minus central's; None before the first exchange."""
        with self._lock:
            best = self._best
        if best is None:
            return None
        return self._wall() - (best.central_at_zero + timedelta(seconds=self._monotonic()))

    def skew_ms(self) -> int | None:
        """As events carry it."""
        skew = self.skew()
        return None if skew is None else round(skew / timedelta(milliseconds=1))

    def finding(self) -> str | None:
        """What is wrong with the wall clock, in words: off by five seconds or more, or behind what was written."""
        skew, held = self.skew(), self.held_by()
        if skew is not None and abs(skew) >= ALARM:
            seconds = abs(skew.total_seconds())
            zh, en = ("快", "ahead of") if skew > timedelta(0) else ("慢", "behind")
            return (
                f"时钟比中心{zh} {seconds:.1f} 秒，请校时；判断以中心的时间为准。 / the clock is {seconds:.1f} s {en} "
                "central's: set it; decisions go by central's"
            )
        if held is not None:
            behind = f"{held.total_seconds():.0f}"
            return (
                f"时钟比已记录的时间早 {behind} 秒：被拨回，或电池没电。连上中心前，判断以已记录的时间为准；请校时。 / "
                f"the clock is {behind} s behind what was written: set back, or its battery is dead. Until central is "
                "reached, decisions go by what was written; set the clock"
            )
        return None

    def jump(self) -> timedelta | None:
        """By how much the wall clock was set since the last call (backwards is negative); None when it was not."""
        wall, monotonic = self._wall(), self._monotonic()
        with self._lock:
            wall_before, monotonic_before = self._looked
            self._looked = (wall, monotonic)
        jumped = (wall - wall_before) - timedelta(seconds=monotonic - monotonic_before)
        return jumped if abs(jumped) >= JUMP else None

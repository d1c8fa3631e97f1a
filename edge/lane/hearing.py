"""What a lane makes of its scanner or reader: what was shown is decided while its holder stands there, or only counted.
Pure.

    lines ──┬─ a card, a pass by form ─► waiting ──┐
            └─ anything else ──────────► waiting ──┴─► one every PACE_S, those first ──► decided
                     │ of a faulty device     │ too many, or too old
                     └────────────────────────┴──► counted, told as one "backlog"

Lines are taken as fast as they come, so that each bears the time at which it arrived: whatever is left lying on the
line would be decided when it is read, and the door would open for somebody who went away a minute ago.

A device that sends without pause what is no code or card, or a line without an end, is at fault, and nobody else would
tell: the lane looks ready and every pass is swallowed. It is well again after QUIET_S of nothing bad, or after a pass
or card that came alone. Nobody holds up twenty wrong codes in ten seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from devices.ports import CardRead, Garbage, GarbageReason, Scan
from models.access.passes import claimed_pass

PACE_S = 0.05  # what a babbling line can make the thread that runs all lanes do: twenty times a second
WAITING_MAX = 20
LATE_S = 2.0
BAD_MAX, BAD_WITHIN_S = 20, 10.0
QUIET_S = 10.0
LULL_S, TELL_WITHIN_S = 0.5, 10.0
"""What was only counted is told after so long a lull, and at the latest after so long."""


Heard = Scan | CardRead | Garbage


class Fault(StrEnum):
    """What such a device does wrong; the word in front has words of its own at central (`fault_said`)."""

    BABBLES = "Babbles: 乱发数据，不是码也不是卡 / it sends what is no code and no card, without pause"
    UNENDED = "Unended: 一直在发，没有结尾 / it sends and sends, and no end of a line comes"
    KEY_HELD = "KeyHeld: 有个键一直按着，别人按不了密码 / a key is held down, and nobody can key a PIN meanwhile"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Lines that were not decided, and how long they were together."""

    count: int
    length: int


class Hearing:
    """Of one opened scanner or reader. `now` in monotonic seconds."""

    def __init__(self) -> None:
        self._passes: deque[Heard] = deque()
        self._others: deque[Heard] = deque()
        self._next_at = float("-inf")
        self._bad: deque[float] = deque(maxlen=BAD_MAX)  # when the newest of them came
        self._fault: Fault | None = None
        self._left_out = Backlog(0, 0)
        self._left_out_since = self._left_out_at = 0.0

    def hear(self, heard: Heard, now: float) -> None:
        """A line arrived. A card, and a text in the form of a pass, show that it works, whoever made them."""
        waiting = self._others
        if isinstance(heard, CardRead) or (isinstance(heard, Scan) and claimed_pass(heard.text) is not None):
            waiting = self._passes
            if not self._bad or now - self._bad[-1] >= LULL_S:
                self._well_again()
        elif self._was_bad(heard, now):
            self._leave_out(heard, now)
            return
        waiting.append(heard)
        if len(waiting) > WAITING_MAX:
            self._leave_out(waiting.popleft(), now)

    def due(self, now: float) -> Heard | Backlog | None:
        """What is to be dealt with now. The rest waits: ask again after `wait_s`."""
        for waiting in (self._passes, self._others):
            while waiting and now - waiting[0].at > LATE_S:
                self._leave_out(waiting.popleft(), now)
        if now < self._next_at:
            return None
        heard = self._due(now)
        if heard is not None:
            self._next_at = now + PACE_S
        return heard

    def left_out(self) -> Backlog | None:
        """What was only counted and not yet told."""
        left_out, self._left_out = self._left_out, Backlog(0, 0)
        return left_out if left_out.count else None

    def wait_s(self, now: float, most_s: float) -> float:
        """So long the line may be listened to before `due` is asked again."""
        if self._passes or self._others:
            return min(most_s, max(0.0, self._next_at - now))
        return min(most_s, LULL_S) if self._left_out.count else most_s

    def fault(self, now: float) -> Fault | None:
        """What is wrong with the device, judging by what it sends."""
        if self._bad and now - self._bad[-1] >= QUIET_S:
            self._well_again()
        return self._fault

    def _due(self, now: float) -> Heard | Backlog | None:
        if self._passes:
            return self._passes.popleft()
        if self._left_out.count and now - self._left_out_since >= TELL_WITHIN_S:
            return self.left_out()
        if self._others:
            return self._others.popleft()
        return self.left_out() if now - self._left_out_at >= LULL_S else None

    def _was_bad(self, heard: Scan | Garbage, now: float) -> bool:
        """Whether it only tells what is known of the device already."""
        known = self.fault(now) is not None
        self._bad.append(now)
        if isinstance(heard, Garbage) and heard.reason is GarbageReason.UNENDED:
            self._fault = Fault.UNENDED
        elif not known and len(self._bad) == BAD_MAX and now - self._bad[0] <= BAD_WITHIN_S:
            self._fault = Fault.BABBLES
        return known

    def _well_again(self) -> None:
        self._bad.clear()
        self._fault = None

    def _leave_out(self, heard: Heard, now: float) -> None:
        length = _length(heard)
        if not self._left_out.count:
            self._left_out_since = now
        self._left_out_at = now
        self._left_out = Backlog(self._left_out.count + 1, self._left_out.length + length)


def _length(heard: Heard) -> int:
    """Of a line, in bytes; of a card it is not told, and counts nothing."""
    match heard:
        case Garbage(_, length):
            return length
        case Scan(text):
            return len(text)
        case _:
            return 0

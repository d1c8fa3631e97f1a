"""A line that babbles, in simulated time: malformed, cut, garbled, repeated and flooding bytes, made from a seed.

    clock = SimulatedClock()
    line = BabblingLine(clock, seed=7, samples=(b"7BB26E", ...), end=b"\\r")    # a device that only speaks
    line = BabblingLine(clock, seed=7, samples=(), answers=board_answers)       # a device that answers

Each piece is a sound sample (or a sound answer) that something was done to, or noise. Nothing here waits: a read moves
the clock to what comes next, so that a day passes in minutes.

Of what is damaged in flight at most three bits are turned over: a CRC-16 finds every such damage in frames as short as
these, and what it cannot find no driver can either. Modbus over TCP has no checksum of its own, so that a board's lie
behind a sound head would be believed; there only what TCP can deliver is done (`stream`).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from devices.errors import Unreachable

FLOOD = 6_000
NOISE_MAX = 300
GAP_S = 20.0  # between two pieces nobody asked for, on average


@dataclass
class SimulatedClock:
    """Monotonic seconds that pass only when somebody waits."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += max(0.0, seconds)


@dataclass
class BabblingLine:
    """A Transport at whose other end something is badly wrong. One thread uses it.

    `samples`: what the device says when it is well, without `end`. `answers`: what it answers to what was written.
    `sound`: how many in a hundred of them pass unharmed. `stream`: TCP, which loses
    no byte out of the middle and turns none over. `pieces`, `came`: how many, and how many bytes, so far.
    """

    clock: SimulatedClock
    seed: int
    samples: Sequence[bytes] = ()
    end: bytes = b""
    answers: Callable[[bytes], Sequence[bytes]] | None = None
    sound: int = 0
    stream: bool = False
    unasked: bool = True
    pieces: int = 0
    came: int = 0
    _due: deque[tuple[float, bytes]] = field(default_factory=deque)
    _closed: bool = False

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._next_at = self.clock.now

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        if self._closed:
            raise Unreachable("the line is closed")
        until = self.clock.now + timeout_s
        while True:
            self._speak()
            if self._due and self._due[0][0] <= self.clock.now:
                due, data = self._due.popleft()
                if len(data) > max_bytes:
                    self._due.appendleft((due, data[max_bytes:]))
                return data[:max_bytes]
            comes_at = min(self._due[0][0] if self._due else until, self._next_at if self.unasked else until)
            if comes_at >= until:
                self.clock.now = max(self.clock.now, until)
                return b""
            self.clock.now = comes_at

    def write(self, data: bytes) -> None:
        """See Transport."""
        if self._closed:
            raise Unreachable("the line is closed")
        for answer in self.answers(data) if self.answers is not None else ():
            self._send(answer if self._chance.randrange(100) < self.sound else self._harm(answer))

    def drain(self) -> None:
        """See Transport."""
        self._speak()
        while self._due and self._due[0][0] <= self.clock.now:
            self._due.popleft()

    def close(self) -> None:
        """See Transport."""
        self._closed = True

    def reopen(self) -> BabblingLine:
        """Opened again: what nobody read is lost."""
        self._closed = False
        self._due.clear()
        return self

    def _speak(self) -> None:
        """What comes without being asked for, up to now."""
        while self.unasked and self._next_at <= self.clock.now:
            body = self._chance.choice(self.samples) if self.samples else b""
            self._send(self._harm(body + self.end) if body else self._noise())
            self._next_at = max(self._next_at, self.clock.now - GAP_S) + self._chance.expovariate(1 / GAP_S)

    def _send(self, data: bytes) -> None:
        """In one piece or several, some of them late."""
        self.pieces, self.came = self.pieces + 1, self.came + len(data)
        while data:
            size = len(data) if self._chance.random() < 0.6 else self._chance.randint(1, len(data))
            late_s = 0.0 if self._chance.random() < 0.7 else self._chance.choice((0.004, 0.06, 0.4, 1.3))
            due = max(self.clock.now + late_s, self._due[-1][0] if self._due else 0.0)
            self._due.append((due, data[:size]))
            data = data[size:]
        while sum(len(piece) for _, piece in self._due) > 2 * FLOOD:  # a serial buffer is no larger
            self._due.popleft()

    def _harm(self, data: bytes) -> bytes:
        """One thing is done to it."""
        chance = self._chance
        if self.stream:
            harms = (data + data, self._noise() + data, data * (FLOOD // max(1, len(data))), b"")
            return chance.choice(harms)
        match chance.randrange(8):
            case 0:
                return data[: chance.randrange(len(data) + 1)]
            case 1:
                return data[chance.randrange(len(data) + 1) :]
            case 2:
                return data + data
            case 3:
                return self._noise() + data[:-1]
            case 4:
                return (data[: max(1, len(data) - 1)] * (FLOOD // max(1, len(data)) + 1))[:FLOOD]
            case 5:
                return b""
            case _:
                turned = bytearray(data)
                for at in chance.sample(range(8 * len(turned)), min(3, 8 * len(turned))):
                    turned[at // 8] ^= 1 << at % 8
                return bytes(turned)

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.randint(1, NOISE_MAX))

"""The driver for relay boards that speak Modbus. It asks, waits, and believes nothing that it has not read back.

* One transaction at a time, under a lock: RTU has no transaction number, and many gateways to it have one bus only.
* The line is drained before every request, so that what came before a question cannot be its answer.
* A question that timed out still *owes* its answer, which may come late and fit the next question of the same kind
  (measured with pymodbus; S13). Before asking the same function again the driver asks another one: a board answers
  in order, so once that is answered, nothing older can follow. Where every reading function owes, it lets
  `LATEST_ANSWER_S` pass in silence first. Over TCP answers carry the number of their question, and none of this is
  needed: `numbered=True`.
* A write counts only when the coil reads back as wanted (S12). This is also what unmasks a dead board behind an
  adapter that echoes. `echo=True` expects the adapter to repeat the request, and strips exactly that.
* A pulse that got no answer is sent again only while the first one, had it worked, would still be running: then
  "off" proves that nothing happened. Later it proves nothing, and a second pulse could let a second person in (S8).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from devices.door import codec
from devices.door.profiles import Profile
from devices.door.untimed import check_channel, pulse
from devices.errors import Garbled, NotConfirmed, Refused, Unreachable
from devices.transport.port import Transport

LATEST_ANSWER_S = 1.0  # judgement: no board is slower than this
RECEIVED_MAX = 4096  # a babbling line is given up, not collected


class ModbusBoard:
    """A RelayBoard over Modbus RTU, or over Modbus TCP when `numbered`.

    `timeout_s` is for one try, beyond what question and answer take on the line at `byte_s` for a byte (at 9600 baud
    some 17 ms, at 1200 more than a board may think); a read makes at most `tries` of them.
    """

    def __init__(
        self,
        transport: Transport,
        profile: Profile,
        *,
        unit: int = 1,
        echo: bool = False,
        numbered: bool = False,
        timeout_s: float = 0.15,
        byte_s: float = 0.0,
        tries: int = 2,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._profile = profile
        self._unit = unit
        self._echo = echo
        self._numbered = numbered
        self._transaction = 0
        self._timeout_s = timeout_s
        self._byte_s = byte_s
        self._tries = tries
        self._clock = clock
        self._wait = wait
        self._lock = threading.RLock()
        self._owed: dict[int, float] = {}  # function -> when its unanswered question was asked
        self.outputs = profile.outputs
        self.inputs = profile.inputs
        self.timed = profile.timed_on is not None
        self.reads_back = True

    def read_outputs(self) -> tuple[bool, ...]:
        """See RelayBoard."""
        return self._read(codec.READ_COILS) if self.outputs else ()

    def read_inputs(self) -> tuple[bool, ...]:
        """See RelayBoard. A board without inputs is asked for its outputs, so that a dead one is noticed."""
        if not self.inputs:
            self.read_outputs()
            return ()
        return self._read(codec.READ_INPUTS)

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard."""
        check_channel(self, channel)
        value = self._profile.on_value if on else self._profile.off_value
        self._switch(channel, codec.Write(self._profile.coil_base + channel - 1, value), on)

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard."""
        check_channel(self, channel)
        recipe = self._profile.timed_on
        if recipe is not None:
            self._switch(channel, recipe.request(channel, ms), True, runs_s=ms / 1000)
            return
        pulse(self, channel, ms, self._wait)

    def close(self) -> None:
        """See RelayBoard."""
        self._transport.close()

    def _switch(
        self, channel: int, request: codec.Write | codec.WriteWords, on: bool, runs_s: float | None = None
    ) -> None:
        """Write until the coil reads back as wanted. `runs_s`: the board switches off by itself after that long."""
        with self._lock:
            first_at = self._clock()
            lost: Unreachable | Garbled | None = None
            for _ in range(self._tries):
                try:
                    self._settle(request.function)
                    self._exchange(request)
                    lost = None
                except (Unreachable, Garbled) as error:
                    lost = error
                as_wanted = self.read_outputs()[channel - 1] is on
                if lost is None and as_wanted:
                    return
                over = runs_s is not None and self._clock() - first_at >= runs_s
                if lost is None or over:
                    break
            if lost is not None and not as_wanted:
                raise type(lost)(f"output {channel} is not known to have gone {_word(on)}: {lost}") from lost
            if not as_wanted:
                raise NotConfirmed(f"output {channel} was told to be {_word(on)} and reads {_word(not on)}")

    def _read(self, function: int) -> tuple[bool, ...]:
        request = self._read_request(function)
        with self._lock:
            for left in reversed(range(self._tries)):
                try:
                    self._settle(function)
                    answer = self._exchange(request)
                    assert isinstance(answer, codec.Bits)
                    return answer.bits
                except (Unreachable, Garbled):
                    if not left:
                        raise
        raise AssertionError("tries is at least 1")

    def _read_request(self, function: int) -> codec.Read:
        base = self._profile.coil_base if function == codec.READ_COILS else self._profile.input_base
        return codec.Read(function, base, self._count(function))

    def _count(self, function: int) -> int:
        return self.outputs if function == codec.READ_COILS else self.inputs

    def _settle(self, function: int) -> None:
        """Make sure that no late answer to `function` can still come."""
        if self._numbered or function not in self._owed:
            return
        for other in (codec.READ_COILS, codec.READ_INPUTS):
            if other not in self._owed and self._count(other):
                with suppress(Refused):  # a refusal is an answer too, and comes in its turn
                    self._exchange(self._read_request(other))
                return
        self._wait_for_quiet()

    def _wait_for_quiet(self) -> None:
        """Let `LATEST_ANSWER_S` pass in silence; whatever comes meanwhile is late and starts that anew."""
        give_up_at = self._clock() + 3 * LATEST_ANSWER_S
        quiet_at = max(self._owed.values()) + LATEST_ANSWER_S
        while True:
            # Read even when that time is past: what lies there unread came late, and more may follow.
            late = self._transport.read(RECEIVED_MAX, max(0.0, quiet_at - self._clock()))
            now = self._clock()
            if late:
                quiet_at = now + LATEST_ANSWER_S
            elif now >= quiet_at:
                self._owed.clear()
                return
            if now >= give_up_at:
                self._owed = dict.fromkeys(self._owed, now)
                raise Garbled(f"unit {self._unit}: the line does not fall silent")

    def _exchange(self, request: codec.Request) -> codec.Answer:
        """One question, one answer. Raises Unreachable, Garbled, Refused."""
        self._transaction = (self._transaction + 1) % 0x10000
        frame = self._frame(request)
        self._transport.drain()
        self._transport.write(frame)
        asked_at = self._clock()
        self._owed[request.function] = asked_at
        received = bytearray()
        line_s = (len(frame) + max(len(frame), 8)) * self._byte_s  # no answer is longer than its question, or 8 bytes
        in_time = True
        while in_time and len(received) < RECEIVED_MAX:
            left = asked_at + self._timeout_s + line_s - self._clock()
            in_time = left > 0  # else one look more: the machine may have been late itself, and the answer be there
            received += self._transport.read(RECEIVED_MAX, max(0.0, left))
            answer = self._find(request, self._without_echo(frame, bytes(received)))
            if answer is not None:
                self._owed.clear()  # boards answer in order: nothing older can follow
                if isinstance(answer, codec.Exceptional):
                    raise Refused(f"unit {self._unit} refuses function {request.function}: exception {answer}")
                return answer
        if self._echo and received and not received.startswith(frame):
            raise Garbled(f"unit {self._unit}: the adapter did not repeat the request (echo=1 expects that)")
        if not self._without_echo(frame, bytes(received)):
            raise Unreachable(f"unit {self._unit} did not answer within {self._timeout_s:g} s")
        raise Garbled(f"unit {self._unit}: {len(received)} bytes came back, none of them an answer to what was asked")

    def _frame(self, request: codec.Request) -> bytes:
        if self._numbered:
            return codec.encode_tcp(self._unit, request, self._transaction)
        return codec.encode(self._unit, request)

    def _find(self, request: codec.Request, received: bytes) -> codec.Answer | None:
        if self._numbered:
            return codec.find_answer_tcp(self._unit, request, self._transaction, received)
        return codec.find_answer(self._unit, request, received)

    def _without_echo(self, frame: bytes, received: bytes) -> bytes:
        """What the board itself said. With an echoing adapter nothing counts until the whole request has come back."""
        if not self._echo:
            return received
        return received[len(frame) :] if received.startswith(frame) else b""


def _word(on: bool) -> str:
    return "on" if on else "off"

"""A relay board at the other end of the wire, as an independent reading of Modbus, on a serial line or over TCP.

It takes requests apart with pymodbus's framer and by hand, not with the driver's codec, so that a mistake in the
codec is not made twice. Outputs, timed outputs and inputs behave as on the boards in `devices/door/profiles.py`; the
clock is injected, so tests decide when a pulse ends. Faults can be set and taken back while it runs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU

from devices.transport.port import Transport

FRAME_GAP_S = 0.05  # silence after which an unfinished request is thrown away (a real board: 3.5 characters)

OTHER_UNIT = 7


class Fault(Enum):
    """What can be wrong. Several at once are allowed: ECHOING with SILENT is a dead board behind an echo."""

    LATE = auto()  # answers `late_s` after it was asked; takes the next request only then
    SILENT = auto()  # does and answers nothing
    DEAF_ANSWER = auto()  # does what it is told and answers nothing
    GARBLED = auto()  # answers with a bad CRC; over TCP, which has none, with a header that is no Modbus
    ECHOING = auto()  # the adapter repeats every request to the sender
    STUCK = auto()  # accepts writes, and no output moves
    WRONG = auto()  # answers another question than the one asked
    TWICE = auto()  # sends every answer twice
    ANOTHER = auto()  # answers under the number of another board
    SECOND = auto()  # a board with the same number is on the line too, and its contacts are the other way
    SPEED = auto()  # it is set to another speed: it understands nothing, and what it sends arrives as something else


@dataclass(frozen=True, slots=True)
class Edge:
    """One movement of one output; `at` by the board's clock."""

    at: float
    channel: int
    on: bool


class RelayBoardSim:
    """A board with `outputs` relays and `inputs` contacts. Channels count from 1. Any thread may call it.

    `coil_base`, `input_base`: the address of channel 1. `on_value`: what FC05 takes as on. `timed_base`: coil address
    of the timed on of channel 1; None for a board that has none. `timed_words`: boards that are told to time a pulse
    by FC10 instead: the register of channel 1, and how many registers further the next channel's is. `tcp`: it hangs
    on a network.
    """

    def __init__(
        self,
        *,
        unit: int = 1,
        outputs: int = 8,
        inputs: int = 8,
        coil_base: int = 0,
        input_base: int = 0,
        on_value: int = 0xFF00,
        timed_base: int | None = 0x0200,
        timed_words: tuple[int, int] | None = None,
        tcp: bool = False,
        step_ms: int = 100,
        late_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unit = unit
        self.late_s = late_s
        self._coil_base, self._input_base, self._on_value = coil_base, input_base, on_value
        self._timed_base, self._timed_words = timed_base, timed_words
        self._step_ms = step_ms
        self._clock = clock
        self._lock = threading.RLock()
        self._outputs = [False] * outputs
        self._ends_at: dict[int, float] = {}  # output index -> when the board switches it off by itself
        self._inputs = [False] * inputs
        self._faults: frozenset[Fault] = frozenset()
        self._edges: list[Edge] = []
        self._requests: deque[bytes] = deque(maxlen=10_000)
        self._tcp = tcp
        self._framer = FramerSocket(DecodePDU(is_server=True)) if tcp else FramerRTU(DecodePDU(is_server=True))

    # What a test or a simulated world sees and does

    def fault(self, *faults: Fault) -> None:
        """From now on exactly these are wrong; with none, all is well."""
        with self._lock:
            self._faults = frozenset(faults)

    def output(self, channel: int) -> bool:
        """Is the relay on, now?"""
        return self.outputs()[channel - 1]

    def outputs(self) -> tuple[bool, ...]:
        """All relays, now."""
        with self._lock:
            self._end_pulses()
            return tuple(self._outputs)

    def set_input(self, channel: int, closed: bool) -> None:
        """Close or open the circuit at an input."""
        with self._lock:
            self._inputs[channel - 1] = closed

    def set_inputs(self, levels: Iterable[bool]) -> None:
        """Inputs 1, 2, 3 and so on, in one go; further ones stay."""
        with self._lock:
            for index, closed in enumerate(levels):
                self._inputs[index] = closed

    def edges(self) -> tuple[Edge, ...]:
        """Every movement of an output since power-up, oldest first."""
        with self._lock:
            self._end_pulses()
            return tuple(self._edges)

    def requests(self) -> tuple[bytes, ...]:
        """Every complete request heard for any unit, oldest first (the last 10,000)."""
        with self._lock:
            return tuple(self._requests)

    # The wire

    def serve(self, wire: Transport, stop: threading.Event) -> None:
        """Answer until stopped. Raises Unreachable when the wire is gone."""
        heard = b""
        while not stop.is_set():
            piece = wire.read(256, FRAME_GAP_S)
            heard = heard + piece if piece else b""
            used, unit, number, pdu = self._framer.decode(heard) if len(heard) >= 4 else (0, 0, 0, b"")
            if not used:
                continue
            request, heard = heard, b""
            for delay_s, data in self.answer(request, unit, pdu, number):
                if delay_s and stop.wait(delay_s):
                    return
                wire.write(data)

    def hear(self, request: bytes) -> list[tuple[float, bytes]]:
        """What comes back for one whole request, as `answer` has it; nothing for what is none."""
        used, unit, number, pdu = self._framer.decode(request)
        return self.answer(request, unit, pdu, number) if used else []

    def answer(self, request: bytes, unit: int, pdu: bytes, number: int = 0) -> list[tuple[float, bytes]]:
        """What comes back for one request: pieces, each with the wait before it in seconds.

        `number`: the transaction number that a TCP request carries.
        """
        with self._lock:
            faults = self._faults
            self._requests.append(request)
            echo = [(0.0, request)] if Fault.ECHOING in faults else []
            if not pdu or unit != self.unit or Fault.SILENT in faults:
                return echo
            if Fault.SPEED in faults:  # it hears as little of us as we of it
                return [*echo, (0.0, bytes(0x80 | byte >> 1 for byte in request))]
            said = self._obey(pdu, moves=Fault.STUCK not in faults)
        if Fault.DEAF_ANSWER in faults:
            return echo
        whose = OTHER_UNIT if Fault.ANOTHER in faults else unit
        frame = self._framer.encode(_other_answer(pdu) if Fault.WRONG in faults else said, whose, number)
        if Fault.GARBLED in faults:
            at = 2 if self._tcp else len(frame) - 1
            frame = frame[:at] + bytes([frame[at] ^ 0x5A]) + frame[at + 1 :]
        replies = [(self.late_s if Fault.LATE in faults else 0.0, frame)]
        if Fault.TWICE in faults:
            replies.append((0.0, frame))
        if Fault.SECOND in faults:
            replies.append((0.0, self._framer.encode(_turned(said), unit, number)))
        return echo + replies

    def _obey(self, pdu: bytes, *, moves: bool) -> bytes:
        """Carry out one request; the reply without unit and CRC."""
        self._end_pulses()
        function, first, second = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        match function:
            case 1 | 2:
                levels = self._outputs if function == 1 else self._inputs
                begin = first - (self._coil_base if function == 1 else self._input_base)
                if not 1 <= second <= 2000:
                    return _refusal(function, 3)
                if begin < 0 or begin + second > len(levels):
                    return _refusal(function, 2)
                return bytes([function, (second + 7) // 8]) + _packed(levels[begin : begin + second])
            case 5:
                code = self._write(first, second, moves)
                return pdu if code is None else _refusal(function, code)
            case 16:
                code = self._write_words(first, second, pdu[5:], moves)
                return pdu[:5] if code is None else _refusal(function, code)
            case _:
                return _refusal(function, 1)

    def _write(self, address: int, value: int, moves: bool) -> int | None:
        """FC05. None when obeyed, or the exception code."""
        count = len(self._outputs)
        if 0 <= (index := address - self._coil_base) < count:
            if value not in (self._on_value, 0x0000):
                return 3
            if moves:
                self._ends_at.pop(index, None)
                self._move(index, value != 0x0000, self._clock())
            return None
        if self._timed_base is not None and 0 <= (index := address - self._timed_base) < count:
            if not 1 <= value <= 0x7FFF:
                return 3
            if moves:
                self._time(index, value)
            return None
        return 2

    def _write_words(self, address: int, count: int, data: bytes, moves: bool) -> int | None:
        """FC10, which starts a timed pulse by two words and does nothing else. None, or the exception code."""
        if self._timed_words is None:
            return 1
        first, stride = self._timed_words
        index, beside = divmod(address - first, stride)
        if beside or not 0 <= index < len(self._outputs):
            return 2
        if count != 2 or len(data) != 5 or data[0] != 4:
            return 3
        order, steps = int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:5], "big")
        if order != 2 or not 1 <= steps <= 0x7FFF:
            return 3
        if moves:
            self._time(index, steps)
        return None

    def _time(self, index: int, steps: int) -> None:
        """On now; the board's own timer switches it off."""
        self._move(index, True, self._clock())
        self._ends_at[index] = self._clock() + steps * self._step_ms / 1000

    def _move(self, index: int, on: bool, at: float) -> None:
        if self._outputs[index] is not on:
            self._outputs[index] = on
            self._edges.append(Edge(at, index + 1, on))

    def _end_pulses(self) -> None:
        """Switch off what the board's own timers have ended by now."""
        now = self._clock()
        for index, end in sorted(self._ends_at.items(), key=lambda item: item[1]):
            if end <= now:
                del self._ends_at[index]
                self._move(index, False, end)


def _packed(levels: list[bool]) -> bytes:
    """Eight to a byte, first level in the lowest bit."""
    number = sum(1 << index for index, level in enumerate(levels) if level)
    return number.to_bytes((len(levels) + 7) // 8, "little")


def _turned(answer: bytes) -> bytes:
    """The same answer of a board whose levels are the other way; a write is answered by both alike."""
    return answer[:2] + bytes(byte ^ 0xFF for byte in answer[2:]) if answer[0] in (1, 2) else answer


def _refusal(function: int, code: int) -> bytes:
    return bytes([function | 0x80, code])


def _other_answer(pdu: bytes) -> bytes:
    """A sound answer to something else: reads answer a write, writes answer for the neighbouring coil."""
    if pdu[0] in (5, 16):
        return bytes([pdu[0], pdu[1], pdu[2] ^ 1]) + pdu[3:5]
    return bytes([5, 0, 0, 0, 0])

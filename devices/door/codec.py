"""Modbus as relay and input boards speak it. Pure: bytes in, values out; no I/O, no clock.

    serial    [unit 1][body][crc 2, LOW first]                                                       (RTU)
    TCP       [transaction 2][protocol 2 = 0][length 2 = unit + body][unit 1][body]                  (MBAP)

    body of a request   [function 1][address 2, high first][count or value 2, high first]
      FC01/02 answer    [function 1][byte count 1][bits, channel 1 = lowest bit]            read coils / inputs
      FC05    answer    identical to the request                                            write one coil
      FC10              [10][address 2][word count 2][byte count 1][words, high first]      write registers
              answer    [10][address 2][word count 2]
      refusal           [function + 80][exception code 1]

CRC-16/MODBUS: start FFFF, reflected polynomial A001. Source: Modbus application protocol 1.1b3, Modbus over serial
line 1.02 and Modbus messaging on TCP/IP 1.0b. Serial frames are built by pymodbus's framer and message classes; three
things are our own:

* a write carries any 16-bit value, because a timed on puts its length where the standard has only FF00 and 0000;
* a reply is recognised by *what was asked*, not by hunting for something that looks like a frame. RTU has no
  transaction number and no start mark, so a strict match on unit, function, length and CRC is all the protection
  there is against noise, an echoing adapter and an answer that belongs to somebody else's question;
* TCP frames have no CRC, but a transaction number: an answer counts only with the number of its question.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest

READ_COILS = 0x01
READ_INPUTS = 0x02
WRITE_COIL = 0x05
WRITE_WORDS = 0x10
REFUSED_BIT = 0x80
MBAP = struct.Struct(">HHHB")

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "accepted, still working",
    6: "busy",
}

_FRAMER = FramerRTU(DecodePDU(is_server=False))


@dataclass(frozen=True, slots=True)
class Read:
    """Ask for `count` bits from `address`. `function` is READ_COILS or READ_INPUTS."""

    function: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Write:
    """Put a 16-bit `value` to coil `address`."""

    address: int
    value: int

    @property
    def function(self) -> int:
        """Always FC05."""
        return WRITE_COIL


@dataclass(frozen=True, slots=True)
class WriteWords:
    """Put 16-bit `words` to the registers from `address` on."""

    address: int
    words: tuple[int, ...]

    @property
    def function(self) -> int:
        """Always FC10."""
        return WRITE_WORDS


Request = Read | Write | WriteWords


@dataclass(frozen=True, slots=True)
class Bits:
    """The answer to a Read: exactly as many bits as were asked for."""

    bits: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write: the board repeated it. No proof that anything moved."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """The board says no."""

    code: int

    def __str__(self) -> str:
        return f"{self.code} ({EXCEPTIONS.get(self.code, 'unknown')})"


Answer = Bits | Written | Exceptional


class _AnyValue(WriteSingleCoilRequest):
    """FC05 with any value, not only FF00 and 0000."""

    def __init__(self, address: int, value: int, dev_id: int) -> None:
        super().__init__(address=address, dev_id=dev_id)
        self.value = value

    def encode(self) -> bytes:
        return struct.pack(">HH", self.address, self.value)


def encode(unit: int, request: Request) -> bytes:
    """The frame that asks `request` of board `unit` on a serial line."""
    match request:
        case Write(address, value):
            message: ModbusPDU = _AnyValue(address, value, unit)
        case WriteWords(address, words):
            message = WriteMultipleRegistersRequest(address=address, registers=list(words), dev_id=unit)
        case Read(function, address, count):
            kind = ReadCoilsRequest if function == READ_COILS else ReadDiscreteInputsRequest
            message = kind(address=address, count=count, dev_id=unit)
    return _FRAMER.buildFrame(message)


def encode_tcp(unit: int, request: Request, transaction: int) -> bytes:
    """The frame that asks `request` of board `unit` over TCP, as question number `transaction`."""
    body = encode(unit, request)[1:-2]
    return MBAP.pack(transaction, 0, 1 + len(body), unit) + body


def find_answer(unit: int, request: Request, received: bytes) -> Answer | None:
    """The answer to `request` within everything received since it was sent; None when it is not (yet) there.

    Noise before and after it is skipped; a frame of another unit, function, length, write or with a bad CRC is no
    answer.
    """
    for start in range(len(received) - 4):
        if received[start] != unit:
            continue
        length = _body_length(request, received[start + 1])
        frame = received[start : start + 1 + length + 2]
        if length and len(frame) == 1 + length + 2 and _sound(frame):
            answer = _answer(request, frame[1:-2])
            if answer is not None:
                return answer
    return None


def find_answer_tcp(unit: int, request: Request, transaction: int, received: bytes) -> Answer | None:
    """As `find_answer`, over TCP. Answers to earlier questions, which may come late, are skipped by their number."""
    for start in range(len(received) - MBAP.size):
        body_at = start + MBAP.size
        length = _body_length(request, received[body_at])
        body = received[body_at : body_at + length]
        if (
            length
            and len(body) == length
            and received[start:body_at] == MBAP.pack(transaction, 0, 1 + length, unit)
            and (answer := _answer(request, body)) is not None
        ):
            return answer
    return None


def _body_length(request: Request, function: int) -> int:
    """How long an answer that begins with `function` must be; 0 when it cannot be an answer to `request`."""
    if function == request.function | REFUSED_BIT:
        return 2
    if function != request.function:
        return 0
    return 2 + (request.count + 7) // 8 if isinstance(request, Read) else 5


def _answer(request: Request, body: bytes) -> Answer | None:
    """What a body of the right length and function says; None when it answers something else."""
    if body[0] & REFUSED_BIT:
        return Exceptional(body[1])
    match request:
        case Write(address, value):
            return Written() if body[1:] == struct.pack(">HH", address, value) else None
        case WriteWords(address, words):
            return Written() if body[1:] == struct.pack(">HH", address, len(words)) else None
        case Read(_, _, count):
            if body[1] != len(body) - 2:
                return None
            return Bits(tuple(bool(body[2 + i // 8] >> (i % 8) & 1) for i in range(count)))


def _sound(frame: bytes) -> bool:
    """True when the last two bytes are the CRC of the rest."""
    return FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big")

"""Modbus RTU as relay and input boards speak it. Pure: bytes in, values out; no I/O, no clock.

    request   [unit 1][function 1][address 2, high first][count or value 2, high first][crc 2, LOW first]
    FC01/02   [unit 1][function 1][byte count 1][bits, channel 1 = lowest bit][crc 2]      read coils / inputs
    FC05      identical to the request                                                      write one coil
    refusal   [unit 1][function + 80][exception code 1][crc 2]

CRC-16/MODBUS: start FFFF, reflected polynomial A001. Source: Modbus application protocol 1.1b3 and Modbus over
serial line 1.02. The frames are built by pymodbus's framer and message classes; two things are our own:

* a write carries any 16-bit value, because a timed on puts its length where the standard has only FF00 and 0000;
* a reply is recognised by *what was asked*, not by hunting for something that looks like a frame. RTU has no
  transaction number and no start mark, so a strict match on unit, function, length and CRC is all the protection
  there is against noise, an echoing adapter and an answer that belongs to somebody else's question.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest

READ_COILS = 0x01
READ_INPUTS = 0x02
WRITE_COIL = 0x05
REFUSED_BIT = 0x80
FRAME_MAX = 256

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


Request = Read | Write


@dataclass(frozen=True, slots=True)
class Bits:
    """The answer to a Read: exactly as many bits as were asked for."""

    bits: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a Write: the board repeated it. No proof that anything moved."""


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
    """The frame that asks `request` of board `unit`."""
    match request:
        case Write(address, value):
            message: ModbusPDU = _AnyValue(address, value, unit)
        case Read(function, address, count):
            kind = ReadCoilsRequest if function == READ_COILS else ReadDiscreteInputsRequest
            message = kind(address=address, count=count, dev_id=unit)
    return _FRAMER.buildFrame(message)


def find_answer(unit: int, request: Request, received: bytes) -> Answer | None:
    """The answer to `request` within everything received since it was sent; None when it is not (yet) there.

    Noise before and after it is skipped; a frame of another unit, function, length, write or with a bad CRC is no
    answer.
    """
    for start in range(len(received) - 4):
        if received[start] == unit and (answer := _answer_at(request, received[start : start + FRAME_MAX])) is not None:
            return answer
    return None


def _answer_at(request: Request, data: bytes) -> Answer | None:
    """The answer that begins `data`, or None."""
    if data[1] == request.function | REFUSED_BIT:
        return Exceptional(data[2]) if _sound(data[:5]) else None
    if data[1] != request.function:
        return None
    match request:
        case Write():
            same = data[:8] == encode(data[0], request)  # sound by construction: the CRC is part of what is compared
            return Written() if same else None
        case Read(_, _, count):
            length = (count + 7) // 8
            frame = data[: 5 + length]
            if len(frame) < 5 + length or data[2] != length or not _sound(frame):
                return None
            return Bits(tuple(bool(frame[3 + i // 8] >> (i % 8) & 1) for i in range(count)))


def _sound(frame: bytes) -> bool:
    """True when the last two bytes are the CRC of the rest."""
    return FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big")

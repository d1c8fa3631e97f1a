"""The lane board's frame. Pure: text in, bytes out, and back.

    DA 1   VR 1 = 64   PN 2 = FFFF   CMD 1   DL 1   DATA 0..255, GBK   CRC-16/MODBUS 2, LOW first

    CMD 30   speak and show; DATA begins with a mode byte, 01 in both public samples
    CMD 6F   several lines at once, each ended by CR LF (judgement: the separator is not documented)

Source: public descriptions of the board; frame and CRC agree with four of four published frames, and no board was ever
heard (DEVICES 9). What is not documented there is not sent.

Text never reaches the line as it came: `Say` is a closed list, a plate must look like one, an amount is a number. So
nothing that somebody wrote, on a plate or anywhere, can become a control byte of the board (SEC-09).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pymodbus.framer.rtu import FramerRTU

VERSION = 0x64
EVERYBODY = b"\xff\xff"
DATA_MAX = 255
_HEAD = 6


class Order(IntEnum):
    """What the board is told to do."""

    SPEAK = 0x30
    LINES = 0x6F


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, taken apart."""

    address: int
    order: int
    data: bytes


def encode(address: int, order: Order, data: bytes) -> bytes:
    """The frame that carries `data` to board `address` (0 = the only one). Raises ValueError for more than 255."""
    if len(data) > DATA_MAX or not 0 <= address <= 255:
        raise ValueError(f"a frame carries at most {DATA_MAX} bytes to an address of 0 to 255")
    body = bytes([address, VERSION]) + EVERYBODY + bytes([order, len(data)]) + data
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def decode(received: bytes) -> Frame | None:
    """The frame that these bytes are, whole and sound; else None."""
    if len(received) < _HEAD + 2 or received[1] != VERSION or received[2:4] != EVERYBODY:
        return None
    if len(received) != _HEAD + received[5] + 2:
        return None
    body, crc = received[:-2], received[-2:]
    if FramerRTU.compute_CRC(body) != int.from_bytes(crc, "big"):
        return None
    return Frame(received[0], received[4], body[_HEAD:])


def spoken(text: str, mode: int) -> bytes:
    """The data of SPEAK. What GBK lacks becomes `?`; what is too long is cut between characters."""
    return bytes([mode]) + gbk(text, DATA_MAX - 1)


def lines(texts: tuple[str, ...]) -> bytes:
    """The data of LINES."""
    whole = b""
    for text in texts:
        line = gbk(text, DATA_MAX) + b"\r\n"
        if len(whole) + len(line) > DATA_MAX:
            break
        whole += line
    return whole


def gbk(text: str, most: int) -> bytes:
    """Printable text in the board's alphabet, at most so many bytes, never half a character."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    out = b""
    for letter in clean:
        coded = letter.encode("gbk", errors="replace")
        if len(out) + len(coded) > most:
            break
        out += coded
    return out

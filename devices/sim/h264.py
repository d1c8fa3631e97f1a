"""Pictures as a network camera sends them: H.264, cut into RTP packets. The simulated camera's codec.

RTP (RFC 3550), 12 bytes, big-endian:

    80 | M PT | sequence (2) | time stamp, 90 kHz (4) | source (4) | payload      M = last packet of a picture

H.264 over RTP (RFC 6184), packetization-mode 1: a unit that fits is the payload; one that does not goes as FU-A:

    indicator: F NRI 28 | header: S E R type | part of the unit without its first byte
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction

import av

from devices.ports import Pixels

PAYLOAD_TYPE = 96
PAYLOAD_MAX = 1400
CLOCK_HZ = 90_000
SPS, PPS, FU_A = 7, 8, 28

Units = tuple[bytes, ...]
"""What one picture is made of: NAL units without start codes."""


def encode(pictures: Sequence[Pixels], fps: int) -> tuple[Units, ...]:
    """Each picture whole in itself, so that a client may join anywhere and a loop has no seam."""
    height, width = pictures[0].shape[:2]
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuv420p", Fraction(1, fps)
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=1:repeat-headers=1"}
    packets = []
    for number, pixels in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
        frame.pts = number
        packets += codec.encode(frame)
    packets += codec.encode(None)
    return tuple(_units(bytes(packet)) for packet in packets)


def _units(stream: bytes) -> Units:
    return tuple(unit for unit in re.split(b"\0\0\0?\x01", stream) if unit)


def sprop(picture: Units) -> str:
    """The parameter sets, as the session's description carries them."""
    sets = [unit for unit in picture if unit[0] & 0x1F in (SPS, PPS)]
    return ",".join(base64.b64encode(unit).decode("ascii") for unit in sets)


def payloads(unit: bytes) -> Iterator[bytes]:
    """One unit as RTP payloads."""
    if len(unit) <= PAYLOAD_MAX:
        yield unit
        return
    indicator, kind, rest = (unit[0] & 0xE0) | FU_A, unit[0] & 0x1F, unit[1:]
    step = PAYLOAD_MAX - 2
    for start in range(0, len(rest), step):
        first, last = start == 0, start + step >= len(rest)
        yield bytes((indicator, (first << 7) | (last << 6) | kind)) + rest[start : start + step]


def packets(picture: Units, sequence: int, timestamp: int, source: int) -> list[bytes]:
    """One picture as RTP packets; the next one begins at `sequence` plus their number."""
    parts = [part for unit in picture for part in payloads(unit)]
    return [
        struct.pack(
            ">BBHII",
            0x80,
            ((number == len(parts) - 1) << 7) | PAYLOAD_TYPE,
            (sequence + number) & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            source,
        )
        + part
        for number, part in enumerate(parts)
    ]

"""The frame of LCUS relay boards, which hang on USB as a serial port. Pure.

    [A0][channel 1][operation 1][sum 1]      9600 8N1; operation 01 = on, 00 = off; sum = low byte of the other three

Source: sellers' descriptions of these boards. There is no timer in the frame and no acknowledgement. FF asks for the
state, but what comes back differs by firmware and often nothing does, so it is never asked: these boards are told.
"""

from __future__ import annotations

START = 0xA0


def encode(channel: int, on: bool) -> bytes:
    """The frame that switches `channel`, counted from 1, on or off."""
    body = bytes([START, channel, int(on)])
    return body + bytes([sum(body) & 0xFF])

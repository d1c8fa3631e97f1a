"""Codes in a picture: QR only, plain text only, a bounded number of them.

What is read here was chosen by whoever stands at the gate. So it is cut down to what a pass can be before anybody
else sees it: printable ASCII, at most 512 characters, no bytes, no control characters (SEC-09).
"""

from __future__ import annotations

import cv2
import numpy as np
import zxingcpp

from devices.ports import Pixels

TEXT_MAX = 512
CODES_MAX = 8
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
SIDE_MIN_PX = 21
"""A QR code has at least 21 modules a side."""


def read_codes(pixels: Pixels) -> tuple[str, ...]:
    """The texts of the QR codes in a height x width x 3 picture, each once, at most 8. Never raises for one.

    Turned, mirrored and inverted (light on dark) codes are read too. A code whose text is not printable ASCII of 1 to
    512 characters is as if it were not there.
    """
    if min(pixels.shape[:2]) < SIDE_MIN_PX:
        return ()
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2GRAY)
    found = zxingcpp.read_barcodes(
        grey,
        formats=_QR,
        try_rotate=True,
        try_downscale=True,
        try_invert=True,
        text_mode=zxingcpp.TextMode.Plain,
    )
    texts = (code.text for code in found if code.valid and code.content_type == zxingcpp.ContentType.Text)
    return tuple(dict.fromkeys(text for text in texts if _is_plain(text)))[:CODES_MAX]


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= TEXT_MAX and text.isascii() and text.isprintable()

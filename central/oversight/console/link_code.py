"""A link as a picture that a phone can photograph, for an `img`."""

from __future__ import annotations

import io
from base64 import b64encode

import qrcode
from qrcode.image.svg import SvgPathImage


def link_code(link: str) -> str:
    drawn = io.BytesIO()
    qrcode.make(link, image_factory=SvgPathImage, box_size=12, border=4).save(drawn)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"

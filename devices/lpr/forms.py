"""Forms and parts as cameras send them, bounded. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote_from_bytes

PARTS_MAX = 16
FIELDS_MAX = 64
LINE_MAX, HEAD_MAX = 1 << 10, 4 << 10
"""Of a part's head, which is cut by hand: the mail parser's time grows with the square of what a head holds."""
_BORDER = re.compile(r""";\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_BLANK = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_WORD = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))""")
_ASCII = bytes(range(128)).decode()


def fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name. Whatever looks like a password is not among them."""
    if content_type.lower().startswith("multipart/"):
        found = [(name, data.decode("utf-8", "replace").strip()) for name, _, data in parts(content_type, body)]
    else:
        try:
            # names and numbers are ASCII; Chinese words come as UTF-8 or GBK, which a camera does not say
            found = parse_qsl(_text(body), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
        except UnicodeDecodeError:
            found = parse_qsl(_text(body), keep_blank_values=True, encoding="gb18030", errors="replace")
        except ValueError:  # more fields than a camera has
            return {}
    return {name: value for name, value in reversed(found) if "pass" not in name.lower()}


def parts(content_type: str, body: bytes) -> list[tuple[str, str, bytes]]:
    """Name, kind and bytes of each part of a multipart body; none where there are more than PARTS_MAX, or a head
    is longer than HEAD_MAX."""
    border = _BORDER.search(content_type) if len(content_type) <= LINE_MAX else None
    line = b"--" + (border[1] or border[2]).encode("latin-1", "replace") if border else b""
    # counted before it is taken apart: a body of nothing but borders would cost seconds
    if not line or body.count(line) > PARTS_MAX + 1:
        return []
    found = []
    marks = list(re.finditer(rb"(?:\A|\r?\n)" + re.escape(line) + rb"(--)?[ \t]*(?=\r?\n|\Z)", body))
    for mark, end in zip(marks, [*(after.start() for after in marks[1:]), len(body)], strict=False):
        if mark[1]:  # the border that closes; what follows is nobody's
            break
        blank = _BLANK.search(body, mark.end(), end)
        if (blank.end() if blank else end) - mark.end() > HEAD_MAX:
            return []
        if blank:
            head = body[mark.end() : blank.start()].decode("utf-8", "replace")
            lines = _FOLD.sub(" ", head).splitlines()
            if any(len(one) > LINE_MAX for one in lines):
                return []
            found.append((_name(_said(lines, "content-disposition")), _kind(lines), body[blank.end() : end]))
    return found


def _said(lines: list[str], header: str) -> str:
    words = (line.partition(":") for line in lines)
    return next((said.strip() for name, _, said in words if name.strip().lower() == header), "")


def _name(disposition: str) -> str:
    return next((one[2] or one[3] or "" for one in _WORD.finditer(disposition) if one[1].lower() == "name"), "")


def _kind(lines: list[str]) -> str:
    return _said(lines, "content-type").partition(";")[0].strip().lower()


def _text(body: bytes) -> str:
    """With every byte above ASCII written as %XX, as it should have come."""
    return body.decode("ascii") if body.isascii() else quote_from_bytes(body, safe=_ASCII)

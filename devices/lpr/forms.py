"""Forms and parts as cameras send them, bounded. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import HTTP
from urllib.parse import parse_qsl, quote_from_bytes

PARTS_MAX = 16
FIELDS_MAX = 64
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


def parts(content_type: str, body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, kind and bytes of each part of a multipart body, none where there are more than PARTS_MAX."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    border = message_from_bytes(head, policy=HTTP).get_boundary()
    # counted before it is taken apart: a body of nothing but borders would cost seconds
    if not border or body.count(b"--" + border.encode("latin-1", "replace")) > PARTS_MAX + 1:
        return
    whole = message_from_bytes(head + body, policy=HTTP)
    found = whole.get_payload()
    for part in found if isinstance(found, list) else ():
        data = part.get_payload(decode=True) if isinstance(part, EmailMessage) and not part.is_multipart() else None
        if isinstance(part, EmailMessage) and isinstance(data, bytes):
            name = part.get_param("name", header="content-disposition")
            yield (name if isinstance(name, str) else "", part.get_content_type(), data)


def _text(body: bytes) -> str:
    """With every byte above ASCII written as %XX, as it should have come."""
    return body.decode("ascii") if body.isascii() else quote_from_bytes(body, safe=_ASCII)

"""Text that can be shown: what a control character does to a screen, a log line or a table is nobody's to say.

None has a meaning in any text of ours, not even the line break: a NUL fits in no column, an escape moves a terminal's
cursor, a line break makes two lines of a log out of one. Here are those of C0, C1 and DEL (Unicode category Cc).
"""

import json
import re
from typing import Any

_IN_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_IN_JSON = re.compile(r"\\(?:\\|[bfnrt]|u00(?:[01][0-9A-Fa-f]|7[Ff]|[89][0-9A-Fa-f]))|[\x7f-\x9f]")
"""As a string of JSON can hold one: escaped, or as it is above 0x7e. An escaped backslash is taken along, so that what
follows it is not mistaken for an escape."""


def has_control(text: str) -> bool:
    return _IN_TEXT.search(text) is not None


def printable(text: str) -> str:
    """The same text with U+FFFD, which is shown as what it is, for each."""
    return _IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def control_in_json(told: str) -> str | None:
    """Where a valid JSON text holds one: the path of the first, "" at the top; None when it holds none."""
    if all(found == r"\\" for found in _IN_JSON.findall(told)):
        return None
    return _where(json.loads(told), "")


def without_control_in_json(told: str) -> str:
    """`printable` for each text of a valid JSON."""
    return _IN_JSON.sub(lambda found: found[0] if found[0] == r"\\" else "\N{REPLACEMENT CHARACTER}", told)


def _where(value: Any, path: str) -> str | None:
    match value:
        case str():
            return path if has_control(value) else None
        case dict():
            for key, one in value.items():
                if has_control(key):
                    return path
                found = _where(one, f"{path}.{key}" if path else key)
                if found is not None:
                    return found
        case list():
            for place, one in enumerate(value):
                found = _where(one, f"{path}.{place}" if path else str(place))
                if found is not None:
                    return found
    return None

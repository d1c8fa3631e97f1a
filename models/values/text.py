"""Text that can be shown: what a control character does to a screen, a log line or a table is nobody's to say.

None has a meaning in a line of text, not even the line break: a NUL fits in no column, an escape moves a terminal's
cursor, a line break makes two lines of a log out of one. Here are those of C0, C1 and DEL (Unicode category Cc).
"""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator

_IN_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_IN_JSON = re.compile(r"\\(?:\\|[bfnrt]|u00(?:[01][0-9A-Fa-f]|7[Ff]|[89][0-9A-Fa-f]))|[\x7f-\x9f]")
"""As a string of JSON can hold one: escaped, or as it is above 0x7e. An escaped backslash is taken along, so that what
follows it is not mistaken for an escape."""

_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Signs of layout: of direction, of a width of nothing, of the end of a line. Joiners within a word are not."""

LAYOUT = "\r\n\t"
"""What a field of several lines takes beside the text itself."""


def has_control(text: str) -> bool:
    return _IN_TEXT.search(text) is not None


def printable(text: str) -> str:
    """The same text with U+FFFD, which is shown as what it is, for each."""
    return _IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def without_control(text: str, but: str = "") -> str:
    """The same text without any, save those in `but`."""
    return _IN_TEXT.sub(lambda found: found[0] if found[0] in but else "", text)


def _demand_line(text: str) -> str:
    return _demand_none(text)


def _demand_lines(text: str) -> str:
    return _demand_none(text, but=LAYOUT)


def _demand_shown(text: str) -> str:
    if (found := _UNSEEN.search(text)) is not None:
        raise ValueError(
            f"有看不见的排版符号 U+{ord(found[0]):04X}，请去掉 / holds a sign that is not seen, U+{ord(found[0]):04X}; "
            "leave it out"
        )
    return text


def _demand_none(text: str, but: str = "") -> str:
    if without_control(text, but) != text:
        raise ValueError("有显示不了的字符，请去掉 / holds a control character, which cannot be shown; leave it out")
    return text


Printable = Annotated[str, AfterValidator(_demand_line)]
"""A name, a reason, a label: what somebody sends us as one line of text."""
Shown = Annotated[str, AfterValidator(_demand_line), AfterValidator(_demand_shown)]
"""A name that stands on screens: without signs that are not seen and move what stands beside them."""
Lines = Annotated[str, AfterValidator(_demand_lines)]
"""The same for what is written in several lines."""


def control_in_json(told: str) -> str | None:
    """Where a valid JSON text holds one: the path of the first, "" at the top; None when it holds none."""
    if _is_plain(told) or all(found == r"\\" for found in _IN_JSON.findall(told)):
        return None
    return _where(json.loads(told), "")


def without_control_in_json(told: str) -> str:
    """`printable` for each text of a valid JSON."""
    if _is_plain(told):
        return told
    return _IN_JSON.sub(lambda found: found[0] if found[0] == r"\\" else "\N{REPLACEMENT CHARACTER}", told)


def _is_plain(told: str) -> bool:
    """Cheap, and true of nearly every event: a gate writes thousands of them in one commit."""
    return told.isascii() and "\\" not in told and "\x7f" not in told


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

"""What is true of houses and people: labels, masks, phones, and which stay at home counts. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from models.access.credential import Window
from models.access.lifts import FLOOR

LABEL = r"^[0-9A-Za-z一-鿿]{1,12}$"
"""Building, unit and house numbers: no blank and no hyphen, since "5-2-1102" is taken apart at hyphens."""
PHONE = r"^\+?[0-9]{5,15}$"
RINGS_AT = (
    r"(?:\+?[0-9*#]{1,20}|sips?:[A-Za-z0-9._+-]{1,40}@(?:[A-Za-z0-9.-]{1,80}|\[[0-9a-fA-F:]{2,45}\])(?::[0-9]{1,5})?)"
)
"""What an intercom is called by: a telephone number, an extension, or a SIP address."""
DAY_BEGINS = r"^(0[0-9]|1[01]):[0-5][0-9]$"
NAME_MAX = 60
REASON_MAX = 200
GATES_MAX = 64
STAR = "*"
COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫濮阳公冶申屠公孙慕容仲孙钟离"
        "长孙宇文司徒司空司寇鲜于闾丘亓官巫马公西颛孙壤驷漆雕乐正拓跋夹谷轩辕令狐段干呼延东郭南门西门羊舌梁丘左丘",
    )
)
"""Surnames of two characters (复姓) that are in use. Not those whose characters far more often begin a surname of one
and a given name (宗政, 百里): of whom they find, they would tell a character that the mask hides."""


class CommunityKind(StrEnum):
    """Kinds of property (ADMIN-05): they switch words and defaults."""

    HOUSING = "housing"
    OFFICE = "office"
    PARK = "park"
    MALL = "mall"


class Alike(StrEnum):
    """What two people of one house have in common, so that they may be one registered twice."""

    NAME = "name"
    PHONE = "phone"
    BOTH = "both"


class Tie(StrEnum):
    """What ties a person to a house (ADMIN-06)."""

    OWNER = "owner"
    TENANT = "tenant"
    FAMILY = "family"
    HELP = "help"


def clock_text(minute: int) -> str:
    """04:30, of the minutes since 00:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def day_begins_of(text: str) -> int | None:
    """The minute at which a day that is counted begins, of 04:30; None when it is none of 00:00 to 11:59."""
    if not re.fullmatch(DAY_BEGINS, text):
        return None
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def house_label(building: str, unit: str, number: str) -> str:
    """5-2-1102, as residents say it."""
    return f"{building}-{unit}-{number}"


def floor_of(text: str) -> str | None:
    """A floor as lift buttons say it, of what people write: 11 of 11层, B1 of b1. None when it is none."""
    floor = unicodedata.normalize("NFKC", text).strip().upper().removesuffix("层").removesuffix("楼").strip()
    return floor if re.fullmatch(FLOOR, floor) else None


def floor_guess(number: str) -> str | None:
    """The floor that a house number suggests: 11 of 1102, 2 of 0201, B1 of B103. None where it suggests none.

    A proposal and no more: houses without a 4th floor, or with a number that counts doors, are told otherwise. A person
    looks at it before a lift knows of it.
    """
    found = re.fullmatch(r"0*(B[1-9]|[1-9][0-9]?)[0-9]{2}", number.upper())
    return found[1] if found else None


def by_sound(name: str) -> bytes:
    """A Chinese name to sort by: GB 18030 has the 3755 usual characters by pinyin, the rarer ones after them.

    No collation of the database is asked for: one that is built without ICU has none for Chinese.
    """
    return name.casefold().encode("gb18030")


def counted(label: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts labels as people count: 9 before 10, 2A before 10A."""
    parts = re.findall(r"[0-9]+|[^0-9]+", label)
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def mask(name: str) -> str:
    """张*: the first character, and a star for all the rest, so that not even the length is told."""
    return name[:1] + STAR if name else ""


def told_apart(name: str, at_home: Iterable[str]) -> str:
    """The mask, and 张*例 where somebody else at home would be told by the same: of a family whose links lie on one
    phone it is what tells them apart. Of a name of one or two characters nothing would be hidden: it stays masked."""
    alike = len(name) > 2 and mask(name) in {mask(other) for other in at_home}
    return mask(name) + name[-1] if alike else mask(name)


def mask_phone(phone: str) -> str:
    """190****1234; a number of fewer than 9 digits keeps its last two only."""
    if len(phone) < 9:
        return STAR * 4 + phone[-2:]
    return phone[:3] + STAR * 4 + phone[-4:]


def is_meant(said: str, name: str, phone: str | None) -> bool:
    """Whether what somebody typed means this person: the surname as a mask shows it, or the whole of a compound one;
    the whole name; the last four digits of a phone where its mask shows them; the whole number.

    Nothing in between: whoever may only see masks would else find out letter by letter what they hide.
    """
    wanted = tidy_name(unicodedata.normalize("NFKC", said)).casefold()
    if wanted in COMPOUND_SURNAMES and name.startswith(wanted):
        return True
    if phone is not None and re.fullmatch(PHONE, number := tidy_phone(wanted)):
        return _within_country(number) == _within_country(phone)
    if wanted.isdecimal():
        return len(wanted) == 4 and phone is not None and mask_phone(phone).endswith(wanted)
    return bool(wanted) and wanted in (name.casefold(), name[:1].casefold())


def _within_country(phone: str) -> str:
    """A number as it is dialled within the country: the same telephone with +86 and without."""
    return phone.removeprefix("+86")


def alike(name: str, phone: str | None, other_name: str, other_phone: str | None) -> Alike | None:
    """What somebody who is to be registered has in common with somebody of the same house; None for nothing."""
    same_name = tidy_name(name).casefold() == other_name.casefold()
    same_phone = bool(phone and other_phone) and _within_country(phone or "") == _within_country(other_phone or "")
    if same_name and same_phone:
        return Alike.BOTH
    return Alike.NAME if same_name else Alike.PHONE if same_phone else None


def tidy_phone(phone: str) -> str:
    """As people write it (190-0000 1234, full-width digits) to what is stored (19000001234)."""
    narrow = phone.translate({0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+"})
    return "".join(sign for sign in narrow if sign not in " -()（）\t\u00a0\u3000")


def tidy_ring(said: str) -> str:
    """As people write it: blanks go from a number, and what stands for the scheme is small."""
    said = said.strip()
    scheme, colon, rest = said.partition(":")
    return f"{scheme.lower()}:{rest.strip()}" if colon and scheme.lower() in ("sip", "sips") else tidy_phone(said)


def ring_link(rings_at: str) -> str:
    """What a page links to, for the reader's own telephone; empty for none."""
    if not rings_at:
        return ""
    return rings_at if rings_at.startswith(("sip:", "sips:")) else f"tel:{rings_at.replace('#', '%23')}"


def tidy_name(name: str) -> str:
    """Without blanks around it, and without what does not print: a name goes to screens, logs and paper (SEC-09)."""
    return "".join(sign for sign in name if sign.isprintable()).strip()


def next_gate_number(taken: Iterable[int]) -> int | None:
    """The lowest number that was never used, counted from 1; 0 comes last; None when all 64 are taken."""
    used = set(taken)
    return next((number for number in (*range(1, GATES_MAX), 0) if number not in used), None)


def overlap(starts_at: datetime, ends_at: datetime | None, other: tuple[datetime, datetime | None]) -> bool:
    """Whether two stays share an instant; an end of None is open. One that ended as it began has none to share."""
    other_start, other_end = other
    if starts_at == ends_at or other_start == other_end:
        return False
    return (other_end is None or starts_at < other_end) and (ends_at is None or other_start < ends_at)


def ends_after_start(starts_at: datetime, ends_at: datetime | None) -> bool:
    return ends_at is None or Window(start=starts_at, end=ends_at).holds(starts_at)


def left_at(stays: Sequence[tuple[datetime, datetime | None]], now: datetime) -> datetime | None:
    """When somebody lived here last, who was at home from and until these times and is not now nor will be, as far as
    anybody wrote down; None of who is, and of who never was."""
    ends = [end for _, end in stays if end is not None]
    last = max(ends) if ends and len(ends) == len(stays) else None
    return last if last is not None and last <= now else None

"""A number plate of mainland China, as one text and its colour (LANE-01).

    京A12345        ordinary: province, office, five         蓝 blue, 黄 yellow
    京AD12345       new energy: six, D or F group in front   绿 green
    京A12345D       the same, large: the group stands last   黄绿 yellow-green
    京A1234警 学 挂 领  police, learner, trailer, consulate     粤Z1234港 澳  to Hong Kong, Macao
    224578使        embassy                                  WJ京12345  armed police
    VA12345         army                                     民航A1234  airport       京X1234应急  rescue

Written with a dot after the office; kept without it. I stands nowhere but in an army's letters; O there
and as the office of police and government cars of old (粤O12345), of which some still drive.
"""

import re
import unicodedata
from enum import StrEnum
from itertools import zip_longest
from typing import Annotated

from pydantic import AfterValidator

from models.values.frozen import WireValue

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL = "A-HJ-NP-Z0-9"
_ENERGY = "A-HJK"
_MARKS = re.compile(r"[\s·•・.\-_​﻿]+")


class PlateKind(StrEnum):
    ORDINARY = "ordinary"
    NEW_ENERGY = "new_energy"
    POLICE = "police"
    LEARNER = "learner"
    TRAILER = "trailer"
    CONSULATE = "consulate"
    BORDER = "border"
    EMBASSY = "embassy"
    ARMED_POLICE = "armed_police"
    ARMY = "army"
    AIRPORT = "airport"
    RESCUE = "rescue"


_FORMS: tuple[tuple[PlateKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form))
    for kind, form in (
        (PlateKind.ORDINARY, f"[{PROVINCES}][A-HJ-Z][{_SERIAL}]{{5}}"),
        (PlateKind.NEW_ENERGY, f"[{PROVINCES}][A-HJ-NP-Z](?:[{_ENERGY}][{_SERIAL}][0-9]{{4}}|[0-9]{{5}}[{_ENERGY}])"),
        (PlateKind.POLICE, f"[{PROVINCES}][A-HJ-Z][{_SERIAL}]{{4}}警"),
        (PlateKind.LEARNER, f"[{PROVINCES}][A-HJ-NP-Z][{_SERIAL}]{{4}}学"),
        (PlateKind.TRAILER, f"[{PROVINCES}][A-HJ-NP-Z][{_SERIAL}]{{4}}挂"),
        (PlateKind.CONSULATE, f"[{PROVINCES}][A-HJ-NP-Z][{_SERIAL}]{{4}}领"),
        (PlateKind.BORDER, f"粤Z[{_SERIAL}]{{4}}[港澳]"),
        (PlateKind.EMBASSY, "[0-9]{6}使|使[0-9]{6}"),
        (PlateKind.ARMED_POLICE, f"WJ[{PROVINCES}]?[0-9]{{4}}[0-9A-HJ-NP-Z]"),
        (PlateKind.ARMY, "[A-Z]{2}[0-9]{5}"),
        (PlateKind.AIRPORT, f"民航[{_SERIAL}]{{5}}"),
        (PlateKind.RESCUE, f"[{PROVINCES}][XS][0-9]{{4}}应急"),
    )
)


class PlateColour(StrEnum):
    """Kept apart from the text: two cars may carry the same text on two colours."""

    BLUE = "blue"
    YELLOW = "yellow"
    WHITE = "white"
    BLACK = "black"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    UNKNOWN = "unknown"


def normalised(text: str) -> str:
    """Upper case, plain letters and digits, no dots and gaps. What a person typed, or a camera said."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def kind_of(text: str) -> PlateKind | None:
    """The form of a normalised text, or None where no plate looks like that."""
    return next((kind for kind, form in _FORMS if form.fullmatch(text)), None)


def _plate_text(text: str) -> str:
    plain = normalised(text[:40])
    if kind_of(plain) is None:
        raise ValueError("this is no number plate; write it as 京A12345, with its province")
    return plain


PlateText = Annotated[str, AfterValidator(_plate_text)]


class Plate(WireValue):
    text: PlateText
    colour: PlateColour = PlateColour.UNKNOWN

    @property
    def kind(self) -> PlateKind:
        kind = kind_of(self.text)
        assert kind is not None  # the text was checked when it came in
        return kind

    def __str__(self) -> str:
        """As it is painted: 京A·12345."""
        return f"{self.text[:2]}·{self.text[2:]}" if self.text[0] in PROVINCES else self.text


def same_car(one: Plate, other: Plate) -> bool:
    """Text for text; a colour that was not seen contradicts none."""
    colours = {one.colour, other.colour} - {PlateColour.UNKNOWN}
    return one.text == other.text and len(colours) <= 1


ALIKE = ("0ODQ", "1IT7", "2Z7", "5S", "8B", "6G", "4A", "UV")
"""Characters that readers take for each other."""


def differences(one: str, other: str) -> int:
    """How many places differ; a missing one counts."""
    return sum(a != b for a, b in zip_longest(one, other))


def may_be_misread(read: str, known: str) -> bool:
    """Whether a guard should be asked if this read was that car (LANE-05): one place differs, or every place that
    differs is a province or a pair that readers take for each other. Never opens anything.
    """
    if read == known or len(read) != len(known):
        return False
    if differences(read, known) == 1:
        return True
    return all(
        a == b or (place == 0 and {a, b} <= set(PROVINCES)) or any(a in group and b in group for group in ALIKE)
        for place, (a, b) in enumerate(zip(read, known, strict=True))
    )

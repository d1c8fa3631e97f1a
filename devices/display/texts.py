"""What a lane board may say: a closed list, in Chinese and English, with at most a plate and an amount in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳领]"
)
FEN_MAX = 10_000_000
PLACES_MAX = 99_999
ZONE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff -]{0,9}")
"""The name of a zone, as a board may show it."""
BAY = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff _.-]{0,15}")
"""The code of a bay, or of a zone of bays, to which a driver is sent."""
ZONES_MAX = 4


class Say(StrEnum):
    """Which text."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    PLEASE_WAIT = "please_wait"
    NO_ENTRY = "no_entry"
    STORM = "storm"
    PLEASE_PAY = "please_pay"
    OWES = "owes"
    SHOW_PASS = "show_pass"
    FULL = "full"
    BAY_SHARED = "bay_shared"
    BAY_TAKEN = "bay_taken"
    SECOND_CAR = "second_car"
    BOOKED = "booked"
    DRIVE_ON = "drive_on"
    PLACES = "places"
    FIRE = "fire"


_ZH = {
    Say.WELCOME: "欢迎光临",
    Say.GOODBYE: "一路平安",
    Say.PLEASE_WAIT: "请稍候，保安马上来",
    Say.NO_ENTRY: "暂不能通行，请联系保安",
    Say.STORM: "防汛，车库暂停驶入，请停到高处",
    Say.PLEASE_PAY: "请缴费",
    Say.OWES: "请先离场，下次补缴",
    Say.SHOW_PASS: "请出示通行码",
    Say.FULL: "车位已满",
    Say.BAY_SHARED: "您的车位已约给访客，请联系保安",
    Say.BAY_TAKEN: "您的车位已有车，请联系保安",
    Say.SECOND_CAR: "您的车位已有车，本次按临停计费",
    Say.BOOKED: "欢迎光临，车位已为您保留",
    Say.DRIVE_ON: "请通行",
    Say.PLACES: "余位",
    Say.FIRE: "火警，请立即离开",
}
_EN = {
    Say.WELCOME: "Welcome",
    Say.GOODBYE: "Goodbye",
    Say.PLEASE_WAIT: "Please wait, a guard is coming",
    Say.NO_ENTRY: "Not open to you now, ask the guard",
    Say.STORM: "Flood risk. Garage closed, park on high ground",
    Say.PLEASE_PAY: "Please pay",
    Say.OWES: "Drive on, pay next time",
    Say.SHOW_PASS: "Show your pass",
    Say.FULL: "Car park full",
    Say.BAY_SHARED: "A guest has booked your bay, ask the guard",
    Say.BAY_TAKEN: "Your bay is taken, ask the guard",
    Say.SECOND_CAR: "Your bay is taken, this stay is charged",
    Say.BOOKED: "Welcome, a place is kept for you",
    Say.DRIVE_ON: "Drive on",
    Say.PLACES: "Places free",
    Say.FIRE: "Fire. Leave now",
}
_LANGUAGES = {"zh": _ZH, "en": _EN}


@dataclass(frozen=True, slots=True)
class Text:
    """What is shown and spoken. A plate or a zone that does not look like one, or a number out of range, is a
    ValueError. `places`, `zones`: how many are free, of PLACES alone, which no board speaks. `bay`: where
    to drive, of BOOKED alone."""

    say: Say
    plate: str | None = None
    fee_fen: int | None = None
    language: str = "zh"
    places: int = 0
    zones: tuple[tuple[str, int], ...] = ()
    bay: str | None = None

    def __post_init__(self) -> None:
        if self.plate is not None and not PLATE.fullmatch(self.plate):
            raise ValueError("this is no plate, and nothing else goes to the board in its place")
        if self.fee_fen is not None and not 0 <= self.fee_fen <= FEN_MAX:
            raise ValueError(f"an amount is 0 to {FEN_MAX} fen")
        if not all(ZONE.fullmatch(name) for name, _ in self.zones) or len(self.zones) > ZONES_MAX:
            raise ValueError("this is no name of a zone, and nothing else goes to the board in its place")
        if self.bay is not None and not BAY.fullmatch(self.bay):
            raise ValueError("this is no code of a bay, and nothing else goes to the board in its place")
        if not all(0 <= number <= PLACES_MAX for number in (self.places, *(free for _, free in self.zones))):
            raise ValueError(f"places are 0 to {PLACES_MAX}")
        if self.language not in _LANGUAGES:
            raise ValueError(f"a language is one of {', '.join(_LANGUAGES)}")

    def lines(self) -> tuple[str, ...]:
        """Plate, case, bay and fee, each on its own line."""
        if self.say is Say.PLACES:
            said = _LANGUAGES[self.language][Say.PLACES if self.places else Say.FULL]
            first = f"{said} {self.places}" if self.places else said
            return (first, *(f"{name} {free}" for name, free in self.zones))
        words = (self.plate, _LANGUAGES[self.language][self.say], self._bay(), self._fee())
        return tuple(word for word in words if word)

    def spoken(self) -> str:
        """The same in one breath."""
        return ("，" if self.language == "zh" else ", ").join(self.lines())

    @property
    def silent(self) -> bool:
        """Shown and not spoken: it stands there while nobody asks."""
        return self.say is Say.PLACES

    def _bay(self) -> str | None:
        if self.bay is None:
            return None
        return f"请停 {self.bay}" if self.language == "zh" else f"Drive to {self.bay}"

    def _fee(self) -> str | None:
        if self.fee_fen is None:
            return None
        yuan = f"{self.fee_fen // 100}.{self.fee_fen % 100:02d}"
        return f"{yuan}元" if self.language == "zh" else f"CNY {yuan}"

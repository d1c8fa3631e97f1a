"""What a lane board may say: a closed list, in Chinese and English, with at most a plate and an amount in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳领]"
)
FEN_MAX = 10_000_000


class Say(StrEnum):
    """Which text."""

    WELCOME = "welcome"
    GOODBYE = "goodbye"
    PLEASE_WAIT = "please_wait"
    NO_ENTRY = "no_entry"
    PLEASE_PAY = "please_pay"
    SHOW_PASS = "show_pass"
    FULL = "full"
    FIRE = "fire"


_ZH = {
    Say.WELCOME: "欢迎光临",
    Say.GOODBYE: "一路平安",
    Say.PLEASE_WAIT: "请稍候，保安马上来",
    Say.NO_ENTRY: "暂不能通行，请联系保安",
    Say.PLEASE_PAY: "请缴费",
    Say.SHOW_PASS: "请出示通行码",
    Say.FULL: "车位已满",
    Say.FIRE: "火警，请立即离开",
}
_EN = {
    Say.WELCOME: "Welcome",
    Say.GOODBYE: "Goodbye",
    Say.PLEASE_WAIT: "Please wait, a guard is coming",
    Say.NO_ENTRY: "Not open to you now, ask the guard",
    Say.PLEASE_PAY: "Please pay",
    Say.SHOW_PASS: "Show your pass",
    Say.FULL: "Car park full",
    Say.FIRE: "Fire. Leave now",
}
_LANGUAGES = {"zh": _ZH, "en": _EN}


@dataclass(frozen=True, slots=True)
class Text:
    """What is shown and spoken. A plate that does not look like one, or an amount out of range, is a ValueError."""

    say: Say
    plate: str | None = None
    fee_fen: int | None = None
    language: str = "zh"

    def __post_init__(self) -> None:
        if self.plate is not None and not PLATE.fullmatch(self.plate):
            raise ValueError("this is no plate, and nothing else goes to the board in its place")
        if self.fee_fen is not None and not 0 <= self.fee_fen <= FEN_MAX:
            raise ValueError(f"an amount is 0 to {FEN_MAX} fen")
        if self.language not in _LANGUAGES:
            raise ValueError(f"a language is one of {', '.join(_LANGUAGES)}")

    def lines(self) -> tuple[str, ...]:
        """Plate, case and fee, each on its own line."""
        words = (self.plate, _LANGUAGES[self.language][self.say], self._fee())
        return tuple(word for word in words if word)

    def spoken(self) -> str:
        """The same in one breath."""
        return ("，" if self.language == "zh" else ", ").join(self.lines())

    def _fee(self) -> str | None:
        if self.fee_fen is None:
            return None
        yuan = f"{self.fee_fen // 100}.{self.fee_fen % 100:02d}"
        return f"{yuan}元" if self.language == "zh" else f"CNY {yuan}"

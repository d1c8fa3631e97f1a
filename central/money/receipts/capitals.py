"""A sum in Chinese capitals 大写, as receipts and cheques write it: hard to alter with a pen.

By annex one of 支付结算办法 (正确填写票据和结算凭证的基本规定): 整 behind a sum that ends with 元 or 角, none
behind 分; one 零 for zeros in between, and for a 角 of zero before a 分.
"""

from __future__ import annotations

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
MINUS = "负"


def in_capitals(fen: int) -> str:
    """人民币壹佰零柒元伍角整 of 10750. ValueError from 10^16 yuan on."""
    yuan, rest = divmod(abs(fen), 100)
    jiao, cents = divmod(rest, 10)
    whole = _whole(yuan) + "元" if yuan else ""
    if not rest:
        tail = "整" if yuan else "零元整"
    else:
        tail = DIGITS[jiao] + "角" if jiao else ("零" if yuan else "")
        tail += DIGITS[cents] + "分" if cents else "整"
    return "人民币" + (MINUS if fen < 0 else "") + whole + tail


def _whole(yuan: int) -> str:
    groups = []
    while yuan:
        yuan, low = divmod(yuan, 10_000)
        groups.append(low)
    if len(groups) > len(GROUPS):
        raise ValueError("a sum of money is not that long")
    said, gap = "", False
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if not group:
            gap = bool(said)
            continue
        said += ("零" if said and (gap or group < 1_000) else "") + _group(group) + GROUPS[at]
        gap = False
    return said


def _group(number: int) -> str:
    """Of one to 9999."""
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return said

"""The number under which a buyer pays taxes 纳税人识别号: 15, 18 or 20 characters.

15 and 20 characters come from registrations before the unified code; nothing in them checks itself. 18 characters are
the unified social credit code 统一社会信用代码 of GB 32100-2015:

    92310115MA1K35X60C      1 department, 1 kind, 6 district, 9 organisation, 1 check character
    digits and letters without I O S V Z, each worth its place in that row (0 … 30)
    check = (31 - sum of worth × 3^place mod 31) mod 31, places from 0
"""

from __future__ import annotations

CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
UNIFIED = 18
LENGTHS = (15, UNIFIED, 20)


def tidied(said: str) -> str:
    """Without blanks and hyphens, in capitals: as it was typed by a thumb."""
    return "".join(sign for sign in said.upper() if not sign.isspace() and sign != "-")


def problem_of(number: str) -> str | None:
    """What is wrong with a tidied number, as a message; None where nothing is."""
    if not number.isascii() or not number.isalnum():
        return "receipts.tax_signs"
    if len(number) not in LENGTHS:
        return "receipts.tax_length"
    if len(number) == UNIFIED and (not set(number) <= set(CODE) or number[-1] != check_of(number[:-1])):
        return "receipts.tax_check"
    return None


def check_of(body: str) -> str:
    """The 18th character of the first 17, which are all of `CODE`."""
    total = sum(CODE.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return CODE[-total % 31]

"""Reads tariff.json for whoever prices a stay: models here, edge and central from their own tests (GEN-05).

for case in load_bills.cases():
    assert told(price(case.stay, case.tariff, coupons=case.coupons, calendar=case.calendar)) == case.bill_json
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.parking.bill import Bill
from models.parking.pricing import price
from models.parking.tariff import Calendar, Coupon, Stay, Tariff

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One vector. `fee`: fen, as a person wrote it; `bill_json`: the exact bytes that every runner must give."""

    name: str
    tariff: Tariff
    stay: Stay
    coupons: tuple[Coupon, ...]
    calendar: Calendar
    fee: int
    bill_json: str


def cases() -> list[Case]:
    file = json.loads((HERE / "tariff.json").read_text("utf-8"))
    lines = (HERE / "tariff.bills.jsonl").read_text("utf-8").splitlines()
    return [_case(each, file, line) for each, line in zip(file["cases"], lines, strict=True)]


def _case(case: dict[str, Any], file: dict[str, Any], line: str) -> Case:
    tariff = Tariff.model_validate(file["tariff"] | file["tariffs"][case["tariff"]])
    coupons = tuple(Coupon.model_validate(file["coupons"][name]) for name in case.get("coupons", ()))
    calendar = Calendar.model_validate(file["calendar"])
    return Case(case["name"], tariff, Stay.model_validate(case["stay"]), coupons, calendar, case["fee"], line)


def told(bill: Bill) -> str:
    """A bill as text, without which version of which tariff made it. A fraction of a fen is written as one."""
    lines = [[rule, start, end, times, str(unit), str(amount), note] for rule, start, end, times, unit, amount, note
             in bill.lines]  # fmt: skip
    used = {str(since): str(fen) for since, fen in sorted(bill.used.items())}
    whole = {"fee": bill.fee, "minutes": bill.minutes, "free": bill.free, "lines": lines, "used": used}
    return json.dumps(whole, ensure_ascii=False)


def rewrite() -> None:
    """Writes what the prices of this tree are. For a change that was meant; the diff is to be read like code."""
    file = json.loads((HERE / "tariff.json").read_text("utf-8"))
    made = [_case(each, file, "") for each in file["cases"]]
    bills = [told(price(one.stay, one.tariff, coupons=one.coupons, calendar=one.calendar)) for one in made]
    (HERE / "tariff.bills.jsonl").write_text("".join(f"{bill}\n" for bill in bills), "utf-8")


if __name__ == "__main__":  # python -m tests.models.vectors.load_bills
    rewrite()

"""The shared vectors of what a stay costs, where the price is made; edge and central run them in their own tests."""

import json

import pytest

from models.parking.pricing import price
from tests.models.vectors.load_bills import Case, cases, told


@pytest.mark.req("GEN-05")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_bill_is_the_one_written_down_to_the_byte(case: Case) -> None:
    bill = told(price(case.stay, case.tariff, coupons=case.coupons, calendar=case.calendar))
    assert bill == case.bill_json
    assert json.loads(bill)["fee"] == case.fee, "what a person worked out"

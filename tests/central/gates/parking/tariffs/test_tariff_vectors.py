"""The shared vectors of what a stay costs, priced by a tariff as it lies in central's tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.queries import tariffs_by_id
from models.parking.pricing import price
from tests.central.gates.parking.tariffs.test_scopes import person
from tests.models.vectors.load_bills import cases, told


@pytest.mark.req("GEN-05")
def test_central_asks_what_the_shared_vectors_say(site):
    before, kept = None, {}
    with site.session() as db:
        for case in cases():
            start = before = case.tariff.starts_at if before is None else before + timedelta(days=1)
            starting = case.tariff.model_copy(update={"starts_at": start})
            drafted = service.draft_tariff(db, person(site), site.community_id, starting, now=start - timedelta(days=1))
            kept[case.name] = drafted.id
    with site.session() as db:
        stored = tariffs_by_id(db, site.community_id)
    for case in cases():
        bill = price(case.stay, stored[kept[case.name]], coupons=case.coupons, calendar=case.calendar)
        assert told(bill) == case.bill_json, case.name

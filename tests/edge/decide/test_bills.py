"""The shared vectors of what a stay costs, priced by a tariff as it lies on a node's disk."""

import pytest

from edge.decide.plates import charging_of
from edge.store.view import view_of
from models.parking.account import version_at
from models.parking.pricing import price
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.snapshot import Snapshot
from tests.models.vectors.load_bills import Case, cases, told


@pytest.mark.req("GEN-05")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_gate_asks_what_the_shared_vectors_say(case: Case) -> None:
    snapshot = Snapshot(
        tenant_id=new_id(), site_id=new_id(), node_id=new_id(), version=1, issued_at=utc_now(), expires_at=utc_now(),
        lanes=(), tariffs=(case.tariff,), holidays=case.calendar.holidays,
    )  # fmt: skip
    charging = charging_of(view_of(Snapshot.model_validate_json(snapshot.model_dump_json())))
    tariff = version_at(charging.versions, case.stay.entry)
    assert tariff is not None
    assert told(price(case.stay, tariff, coupons=case.coupons, calendar=charging.calendar)) == case.bill_json

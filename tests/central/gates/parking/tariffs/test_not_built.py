"""What no gate keeps yet is on no board: neither drafted nor approved."""

import pytest

from central.base.kernel.errors import Conflict, Invalid
from central.gates.parking.tariffs import service
from models.parking.tariff import FreeMinutes, Payer
from tests.central.gates.parking.tariffs.test_tariffs import draft, person
from tests.models.parking.tariffs import T1

HOST_PAYS = {"visitor_free": FreeMinutes(minutes=120), "visitor_payer": Payer.HOST}


@pytest.mark.req("PARK-26", "P34", "P08")
def test_what_no_gate_keeps_is_neither_drafted_nor_approved(town, monkeypatch):
    for asked, field, why in (
        (HOST_PAYS, "terms.visitor_payer", "parking.host_pays_not"),
        ({"free": FreeMinutes(gap=1441)}, "terms.free.gap", "parking.gap_long"),
        ({"visitor_free": FreeMinutes(gap=1441)}, "terms.visitor_free.gap", "parking.gap_long"),
    ):
        with pytest.raises(Invalid) as refused:
            draft(town, tariff=T1.model_copy(update=asked))
        assert refused.value.fields == {field: why}
    with monkeypatch.context() as before:
        before.setattr(service, "not_kept", lambda tariff: {})
        version = draft(town, tariff=T1.model_copy(update=HOST_PAYS))
    with town.session() as db, pytest.raises(Conflict, match="not_built"):
        service.approve_tariff(db, person(town, "王主任"), version, now=town.now)

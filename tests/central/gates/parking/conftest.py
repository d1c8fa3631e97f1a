"""What the tests of several parts of parking stand on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.base.kernel.actor import ActorKind, system
from central.gates.parking.tariffs import service
from models.parking.tariff import Tariff
from models.values.ids import new_id
from tests.central.gates.conftest import T0
from tests.models.parking.tariffs import T1


@pytest.fixture
def tariff(site) -> Tariff:
    """In force since before anybody came."""

    def person(name: str):
        return replace(
            system(site.tenant_id, name, ["tariff.draft", "tariff.approve"]), kind=ActorKind.ACCOUNT, id=new_id()
        )

    with site.session() as db:
        draft = service.draft_tariff(
            db, person("甲"), site.community_id, T1.model_copy(update={"starts_at": T0}), now=T0
        )
        service.approve_tariff(db, person("乙"), draft.id, now=T0)
    return T1

"""A car park whose drivers have no account."""

from __future__ import annotations

import pytest

from tests.browser.gate import seed
from tests.central.oversight.driver.lot import DriversLot


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def lot(site, parts):
    return DriversLot(site, parts.dispatcher)

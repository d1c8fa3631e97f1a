"""Two towns: one of each tenant."""

from __future__ import annotations

import pytest

from tests.central.people.town import Town, build_town


@pytest.fixture
def town(database, parts, two_tenants) -> Town:
    return build_town(database.engine, two_tenants.a, "门庭花园")


@pytest.fixture
def other_town(database, parts, two_tenants) -> Town:
    """Of the other tenant, under the same name: what is unique in one tenant is free in another."""
    return build_town(database.engine, two_tenants.b, "门庭花园")

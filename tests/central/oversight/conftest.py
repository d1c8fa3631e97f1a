"""A person's link, for whoever tests what its page and the desk's say."""

from __future__ import annotations

import pytest

from tests.central.oversight.phone import Phone, phone_at


@pytest.fixture
def phone(parts, database, two_tenants, login_as) -> Phone:
    return phone_at(parts, database, two_tenants, login_as)

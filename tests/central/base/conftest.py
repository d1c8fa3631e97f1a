"""The ground floor is tested without the floors above it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


@pytest.fixture
def domains() -> Sequence[str]:
    return ("central.base.identity",)

"""Put the domain into central: its rights. Its routes stand with what fills an assessment in (`oversight/privacy`)."""

from __future__ import annotations

import central.people.assessment.permissions  # noqa: F401  declared as it is imported
from central.base.parts import Parts


def register(parts: Parts) -> None:
    """Nothing to hang in."""

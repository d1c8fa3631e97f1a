"""Put the domain into central. Its routes stand with the page that fills an assessment in (`oversight/privacy`)."""

from __future__ import annotations

from central.base.parts import Parts
from central.people.assessment import permissions as permissions


def register(parts: Parts) -> None:
    """Rights alone: they are declared as the module is imported."""

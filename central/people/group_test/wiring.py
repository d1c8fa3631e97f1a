"""Put the domain into central: whoever withdraws or leaves is forgotten."""

from __future__ import annotations

from central.base.parts import Parts
from central.people.group_test import service


def register(parts: Parts) -> None:
    parts.handlers.on("group_test.forget", {"consent.withdrawn"}, service.forget)
    parts.jobs.each_tenant("group_test.forget_who_left", "41 18 * * *", service.forget_who_left)

"""Hangs faces into central: what nodes say of them, what consent and time order, and one page of facts a person."""

from __future__ import annotations

from central.base.parts import Parts
from central.gates.ingest.projections import projections
from central.gates.nodes.faces import jobs, left_out, orders, receipts, routes, stands_again


def register(parts: Parts) -> None:
    parts.routers.append(routes.router)
    projections.on("template_stored", receipts.project_stored)
    projections.on("template_erased", receipts.project_erased)
    projections.on("photos_kept", receipts.project_photos)
    parts.handlers.on("faces.order_erasure", {"consent.withdrawn"}, orders.on_withdrawn)
    parts.handlers.on("faces.overtake", {"consent.given"}, left_out.on_given)
    parts.handlers.on("faces.tell_gates", {"consent_text.published", "consent.photos"}, orders.on_rules_changed)
    parts.handlers.on("faces.follow_age", {"age.noted"}, stands_again.on_age_noted)
    parts.jobs.each_tenant("faces.follow_time", "*/10 * * * *", jobs.follow_time)
    parts.jobs.each_tenant("faces.count", "17 19 * * *", jobs.count_faces)

"""What identity brings to the process."""

from __future__ import annotations

from central.base.identity.nodes_auth import sweep_nonces
from central.base.identity.pages import pages
from central.base.identity.routes import router
from central.base.identity.sessions import still_may, sweep_sessions
from central.base.parts import Parts


def register(parts: Parts) -> None:
    parts.routers += [router, pages]
    parts.live.still_may = still_may
    parts.jobs.each_tenant("identity.sweep_sessions", "*/5 * * * *", sweep_sessions)
    parts.jobs.each_tenant("identity.sweep_nonces", "*/10 * * * *", sweep_nonces)

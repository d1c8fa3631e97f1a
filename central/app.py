"""Central as one ASGI application: the domains, floor by floor, behind one rim."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
from sqlalchemy import text

from central.base.identity.log_in import LogIn
from central.base.identity.own_password import OwnPassword
from central.base.kernel import clock
from central.base.kernel.session import open_session
from central.base.kernel.storage import Room
from central.base.parts import Parts
from central.base.tls.keeper import Keeper
from central.base.web import pages as web_pages
from central.base.web.bounds import Bounds
from central.base.web.files import HashedFiles
from central.base.web.finding import find_quickly
from central.base.web.guards import assert_guarded, public
from central.base.web.hosts import Hosts
from central.base.web.openapi import describe
from central.base.web.problems import add_problem_handlers, problems
from central.base.web.render import pages_of
from central.base.web.security import Rim

HERE = Path(__file__).parent

DOMAINS = (
    "central.base.identity",
    "central.people.community",
    "central.people.assessment",
    "central.people.consent",
    "central.people.group_test",
    "central.money.ledger",
    "central.money.payments",
    "central.money.receipts",
    "central.gates.face_enrolment",
    "central.gates.coverage",
    "central.gates.nodes",
    "central.gates.visits",
    "central.gates.parking",
    "central.gates.access",
    "central.gates.ingest",
    "central.oversight.privacy",
    "central.oversight.console",
)
"""In floor order; each has a `wiring` with `register(parts)`."""

STATIC = HERE / "oversight" / "console" / "static"


class CertificateOut(BaseModel):
    """failing_since: since when renewal fails, null while all is well; the log says why."""

    ends_at: datetime
    failing_since: datetime | None


class HealthOut(BaseModel):
    """certificate: only where central speaks TLS itself."""

    status: str
    certificate: CertificateOut | None = None


def register_domains(parts: Parts, domains: Sequence[str] = DOMAINS) -> None:
    """Let each domain hang in what it brings; `domains` is shorter in the tests of a lower floor."""
    for domain in domains:
        register: Callable[[Parts], None] = importlib.import_module(f"{domain}.wiring").register
        register(parts)


def create_app(parts: Parts, *, assets: Path | None = None, background: bool = True) -> FastAPI:
    """The application. `background` False leaves timed work, outbox delivery and live events to the caller (tests)."""
    app = FastAPI(
        title="Menting 门庭",
        version="1.0",
        description="Gates, visitors and the community behind them. Errors are RFC 9457 problem documents.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(parts, background),
    )
    app.state.engine = parts.engine
    app.state.passwords = parts.passwords
    app.state.log_in = LogIn(parts.engine, parts.passwords)
    app.state.own_password = OwnPassword(parts.passwords)
    app.state.nodes = parts.nodes
    app.state.demand_community = parts.demand_community
    app.state.parts = parts
    app.state.hosts = Hosts()  # who serves by further names says so here
    app.state.certificate = None  # who serves with TLS puts its keeper here
    app.state.pages = pages_of(template_dirs(), STATIC if STATIC.is_dir() else None, assets)
    for router in (_own_routes(), web_pages.pages, *parts.routers):
        # as they are: FastAPI's include_router would make all 460 once more, for the first person who asks to wait for
        app.router.routes.extend(router.routes)
    if STATIC.is_dir():
        app.mount("/static", HashedFiles(directory=STATIC))
    if assets is not None and assets.is_dir():
        app.mount("/assets", HashedFiles(directory=assets))
    add_problem_handlers(app)
    app.add_middleware(Rim)
    assert_guarded(app)
    app.state.bounds = Bounds(app)
    find_quickly(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to make the document
    return app


def template_dirs() -> tuple[Path, ...]:
    """Every domain's `templates/`."""
    return tuple(sorted(path for path in HERE.glob("*/*/templates") if path.is_dir()))


def _own_routes() -> APIRouter:
    router = APIRouter()

    @router.get(
        "/health",
        summary="Is central well?",
        tags=["central"],
        dependencies=[public("asked by watchdogs; says nothing of any tenant")],
        responses=problems(500, 503),
        response_model_exclude_unset=True,
    )
    def get_health(request: Request, response: Response) -> HealthOut:
        """503 and `status` "full" while nothing that comes can be kept."""
        with open_session(request.app.state.engine) as db:
            db.execute(text("SELECT 1"))
        full = request.app.state.parts.storage.state(clock.now()).room is Room.FULL
        if full:
            response.status_code = 503
        status = "full" if full else "ok"
        keeper: Keeper | None = request.app.state.certificate
        if keeper is None:
            return HealthOut(status=status)
        state = keeper.state
        return HealthOut(
            status=status, certificate=CertificateOut(ends_at=state.ends_at, failing_since=state.failing_since)
        )

    @router.get(
        "/api/openapi.json", include_in_schema=False, dependencies=[public("the published description of the API")]
    )
    def get_openapi_file(request: Request) -> dict[str, object]:
        described: dict[str, object] = request.app.openapi()
        return described

    return router


def _lifespan(parts: Parts, background: bool) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            if background:
                await stack.enter_async_context(_background(parts))
            state: dict[str, Any] = {}
            for begin in parts.while_served:
                state |= await stack.enter_async_context(begin())
            yield state

    return lifespan


@asynccontextmanager
async def _background(parts: Parts) -> AsyncIterator[None]:
    """Live events, timed work and the delivery of news."""
    tasks = [asyncio.create_task(parts.live.run()), asyncio.create_task(parts.jobs.run())]
    parts.dispatcher.start()
    try:
        yield
    finally:
        parts.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(parts.dispatcher.stop)

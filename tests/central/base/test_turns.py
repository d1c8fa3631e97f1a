"""Many at once: threads and connections are fewer than requests, and still every request ends well."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import text

from central.app import create_app
from central.base.identity.guard import Db, OpenDb
from central.base.kernel import turns
from central.base.kernel.turns import AT_ONCE
from central.base.web.guards import public
from central.gates.ingest.threads import THREADS
from tests.central.serving import served

PATIENCE_S = 60


class Crowd:
    """Lets the first requests go on together, when this many have arrived."""

    def __init__(self, size: int) -> None:
        self.size, self.arrived, self.complete = size, 0, threading.Event()

    def around(self, app: FastAPI) -> Any:
        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.arrived += scope["type"] == "http"
            if self.arrived == self.size:
                self.complete.set()
            await app(scope, receive, send)

        return counted


@pytest.fixture
def crowd() -> Crowd:
    return Crowd(60)


@pytest.fixture
def busy(parts, crowd) -> Any:
    """A route that asks the database first and goes through two more threads, as every route of a person does."""
    router = APIRouter()

    def guard(db: OpenDb) -> None:
        db.execute(text("SELECT 1"))
        assert crowd.complete.wait(PATIENCE_S)

    def check() -> None:
        pass

    @router.get("/api/v1/slow", dependencies=[public("test"), Depends(guard), Depends(check)])
    def slow(db: Db) -> int:
        return db.scalars(text("SELECT 1")).one()

    parts.routers.append(router)
    return crowd.around(create_app(parts, background=False))


def all_at_once(url: str, client: httpx.Client) -> Counter[int]:
    with ThreadPoolExecutor(60) as pool:
        return Counter(answer.status_code for answer in pool.map(lambda _: client.get(f"{url}/api/v1/slow"), range(60)))


def test_sixty_requests_at_once_are_all_answered(busy):
    """Without turns forty threads wait for connections, held by requests that wait for a thread."""
    with served(busy) as url, httpx.Client(timeout=PATIENCE_S, trust_env=False) as client:
        assert all_at_once(url, client) == {200: 60}


def test_who_waits_too_long_for_a_turn_is_told_so(busy, crowd, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_S", 0)
    with served(busy) as url, httpx.Client(timeout=PATIENCE_S, trust_env=False) as client:
        assert all_at_once(url, client) == {200: AT_ONCE, 503: 60 - AT_ONCE}
        assert client.get(f"{url}/api/v1/slow").status_code == 200, "every turn came back"


def test_a_thread_never_waits_for_a_connection_that_a_request_holds(database: Any):
    pool = database.engine.pool
    assert pool.size() + pool._max_overflow > AT_ONCE + THREADS

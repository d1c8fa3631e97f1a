"""A real central on a free port, a community of its own for each test, and the system's Chromium.

Where there is no Chromium the tests say "not run" and skip; with CI=true that is a failure.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from central.base.identity.guard import COOKIE
from central.base.identity.roles import grant, role_named
from central.base.identity.sessions import open_account_session
from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import tenant_session
from central.base.postgres.supervisor import FOR_TESTS
from central.bootstrap import Running, running
from central.config import Config
from central.people.community.service import add_community
from scripts.prepare.web_assets import WebAssetsMissing, prepare_web_assets
from tests.browser.commissioning import at_node, open_page  # noqa: F401 -- fixtures, found here by their names
from tests.browser.gate import Seeded, seed
from tests.browser.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("MENTING_CACHE", ROOT / ".menting" / "cache"))
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The shell first: the same engine without a window's own pages, for less than half of the work."""
FLAGS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run"]  # fmt: skip
WAIT_MS = 15_000
LEFT_MEANWHILE = ("htmx:afterRequest,", "htmx:sendAbort,")
"""What htmx says of a request that the page no longer waits for, since the person went on: no complaint. A request that
failed says sendError, timeout or responseError, which are heard."""

_numbers = itertools.count(1)


def not_run(why: str) -> None:
    """Skips where a person runs the tests, fails where a machine promises that all of them ran."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"browser tests not run: {why}")
    pytest.skip(f"not run: {why}")


@pytest.fixture(scope="session")
def chromium() -> str:
    named = os.environ.get("MENTING_CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        not_run("no Chromium here; install the distribution's, or name one in MENTING_CHROMIUM")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def assets() -> Path:
    try:
        return prepare_web_assets(CACHE)
    except WebAssetsMissing as why:
        not_run(str(why))
        raise


@dataclass(frozen=True)
class Served:
    running: Running
    url: str
    port: int
    data: Path

    @property
    def tenant_id(self) -> UUID:
        assert self.running.first is not None
        return self.running.first.tenant_id


@pytest.fixture(scope="package")
def served(chromium: str, assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Central as `python -m central` runs it, with its server in a thread; ended when the pages' last test is over,
    for its hundreds of gates would go on working beside every test after them."""
    data = tmp_path_factory.mktemp("central") / "data"
    config = Config(
        data=data,
        assets=assets,
        company="示例物业",
        cheap_passwords=True,
        postgres_settings=dict(FOR_TESTS),
        postgres_sync=False,
    )
    with running(config) as made, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(made.app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        try:
            yield Served(made, f"http://127.0.0.1:{port}", port, data)
        finally:
            made.parts.live.close()
            server.should_exit = True
            thread.join(20)


# As long as the pages' tests and no longer: while it lives, Playwright's event loop runs in this thread, and asyncio
# tests cannot.
@pytest.fixture(scope="package")
def launch(chromium: str) -> Iterator[Callable[..., Browser]]:
    """launch("--more-flags") -> a browser, which whoever launched it closes."""
    root = [] if os.name == "nt" or os.geteuid() else ["--no-sandbox"]
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *root, *more])


@pytest.fixture(scope="package")
def browser(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """One for all: each test has contexts of its own, which share nothing."""
    launched = launch()
    yield launched
    launched.close()


@pytest.fixture
def site(served: Served) -> Seeded:
    """A community of this test alone."""
    return seed(served.running.parts.engine, served.tenant_id)


@pytest.fixture
def bare(served: Served) -> UUID:
    """A community of this test alone with nothing in it yet."""
    actor = system(served.tenant_id, "test", ("house.edit",))
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        return add_community(db, actor, f"新苑 {next(_numbers)} 期").id


@dataclass
class Visitor:
    """Somebody at a browser, signed in with a role in the test's community."""

    context: BrowserContext
    page: Page
    account_id: UUID
    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def listen(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and message.text.startswith(LEFT_MEANWHILE):
            return
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.said.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


Open = Callable[..., Visitor]


@pytest.fixture
def sit_down(served: Served, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """sit_down("guard", language=…, theme=…, width=…) -> a Visitor of the test's site, or of the community `place`.
    At the end no console may have complained."""
    people: list[Visitor] = []

    def sit(
        role: str, *, language: str = "zh_CN", theme: str = "light", width: int = 1440, height: int = 900,
        base: str | None = None, place: UUID | None = None, **more: Any,
    ) -> Visitor:  # fmt: skip
        where = place or request.getfixturevalue("site").community_id
        account_id, token = make_account(served, role, where)
        context = browser.new_context(
            base_url=base or served.url,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            locale=language.replace("_", "-"),
            timezone_id="Asia/Shanghai",
            **more,
        )
        cookies = {COOKIE: token, "menting_lang": language, "menting_theme": theme}
        context.add_cookies(
            [{"name": name, "value": value, "url": base or served.url} for name, value in cookies.items()]
        )
        context.set_default_timeout(WAIT_MS)
        visitor = Visitor(context, context.new_page(), account_id)
        visitor.listen()
        people.append(visitor)
        return visitor

    yield sit
    for person in people:
        person.context.close()
    assert [words for person in people for words in person.said] == []


def make_account(served: Served, role: str, community: UUID | None) -> tuple[UUID, str]:
    number = next(_numbers)
    with tenant_session(served.running.parts.engine, served.tenant_id) as db:
        account = AccountRow(
            login=f"{role}{number}", name={"guard": "陈值班", "manager": "刘经理"}.get(role, role), password_hash="none"
        )
        db.add(account)
        db.flush()
        grant(db, system(served.tenant_id, "test", ("role.grant",)), account.id, role_named(db, role), community)
        return account.id, open_account_session(db, account.id, clock.now(), None)


@pytest.fixture
def wire(served: Served) -> Iterator[Wire]:
    """A cable to central that a test can cut."""
    with Wire(served.port) as made:
        yield made

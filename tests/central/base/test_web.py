"""What every answer carries, who may send changes, and how a problem is told to whom."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket

import httpx
import psycopg
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from central.app import create_app
from central.base.kernel.errors import Conflict, Invalid, Problem, Unavailable
from central.base.kernel.logs import JsonLines, set_up_logging, told_path, trace_var
from central.base.web import bounds, security
from central.base.web.guards import public, routes_of
from central.base.web.hosts import Hosts
from central.base.web.patience import Patient
from central.base.web.problems import problems
from central.base.web.render import is_local_path
from tests.central.serving import served

HTML = {"accept": "text/html"}
HTMX = {"hx-request": "true", "accept": "*/*"}


@pytest.fixture
def troubled(parts):
    """The application with routes that go wrong on purpose."""
    router = APIRouter(dependencies=[])

    @router.get("/api/conflict", dependencies=[public("test")])
    def conflict() -> None:
        raise Conflict("identity.login_taken", login="<b>li</b>", extra={"expected_seq": 7, "status": 200})

    @router.get("/page/conflict", dependencies=[public("test")])
    def page_conflict() -> None:
        raise Conflict("identity.login_taken", login="<b>li</b>")

    @router.get("/page/invalid", dependencies=[public("test")])
    def page_invalid() -> None:
        raise Invalid(fields={"new_password": "identity.password_short"})

    @router.get("/api/fault", dependencies=[public("test")])
    @router.get("/page/fault", dependencies=[public("test")])
    def fault() -> None:
        raise ZeroDivisionError("secret detail")

    @router.post("/api/echo", dependencies=[public("test")])
    async def echo(body: dict[str, str]) -> dict[str, str]:
        return body

    parts.routers.append(router)
    app = create_app(parts, background=False)
    return TestClient(
        app, base_url="http://localhost", headers={"origin": "http://localhost", "accept-language": "zh-CN"},
        follow_redirects=False, raise_server_exceptions=False,
    )  # fmt: skip


def test_a_program_gets_a_problem_document(troubled):
    answer = troubled.get("/api/conflict", headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:menting:problem:conflict"
    assert (answer.status_code, told["status"]) == (409, 409), "extra members never replace the standard ones"
    assert told["title"] == "与现状冲突" and told["detail"] == "用户名 <b>li</b> 已被使用。请换一个。"
    assert told["expected_seq"] == 7
    assert told["trace"] == answer.headers["x-trace"] and re.fullmatch("[0-9a-f]{32}", told["trace"])


@pytest.mark.req("ADMIN-14")
def test_in_the_askers_language(troubled):
    answer = troubled.get("/api/conflict", headers={"accept-language": "en-GB,en;q=0.9,zh;q=0.5"})
    assert answer.json()["detail"] == "The account name <b>li</b> is taken. Choose another."
    troubled.cookies.set("menting_lang", "en")
    assert troubled.get("/api/conflict").json()["title"] == "In conflict with the present state"


@pytest.mark.req("SEC-09")
def test_a_person_gets_a_page_and_htmx_a_fragment(troubled):
    page = troubled.get("/page/conflict", headers=HTML)
    assert page.status_code == 409 and page.text.startswith("<!doctype html>")
    assert "&lt;b&gt;li" in page.text and "<b>li" not in page.text
    fragment = troubled.get("/page/conflict", headers=HTMX)
    assert fragment.status_code == 409 and "<html" not in fragment.text and "&lt;b&gt;li" in fragment.text
    assert fragment.headers["hx-retarget"] == "#problem"
    assert "密码至少 10 个字符" in troubled.get("/page/invalid", headers=HTML).text


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
def test_text_that_nothing_can_store_is_refused_in_words(client, text):
    body = f'{{"login": "{text}", "password": "whatever it is"}}'
    answer = client.post("/api/v1/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (401, 422) and answer.headers["content-type"].startswith("application/problem+json")


def test_a_browser_that_is_not_signed_in_is_led_to_log_in(client):
    assert client.get("/change-password", headers=HTML).headers["location"].startswith("/login?next=")
    htmx = client.get("/change-password", headers=HTMX)
    assert htmx.status_code == 204 and htmx.headers["hx-redirect"] == "/login?next=%2F"
    assert client.get("/api/v1/session", headers=HTML).status_code == 401


def test_a_fault_tells_its_trace_and_nothing_else(troubled, caplog):
    with caplog.at_level(logging.ERROR):
        answer = troubled.get("/api/fault")
    assert answer.status_code == 500 and answer.json()["type"] == "urn:menting:problem:fault"
    assert "secret" not in answer.text and "Zero" not in answer.text
    logged = next(record for record in caplog.records if record.getMessage() == "fault")
    assert logged.exc_info is not None and logged.path == "/api/fault"
    page = troubled.get("/page/fault", headers=HTML)
    assert page.status_code == 500 and page.headers["x-trace"] in page.text and "secret" not in page.text


def test_a_database_that_is_away_is_no_fault_of_ours(client, database, caplog):
    with psycopg.connect(database.superuser_dsn.replace(database.name, "postgres"), autocommit=True) as superuser:
        superuser.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database.name])
        answer = client.get("/health")
        superuser.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
    assert answer.status_code == 503 and answer.json()["type"] == "urn:menting:problem:unavailable"
    assert "数据库" in answer.json()["detail"]
    assert not [record for record in caplog.records if record.exc_info]
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/health", 405), ("GET", "/api/v1/accounts?limit=0", 401)],
)
def test_the_frameworks_own_errors_are_problems_too(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_cannot_be_read_names_the_field_and_not_the_value(client):
    answer = client.post("/api/v1/session", json={"login": "li", "password": ["hunter2"]})
    assert answer.status_code == 422 and "password" in answer.json()["fields"]
    assert "hunter2" not in answer.text


# Changes come from our own pages


SAME = {"origin": "http://localhost"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "https://localhost"}, 403),
        ({"origin": "http://localhost:81"}, 403),
        ({"origin": "http://localhost.evil.example"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://evil.example", "sec-fetch-site": "same-origin"}, 403),
        ({"referer": "http://localhost/"}, 403),
        ({"authorization": "Bearer x"}, 200),
    ],
)
def test_a_change_must_come_from_our_own_pages(troubled, headers, status):
    del troubled.headers["origin"]
    assert troubled.post("/api/echo", json={"a": "b"}, headers=headers).status_code == status


def test_an_authorization_header_is_no_way_around_it_for_a_browser(login_as):
    """A page elsewhere may make a browser send both; only a program without cookies is let through."""
    client = login_as("administrator")
    headers = {"origin": "http://evil.example", "authorization": "Basic eDp5"}
    answer = client.post("/api/v1/accounts", json={"login": "forged", "name": "x"}, headers=headers)
    assert answer.json()["type"] == "urn:menting:problem:cross-origin"


def test_no_other_origin_is_invited(login_as):
    preflight = login_as("administrator").options(
        "/api/v1/accounts", headers={"origin": "http://evil.example", "access-control-request-method": "POST"}
    )
    assert preflight.status_code == 405
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_log_in_itself_cannot_be_forged(client):
    answer = client.post("/login", data={"login": "a", "password": "b"}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/login", "/health", "/nowhere", "/api/v1/session"])
def test_every_answer_is_dressed(client, path):
    headers = client.get(path, headers=HTML).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{16}'", policy["script-src"])
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    assert "server" not in headers
    again = client.get(path, headers=HTML).headers
    assert again["content-security-policy"] != headers["content-security-policy"], "a nonce is used once"


def test_tls_is_remembered_by_the_browser(app):
    app.state.hosts = Hosts(frozenset({"gate.example"}))
    secure = TestClient(app, base_url="https://gate.example")
    assert "max-age" in secure.get("/login").headers["strict-transport-security"]


@pytest.mark.req("SEC-17")
def test_a_body_that_is_too_large_is_not_read(troubled, monkeypatch):
    monkeypatch.setattr(bounds, "BODY_PLAIN_MAX", 1000)
    assert troubled.post("/api/echo", json={"a": "x" * 900}).status_code == 200
    announced = troubled.post("/api/echo", json={"a": "x" * 2000})
    assert announced.status_code == 413 and announced.json()["type"] == "urn:menting:problem:too-large"

    def unannounced():
        yield b'{"a": "'
        for _ in range(20):
            yield b"x" * 100
        yield b'"}'

    streamed = troubled.post("/api/echo", content=unannounced(), headers={"content-type": "application/json"})
    assert streamed.status_code == 413


@pytest.mark.req("SEC-17")
def test_without_an_account_nobody_has_a_large_body_parsed(client):
    body = b"[" + b"{}," * (bounds.BODY_PLAIN_MAX // 3) + b"{}]"
    for method, path in (("POST", "/api/v1/session"), ("POST", "/login"), ("GET", "/health"), ("POST", "/nowhere")):
        answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 413, path
    assert "65536" in answer.text and "分几次发送" in answer.text


# Pages


@pytest.mark.req("ADMIN-14")
def test_language_and_theme_are_chosen_and_kept(client):
    assert 'lang="zh-CN"' in client.get("/login").text
    answer = client.post("/language", data={"language": "en", "next": "/login"})
    assert answer.headers["location"] == "/login"
    page = client.get("/login").text
    assert 'lang="en"' in page and "Log in" in page
    client.post("/theme", data={"theme": "dark", "next": "//evil.example"})
    assert 'data-theme="dark"' in client.get("/login").text
    for path, field in (("/language", "language"), ("/theme", "theme")):
        assert client.post(path, data={field: "klingon"}, headers={"accept": "*/*"}).status_code == 422


@pytest.mark.parametrize("path", ["/a", "/a?b=//c", "/门"])
def test_local_paths(path):
    assert is_local_path(path)


@pytest.mark.parametrize("path", ["", "a", "//a", "/\\a", "http://a", "/a\r\nset-cookie: x", "\\\\a"])
def test_paths_that_lead_elsewhere(path):
    assert not is_local_path(path)


# The published description


@pytest.mark.req("INT-01")
def test_every_api_route_is_described_with_its_problems(app, client):
    described = client.get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert described["components"]["schemas"]["ProblemOut"]["properties"]["trace"]
    text = json.dumps(described)
    assert "HTTPValidationError" not in text
    count = 0
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            count += 1
            name = f"{method} {path}"
            assert operation.get("summary"), name
            failures = [status for status in operation["responses"] if status[0] in "45"]
            assert failures, f"{name} names no problem"
            for status in failures:
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"], name
    assert count >= 10
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text))
    assert references <= set(described["components"]["schemas"])


def test_problem_documents_are_declared_for_every_kind_of_problem():
    kinds = [Problem]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    for status in {kind.status for kind in kinds}:
        assert problems(status)[status]["content"]
    assert Unavailable().headers == {}


def test_there_are_no_docs_pages_that_load_scripts_from_elsewhere(app):
    assert {"/docs", "/redoc", "/openapi.json"}.isdisjoint({getattr(route, "path", "") for route in routes_of(app)})


# Logging


def test_logs_are_lines_of_json_with_the_trace_and_without_secrets(capsys):
    import io

    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        set_up_logging("INFO", out)
        token = trace_var.set("abc")
        logging.getLogger("menting.test").info(
            "signed\nin", extra={"account": "li", "password": "hunter2", "session_token": "t", "api_key": "k"}
        )
        trace_var.reset(token)
    finally:
        root.handlers[:], root.level = before
    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert said["says"] == "signed\nin" and said["trace"] == "abc" and said["account"] == "li"
    assert (said["password"], said["session_token"], said["api_key"]) == ("***", "***", "***")
    record = logging.LogRecord("x", logging.ERROR, "", 0, "m", (), (ValueError, ValueError("v"), None))
    assert "ValueError" in json.loads(JsonLines().format(record))["stack"]


@pytest.mark.req("SEC-08")
def test_a_body_that_trickles_in_is_refused_and_the_connection_closed(troubled, monkeypatch):
    monkeypatch.setattr("central.base.web.security.BODY_S", 0.2)
    with served(troubled.app) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as slow:
            head = f"POST /api/echo HTTP/1.1\r\nhost: {host}:{port}\r\norigin: {url}\r\ncontent-length: 99\r\n\r\n{{"
            slow.sendall(head.encode())
            answer = b""
            while piece := slow.recv(65536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 408 ") and b"urn:menting:problem:too-slow" in answer


def test_a_stream_is_no_slow_body(troubled, monkeypatch):
    monkeypatch.setattr("central.base.web.security.BODY_S", 0)
    assert troubled.get("/api/conflict").status_code == 409


def test_a_redirect_for_a_slash_never_leads_to_a_host_that_was_only_claimed(troubled):
    answer = troubled.get("/api/conflict/", headers={"host": "localhost:81"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/conflict")


@pytest.mark.req("SEC-08")
@pytest.mark.parametrize("sent", [b"", b"GET /health HT", b"GET /api/conflict HTTP/1.1\r\nhost: x\r\n\r\nGET "])
def test_a_connection_without_a_whole_head_is_closed(troubled, monkeypatch, sent):
    monkeypatch.setattr("central.base.web.patience.HEAD_S", 0.2)
    with served(troubled.app, http=Patient) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as slow:
            slow.sendall(sent)
            answer = b""
            while piece := slow.recv(65536):
                answer += piece
    assert answer.count(b"HTTP/1.1 ") == sent.count(b"\r\n\r\n")


def test_a_request_that_is_worked_on_is_waited_for(parts, monkeypatch):
    monkeypatch.setattr("central.base.web.patience.HEAD_S", 0.05)
    router = APIRouter()

    @router.get("/api/long", dependencies=[public("test")])
    async def long() -> str:
        await asyncio.sleep(0.3)
        return "done"

    parts.routers.append(router)
    with served(create_app(parts, background=False), http=Patient) as url:
        assert httpx.get(f"{url}/api/long", timeout=60).json() == "done"


KEYS = ("/pass/SECRET", "/enrol/SECRET/consent", "/api/v1/face-enrolments/SECRET/photos", "//Pass//SECRET/picture.png",
        "/park/SECRET/now", "/stay/SECRET/pay", "/shop/SECRET", "/coupon/SECRET")  # fmt: skip


@pytest.mark.req("SEC-02")
@pytest.mark.parametrize("path", KEYS)
def test_the_key_of_a_link_stands_in_no_log(app, caplog, path):
    caplog.set_level(logging.INFO)
    ends = iter((ClientDisconnect, ZeroDivisionError))

    async def falls(*_):
        raise next(ends)

    async def rim(scope, receive, send):
        await security.Rim(falls)(scope | {"app": app}, receive, send)

    client = TestClient(rim, raise_server_exceptions=False)
    for host in ("elsewhere", "localhost", "localhost"):
        client.get(f"http://localhost{path}", headers={"host": host})
    lines = [JsonLines().format(record) for record in caplog.records if record.name == security.__name__]
    assert [json.loads(line)["says"] for line in lines] == ["asked by a name that is not ours", "hung up", "fault"]
    assert all("SECRET" not in line and "***" in json.loads(line)["path"] for line in lines)


@pytest.mark.parametrize(
    "path",
    [
        "/passes",
        "/api/v1/passes/12",
        "/visitors/12/link",
        "/",
        "/pass",
        "/parking/stays/12",
        "/parked/12",
        "/coupons/shops/12",
    ],
)
def test_any_other_path_stands_in_the_log_as_it_is(path):
    assert told_path(path) == path

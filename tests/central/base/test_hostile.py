"""What a hostile client may send to any door: never a fault of ours, and never more than its own refusal (SEC-08)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.req("SEC-08")

BOMBS = {
    "depth": b"[" * 60_000,
    "depth of objects": b'{"login":' * 7_000,
    "a number without end": b'{"login": ' + b"9" * 60_000 + b"}",
    "no text": b"\xff\xfe",
    "half a surrogate": b'{"login": "\\ud800", "password": "x"}',
    "a NUL": b'{"login": "a\\u0000b", "password": "x"}',
    "not a number": b'{"login": NaN, "password": Infinity}',
}


ELSEWHERE = (
    *("//evil.example", "https://evil.example", "/\\evil.example", "\\/evil", "/\t/evil", "javascript:alert(1)"),
    "/x\r\nset-cookie: a=b",
)


def test_a_body_that_is_a_bomb_is_refused_in_words(client):
    for name, body in BOMBS.items():
        for method, path in (("POST", "/api/v1/session"), ("PUT", "/api/v1/session/password")):
            answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code in (400, 401, 422, 429), (name, path, answer.text)
            assert answer.json()["type"].startswith("urn:menting:problem:")


def test_a_login_page_leads_nowhere_else_and_no_header_can_be_slipped_in(client):
    for onward in ELSEWHERE:
        page = client.get("/login", params={"next": onward}, headers={"accept": "text/html"})
        assert page.status_code == 200 and "set-cookie" not in page.headers
        assert "evil" not in page.text and "javascript:alert" not in page.text, onward
    asked = client.get("/%0d%0aset-cookie:%20a=b", headers={"accept": "text/html"}, follow_redirects=False)
    assert "set-cookie" not in asked.headers

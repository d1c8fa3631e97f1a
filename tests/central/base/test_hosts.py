"""By which names central answers, and what it says to who asks by another."""

from __future__ import annotations

import logging

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from central.__main__ import hosts_of, tell_names
from central.base.web.hosts import LOCAL, Hosts, host_in
from central.config import Config, ConfigError

pytestmark = pytest.mark.req("SEC-08")

CERTIFIED = Hosts(frozenset(), lambda: ("central.example.cn", "*.gate.example", "192.0.2.7", "2001:db8::7"))


@pytest.mark.parametrize(
    ("host", "came_to"),
    [
        *(
            ("localhost", None),
            ("LOCALHOST:8080", None),
            ("localhost.", None),
            ("127.0.0.1:1", None),
            ("[::1]:9", None),
        ),
        ("192.0.2.1:8443", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("[2001:DB8:0::1]:8443", "2001:db8::1"),
    ],
)
def test_this_machine_and_the_address_that_was_called_are_answered(host, came_to):
    assert Hosts().answers(host, came_to)


@pytest.mark.parametrize(
    "host", ["central.example.cn", "Central.Example.CN:443", "a.gate.example", "192.0.2.7:8443", "[2001:db8::7]"]
)
def test_what_the_certificate_names_is_answered(host):
    assert CERTIFIED.answers(host, "10.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "evil.example:80", "192.0.2.2", "127.0.0.1.evil.example"),
        *("", " ", "localhost evil", "localhost:", "localhost:port", "localhost/..", "user@localhost", "[::1", "[::g]"),
        *("gate.example", "a.b.gate.example", ".gate.example", "xcentral.example.cn", "localhost\x00", "门.example"),
    ],
)
def test_every_other_name_is_not(host):
    assert not Hosts().answers(host, "192.0.2.1") and not CERTIFIED.answers(host, "192.0.2.1")


def test_a_name_of_a_connection_is_no_address_of_it():
    assert not Hosts(frozenset()).answers("evil.example", "evil.example")


def test_a_renewed_certificate_counts_from_now_on():
    names = ["old.example"]
    hosts = Hosts(frozenset(), lambda: names)
    assert hosts.answers("old.example", None)
    names[:] = ["new.example"]
    assert hosts.answers("new.example", None) and not hosts.answers("old.example", None)


@given(st.text(max_size=40), st.none() | st.text(max_size=20))
def test_whatever_stands_there_is_answered_or_not(header, came_to):
    """No header breaks it, and what is answered is one of ours."""
    if CERTIFIED.answers(header, came_to):
        assert host_in(header) is not None


EVERY_DOOR = (
    *("/login", "/", "/nothing", "/static/page.js", "/api/v1/session", "/api/v1/events", "/api/openapi.json"),
    "/edge/v1/downlink",
)


def test_a_wrong_name_is_refused_at_every_door(app, caplog):
    away = TestClient(app, base_url="http://localhost", headers={"accept-language": "en"}, follow_redirects=False)
    for path in EVERY_DOOR:
        for bad in ("evil.example", "x" * 400):
            with caplog.at_level(logging.WARNING):
                answer = away.get(path, headers={"host": bad, "accept": "text/html"})
            assert answer.status_code == 421 and "--host-name" in answer.text and "evil" not in answer.text
            assert "location" not in answer.headers and "set-cookie" not in answer.headers
            assert caplog.records[-1].host == bad[:100]
    assert app.state.hosts.names == LOCAL


def test_words_are_in_the_readers_language_and_for_programs_a_document(app):
    away = TestClient(
        app, base_url="http://evil.example", headers={"accept-language": "zh-CN", "origin": "http://evil.example"}
    )
    page = away.get("/login", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/plain") and "管理员给的地址" in page.text
    told = away.post("/api/v1/session", json={"login": "a", "password": "b"})
    assert (told.status_code, told.json()["type"]) == (421, "urn:menting:problem:misdirected")


def test_a_watchdog_may_ask_by_any_name(app):
    assert TestClient(app, base_url="http://10.9.8.7").get("/health").json() == {"status": "ok"}


def test_two_hosts_are_none(app):
    client = TestClient(app, base_url="http://localhost")
    request = client.build_request("GET", "/login", headers=[("host", "localhost"), ("host", "evil.example")])
    assert client.send(request).status_code == 421


def config(folder, **given):
    return Config(data=folder, **given)


class Paired:
    """A source whose certificate names these."""

    def __init__(self, *names):
        self.pair = type("Named", (), {"names": names})


def test_the_call_adds_names(tmp_path):
    behind = config(tmp_path, host_names=("Gate.Example", "2001:db8::5", "198.51.100.4"))
    behind.check()
    hosts = hosts_of(behind, None)
    assert all(
        hosts.answers(one, "127.0.0.1") for one in ("gate.example", "[2001:db8::5]:80", "198.51.100.4", "localhost")
    )
    served = hosts_of(config(tmp_path, host="0.0.0.0", acme_domain="central.example.cn"), Paired("central.example.cn"))
    assert served.answers("central.example.cn", "10.0.0.2") and not served.answers("localhost", "10.0.0.2")
    assert not served.answers("0.0.0.0", "10.0.0.2")
    assert hosts_of(config(tmp_path, host="gate.example"), Paired("x")).answers("gate.example", "10.0.0.2")


@pytest.mark.parametrize(
    "bad", ["https://gate.example", "gate.example/x", "gate.example:443", "门庭.example", "", "a b"]
)
def test_a_name_that_is_none_is_refused_at_the_start(tmp_path, bad):
    with pytest.raises(ConfigError, match="without https"):
        config(tmp_path, host_names=(bad,)).check()


def test_who_listens_everywhere_is_told_the_names(tmp_path, capsys):
    everywhere = config(tmp_path, host="0.0.0.0")
    tell_names(hosts_of(everywhere, Paired("a.example", "*.b.example")), "0.0.0.0")
    said = capsys.readouterr().out
    assert "*.b.example, a.example, " in said and "own addresses" in said and "names nothing" not in said
    tell_names(hosts_of(everywhere, Paired()), "0.0.0.0")
    said = capsys.readouterr().out
    assert "own addresses" in said and "--host-name" in said
    tell_names(hosts_of(config(tmp_path), None), "127.0.0.1")
    assert capsys.readouterr().out.endswith("answers to: 127.0.0.1, ::1, localhost\n")

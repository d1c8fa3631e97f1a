"""The client: safe addresses only, every answer a value or a typed error, and the clock learned on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx
import pytest

from edge.health.clock import Clock
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient, Garbled, InsecureAddress, Offline, Refused, Unauthorised, checked_url
from edge.sync.signing import read_authorization
from models.values.time import utc_now
from models.wire.commands import Downlink

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def asking(node_id: UUID, keys: KeyRing, clock: Clock) -> Callable[[Answer], CentralClient]:
    def make(answer: Answer) -> CentralClient:
        return CentralClient("https://central.example", node_id, keys, clock, transport=httpx.MockTransport(answer))

    return make


def nothing_new(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=Downlink(server_time=utc_now()).model_dump_json())


@pytest.mark.parametrize(
    "url",
    [
        "https://central.example",
        "https://10.0.0.5:8443/",
        "http://localhost:8000",
        "http://127.0.0.1:1",
        "http://[::1]:8080",
    ],
)
def test_safe_addresses(url: str) -> None:
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://central.example", "http://10.0.0.5", "http://localhost.example", "ftp://localhost", "central.example", "",
     "https://", "https://me:pw@central.example", "https://central.example/?a=1", "http://127.0.0.1.example"],
)  # fmt: skip
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(InsecureAddress):
        checked_url(url)


def test_certificates_cannot_be_switched_off(keys: KeyRing, clock: Clock) -> None:
    with pytest.raises(InsecureAddress):
        CentralClient("https://central.example", None, keys, clock, verify=False)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(503), Offline),
        (httpx.Response(500, text="oops"), Offline),
        (httpx.Response(429, json={"title": "slow down"}), Offline),
        (httpx.Response(401, json={"type": "urn:menting:problem:unauthenticated"}), Unauthorised),
        (httpx.Response(403), Unauthorised),
        (httpx.Response(422, json={"detail": "no"}), Refused),
        (httpx.Response(404, text="<html>"), Refused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Garbled),
        (httpx.Response(200, text="<html>a portal</html>"), Garbled),
        (httpx.Response(200, json={"acked_seq": "x"}), Garbled),
        (httpx.Response(200, json=[1]), Garbled),
    ],
)
def test_every_bad_answer_has_its_type(
    asking: Callable[[Answer], CentralClient], response: httpx.Response, error: type[Exception]
) -> None:
    with pytest.raises(error):
        asking(lambda _: response).wait_for_downlink(0, 0)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, ConnectionResetError]
)
def test_no_answer_is_offline(asking: Callable[[Answer], CentralClient], error: type[Exception]) -> None:
    def gone(_: httpx.Request) -> httpx.Response:
        raise error("gone")

    with pytest.raises(Offline) as raised:
        asking(gone).wait_for_downlink(0, 0)
    assert raised.value.retry_helps


def test_a_problem_is_told_whole(asking: Callable[[Answer], CentralClient]) -> None:
    told = {
        "type": "urn:menting:problem:gap",
        "title": "缺口",
        "status": 409,
        "detail": "d",
        "trace": "abc",
        "expected_seq": 7,
    }
    with pytest.raises(Refused) as raised:
        asking(lambda _: httpx.Response(409, json=told)).wait_for_downlink(0, 0)
    problem = raised.value.problem
    assert (problem.slug, problem.trace, problem.extra) == ("gap", "abc", {"expected_seq": 7})
    assert "缺口" in str(raised.value) and "abc" in str(raised.value)


def test_what_is_sent_is_what_is_signed(asking: Callable[[Answer], CentralClient], keys: KeyRing) -> None:
    seen: list[str] = []

    def check(request: httpx.Request) -> httpx.Response:
        claim = read_authorization(request.headers["authorization"])
        target = request.url.raw_path.decode()
        assert claim is not None and claim.is_signed(request.method, target, request.content, keys.public_key)
        seen.append(target)
        return nothing_new(request)

    asking(check).wait_for_downlink(12, 25)
    assert seen == ["/edge/v1/downlink?snapshot=12&wait=25"]


def test_only_an_answer_given_at_once_sets_the_clock(asking: Callable[[Answer], CentralClient], clock: Clock) -> None:
    client = asking(nothing_new)
    client.wait_for_downlink(0, 25)
    assert clock.skew_ms() is None
    client.wait_for_downlink(0, 0)
    assert clock.skew_ms() is not None


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(days=-400)])
def test_a_node_whose_clock_is_far_off_finds_its_way_back(node_id: UUID, keys: KeyRing, off: timedelta) -> None:
    """Central must refuse old signatures; the node learns the time from the refusal, or it would stay out for ever."""
    clock = Clock(wall=lambda: utc_now() + off)
    tries: list[bool] = []

    def strict(request: httpx.Request) -> httpx.Response:
        claim = read_authorization(request.headers["authorization"])
        assert claim is not None
        signed_at = datetime.fromtimestamp(claim.unix_ms / 1000, UTC)
        tries.append(abs(utc_now() - signed_at) < timedelta(minutes=5))
        if tries[-1]:
            return nothing_new(request)
        return httpx.Response(401, headers={"date": format_datetime(utc_now(), usegmt=True)})

    client = CentralClient("https://central.example", node_id, keys, clock, transport=httpx.MockTransport(strict))
    client.wait_for_downlink(0, 0)
    assert tries == [False, True]
    skew = clock.skew()
    assert skew is not None and abs(skew - off) < timedelta(seconds=3) and clock.finding()


def test_a_refusal_for_another_reason_is_not_tried_again(asking: Callable[[Answer], CentralClient]) -> None:
    asked: list[int] = []

    def no(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(401, headers={"date": format_datetime(utc_now(), usegmt=True)})

    with pytest.raises(Unauthorised):
        asking(no).wait_for_downlink(0, 0)
    assert len(asked) == 1


@pytest.mark.req("SYNC-18")
def test_the_signature_covers_what_the_node_says_of_itself(
    asking: Callable[[Answer], CentralClient], node_id: UUID, keys: KeyRing
) -> None:
    signed: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        claim = read_authorization(request.headers["authorization"])
        target = request.url.raw_path.decode()
        assert claim is not None and target.endswith("?snapshot=7&wait=0&queue=12&skew_ms=-40")
        for sent in (target, target.replace("queue=12", "queue=0"), target.partition("&queue")[0]):
            signed.append(claim.is_signed("GET", sent, b"", keys.public_key))
        return nothing_new(request)

    asking(answer).wait_for_downlink(7, 0, {"queue": "12", "skew_ms": "-40"})
    assert signed == [True, False, False]

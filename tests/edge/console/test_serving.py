"""The screens over real HTTP, from a real node with simulated hardware."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from edge.console import serving, words
from edge.console.serving import VIEWERS_MAX, ConsoleThread, Gate
from edge.lane import hearing
from edge.lane.states import Phase
from edge.sync.status import SyncStatus
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, Alarm, AlarmKind
from scripts.rig import Rig

Until = Callable[[Callable[[], object]], None]
LANE = "east-in"


@pytest.fixture
def node(make_rig: Callable[..., Rig], until: Until) -> Rig:
    rig = make_rig(cameras=True)
    rig.start()
    until(lambda: rig.node is not None and rig.node.gate.lane(LANE).door.phase is Phase.SECURED)
    return rig


@pytest.fixture
def console(node: Rig, until: Until) -> Iterator[ConsoleThread]:
    assert node.node is not None
    running = node.node
    gate = Gate(
        "东门",
        (LANE,),
        running.gate.lane,
        running.store.view,
        lambda: SyncStatus(None, None, queue=3),
        utc_now,
        without=("car-in",),
    )
    thread = ConsoleThread(gate, 0)
    thread.start()
    until(lambda: thread.url)
    yield thread
    thread.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()


def screens(url: str) -> Iterator[dict[str, Any]]:
    with httpx.stream("GET", f"{url}/lane/{LANE}/says", timeout=20) as answer:
        event = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == "screen":
                yield json.loads(line.removeprefix("data: "))


@pytest.mark.req("SYNC-05")
def test_a_screen_hears_that_its_node_lives_also_while_nothing_changes(
    console: ConsoleThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "ALIVE_S", 0.0)
    with httpx.stream("GET", f"{console.url}/lane/{LANE}/says", timeout=20) as answer:
        told = (line for line in answer.iter_lines() if line.startswith("event: "))
        assert [next(told), next(told)] == ["event: screen", "event: alive"]


@pytest.mark.req("SYNC-05")
def test_the_screen_tells_that_the_line_is_cut_and_how_old_the_rules_are(console: ConsoleThread) -> None:
    assert console.url is not None
    foot = next(screens(console.url))["foot"]
    assert foot["online"] is False and foot["waiting"] == 3
    assert foot["rules_min"] == 0 and foot["rules_expired"] is False


def test_a_pass_is_welcomed_and_a_forged_one_is_told_what_to_do(node: Rig, console: ConsoleThread) -> None:
    assert console.url is not None
    seen = screens(console.url)
    tones = [next(seen)["tone"]]
    node.world.lanes[LANE].gate.present("no pass at all")
    tones.append(next(screen["tone"] for screen in seen if screen["tone"] != tones[-1]))
    _, token = node.authority.a_pass()
    node.world.lanes[LANE].gate.present(token)
    tones.append(next(screen["tone"] for screen in seen if screen["tone"] != tones[-1]))
    assert tones == ["ready", "sorry", "welcome"]


@pytest.mark.req("ACC-23")
def test_a_pass_that_was_read_at_a_door_whose_relay_sticks_is_told_that_it_is_the_lock(
    node: Rig, console: ConsoleThread
) -> None:
    assert console.url is not None
    gate = node.world.lanes[LANE].gate
    gate.board.fault(Fault.STUCK)
    _, token = node.authority.a_pass()
    gate.present(token)
    told = next(screen for screen in screens(console.url) if screen["what"]["zh"] == "已识别，门锁没有反应")
    assert told["tone"] == "fault" and told["do"]["zh"] == "推不开请联系保安"


@pytest.mark.req("ACC-22", "ACC-23")
def test_in_a_fire_the_screen_of_a_door_whose_relay_sticks_promises_no_open_door(
    node: Rig, console: ConsoleThread
) -> None:
    assert console.url is not None
    gate = node.world.lanes[LANE].gate
    gate.board.fault(Fault.STUCK)
    gate.do(Deed.FIRE)
    seen = screens(console.url)
    warned = next(screen for screen in seen if screen["tone"] not in ("ready", "fault"))
    assert (warned["tone"], warned["what"]["zh"]) == ("locked", "火警：门可能锁着")
    gate.board.fault()
    freed = next(screen for screen in seen if screen["tone"] != "locked")
    assert (freed["tone"], freed["what"]["zh"]) == ("fire", "门已打开，请撤离")


@pytest.mark.req("ACC-23")
def test_a_lane_whose_only_scanner_babbles_is_out_of_order_on_its_screen_and_an_alarm(
    make_rig: Callable[..., Rig], until: Until
) -> None:
    rig = make_rig(cameras=False)
    running = rig.start()
    gate = Gate("东门", (LANE,), running.gate.lane, running.store.view, lambda: SyncStatus(None, None), utc_now)
    until(lambda: gate.screen(LANE).said == words.SCAN_PASS)
    for number in range(40):
        rig.world.lanes[LANE].gate.present(f"RUBBISH {number}")

    def alarms() -> list[tuple[AlarmKind, str | None]]:
        told = [EVENT_BODY.validate_json(event.body) for event in running.journal.read(0, 10_000)]
        return [(body.alarm, body.detail) for body in told if isinstance(body, Alarm) and body.device == "scanner"]

    until(alarms)
    assert alarms() == [(AlarmKind.DEVICE_FAULT, hearing.Fault.BABBLES)]

    def out_of_order() -> bool:
        running.gate.lane(LANE).last = None  # the answer to the last code has been on the glass for long enough
        return gate.screen(LANE).said == words.OUT_OF_ORDER

    until(out_of_order)


def test_the_camera_is_shown_as_pictures_that_end_with_the_browser(console: ConsoleThread) -> None:
    assert console.url is not None
    with httpx.stream("GET", f"{console.url}/lane/{LANE}/camera", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("multipart/x-mixed-replace")
        first = next(answer.iter_raw())
    assert first.startswith(b"--picture\r\n") and b"\xff\xd8\xff" in first


@pytest.mark.req("SEC-04")
def test_a_page_of_another_name_does_not_get_to_see_the_camera(console: ConsoleThread) -> None:
    assert console.url is not None
    for path in ("/", f"/lane/{LANE}", f"/lane/{LANE}/camera"):
        assert httpx.get(console.url + path, headers={"Host": "evil.example"}).status_code == 400


def test_a_page_of_another_site_gets_no_picture_and_takes_nobodys_place(console: ConsoleThread) -> None:
    assert console.url is not None
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    for _ in range(VIEWERS_MAX + 1):
        assert httpx.get(f"{console.url}/lane/{LANE}/camera", headers=foreign).status_code == 403
    opened = httpx.get(f"{console.url}/lane/{LANE}", headers=foreign | {"sec-fetch-mode": "navigate"})
    assert opened.status_code == 200, "somebody may follow a link to here"
    assert opened.headers["cross-origin-resource-policy"] == "same-origin"


def test_however_many_watch_the_camera_the_lane_goes_on_saying_what_to_do(console: ConsoleThread) -> None:
    assert console.url is not None
    with ExitStack() as watching:
        seen: list[Iterator[bytes]] = []  # kept: a stream that nobody holds is closed
        for _ in range(VIEWERS_MAX):
            stream = watching.enter_context(httpx.stream("GET", f"{console.url}/lane/{LANE}/camera", timeout=20))
            seen.append(stream.iter_bytes())
            assert next(seen[-1])
        with httpx.stream("GET", f"{console.url}/lane/{LANE}/camera", timeout=20) as refused:
            assert refused.status_code == 503
        assert next(screens(console.url))["foot"]


def test_the_screens_take_so_many_connections_and_no_more(
    console: ConsoleThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.local_http.CONNECTIONS_MAX", 0)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{console.url}/")


def test_a_lane_that_is_not_here_is_said_in_words(console: ConsoleThread) -> None:
    assert console.url is not None
    answer = httpx.get(f"{console.url}/lane/west/says")
    assert answer.status_code == 404 and "west" in answer.json()["detail"]
    page = httpx.get(f"{console.url}/lane/west%3Cb%3E")  # by a person, who is shown what there is
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    assert "这里没有通道 west&lt;b" in page.text and "there is no lane west&lt;b" in page.text
    assert f'href="/lane/{LANE}"' in page.text and "这里没有" not in httpx.get(console.url).text


def test_a_lane_that_has_no_screen_is_not_said_to_be_away(console: ConsoleThread) -> None:
    page = httpx.get(f"{console.url}/lane/car-in")
    assert page.status_code == 404 and f'href="/lane/{LANE}"' in page.text
    assert "通道 car-in 是这里的，只是没有屏幕" in page.text and "has no screen" in page.text
    assert "这里没有" not in page.text and "there is no lane" not in page.text


def test_no_page_may_run_what_is_not_ours(console: ConsoleThread) -> None:
    assert console.url is not None
    for path in ("/", f"/lane/{LANE}", "/static/lane.js"):
        answer = httpx.get(console.url + path)
        assert answer.status_code == 200
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_taken_port_does_not_end_the_thread(node: Rig) -> None:
    assert node.node is not None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gate = Gate("东门", (LANE,), node.node.gate.lane, node.node.store.view, lambda: SyncStatus(None, None), utc_now)
        thread = ConsoleThread(gate, taken.getsockname()[1])
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive() and thread.url is None
        thread.stop()
        thread.join(timeout=10)
    assert not thread.is_alive()

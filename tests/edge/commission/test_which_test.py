"""Two browsers at one node: what is pressed is done to the device that was looked at, or to none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page
from tests.edge.commission.test_barrier_page import LANE, WIRES
from tests.edge.commission.test_serving import GOOD

BOARD = {"scheme": "modbus+serial", "profile": "waveshare-8"}


class Board:
    def __init__(self, path: Path) -> None:
        self.line, self.sim = PtyLine(path), RelayBoardSim()
        self.serving = Serving(self.sim, self.line)
        self.form = BOARD | {"where": str(self.line.path)}

    def close(self) -> None:
        self.serving.close()
        self.line.close()


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[tuple[Board, Board]]:
    made = Board(tmp_path / "a"), Board(tmp_path / "b")
    yield made
    for board in made:
        board.close()


def running(page: Page) -> bool:
    return page.desk.trial is not None and len(page.desk.trial.state().outputs) == 8


@pytest.mark.req("ACC-23")
def test_what_a_page_asks_for_is_not_done_to_the_device_of_another_test(
    page: Page, boards: tuple[Board, Board]
) -> None:
    page.enter()
    page.desk.change(GOOD)
    first, second = boards
    page.client.post("/setup", data=first.form)
    assert eventually(lambda: running(page))
    mine = page.meant
    page.client.post("/setup", data=second.form)
    assert page.meant != mine and eventually(lambda: running(page) and page.state()["usable"])
    pulse = page.client.post("/trial/pulse", data=mine | {"channel": "1", "sure": "yes"})
    assert pulse.status_code == 409 and "已经开始了另一个测试" in pulse.json()["said"]
    assert pulse.json()["links"] == [{"text": "去看现在的测试", "href": "/trial"}]
    assert page.client.post("/trial/moved", data=mine | {"moved": "yes"}).status_code == 409
    for path in ("keep", "record", "stop", "again", "better"):
        answer = page.client.post(f"/trial/{path}", data=mine | {"lane": "a"})
        assert answer.status_code == 409 and "另一个测试" in answer.text and 'href="/trial"' in answer.text, path
    assert page.client.get("/setup", params={"again": mine["test"]}).status_code == 409
    assert page.client.get("/trial/picture", params=mine).status_code == 409
    told = page.client.get("/trial/state", params=mine).json()
    assert told["doing"] == "over" and told["overtaken"] and "outputs" not in told
    assert told["findings"][0]["links"] == [{"text": "去看现在的测试", "href": "/trial"}]
    assert page.desk.kept.tree == GOOD and page.desk.keeping.captures() == ()
    assert page.desk.trial is not None and page.desk.trial.address.endswith(f"{second.line.path}?profile=waveshare-8")
    assert first.sim.edges() == () == second.sim.edges()
    page.ask("/trial/pulse", channel="1", sure="yes")
    assert eventually(lambda: len(second.sim.edges()) == 2) and first.sim.edges() == ()


def test_what_names_no_test_moves_nothing(page: Page, boards: tuple[Board, Board]) -> None:
    page.enter()
    page.client.post("/setup", data=boards[0].form)
    assert eventually(lambda: running(page))
    assert page.client.post("/trial/pulse", data={"channel": "1", "sure": "yes"}).status_code == 409
    assert page.client.post("/trial/stop", data={}).status_code == 409
    assert running(page) and boards[0].sim.edges() == ()


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("fault", [Fault.ECHOING, Fault.SECOND], ids=lambda fault: fault.name)
def test_where_it_is_not_known_which_board_would_move_none_is_switched_on(
    page: Page, boards: tuple[Board, Board], fault: Fault
) -> None:
    page.enter()
    page.client.post("/setup", data=boards[0].form)
    assert eventually(lambda: running(page) and page.state()["switchable"])
    boards[0].sim.fault(fault)
    assert eventually(lambda: not page.state()["switchable"])
    refused = page.ask("/trial/pulse", channel="1", sure="yes")
    assert refused.status_code == 409 and "没有吸合" in refused.json()["said"] and boards[0].sim.edges() == ()


@pytest.fixture
def two_barriers(page: Page) -> dict[str, Any]:
    page.enter()
    lane = {key: value for key, value in LANE.items() if key != "contacts"} | {"barrier": WIRES}
    relay = "modbus+serial:///dev/none2?profile=waveshare-8"
    lanes = [lane, lane | {"code": "car-out", "direction": "out", "relay": relay}]
    page.desk.change({"node": {"name": "门"}, "lane": lanes})
    page.client.post("/barrier/begin", data={"code": "car-in"})
    assert page.desk.barrier is not None
    return {"lane": "car-in", "test": page.desk.barrier.id}


@pytest.mark.req("LANE-17", "ACC-23")
def test_a_barriers_page_shows_and_moves_its_own_lane_alone(page: Page, two_barriers: dict[str, Any]) -> None:
    mine = two_barriers
    assert not page.client.get("/barrier/state", params=mine).json()["over"]
    assert page.client.post("/barrier/deed", data=mine | {"deed": "raise"}).status_code == 200
    page.client.post("/barrier/begin", data={"code": "car-out"})
    assert page.desk.barrier is not None and page.desk.barrier.code == "car-out"
    other = page.desk.barrier
    for meant in (mine, mine | {"test": other.id}, mine | {"lane": "car-out"}, {}):
        deed = page.client.post("/barrier/deed", data=meant | {"deed": "raise"})
        assert deed.status_code == 409 and deed.json()["links"][0]["href"] == "/barrier", meant
        told = page.client.get("/barrier/state", params=meant).json()
        assert told["over"] and "lights" not in told and told["way"] == ["去看现在的测试", "/barrier"]
        assert page.client.post("/barrier/stop", data=meant).status_code == 409
    assert page.desk.barrier is other and not other.state().over
    right = {"lane": "car-out", "test": other.id}
    assert page.client.post("/barrier/deed", data=right | {"deed": "raise"}).status_code == 200
    typed = {name: str(value) for name, value in WIRES.items()} | {"code": "car-in"}
    assert page.client.post("/barrier/wiring", data=typed).status_code == 303
    assert page.desk.barrier is other, "it is another lane that was wired anew"

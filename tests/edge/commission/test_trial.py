"""A device on trial: one that only obeys is tried too, and nothing is said of it that nobody has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.diagnose import PROVED, WORKS, Diagnosis, Finding
from devices.sim.lcus import LcusPort
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving
from edge.commission.serving import told
from edge.commission.trial import WELL_S, State, Trial
from tests.conformance.panels import private
from tests.conformance.rigs import eventually
from tests.edge.commission.conftest import Page


@pytest.mark.req("INT-07")
def test_a_panel_is_shown_its_card_by_the_test_button_and_no_level_is_claimed(tmp_path: Path) -> None:
    card, line = private(tmp_path / "panel.card", "123,45678"), PtyLine(tmp_path / "port")
    trial = Trial(f"panel+serial://{line.path}?card_file={card}")
    trial.start()
    try:
        assert eventually(lambda: trial.state().outputs == (False,))
        assert [one.finding for one in trial.state().told] == [Finding.ONLY_SENT] and not trial.state().works
        assert trial.state().told_only and line.read(64, 0) == b"", "opening shows the panel nothing (S10)"
        trial.pulse(1)
        assert eventually(lambda: trial.state().pulsed == 1)
        assert line.read(64, 1.0).endswith(b"\r")
        assert told(trial, trial.state(), "en")["told_only"]
    finally:
        trial.stop()
        line.close()


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("dead", [True, False], ids=["a dead board", "a good board"])
def test_a_board_that_never_answers_works_only_once_a_person_says_that_it_moved(tmp_path: Path, dead: bool) -> None:
    """S12: a line that can be written to proves no board; a dead one and a good one look the same from here."""
    port = LcusPort(tmp_path / "lcus")
    port.board.dead = dead
    trial = Trial(port.address)
    trial.start()
    try:
        assert eventually(lambda: len(trial.state().outputs) == 4)
        assert not trial.saw(True), "nothing was told yet"
        trial.pulse(2)
        assert eventually(lambda: trial.state().pulsed == 2)
        assert eventually(lambda: len(port.board.edges()) == (0 if dead else 2))
        assert eventually(lambda: [one.finding for one in trial.state().told] == [Finding.ONLY_SENT])
        assert not trial.state().works and not told(trial, trial.state(), "zh")["usable"]
        assert trial.saw(False)
        assert eventually(lambda: [one.finding for one in trial.state().told] == [Finding.NOT_MOVED])
        assert not trial.state().works
        if not dead:
            assert trial.saw(True)
            assert eventually(lambda: trial.state().works)
            (said,) = told(trial, trial.state(), "zh")["findings"]
            assert said["works"] and "您说它动了" in said["what"] and "工作正常" not in said["what"]
    finally:
        trial.stop()
        port.close()


@pytest.mark.req("ACC-23")
def test_on_the_list_such_a_board_is_tested_by_a_persons_word(page: Page, tmp_path: Path) -> None:
    port = LcusPort(tmp_path / "lcus")
    try:
        page.enter()
        page.desk.change({"node": {"name": "门"}, "lane": [{"code": "a", "fail": "safe", "relay": port.address}]})
        where = port.address.removeprefix("lcus+serial://").split("?")[0]
        page.client.post("/setup", data={"scheme": "lcus+serial", "where": where, "channels": "4"})
        trial = page.desk.trial
        assert trial is not None and eventually(lambda: len(trial.state().outputs) == 4)
        assert page.ask("/trial/moved", moved="yes").status_code == 409
        page.ask("/trial/pulse", channel="1", sure="yes")
        assert eventually(lambda: trial.state().pulsed == 1)
        assert not page.state()["usable"]
        assert page.ask("/trial/keep", lane="a").status_code == 409
        assert "有设备还没测试通过" in page.client.get("/checklist").text
        assert page.ask("/trial/moved", moved="yes").status_code == 200
        assert eventually(lambda: bool(page.state()["usable"]))
        listed = page.client.get("/checklist").text
        assert "有人看到或听到它动作" in listed and "有设备还没测试通过" not in listed
        assert page.ask("/trial/keep", lane="a").status_code == 303
    finally:
        page.desk.close()
        port.close()


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("step", ["before it is opened", "while it is looked at", "during a pulse"])
def test_a_board_that_is_unplugged_at_any_step_is_told_and_nothing_old_is_shown_for_it(
    tmp_path: Path, step: str
) -> None:
    port, board = PtyLine(tmp_path / "board"), RelayBoardSim()
    serving = Serving(board, port, name="board")
    trial = Trial(f"modbus+serial://{port.path}?profile=waveshare-8")
    try:
        if step == "before it is opened":
            serving.close()
            port.close()
            trial.start()
        else:
            trial.start()
            assert eventually(lambda: len(trial.state().inputs) == 8 and trial.state().works)
            if step == "during a pulse":
                trial.pulse(1)
                assert eventually(lambda: trial.state().pulsed == 1)
            serving.close()
            port.close()
        lost = {Finding.NO_PORT, Finding.UNPLUGGED, Finding.SILENT}
        assert eventually(lambda: bool({one.finding for one in trial.state().told} & lost)), trial.state()
        state = trial.state()
        assert not state.works and state.inputs == () and state.outputs == ()
        (said,) = told(trial, state, "zh")["findings"]
        assert said["what"] and said["do"] and not said["works"]
    finally:
        trial.stop()
        serving.close()
        port.close()


@pytest.mark.req("ACC-23")
def test_one_answer_that_is_lost_does_not_keep_a_good_device_from_being_used() -> None:
    for passing in (Finding.SILENT, Finding.BAD_CRC, Finding.NOT_ITS_LANGUAGE):
        missed = State(told=(Diagnosis(passing),), well_at=10.0)
        assert missed.usable(10.0 + WELL_S) and not missed.usable(10.1 + WELL_S)
        assert not State(told=missed.told).usable(10.0), "it never worked"
    for lasting in set(Finding) - {Finding.SILENT, Finding.BAD_CRC, Finding.NOT_ITS_LANGUAGE, *PROVED}:
        assert not State(told=(Diagnosis(lasting),), well_at=10.0).usable(10.0), lasting
    assert State(told=(WORKS,)).usable(99.0) and not State().usable(0.0)
    assert not State(told=(WORKS,), pulse_told=(Diagnosis(Finding.NOT_CONFIRMED),)).usable(0.0)


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize("fault", [Fault.STUCK, Fault.ECHOING, Fault.SECOND], ids=lambda fault: fault.name)
def test_a_page_that_names_a_fault_shows_nothing_green(tmp_path: Path, fault: Fault) -> None:
    port, board = PtyLine(tmp_path / "board"), RelayBoardSim()
    serving = Serving(board, port, name="board")
    trial = Trial(f"modbus+serial://{port.path}?profile=waveshare-8")
    trial.start()
    try:
        assert eventually(lambda: trial.state().works)
        if fault is not Fault.STUCK:
            trial.pulse(1)
            assert eventually(lambda: trial.state().pulsed == 1)
        board.fault(fault)
        if fault is Fault.STUCK:
            trial.pulse(1)
        assert eventually(lambda: any(not one["works"] for one in told(trial, trial.state(), "zh")["findings"]))
        shown = told(trial, trial.state(), "zh")
        assert not any(one["works"] for one in shown["findings"]) and shown["pulsed"] == 0 and not shown["usable"]
    finally:
        trial.stop()
        serving.close()
        port.close()

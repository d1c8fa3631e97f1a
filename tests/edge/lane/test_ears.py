"""The scanner's thread: codes and rubbish are two things, and a scanner that was unplugged is found again."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from devices.errors import Unreachable
from devices.ports import Garbage, Scan
from devices.registry import open_scanner
from devices.scanner import framing
from devices.sim.pty import PtyLine
from devices.sim.scanner import ScannerSim
from edge.lane import hearing
from edge.lane import listening as module
from edge.lane.ears import INBOX_MAX, ScannerThread
from edge.lane.hearing import Fault
from edge.lane.inbox import CodeSeen, DeviceState, Item, ScanRefused
from scripts.rig import Authority

Until = Callable[[Callable[[], object]], None]


class Stand:
    def __init__(self, path: Path, until: Until):
        self.path, self.until = path, until
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.heard: list[Item] = []
        self.plug()
        opener = partial(open_scanner, f"scanner+serial://{path}?end=cr&repeat_ms=0")
        self.thread = ScannerThread("lane", opener, self.inbox)
        self.thread.start()
        self.until(lambda: self.states() == [None])

    def plug(self) -> None:
        self.line = PtyLine(self.path)
        self.scanner = ScannerSim(self.line)

    def hear(self, count: int) -> list[Item]:
        """The next codes and refusals, once there are that many."""

        def enough() -> bool:
            self._take()
            return len([item for item in self.heard if not isinstance(item, DeviceState)]) >= count

        self.until(enough)
        return [item for item in self.heard if not isinstance(item, DeviceState)]

    def states(self) -> list[str | None]:
        self._take()
        return [item.fault for item in self.heard if isinstance(item, DeviceState)]

    def _take(self) -> None:
        while not self.inbox.empty():
            self.heard.append(self.inbox.get_nowait())


@pytest.fixture
def stand(tmp_path: Path, until: Until) -> Iterator[Stand]:
    stand = Stand(tmp_path / "scanner", until)
    yield stand
    stand.thread.stop()
    stand.thread.join()
    stand.line.close()


def test_rubbish_of_every_kind_is_refused_with_its_length_and_a_code_after_it_is_heard(stand: Stand) -> None:
    stand.scanner.send_control()
    stand.scanner.send_foreign()
    stand.scanner.send_flood(10_240)
    stand.scanner.present("A GOOD ONE")
    *refused, good = stand.hear(4)
    assert isinstance(good, CodeSeen) and good.text == "A GOOD ONE"
    assert [type(one) for one in refused] == [ScanRefused] * len(refused) and len(refused) == 3
    lengths = [one.length for one in refused if isinstance(one, ScanRefused)]
    assert lengths[-1] >= 1024 and all(length > 0 for length in lengths)


@pytest.mark.req("ACC-23")
def test_an_unplugged_scanner_is_told_once_and_heard_again_when_it_is_back(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REOPEN_S", 0.05)
    stand.line.close()
    stand.until(lambda: [fault is None for fault in stand.states()][:2] == [True, False])
    stand.plug()
    stand.until(lambda: stand.states()[-1] is None)
    stand.scanner.present("BACK AGAIN")
    (heard,) = stand.hear(1)
    assert isinstance(heard, CodeSeen) and heard.text == "BACK AGAIN"


def test_a_line_that_opens_and_then_fails_is_not_called_back(
    until: Until, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the journal would fill with an alarm and its end for every try."""
    opened = 0

    class Dying:
        def read(self, timeout_s: float) -> Scan | Garbage | None:
            raise Unreachable("/dev/ttyUSB1 is gone")

        def close(self) -> None:
            nonlocal opened
            opened += 1

    monkeypatch.setattr(module, "REOPEN_S", 0.001)
    inbox: queue.Queue[Item] = queue.Queue()
    thread = ScannerThread("lane", Dying, inbox)
    thread.start()
    until(lambda: opened >= 5)
    thread.stop()
    thread.join()
    assert [inbox.get_nowait()] == [
        DeviceState("lane", "scanner", "Unreachable: /dev/ttyUSB1 is gone")
    ] and inbox.empty()
    assert "lane 的扫码器有问题：使用中断开；请检查电源和接线 / scanner of lane: " in caplog.text, (
        "the log speaks both languages"
    )


@pytest.mark.req("ACC-07", "INT-06")
def test_a_pass_behind_a_flood_is_heard_young_and_the_flood_is_one_record(stand: Stand) -> None:
    """Eight hundred lines once kept the door from a pass for 57.7 s, and then opened it for nobody."""
    token = Authority().a_pass()[1]
    for number in range(800):
        stand.scanner.present(f"X{number}")
    stand.scanner.present(token)

    def heard() -> list[Item]:
        stand.states()
        return [item for item in stand.heard if not isinstance(item, DeviceState)]

    stand.until(lambda: any(isinstance(item, ScanRefused) for item in heard()))
    codes = [item for item in heard() if isinstance(item, CodeSeen)]
    (refused,) = [item for item in heard() if isinstance(item, ScanRefused)]
    assert token in [code.text for code in codes]
    assert refused.why == "backlog" and refused.count + len(codes) == 801


@pytest.mark.req("ACC-23")
def test_a_scanner_that_sends_without_an_end_is_at_fault_and_well_again_after_a_pass(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "UNENDED_S", 0.0)
    stand.scanner.send_raw(b"9" * 600)
    stand.until(lambda: stand.states()[-1] is not None)
    assert stand.states()[-1] == Fault.UNENDED == stand.thread.fault()
    monkeypatch.setattr(framing, "UNENDED_S", 3600.0)
    stand.scanner.present("the rest of it")
    monkeypatch.setattr(hearing, "LULL_S", 0.0)
    stand.scanner.present(Authority().a_pass()[1])
    stand.until(lambda: stand.states()[-1] is None)
    assert stand.thread.fault() is None


def test_no_code_is_put_behind_a_gate_that_does_not_keep_up(stand: Stand) -> None:
    """It would be decided when its turn came, however old it was by then."""
    for _ in range(INBOX_MAX):
        stand.inbox.put(ScanRefused("lane", "control", 1))
    stand.scanner.present("LATER")
    time.sleep(0.2)
    assert stand.inbox.qsize() == INBOX_MAX
    stand.hear(INBOX_MAX + 1)
    assert isinstance(stand.heard[-1], CodeSeen)
